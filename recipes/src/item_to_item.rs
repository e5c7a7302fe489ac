//! aws-sims and aws-similar-items: what goes with an item, from what people did near it.
//!
//! Symmetric windowed co-occurrence with an asymmetric normalisation. aws-similar-items also asks what is described
//! alike, so that an item with few or no interactions has neighbours too. For GetRecommendations with an item the rows
//! answer directly ([`related`](bowerbird_ranker::related)); with a history they vote.

use bowerbird_ranker::Constants;

use crate::catalogue::{Catalogue, Model};
use crate::kernel::{Masses, Transitions};
use crate::metrics::{Split, evaluate};
use crate::prior::popularity_prior;
use crate::settings::number;
use crate::{Interactions, Recipe, RecipeError, Trained, Training, semantic_similarity};

pub(crate) struct ItemToItem(pub(crate) &'static str, pub(crate) Source);

/// What rows are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// What people did.
    Interactions,
    /// And what is known about the items.
    Metadata,
}

/// So many users make what people did count as much as what an item is described as. Personalize calls an item with
/// fewer than five interactions cold.
const TRUSTED: f32 = 5.0;
/// Neighbours kept per item.
const ROW_LENGTH: usize = 50;

impl Recipe for ItemToItem {
    fn name(&self) -> &'static str {
        self.0
    }

    fn goes_by_description(&self) -> bool {
        self.1 == Source::Metadata
    }

    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError> {
        let counting = Transitions {
            window: 20,
            gap_decay: 0.9,
            backward: 1.0,
            source_exponent: 0.5,
            target_exponent: number(job.settings, "popularity_discount_factor", 0.5, 0.0..=1.0)?,
            masses: Masses::Pairs,
            shrinkage: 10.0,
            min_count: number(job.settings, "min_cointeraction_count", 3, 0..=10)?,
            row_length: ROW_LENGTH,
        };
        let all = match self.1 {
            Source::Interactions => job.interactions.clone(),
            Source::Metadata => job.interactions.with_items(job.items.ids()),
        };
        let described = match self.1 {
            Source::Interactions => Vec::new(),
            Source::Metadata => semantic_similarity::rows(job, "reading descriptions", &all)?,
        };
        let catalogue = Catalogue::new(&all, job.items);
        let split = Split::new(&all);
        let held_out =
            catalogue.pack(self.0, &model(job, "evaluating", &split.train, &counting, &described)?)?;
        let metrics = evaluate(job, &held_out, &catalogue, &split)?;
        let pack = catalogue.publish(self.0, &model(job, "training", &all, &counting, &described)?)?;
        Ok(Trained { pack, metrics })
    }
}

fn model(
    job: &Training<'_>,
    phase: &str,
    interactions: &Interactions,
    counting: &Transitions,
    described: &[Vec<(u32, f32)>],
) -> Result<Model, RecipeError> {
    let mut neighbours = counting.rows(interactions, &|done, total| job.step(phase, done, total))?;
    let users = interactions.users_per_item();
    for ((row, described), &users) in neighbours.iter_mut().zip(described).zip(&users) {
        blend(row, described, users as f32 / (users as f32 + TRUSTED));
    }
    // The prior only orders what no row reaches.
    let constants = Constants { neighbour_weight: 1.0, popularity_weight: 1e-3, ..Constants::default() };
    Ok(Model { constants, popularity: popularity_prior(interactions), neighbours, ..Model::default() })
}

/// Adds what is described alike, each side on the scale of its strongest; `trust`: the share of what people did.
fn blend(row: &mut Vec<(u32, f32)>, described: &[(u32, f32)], trust: f32) {
    if described.is_empty() {
        return;
    }
    let scaled = |row: &[(u32, f32)], share: f32| {
        let most = row.first().map_or(1.0, |&(_, weight)| weight);
        row.iter().map(|&(item, weight)| (item, share * weight / most)).collect::<Vec<_>>()
    };
    let mut both = scaled(row, trust);
    both.extend(scaled(described, 1.0 - trust));
    both.sort_unstable_by_key(|&(item, _)| item);
    both.dedup_by(|next, first| {
        let is_same = next.0 == first.0;
        first.1 += if is_same { next.1 } else { 0.0 };
        is_same
    });
    both.retain(|&(_, weight)| weight > 0.0);
    both.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    both.truncate(ROW_LENGTH);
    *row = both;
}
