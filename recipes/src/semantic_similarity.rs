//! aws-semantic-similarity: what is described like an item, from its text columns. Works before anybody has done
//! anything, since it learns from descriptions alone; interactions only give the order of what nothing is like.

use bowerbird_ranker::Constants;

use crate::catalogue::{Catalogue, Model};
use crate::kernel::content;
use crate::metrics::{Split, evaluate};
use crate::prior::popularity_prior;
use crate::{Interactions, ItemTable, Metrics, Recipe, RecipeError, Trained, Training};

/// Neighbours kept per item, as many as item to item keeps.
const ROW_LENGTH: usize = 50;
/// Of a list that metrics look at, as everywhere.
const LISTED: usize = 25;
/// When an item came, by the service's name for the column.
const CREATED: &str = "CREATION_TIMESTAMP";

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
        let metrics = Lists::new(&rows).judge(&all, job.items, metrics);
        Ok(Trained { pack: catalogue.publish(self.name(), &model(&all))?, metrics })
    }
}

/// What the service tells of lists beside an item: how alike their items are to it, how popular, how new.
struct Lists<'a>(Vec<&'a [(u32, f32)]>);

impl<'a> Lists<'a> {
    /// Of items that are like any other.
    fn new(rows: &'a [Vec<(u32, f32)>]) -> Self {
        Self(rows.iter().filter(|row| !row.is_empty()).map(|row| &row[..row.len().min(LISTED)]).collect())
    }

    /// Popularity is the interactions of an item ÷ those of the item with the most, freshness where it stands between the
    /// oldest item (0) and the newest (1).
    fn judge(&self, interactions: &Interactions, items: &ItemTable, metrics: Metrics) -> Metrics {
        let mut events = vec![0.0; interactions.n_items()];
        interactions.sequences().flatten().for_each(|event| events[event.item as usize] += 1.0);
        let most = events.iter().copied().fold(1.0, f64::max);
        let metrics = metrics
            .and("average_similarity_at_25", self.mean(|(_, cosine)| Some(f64::from(cosine))))
            .and("average_popularity_at_25", self.mean(|(item, _)| Some(events[item as usize] / most)));
        let Some(created) = items.numbers(CREATED, interactions.item_ids()) else { return metrics };
        let known = created.iter().flatten().copied();
        let (oldest, newest) = (known.clone().fold(f64::MAX, f64::min), known.fold(f64::MIN, f64::max));
        let span = (newest - oldest).max(1.0);
        let fresh = |(item, _): (u32, f32)| Some((created[item as usize]? - oldest) / span);
        metrics.and("average_freshness_at_25", self.mean(fresh))
    }

    /// Mean over lists of the mean over items of which it is known.
    fn mean(&self, value: impl Fn((u32, f32)) -> Option<f64>) -> f64 {
        let of = |list: &&[(u32, f32)]| {
            let known: Vec<f64> = list.iter().filter_map(|&one| value(one)).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        let means: Vec<f64> = self.0.iter().filter_map(of).collect();
        means.iter().sum::<f64>() / means.len().max(1) as f64
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

#[cfg(test)]
mod tests {
    use bowerbird_ranker::Kind;

    use super::*;

    #[test]
    fn lists_beside_items_are_judged_by_likeness_popularity_and_age() {
        let mut builder = Interactions::builder();
        for (user, item) in [("u", "a"), ("v", "a"), ("u", "b"), ("w", "c")] {
            builder.push(user, item, 0, 1.0).unwrap();
        }
        let interactions = builder.build().unwrap();
        let mut items = ItemTable::new([(CREATED.to_owned(), Kind::Number)]);
        for (id, time) in [("a", "100"), ("b", "200"), ("c", "")] {
            items.set(id, CREATED, time).unwrap();
        }
        let rows = [vec![(1, 0.5), (2, 0.25)], vec![(0, 1.0)], Vec::new()];
        let judge = |items| Lists::new(&rows).judge(&interactions, items, Metrics::rounded(Vec::new()));
        let found = judge(&items);
        let value = |name: &str| found.get(name).unwrap();
        assert_eq!(value("average_similarity_at_25"), 0.6875);
        assert_eq!(value("average_popularity_at_25"), 0.75);
        assert_eq!(value("average_freshness_at_25"), 0.5);
        assert_eq!(judge(&ItemTable::default()).get("average_freshness_at_25"), None);
    }
}
