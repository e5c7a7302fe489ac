//! What the page downloads: the vector pack of a campaign, what has changed in it, and filters.

mod deltas;
mod filters;
mod parts;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LOCATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    VARY,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use bowerbird_store::{Hash, Resource};
use serde::Deserialize;

use crate::app::App;
use crate::arn::arn;
use crate::control::{Kind, find, find_active, public_text};
use crate::error::{ApiError, Protocol};
use crate::http::{blocking, refuse};
use crate::jobs::EventWeights;
use crate::models::{is_pack_of, pack_hash};

pub(crate) use deltas::Deltas;
pub(crate) use filters::filter;

/// A pack under its own name never changes: a year, the longest that caches honour.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A JSON object: what events weigh in a history, by type in lower case; those of other types weigh nothing.
const EVENT_WEIGHTS: HeaderName = HeaderName::from_static("bowerbird-event-weights");

/// What may be said beside the name of a campaign.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// The pack that the page has.
    from: Option<String>,
    /// The items that it ranks, with commas between.
    items: Option<String>,
}

/// `GET /device/campaigns/{name}/pack`: the pack that the campaign serves now. The ETag is its content hash. With
/// `?from=HASH` what has changed since that one: nothing (204), a delta, or the whole where that is hardly more. Of a
/// catalogue that is too large to be downloaded the part that the page needs, under the tag of the whole.
pub(crate) async fn campaign_pack(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    respond(move || {
        let campaign = find_active(&app, Kind::Campaign, &arn(&app.settings, "campaign", &name))?;
        let version = find(&app, Kind::SolutionVersion, public_text(&campaign, "solutionVersionArn"))?;
        let hash = pack_hash(&version)?;
        let etag = format!("\"{}\"", hash.as_str());
        let weights = event_weights(&version)?;
        let tags = (weights.clone(), [(ETAG, etag.clone()), (CACHE_CONTROL, "no-cache".to_owned())]);
        let had = asked.from.as_deref().and_then(Hash::parse);
        if had.as_ref() == Some(&hash) {
            return Ok((StatusCode::NO_CONTENT, tags.0, tags.1).into_response());
        }
        if lists(&headers, IF_NONE_MATCH, |tag| tag.trim_start_matches("W/") == etag) {
            return Ok((StatusCode::NOT_MODIFIED, tags.0, tags.1).into_response());
        }
        let takes_gzip = lists(&headers, ACCEPT_ENCODING, |coding| coding.starts_with("gzip"));
        if let Some(part) = parts::part(&app, &version, asked.items.as_deref(), takes_gzip)? {
            return Ok((tags.0, tags.1, part).into_response());
        }
        if let Some(had) = had
            && takes_gzip
            && is_pack(&app, &had)?
            && let Some(delta) = app.deltas.between(&app, &had, &hash)?
        {
            let kind = [
                (CONTENT_TYPE, "application/octet-stream"),
                (CONTENT_ENCODING, "gzip"),
                (VARY, "accept-encoding"),
            ];
            return Ok((tags.0, tags.1, kind, delta).into_response());
        }
        let place = format!("/device/packs/{}", hash.as_str());
        let headers = [(CACHE_CONTROL, "no-cache".to_owned()), (CONTENT_LOCATION, place)];
        Ok((weights, headers, bytes(&app, &hash)?).into_response())
    })
    .await
}

/// What events weigh by type, where they do not all weigh the same: beside the pack and not in it, because a training
/// with other weights is another one, and a pack is the same for whoever reads it.
fn event_weights(version: &Resource) -> Result<Option<[(HeaderName, String); 1]>, ApiError> {
    let weights = EventWeights::of(version)?;
    Ok(weights.json().map(|json| [(EVENT_WEIGHTS, json)]))
}

/// Whether a header is a list with such a member.
fn lists(headers: &HeaderMap, name: HeaderName, is_it: impl Fn(&str) -> bool) -> bool {
    let list = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    list.split(',').any(|member| is_it(member.trim()))
}

/// `GET /device/packs/{hash}`: one pack, for ever.
pub(crate) async fn pack(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    respond(move || {
        let missing = || ApiError::Missing(format!("There is no pack {name}"));
        let hash = Hash::parse(&name).ok_or_else(missing)?;
        if !is_pack(&app, &hash)? {
            return Err(missing());
        }
        Ok(([(CACHE_CONTROL, IMMUTABLE)], bytes(&app, &hash)?).into_response())
    })
    .await
}

/// The bytes of a pack, with their type and tag.
fn bytes(app: &App, hash: &Hash) -> Result<Response, ApiError> {
    let pack = app.store.artifacts.get(hash)?;
    let pack = pack.ok_or_else(|| ApiError::Missing(format!("There is no pack {}", hash.as_str())))?;
    let headers =
        [(CONTENT_TYPE, "application/octet-stream".to_owned()), (ETAG, format!("\"{}\"", hash.as_str()))];
    Ok((headers, pack).into_response())
}

/// Imported rows are artifacts too, and are nobody's business: only what a training made is given out.
fn is_pack(app: &App, hash: &Hash) -> Result<bool, ApiError> {
    is_pack_of(app, Kind::SolutionVersion, hash)
}

async fn respond(work: impl FnOnce() -> Result<Response, ApiError> + Send + 'static) -> Response {
    blocking(work).await.unwrap_or_else(|error| refuse(&error, Protocol::Rest))
}
