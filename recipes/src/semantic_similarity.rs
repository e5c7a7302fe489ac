//! aws-semantic-similarity: what is described like an item, from its text columns. Works before anybody has done
//! anything, since it learns from descriptions alone; interactions only give the order of what nothing is like.

use bowerbird_ranker::Constants;

use crate::catalogue::{Catalogue, Model, popularity_prior};
use crate::kernel::content;
use crate::metrics::{Split, evaluate};
use crate::{Interactions, ItemTable, Recipe, RecipeError, Trained, Training};

/// Neighbours kept per item, as many as item to item keeps.
const ROW_LENGTH: usize = 50;

pub(crate) struct SemanticSimilarity;

impl Recipe for SemanticSimilarity {
    fn name(&self) -> &'static str {
        "aws-semantic-similarity"
    }

    fn goes_by_description(&self) -> bool {
        true
    }

    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError> {
        let all = job.interactions.with_items(job.items.ids());
        let catalogue = Catalogue::new(&all, job.items);
        let split = Split::new(&all);
        let rows = rows(job, "reading descriptions", &all)?;
        let model = |interactions: &Interactions| Model {
            // The prior only orders what no row reaches.
            constants: Constants { neighbour_weight: 1.0, popularity_weight: 1e-3, ..Constants::default() },
            popularity: popularity_prior(interactions),
            neighbours: rows.clone(),
            ..Model::default()
        };
        let metrics = evaluate(job, &catalogue.pack(self.name(), &model(&split.train))?, &catalogue, &split)?;
        Ok(Trained { pack: catalogue.publish(self.name(), &model(&all))?, metrics })
    }
}

/// Rows by what is known about the items, \[n_items\].
pub(crate) fn rows(
    job: &Training<'_>,
    phase: &str,
    interactions: &Interactions,
) -> Result<Vec<Vec<(u32, f32)>>, RecipeError> {
    let terms = terms(job.items, interactions.item_ids());
    let all: Vec<u32> = (0..terms.len() as u32).collect();
    content::rows(&terms, &all, |_| true, ROW_LENGTH, &|done, total| job.step(phase, done, total))
}

/// What describes each of these items.
pub(crate) fn terms(items: &ItemTable, ids: &[String]) -> Vec<Vec<String>> {
    ids.iter().map(|id| terms_of(items, id)).collect()
}

/// Words of texts, and categories with the name of their column, so that a genre is not a word of a title.
fn terms_of(items: &ItemTable, id: &str) -> Vec<String> {
    let mut terms: Vec<String> = items.texts(id).flat_map(content::words).collect();
    terms.extend(items.categories(id).map(|(column, word)| format!("{column}={word}")));
    terms
}
