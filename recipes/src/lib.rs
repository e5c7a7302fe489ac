//! Training and evaluation: interactions in, a vector pack and metrics out. Pure CPU, seeded, one file per recipe.
//!
//! It is not: a reader of files, a scheduler, a store. It knows no clock and no random source but its seed, and the
//! result does not depend on the number of threads.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, find};
//!
//! # fn main() -> Result<(), bowerbird_recipes::RecipeError> {
//! let mut builder = Interactions::builder();
//! builder.push("ada", "heat", 1_000, 1.0)?;
//! builder.push("ada", "up", 2_000, 1.0)?;
//! builder.push("bob", "up", 3_000, 1.0)?;
//! let interactions = builder.build()?;
//!
//! let recipe = find("aws-popularity-count").expect("it is one of ours");
//! let trained = recipe.train(&Training {
//!     interactions: &interactions,
//!     items: &ItemTable::default(),
//!     seed: 7,
//!     progress: &|_phase: &str, _done, _total| Flow::Continue,
//!     settings: &BTreeMap::new(),
//! })?;
//! assert!(trained.metrics.get("coverage").is_some());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod affinity;
pub mod automl;
mod catalogue;
mod cold_start;
mod contexts;
pub mod encoder;
mod error;
mod exposure;
pub mod hpo;
mod interactions;
mod item_table;
mod item_to_item;
pub mod kernel;
mod metrics;
mod newcomers;
pub mod next_best_action;
mod popularity_count;
mod prior;
mod recipe;
mod semantic_similarity;
mod settings;
mod trending_now;
mod user_personalization;

pub use affinity::{Asked, segments};
pub use contexts::Contexts;
pub use error::RecipeError;
pub use interactions::{Builder, Event, Interactions};
pub use item_table::ItemTable;
pub use metrics::{Judged, Line, Metrics, report};
pub use newcomers::{Met, Since, with_newcomers};
pub use recipe::{Earlier, Flow, Progress, Recipe, Trained, Training, find, names};
