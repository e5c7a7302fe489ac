//! What the page downloads: the vector pack of a campaign, what has changed in it, and filters.

mod deltas;
mod filters;
mod packed;
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
use crate::models::{is_pack_of, pack_hash, packs};

pub(crate) use deltas::Deltas;
pub(crate) use filters::filter;
pub(crate) use packed::Packed;

/// A pack under its own name never changes: a year, the longest that caches honour.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A JSON object: what events weigh in a history, by type in lower case; those of other types weigh nothing.
const WEIGHTS: HeaderName = HeaderName::from_static("bowerbird-weights");

/// Of what is sent packed.
const IN_GZIP: [(HeaderName, &str); 3] =
    [(CONTENT_TYPE, "application/octet-stream"), (CONTENT_ENCODING, "gzip"), (VARY, "accept-encoding")];

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
        let takes_gzip = lists(&headers, ACCEPT_ENCODING, |coding| coding.starts_with("gzip"));
        let had = asked.from.as_deref().and_then(Hash::parse);
        if had.as_ref() == Some(&hash) {
            return Ok((StatusCode::NO_CONTENT, tags.0, tags.1).into_response());
        }
        if lists(&headers, IF_NONE_MATCH, |tag| tag.trim_start_matches("W/") == etag) {
            let tag = [(ETAG, tag(&hash, takes_gzip)), (CACHE_CONTROL, "no-cache".to_owned())];
            return Ok((StatusCode::NOT_MODIFIED, weights, tag).into_response());
        }
        if let Some(part) = parts::part(&app, &version, asked.items.as_deref(), takes_gzip)? {
            return Ok((tags.0, tags.1, part).into_response());
        }
        if let Some(had) = had
            && takes_gzip
            && is_before(&app, &version, &had)?
            && let Some(delta) = app.deltas.between(&app, &had, &hash)?
        {
            return Ok((tags.0, tags.1, IN_GZIP, delta).into_response());
        }
        let place = format!("/device/packs/{}", hash.as_str());
        let headers = [(CACHE_CONTROL, "no-cache".to_owned()), (CONTENT_LOCATION, place)];
        Ok((weights, headers, whole(&app, &hash, takes_gzip)?).into_response())
    })
    .await
}

/// What events weigh by type, where they do not all weigh the same: beside the pack and not in it, because a training
/// with other weights is another one, and a pack is the same for whoever reads it.
fn event_weights(version: &Resource) -> Result<Option<[(HeaderName, String); 1]>, ApiError> {
    let weights = EventWeights::of(version)?;
    Ok(weights.json().map(|json| [(WEIGHTS, json)]))
}

/// Whether a header is a list with such a member.
fn lists(headers: &HeaderMap, name: HeaderName, is_it: impl Fn(&str) -> bool) -> bool {
    let list = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    list.split(',').any(|member| is_it(member.trim()))
}

/// `GET /device/packs/{hash}`: one pack, for ever.
pub(crate) async fn pack(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let takes_gzip = lists(&headers, ACCEPT_ENCODING, |coding| coding.starts_with("gzip"));
    respond(move || {
        let missing = || ApiError::Missing(format!("There is no pack {name}"));
        let hash = Hash::parse(&name).ok_or_else(missing)?;
        if !is_pack(&app, &hash)? {
            return Err(missing());
        }
        Ok(([(CACHE_CONTROL, IMMUTABLE)], whole(&app, &hash, takes_gzip)?).into_response())
    })
    .await
}

/// A whole pack, with its type and tag; in gzip, which is two thirds of it, for who takes that and unless it is too large to
/// be kept so.
fn whole(app: &App, hash: &Hash, takes_gzip: bool) -> Result<Response, ApiError> {
    let packed = |packed| ([(ETAG, tag(hash, true))], IN_GZIP, packed).into_response();
    if takes_gzip && let Some(found) = app.packed.find(hash) {
        return Ok(packed(found));
    }
    let pack = app.store.artifacts.get(hash)?;
    let pack = pack.ok_or_else(|| ApiError::Missing(format!("There is no pack {}", hash.as_str())))?;
    if takes_gzip && pack.len() <= app.settings.whole_pack_bytes {
        return Ok(packed(app.packed.pack(hash, &pack)?));
    }
    let kind = [(CONTENT_TYPE, "application/octet-stream"), (VARY, "accept-encoding")];
    Ok(([(ETAG, tag(hash, false))], kind, pack).into_response())
}

/// The bytes in gzip are others than those without, so their tag is a weak one (RFC 9110, 8.8.3.3).
fn tag(hash: &Hash, is_packed: bool) -> String {
    format!("{}\"{}\"", if is_packed { "W/" } else { "" }, hash.as_str())
}

/// Whether a page can have got this pack from a campaign that serves this version now: it is, or was, of the same solution.
/// For others the whole pack is hardly more than a delta.
fn is_before(app: &App, version: &Resource, hash: &Hash) -> Result<bool, ApiError> {
    let is_of = |version: &Resource| packs(version).contains(&hash.as_str());
    if is_of(version) {
        return Ok(true);
    }
    let versions = app.store.catalog.list(&version.kind, Some(&version.parent), None, usize::MAX)?;
    Ok(versions.iter().any(is_of))
}

/// Imported rows are artifacts too, and are nobody's business: only what a training made is given out.
fn is_pack(app: &App, hash: &Hash) -> Result<bool, ApiError> {
    is_pack_of(app, Kind::SolutionVersion, hash)
}

async fn respond(work: impl FnOnce() -> Result<Response, ApiError> + Send + 'static) -> Response {
    blocking(work).await.unwrap_or_else(|error| refuse(&error, Protocol::Rest))
}
