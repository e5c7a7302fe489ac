//! "A day has passed: take in what came, and leave the rest as it was learnt." A training that goes on from the pack of an
//! earlier one: its constants are not tuned again, its factors and rows are where learning starts, and only events that
//! it did not know are looked at where that is possible.
//!
//! It is not: for years. What was tuned and the order of magnitude of everything stays that of the full training.

use bowerbird_ranker::Pack;
use bowerbird_ranker::pack::{NewContexts, Notes};
use ndarray::Array2;

use super::rows::{Kind, Made};
use super::space::Learner;
use super::{UserPersonalization, Work, most_people};
use crate::catalogue::Model;
use crate::prior::Prior;
use crate::recipe::Earlier;
use crate::{Recipe, RecipeError, Training};

impl UserPersonalization {
    pub(super) fn go_on(&self, job: &Training<'_>, earlier: &Earlier<'_>) -> Result<Vec<u8>, RecipeError> {
        let pack = earlier.pack;
        if pack.recipe() != self.name() {
            return Err(RecipeError::NoUpdate);
        }
        let work = Work::new(self.name(), job)?;
        let constants = *pack.constants();
        let kind = Kind::of(pack);
        let again = work.rows_of(earlier);
        let neighbours =
            kind.rows(job, "updating: neighbours", job.interactions, 1.0, Some(&again))?.neighbours;
        let (mut vectors, mut network) = (None, None);
        if pack.dim() > 0 {
            let (learner, start) = Learner::again(pack, work.vectors_of(pack));
            let space = learner.fit(job, "updating: vectors", job.interactions, Some(&start))?;
            (vectors, network) = space.contents();
        }
        let objective = if work.objective.is_some() { pack.notes().objective } else { 0.0 };
        let tilt = work.objective.as_ref().map(|wanted| wanted.tilt(objective).added).unwrap_or_default();
        let Notes { impressions, half_life_days, .. } = pack.notes();
        let prior = Prior { appeal: impressions, half_life_days };
        let most_people = most_people(prior, job.interactions);
        let notes = Notes { row_window: kind.window(), objective, impressions, half_life_days, most_people };
        let popularity = prior.of(job.interactions);
        let contexts = work.contexts_of(pack);
        let model = Model { constants, notes, popularity, tilt, vectors, network, neighbours, contexts };
        let step = |done, total| job.step("placing new items", done, total);
        work.catalogue.publish_with_newcomers(self.name(), &model, &step)
    }
}

impl Work<'_> {
    /// The rows of an earlier pack by item number of now, each in the order of items.
    fn rows_of(&self, earlier: &Earlier<'_>) -> Made {
        let pack = earlier.pack;
        let ids = self.job.interactions.item_ids();
        let number = |id: &str| ids.binary_search_by(|other| other.as_str().cmp(id)).ok();
        let row = |id: &String| {
            let entries = pack.index_of(id).into_iter().flat_map(|item| pack.neighbours(item));
            let known = entries.filter_map(|(other, weight)| Some((number(pack.id(other))? as u32, weight)));
            let mut row: Vec<(u32, f32)> = known.collect();
            row.sort_unstable_by_key(|&(item, _)| item);
            row
        };
        Made::again(ids.iter().map(row).collect(), earlier.until_ms)
    }

    /// The lifts of an earlier pack by item number of now; none for items that it does not know. They are not learnt again:
    /// what they weigh is in them.
    fn contexts_of(&self, pack: &Pack) -> Option<NewContexts> {
        let contexts = pack.to_contexts()?;
        let n_keys = contexts.keys.len();
        let ids = self.job.interactions.item_ids();
        let mut lifts = vec![0.0; ids.len() * n_keys];
        for (id, row) in ids.iter().zip(lifts.chunks_exact_mut(n_keys)) {
            if let Some(item) = pack.index_of(id) {
                row.copy_from_slice(&contexts.lifts[item.at() * n_keys..][..n_keys]);
            }
        }
        Some(NewContexts { lifts, ..contexts })
    }

    /// The vectors of an earlier pack by item number of now; zeros for items that it does not know.
    fn vectors_of(&self, pack: &Pack) -> Array2<f32> {
        let ids = self.job.interactions.item_ids();
        let mut vectors = Array2::zeros((ids.len(), pack.dim()));
        for (id, mut row) in ids.iter().zip(vectors.outer_iter_mut()) {
            if let Some(item) = pack.index_of(id) {
                row.iter_mut().zip(pack.item_vector(item)).for_each(|(to, from)| *to = from);
            }
        }
        vectors
    }
}
