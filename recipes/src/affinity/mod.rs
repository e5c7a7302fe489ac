//! aws-item-affinity and aws-item-attribute-affinity: who is likeliest to do something with an item, or with any of the
//! items that have an attribute.
//!
//! Item factors by implicit ALS, with a stronger pull to zero than lists for a person want: a segment is asked for what
//! people will do in the long run, not next. [`segments`] turns them into segments. The pack also ranks, but the other
//! recipes do that better.

mod fold_in;
mod judge;
mod segments;

use bowerbird_ranker::{Constants, Pack};

pub use segments::{Asked, segments};

use crate::catalogue::{Catalogue, Model};
use crate::kernel::Als;
use crate::metrics::HABIT;
use crate::prior::popularity_prior;
use crate::settings::number;
use crate::{Interactions, Recipe, RecipeError, Trained, Training};
use judge::Subject;

pub(crate) struct Affinity(pub(crate) &'static str, pub(crate) Subject);

pub(crate) const ITEM: Affinity = Affinity("aws-item-affinity", Subject::Item);
pub(crate) const ATTRIBUTE: Affinity = Affinity("aws-item-attribute-affinity", Subject::Attribute);

/// Dimensions. On the newest fifth of ml-100k 16 and 32 find the same, 64 finds 4 % less.
const DIM: usize = 32;
/// λ is so many of the mean events per user. On the newest fifth of ml-100k a tenth finds 5 % less than a third.
const RIDGE: f32 = 1.0 / 3.0;
const SWEEPS: usize = 8;
/// Keeps away what was seen, however good it is. Scores are far below.
const AWAY: f32 = -1e3;

impl Recipe for Affinity {
    fn name(&self) -> &'static str {
        self.0
    }

    /// Metrics are those of factors that do not know the newest fifth of anybody's events.
    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError> {
        let dim: usize = number(job.settings, "hidden_dimension", DIM, 4..=256)?;
        let catalogue = Catalogue::new(job.interactions, job.items);
        let (older, truth) = judge::split(job.interactions);
        let held_out = catalogue.pack(self.0, &model(job, "evaluating", &older, dim)?)?;
        let metrics = judge::judge(job, self.1, &held_out, (&older, &truth))?;
        let model = model(job, "training", job.interactions, dim)?;
        let step = |done, total| job.step("placing new items", done, total);
        Ok(Trained { pack: catalogue.publish_with_newcomers(self.0, &model, &step)?, metrics })
    }
}

fn model(
    job: &Training<'_>,
    phase: &str,
    interactions: &Interactions,
    dim: usize,
) -> Result<Model, RecipeError> {
    let events_per_user = interactions.n_events() as f32 / interactions.n_users().max(1) as f32;
    let ridge = (RIDGE * events_per_user).clamp(0.3, 30.0);
    let dim = dim.min(interactions.n_items());
    let als = Als { dim, sweeps: SWEEPS, steps: 3, ridge, item_exponent: 0.0, confidence: 1.0 };
    let step = |done, total| job.step(phase, done, total);
    let constants = Constants {
        vector_weight: 1.0,
        // The prior only orders what the factors do not tell apart.
        popularity_weight: 1e-3,
        vector_decay: 1.0,
        vector_window: 50.0,
        ridge,
        confidence: als.confidence,
        reminder_weight: if repeats(interactions) { 0.0 } else { AWAY },
        reminder_decay: 1.0,
        ..Constants::default()
    };
    let vectors = Some(als.fit(interactions, None, job.seed, &step)?);
    Ok(Model { constants, popularity: popularity_prior(interactions), vectors, ..Model::default() })
}

/// Whether people come back to things.
fn repeats(interactions: &Interactions) -> bool {
    let repeated = |sequence: &[crate::Event]| {
        let mut items: Vec<u32> = sequence.iter().map(|event| event.item).collect();
        items.sort_unstable();
        items.dedup();
        sequence.len() - items.len()
    };
    let repeated: usize = interactions.sequences().map(repeated).sum();
    repeated as f32 >= HABIT * interactions.n_events().max(1) as f32
}

/// Whether a pack of these recipes has learnt that people do not come back to things.
fn keeps_away(pack: &Pack) -> bool {
    pack.constants().reminder_weight < 0.0
}
