//! The contract of a recipe: interactions in, a vector pack and metrics out.

use std::collections::BTreeMap;

use bowerbird_ranker::Pack;

use crate::affinity;
use crate::item_to_item::{ItemToItem, Source};
use crate::popularity_count::PopularityCount;
use crate::semantic_similarity::SemanticSimilarity;
use crate::trending_now::TrendingNow;
use crate::user_personalization::UserPersonalization;
use crate::{Interactions, ItemTable, Metrics, RecipeError};

/// A way to train. Stateless; all it needs is in the [`Training`].
///
/// Every recipe keeps these promises: on users who like only even or only odd items, an even user's held-out even
/// item comes first; the same input and seed give the same bytes on any number of threads.
pub trait Recipe: Sync {
    /// The name at Amazon.
    fn name(&self) -> &'static str;

    /// Trains and evaluates.
    ///
    /// # Errors
    /// A hyperparameter outside its range, or [`RecipeError::Stopped`].
    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError>;

    /// Goes on from what an earlier training left, on the same data and more: no tuning and no metrics, and less to learn.
    /// What has come since is in the new pack.
    ///
    /// # Errors
    /// [`RecipeError::NoUpdate`] where the recipe cannot or the pack is of another one, and those of
    /// [`train`](Recipe::train).
    fn update(&self, _job: &Training<'_>, _earlier: &Earlier<'_>) -> Result<Vec<u8>, RecipeError> {
        Err(RecipeError::NoUpdate)
    }

    /// After how many milliseconds what was trained is out of date however little happened; `None` = never. Settings
    /// that [`train`](Recipe::train) refuses say nothing. `pack`: what it left.
    fn out_of_date_after(&self, _settings: &BTreeMap<String, String>, _pack: &Pack) -> Option<i64> {
        None
    }

    /// A setting of which the data say more than a default can, and whose values cost little to try: its name, and its
    /// values with the default first. [`automl`](crate::automl) tries each.
    fn worth_trying(&self) -> Option<(&'static str, Vec<&'static str>)> {
        None
    }

    /// Whether neighbour rows tell what is described alike, so that a new item has one of its own.
    fn goes_by_description(&self) -> bool {
        false
    }

    /// Whether the popularity in its packs counts users, so that a new item has the one of its visitors.
    fn prior_counts_users(&self) -> bool {
        true
    }
}

/// One training job.
pub struct Training<'a> {
    /// What happened.
    pub interactions: &'a Interactions,
    /// What is known about the items.
    pub items: &'a ItemTable,
    /// The only source of randomness.
    pub seed: u64,
    /// Is told how far it is and may say stop.
    pub progress: &'a dyn Progress,
    /// Hyperparameters by Amazon's names, as text. Those that a recipe does not know are ignored, because Amazon's
    /// clients send some that only mean something to its own networks.
    pub settings: &'a BTreeMap<String, String>,
}

/// What an earlier training left.
pub struct Earlier<'a> {
    /// Its pack.
    pub pack: &'a Pack,
    /// When the newest event happened that it learnt from.
    pub until_ms: i64,
}

/// The result of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// A vector pack.
    pub pack: Vec<u8>,
    /// How good it is, on users it was not trained on (docs/recipes.md has the protocol).
    pub metrics: Metrics,
}

/// Watches a training. Any `Fn(&str, u64, u64) -> Flow` is one.
pub trait Progress: Sync {
    /// `done` of `total` steps of `phase` are finished. Called several times a second on large data, from one thread.
    fn step(&self, phase: &str, done: u64, total: u64) -> Flow;
}

impl<F: Fn(&str, u64, u64) -> Flow + Sync> Progress for F {
    fn step(&self, phase: &str, done: u64, total: u64) -> Flow {
        self(phase, done, total)
    }
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop as soon as possible.
    Stop,
}

impl Training<'_> {
    /// Reports and turns a stop into an error.
    pub(crate) fn step(&self, phase: &str, done: u64, total: u64) -> Result<(), RecipeError> {
        match self.progress.step(phase, done, total) {
            Flow::Continue => Ok(()),
            Flow::Stop => Err(RecipeError::Stopped),
        }
    }
}

static RECIPES: [&dyn Recipe; 11] = [
    &UserPersonalization("aws-user-personalization"),
    &UserPersonalization("aws-user-personalization-v2"),
    &UserPersonalization("aws-personalized-ranking"),
    &UserPersonalization("aws-personalized-ranking-v2"),
    &ItemToItem("aws-sims", Source::Interactions),
    &ItemToItem("aws-similar-items", Source::Metadata),
    &SemanticSimilarity,
    &PopularityCount,
    &TrendingNow,
    &affinity::ITEM,
    &affinity::ATTRIBUTE,
];

/// The recipe of this name at Amazon.
pub fn find(name: &str) -> Option<&'static dyn Recipe> {
    RECIPES.iter().copied().find(|recipe| recipe.name() == name)
}

/// The names that [`find`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    RECIPES.iter().map(|recipe| recipe.name())
}
