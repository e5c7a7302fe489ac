//! "How much is being passed over to count?" Popularity by appeal, as far as it costs the held-back events little: that
//! something is shown in vain is no part of what people did, so they alone would never ask for it.

use bowerbird_ranker::Pack;

use super::query::Query;
use super::tune::{Tuned, at_each, held_back_events, summed};
use crate::catalogue::Catalogue;
use crate::prior::Prior;
use crate::{Interactions, RecipeError, Training};

/// Shares of appeal to choose from.
const SHARES: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// The share of NDCG@25 of held-back events that may be lost: as for an objective of low sensitivity.
const LOSS: f64 = 0.02;

/// The largest share that loses no more than allowed.
pub(super) fn share(
    job: &Training<'_>,
    (catalogue, train, older): (&Catalogue<'_>, &Interactions, &Interactions),
    (pack, tuned, prior): (&Pack, &Tuned, Prior),
) -> Result<f32, RecipeError> {
    let weight = tuned.constants.popularity_weight;
    let added: Vec<Vec<f32>> =
        SHARES.iter().map(|&appeal| difference(catalogue, older, pack, Prior { appeal, ..prior })).collect();
    let places = held_back_events(job.seed, train, catalogue.n_items());
    let gains = |user, at| {
        let query = Query::new(catalogue, train, user, at);
        let gain = |added: &Vec<f32>| query.tilted(pack, tuned, added, &[(weight, weight)])[0];
        added.iter().map(gain).collect()
    };
    let totals = summed(SHARES.len(), &at_each(job, "tuning: impressions", &places, gains)?);
    let least = (1.0 - LOSS) * totals[0];
    let largest = SHARES.into_iter().zip(totals).rfind(|&(_, total)| total >= least);
    Ok(largest.map_or(0.0, |(share, _)| share))
}

/// What another prior adds to that of a pack, by position; it may take away.
fn difference(catalogue: &Catalogue<'_>, older: &Interactions, pack: &Pack, prior: Prior) -> Vec<f32> {
    let mut added = vec![0.0; pack.n_items()];
    for (item, prior) in (0..).zip(prior.of(older)) {
        let position = catalogue.position(item);
        added[position.at()] = prior - pack.popularity(position);
    }
    added
}
