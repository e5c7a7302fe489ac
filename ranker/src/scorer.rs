//! "Here is what a visitor did; what is this item worth to them?"
//!
//! score = a · vector + b · neighbours + c · popularity. Vector and neighbour parts are divided by their root mean
//! square over the whole catalogue, so both are on one scale for every visitor, and an item's score does not depend
//! on which other candidates are given.

use alloc::vec::Vec;

use crate::fold_in::UserVector;
use crate::{Constants, History, ItemIndex, Observation, Pack, Reason};

/// The share of a score from which on the neighbour rows are its reason. Ours: with less, another part alone would
/// have brought the item to about the same place.
const TELLING_SHARE: f32 = 0.25;

/// Everything about one history that scoring an item needs: what [`recommend`](crate::recommend) makes once per call.
///
/// Useful for: explaining a score, and tuning constants in training. Not useful for: ranking.
pub struct Scorer<'a> {
    pack: &'a Pack,
    /// The events of the neighbour window with their decayed weights, oldest first.
    events: Vec<Observation>,
    user: Option<UserVector>,
    /// The neighbour part of every item, \[n\]; empty when the pack or the history has none.
    neighbours: Vec<f32>,
    /// Weights a, b, c.
    weights: [f32; 3],
}

/// The three summands of a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    /// What the user vector gives, of either sign.
    pub vector: f32,
    /// What the neighbour rows of the history give, ≥ 0.
    pub neighbours: f32,
    /// What the popularity prior gives, ≥ 0.
    pub popularity: f32,
}

impl<'a> Scorer<'a> {
    /// With the constants of the pack.
    pub fn new(pack: &'a Pack, history: &History) -> Self {
        Self::with_constants(pack, history, pack.constants())
    }

    /// With other constants than the pack's, as training does when it looks for good ones.
    pub fn with_constants(pack: &'a Pack, history: &History, constants: &Constants) -> Self {
        let latest = |decay, window| decayed(pack, history, decay, window);
        let mut weights = [constants.vector_weight, constants.neighbour_weight, constants.popularity_weight];
        let vector_events = latest(constants.vector_decay, constants.vector_window);
        let user = (weights[0] > 0.0 && pack.dim() > 0 && !vector_events.is_empty())
            .then(|| UserVector::fold_in(pack, &vector_events, constants))
            .flatten();
        let events = latest(constants.neighbour_decay, constants.neighbour_window);
        let neighbours = if weights[1] > 0.0 { spread(pack, &events) } else { Vec::new() };
        if user.is_none() && neighbours.is_empty() {
            // Without a prior every item would score the same and the order would be that of the ids.
            weights[2] = 1.0;
        }
        Self { pack, events, user, neighbours, weights }
    }

    /// The score of an item: the sum of its [`parts`](Self::parts).
    pub fn score(&self, item: ItemIndex) -> f32 {
        let parts = self.parts(item);
        (parts.vector + parts.neighbours) + parts.popularity
    }

    /// Why an item has its score. An item of the history is named if the neighbour rows gave a telling share, because
    /// people understand it best; else the larger of the other parts is the reason, on a tie the more personal one.
    pub fn reason(&self, item: ItemIndex) -> Reason {
        let parts = self.parts(item);
        let sum = parts.vector.max(0.0) + parts.neighbours + parts.popularity;
        if parts.neighbours > 0.0 && parts.neighbours >= TELLING_SHARE * sum {
            self.carrier(item).map_or(Reason::Popular, Reason::Because)
        } else if parts.vector > 0.0 && parts.vector >= parts.popularity {
            Reason::Taste
        } else {
            Reason::Popular
        }
    }

    /// What the score of an item is made of, already weighted.
    pub fn parts(&self, item: ItemIndex) -> Parts {
        let [a, b, c] = self.weights;
        Parts {
            vector: self.user.as_ref().map_or(0.0, |user| a * user.score(self.pack, item.at())),
            neighbours: self.neighbours.get(item.at()).map_or(0.0, |x| b * x),
            popularity: c * self.pack.popularity(item),
        }
    }

    /// The event whose row gave most to `item`; the newest on a tie.
    fn carrier(&self, item: ItemIndex) -> Option<ItemIndex> {
        let share = |event: &Observation| {
            let row = self.pack.neighbours(event.item).find(|&(other, _)| other == item);
            row.map_or(0.0, |(_, weight)| weight * event.weight)
        };
        let largest = self.events.iter().max_by(|x, y| share(x).total_cmp(&share(y)));
        largest.map(|event| event.item)
    }
}

/// The latest `window` events that count and that this pack knows, each with weight · decayᵃᵍᵉ, oldest first.
fn decayed(pack: &Pack, history: &History, decay: f32, window: f32) -> Vec<Observation> {
    let known = |event: &Observation| event.item.at() < pack.n_items() && event.weight > 0.0;
    let mut strength = 1.0;
    let mut events: Vec<Observation> = history
        .iter()
        .rev()
        .filter(known)
        .take(window as usize)
        .map(|event| {
            let weight = event.weight * strength;
            strength *= decay;
            Observation { weight, ..event }
        })
        .collect();
    events.reverse();
    events
}

/// Σ strength · row over the events, divided by its root mean square over the catalogue; empty when all rows are.
fn spread(pack: &Pack, events: &[Observation]) -> Vec<f32> {
    let mut sums = alloc::vec![0.0f32; pack.n_items()];
    let mut touched: Vec<ItemIndex> = Vec::new();
    for event in events {
        for (other, weight) in pack.neighbours(event.item) {
            if sums[other.at()] == 0.0 {
                touched.push(other);
            }
            sums[other.at()] += weight * event.weight;
        }
    }
    // An event too old to add anything leaves a zero behind and may be met again.
    touched.sort_unstable();
    touched.dedup();
    let squares = touched.iter().fold(0.0, |sum, item| sum + sums[item.at()] * sums[item.at()]);
    let factor = 1.0 / libm::sqrtf(squares / pack.n_items() as f32);
    if !factor.is_finite() {
        return Vec::new();
    }
    touched.iter().for_each(|item| sums[item.at()] *= factor);
    sums
}
