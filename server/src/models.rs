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
        let pack = Arc::new(pack);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(hash.as_str().to_owned(), pack.clone());
        Ok(pack)
    }
}

/// The content hash of the pack that a training left with its solution version.
pub(crate) fn pack_hash(version: &Resource) -> Result<Hash, ApiError> {
    let hash = private(version, "pack").as_str().and_then(Hash::parse);
    hash.ok_or_else(|| ApiError::Invalid(format!("{} is {}: it has no model", version.arn, version.status)))
}
