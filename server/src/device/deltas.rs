//! "This page has that pack; what does it need for this one?" Made once and kept, since all pages of a campaign ask the
//! same on the same day.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use bowerbird_ranker::Pack;
use bowerbird_ranker::pack::delta;
use bowerbird_store::Hash;
use flate2::Compression;

use super::packed::gzip;
use crate::app::App;
use crate::error::ApiError;

/// So many are kept. Ours: pages of a few campaigns, each behind by one or two packs.
const KEPT: usize = 16;
/// A delta that is more than one part in so many of the pack saves too little: then the whole is sent.
const SAVES: usize = 2;

/// Deltas by the pair of packs, compressed, the latest ones; `None` where the whole is sent.
#[derive(Default)]
pub(crate) struct Deltas(Mutex<VecDeque<([Hash; 2], Option<Bytes>)>>);

impl Deltas {
    /// In gzip, or `None` where the whole is the better answer. Two packs that are not known are not made into one
    /// twice at the same time.
    pub(crate) fn between(&self, app: &App, old: &Hash, new: &Hash) -> Result<Option<Bytes>, ApiError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = [old.clone(), new.clone()];
        if let Some((_, delta)) = kept.iter().find(|(known, _)| *known == pair) {
            return Ok(delta.clone());
        }
        let delta = make(app, old, new)?;
        kept.truncate(KEPT - 1);
        kept.push_front((pair, delta.clone()));
        Ok(delta)
    }
}

fn make(app: &App, old: &Hash, new: &Hash) -> Result<Option<Bytes>, ApiError> {
    let (Some(old), Some(new)) = (open(app, old)?, open(app, new)?) else { return Ok(None) };
    let Some(delta) = delta::between(&old, &new) else { return Ok(None) };
    let packed = gzip(&delta, Compression::default())?;
    let is_worth_it = packed.len() * SAVES <= new.bytes().len();
    Ok(is_worth_it.then(|| packed.into()))
}

/// `None` for a pack that this version cannot read, or that is gone.
fn open(app: &App, hash: &Hash) -> Result<Option<Pack>, ApiError> {
    Ok(app.store.artifacts.get(hash)?.and_then(|bytes| Pack::open(bytes).ok()))
}
