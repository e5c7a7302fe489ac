//! trainingMode UPDATE: goes on from the version of the solution that was trained last.

use bowerbird_ranker::Pack;
use bowerbird_recipes::{Earlier, Recipe, RecipeError, Training};
use bowerbird_store::{Hash, Resource};

use super::train::Product;
use crate::app::App;
use crate::control::{Kind, find, latest_active, private};
use crate::error::ApiError;

pub(super) fn train(
    app: &App,
    version: &Resource,
    recipe: &dyn Recipe,
    job: &Training<'_>,
) -> Result<Result<Product, RecipeError>, ApiError> {
    let earlier = latest_active(app, &find(app, Kind::Solution, &version.parent)?)?;
    let gone = || {
        ApiError::Invalid(format!("{} is not there to go on from: train the solution in full", earlier.arn))
    };
    let until_ms = private(&earlier, "newestMs").as_i64().ok_or_else(gone)?;
    // What was trained, not what is served: newcomers were only placed in that.
    let hash = private(&earlier, "pack").as_str().and_then(Hash::parse).ok_or_else(gone)?;
    let pack = Pack::open(app.store.artifacts.get(&hash)?.ok_or_else(gone)?)
        .map_err(|error| ApiError::Internal(format!("the vector pack of {}: {error}", earlier.arn)))?;
    let updated = recipe.update(job, &Earlier { pack: &pack, until_ms });
    Ok(updated.map(|pack| Product::of_update(pack, private(&earlier, "metrics").clone())))
}
