//! "Here is a solution version; give me its opened vector pack." Opened once, shared by every request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bowerbird_ranker::Pack;
use bowerbird_store::{Hash, Resource};

use crate::app::App;
use crate::control::private;
use crate::error::ApiError;

/// Opened packs by content hash.
#[derive(Default)]
pub(crate) struct Models(RwLock<HashMap<String, Arc<Pack>>>);

impl Models {
    /// The pack of a finished solution version.
    pub(crate) fn pack(&self, app: &App, version: &Resource) -> Result<Arc<Pack>, ApiError> {
        let hash = pack_hash(version)?;
        if let Some(pack) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(hash.as_str()) {
            return Ok(pack.clone());
        }
        let bytes = app.store.artifacts.get(&hash)?.ok_or_else(|| {
            ApiError::Internal(format!(
                "the vector pack of {} is gone: train the solution again",
                version.arn
            ))
        })?;
        let pack = Pack::open(bytes)
            .map_err(|error| ApiError::Internal(format!("the vector pack of {}: {error}", version.arn)))?;
        Ok(self.take_in(&hash, pack))
    }

    /// A pack that was opened elsewhere.
    pub(crate) fn take_in(&self, hash: &Hash, pack: Pack) -> Arc<Pack> {
        let pack = Arc::new(pack);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(hash.as_str().to_owned(), pack.clone());
        pack
    }

    /// Another one has taken its place. Requests that use it go on with it.
    pub(crate) fn forget(&self, hash: &Hash) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(hash.as_str());
    }
}

/// The content hash of the pack that a version serves: the latest one with the items that came since its training, or
/// what the training left.
pub(crate) fn pack_hash(version: &Resource) -> Result<Hash, ApiError> {
    let all = packs(version);
    let hash = all.get(1).or(all.first()).and_then(|hash| Hash::parse(hash));
    hash.ok_or_else(|| ApiError::Invalid(format!("{} is {}: it has no model", version.arn, version.status)))
}

/// Hashes of all packs of a version: what its training left, what is served, and what was before that.
pub(crate) fn packs(version: &Resource) -> Vec<&str> {
    let served = private(version, "served").as_array().map(Vec::as_slice).unwrap_or_default();
    std::iter::once(private(version, "pack")).chain(served).filter_map(|hash| hash.as_str()).collect()
}
