//! aws-sims and aws-similar-items: what goes with an item, from what people did near it.
//!
//! Symmetric windowed co-occurrence with an asymmetric normalisation. For GetRecommendations with an item the rows
//! answer directly ([`related`](bowerbird_ranker::related)); with a history they vote.

use bowerbird_ranker::Constants;

use crate::catalogue::{Catalogue, Model, popularity_prior};
use crate::kernel::Transitions;
use crate::metrics::{Split, evaluate};
use crate::settings::number;
use crate::{Interactions, Recipe, RecipeError, Trained, Training};

pub(crate) struct ItemToItem(pub(crate) &'static str);

impl Recipe for ItemToItem {
    fn name(&self) -> &'static str {
        self.0
    }

    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError> {
        let counting = Transitions {
            window: 20,
            gap_decay: 0.9,
            backward: 1.0,
            source_exponent: 0.5,
            target_exponent: number(job.settings, "popularity_discount_factor", 0.5, 0.0..=1.0)?,
            shrinkage: 10.0,
            min_count: number(job.settings, "min_cointeraction_count", 3, 0..=10)?,
            row_length: 50,
        };
        let catalogue = Catalogue::new(job.interactions, job.items);
        let split = Split::new(job.interactions);
        let held_out = catalogue.pack(self.0, &model(job, "evaluating", &split.train, &counting)?)?;
        let metrics = evaluate(&held_out, &catalogue, &split);
        let pack = catalogue.publish(self.0, &model(job, "training", job.interactions, &counting)?)?;
        Ok(Trained { pack, metrics })
    }
}

fn model(
    job: &Training<'_>,
    phase: &str,
    interactions: &Interactions,
    counting: &Transitions,
) -> Result<Model, RecipeError> {
    let neighbours = counting.rows(interactions, &|done, total| job.step(phase, done, total))?;
    // The prior only orders what no row reaches.
    let constants = Constants { neighbour_weight: 1.0, popularity_weight: 1e-3, ..Constants::default() };
    Ok(Model { constants, popularity: popularity_prior(interactions), neighbours, ..Model::default() })
}
