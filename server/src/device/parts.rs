//! "This page ranks these items of a million." The pack of some items, for catalogues that no page wants to download.

use axum::http::HeaderName;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use bowerbird_ranker::pack;
use bowerbird_ranker::{ItemIndex, Pack};
use bowerbird_store::Resource;
use flate2::Compression;

use super::packed::gzip;
use crate::app::App;
use crate::error::ApiError;

/// Tells a page that the pack is a part, and of how many items.
const CATALOGUE: HeaderName = HeaderName::from_static("bowerbird-catalogue");
/// So many items can be asked for by name. Ours: ten long lists.
const NAMED: usize = 2_000;
/// And so many of the most popular ones come with every part: what a page shows to a stranger.
const POPULAR: usize = 200;

/// The part of a version's pack with these items, or `None` where the whole is small enough to be sent. Items that the
/// pack does not know are left out.
pub(super) fn part(
    app: &App,
    version: &Resource,
    items: Option<&str>,
    takes_gzip: bool,
) -> Result<Option<Response>, ApiError> {
    let whole = app.models.pack(app, version)?;
    if whole.bytes().len() <= app.settings.whole_pack_bytes {
        return Ok(None);
    }
    let named = items.into_iter().flat_map(|items| items.split(',')).take(NAMED);
    let named = named.filter_map(|id| whole.index_of(id));
    let part = pack::part(&whole, named.chain(most_popular(&whole)));
    let part = part.map_err(|error| ApiError::Internal(format!("a part of {}: {error}", version.arn)))?;
    let kind = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (VARY, "accept-encoding".to_owned()),
        (CATALOGUE, whole.n_items().to_string()),
    ];
    // Placeholders are mostly zeros.
    Ok(Some(if takes_gzip {
        (kind, [(CONTENT_ENCODING, "gzip")], gzip(&part, Compression::default())?).into_response()
    } else {
        (kind, part).into_response()
    }))
}

fn most_popular(pack: &Pack) -> impl Iterator<Item = ItemIndex> + use<> {
    let mut items: Vec<ItemIndex> = pack.items().collect();
    let by_popularity =
        |a: &ItemIndex, b: &ItemIndex| pack.popularity(*b).total_cmp(&pack.popularity(*a)).then(a.cmp(b));
    if items.len() > POPULAR {
        items.select_nth_unstable_by(POPULAR, by_popularity);
        items.truncate(POPULAR);
    }
    items.into_iter()
}
