//! What the page downloads: the vector pack of a campaign, and filters.

mod filters;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LOCATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bowerbird_store::Hash;

use crate::app::App;
use crate::arn::arn;
use crate::control::{Kind, find, find_active, private, public_text};
use crate::error::{ApiError, Protocol};
use crate::http::{blocking, refuse};
use crate::models::pack_hash;

pub(crate) use filters::filter;

/// A pack under its own name never changes: a year, the longest that caches honour.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// `GET /device/campaigns/{name}/pack`: the pack that the campaign serves now. The ETag is its content hash.
pub(crate) async fn campaign_pack(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    respond(move || {
        let campaign = find_active(&app, Kind::Campaign, &arn(&app.settings, "campaign", &name))?;
        let version = find(&app, Kind::SolutionVersion, public_text(&campaign, "solutionVersionArn"))?;
        let hash = pack_hash(&version)?;
        let etag = format!("\"{}\"", hash.as_str());
        if known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag))
        {
            let headers = [(ETAG, etag), (CACHE_CONTROL, "no-cache".to_owned())];
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let place = format!("/device/packs/{}", hash.as_str());
        let headers = [(CACHE_CONTROL, "no-cache".to_owned()), (CONTENT_LOCATION, place)];
        Ok((headers, bytes(&app, &hash)?).into_response())
    })
    .await
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
    let versions = app.store.catalog.list(Kind::SolutionVersion.word(), None, None, usize::MAX)?;
    Ok(versions.iter().any(|version| private(version, "pack") == hash.as_str()))
}

async fn respond(work: impl FnOnce() -> Result<Response, ApiError> + Send + 'static) -> Response {
    blocking(work).await.unwrap_or_else(|error| refuse(&error, Protocol::Rest))
}
