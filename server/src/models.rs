//! "Here is a solution version; give me its model, opened." Opened once, shared by every request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bowerbird_ranker::Pack;
use bowerbird_recipes::next_best_action::Propensity;
use bowerbird_store::{Hash, Resource};

use crate::app::App;
use crate::control::{Kind, private};
use crate::error::ApiError;

/// Opened models by content hash.
#[derive(Default)]
pub(crate) struct Models {
    packs: Opened<Pack>,
    propensities: Opened<Propensity>,
    passed_over: Opened<PassedOver>,
}

/// Items that are chosen less often than others where they are shown, with how many times as often: below 1.
pub(crate) type PassedOver = HashMap<String, f32>;

type Opened<T> = RwLock<HashMap<String, Arc<T>>>;

impl Models {
    /// The pack of a finished solution version.
    pub(crate) fn pack(&self, app: &App, version: &Resource) -> Result<Arc<Pack>, ApiError> {
        let hash = pack_hash(version)?;
        if let Some(pack) = opened(&self.packs, &hash) {
            return Ok(pack);
        }
        let pack = Pack::open(bytes(app, &hash, version)?)
            .map_err(|error| ApiError::Internal(format!("the vector pack of {}: {error}", version.arn)))?;
        Ok(self.take_in(&hash, pack))
    }

    /// A pack that was opened elsewhere.
    pub(crate) fn take_in(&self, hash: &Hash, pack: Pack) -> Arc<Pack> {
        keep(&self.packs, hash, pack)
    }

    /// Another one has taken its place. Requests that use it go on with it.
    pub(crate) fn forget(&self, hash: &Hash) {
        self.packs.write().unwrap_or_else(PoisonError::into_inner).remove(hash.as_str());
    }

    /// The propensities of a finished solution version of next best action.
    pub(crate) fn propensity(&self, app: &App, version: &Resource) -> Result<Arc<Propensity>, ApiError> {
        let hash = private(version, "propensity").as_str().and_then(Hash::parse);
        let hash = hash.ok_or_else(|| has_none(version))?;
        if let Some(propensity) = opened(&self.propensities, &hash) {
            return Ok(propensity);
        }
        let propensity = Propensity::read(&bytes(app, &hash, version)?)
            .map_err(|error| ApiError::Internal(format!("{}: {error}", version.arn)))?;
        Ok(keep(&self.propensities, &hash, propensity))
    }

    /// What the training of a version found to be passed over; `None` where it found nothing.
    pub(crate) fn passed_over(
        &self,
        app: &App,
        version: &Resource,
    ) -> Result<Option<Arc<PassedOver>>, ApiError> {
        let Some(hash) = private(version, "passedOver").as_str().and_then(Hash::parse) else {
            return Ok(None);
        };
        if let Some(passed_over) = opened(&self.passed_over, &hash) {
            return Ok(Some(passed_over));
        }
        let passed_over = serde_json::from_slice(&bytes(app, &hash, version)?)
            .map_err(|error| ApiError::Internal(format!("what {} passes over: {error}", version.arn)))?;
        Ok(Some(keep(&self.passed_over, &hash, passed_over)))
    }
}

fn opened<T>(models: &Opened<T>, hash: &Hash) -> Option<Arc<T>> {
    models.read().unwrap_or_else(PoisonError::into_inner).get(hash.as_str()).cloned()
}

fn keep<T>(models: &Opened<T>, hash: &Hash, model: T) -> Arc<T> {
    let model = Arc::new(model);
    models.write().unwrap_or_else(PoisonError::into_inner).insert(hash.as_str().to_owned(), model.clone());
    model
}

fn bytes(app: &App, hash: &Hash, version: &Resource) -> Result<Vec<u8>, ApiError> {
    let bytes = app.store.artifacts.get(hash)?;
    bytes.ok_or_else(|| {
        ApiError::Internal(format!("the model of {} is gone: train the solution again", version.arn))
    })
}

fn has_none(version: &Resource) -> ApiError {
    ApiError::Invalid(format!("{} is {}: it has no model", version.arn, version.status))
}

/// The content hash of the pack that a version serves: the latest one with the items that came since its training, or
/// what the training left.
pub(crate) fn pack_hash(version: &Resource) -> Result<Hash, ApiError> {
    let all = packs(version);
    let hash = all.get(1).or(all.first()).and_then(|hash| Hash::parse(hash));
    hash.ok_or_else(|| has_none(version))
}

/// Whether any version of this kind has this pack.
pub(crate) fn is_pack_of(app: &App, kind: Kind, hash: &Hash) -> Result<bool, ApiError> {
    let versions = app.store.catalog.list(kind.word(), None, None, usize::MAX)?;
    Ok(versions.iter().flat_map(packs).any(|pack| pack == hash.as_str()))
}

/// Hashes of all packs of a version: what its training left, what is served, and what was before that.
pub(crate) fn packs(version: &Resource) -> Vec<&str> {
    let served = private(version, "served").as_array().map(Vec::as_slice).unwrap_or_default();
    std::iter::once(private(version, "pack")).chain(served).filter_map(|hash| hash.as_str()).collect()
}
