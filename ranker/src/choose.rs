//! "Which k of these make the best list?" One greedy pass for diversity, calibration and caps:
//!
//! gain(j) = (1 − d − c) · relevance(j) − d · penalty(j) − c · KL(j)
//!
//! relevance: the score, brought to 0 to 1 within the pool. penalty, MMR: the largest likeness to an item chosen
//! before (Carbonell and Goldstein 1998, with λ = 1 − d); DPP: −½ ln of what of the item's unit vector is outside the
//! span of those chosen before (Chen, Zhang, Zhou 2018, algorithm 1, with ln q = relevance). KL: Kullback-Leibler
//! divergence of the categories of the list with j from those of the history (Steck 2018, eq. 6, α = 0.01).

use alloc::vec;
use alloc::vec::Vec;

use crate::kernel::root;
use crate::pool::{CATEGORIES, Pool};
use crate::top::Scored;
use crate::{Dials, Method};

/// Share of the history's mix in that of the list, so that no logarithm is of zero. Source: Steck 2018.
const SMOOTHING: f32 = 0.01;
/// What is left of an item within the span of others; keeps the logarithm finite.
const NOTHING_LEFT: f32 = 1e-6;

/// A list that grows.
struct Choice<'a> {
    pool: &'a Pool<'a>,
    dials: &'a Dials,
    /// Share of each category in the history; empty without one.
    wanted: Vec<f32>,
    /// Of the chosen: how many of each category, and the sums of their shares.
    counts: [u32; CATEGORIES],
    shares: [f32; CATEGORIES],
    /// What was chosen so far.
    chosen: Vec<usize>,
    /// Of each item: the penalty so far, and for how many of the chosen ones.
    penalties: Vec<f32>,
    compared: Vec<usize>,
    /// DPP alone: what is left of each, and its coordinates in the span of the chosen, \[chosen × pool\].
    left: Vec<f32>,
    coordinates: Vec<f32>,
}

/// Places in `scored`, at most `k`, in the order in which they are to be shown. `history` has the places in the pool of
/// what the visitor did, with weights.
pub(crate) fn choose(
    pool: &Pool<'_>,
    scored: &[Scored],
    history: &[(usize, f32)],
    dials: &Dials,
    k: usize,
) -> Vec<usize> {
    let mut choice = Choice::new(pool, dials, history);
    let n = scored.len();
    let low = scored.last().map_or(0.0, |last| last.score());
    let span = (scored.first().map_or(0.0, |first| first.score()) - low).max(f32::MIN_POSITIVE);
    let relevance: Vec<f32> = scored.iter().map(|one| (one.score() - low) / span).collect();
    let keep = (1.0 - dials.diversity - dials.calibration).max(0.0);
    let mut open = vec![true; n];
    while choice.chosen.len() < k {
        let logs = choice.logs();
        let mut best: Option<(f32, usize)> = None;
        for place in 0..n {
            let most = keep * relevance[place];
            let is_beaten = |gain: f32| logs.is_empty() && best.is_some_and(|(best, _)| gain <= best);
            // Penalties are not negative and only grow, so without calibration nothing gains more than it would with
            // what is known of its penalty; nor does anything behind it gain more than it would without any (the lazy
            // greedy algorithm, Minoux 1978).
            if is_beaten(most) {
                break;
            }
            let may_win = open[place] && choice.has_room(place);
            if !may_win || is_beaten(most - choice.loss(place, &logs)) {
                continue;
            }
            choice.compare(place);
            let gain = most - choice.loss(place, &logs);
            if best.is_none_or(|(most, _)| gain > most) {
                best = Some((gain, place));
            }
        }
        let Some((_, place)) = best else { break };
        open[place] = false;
        choice.take(place);
    }
    choice.chosen
}

impl<'a> Choice<'a> {
    fn new(pool: &'a Pool<'a>, dials: &'a Dials, history: &[(usize, f32)]) -> Self {
        let mut wanted = Vec::new();
        if dials.calibration > 0.0 && !history.is_empty() {
            wanted = vec![0.0; CATEGORIES];
            let mut total = 0.0;
            for &(place, weight) in history {
                let set = pool.sets[place];
                total += if set == 0 { 0.0 } else { weight };
                members(set).for_each(|at| wanted[at] += weight / set.count_ones() as f32);
            }
            wanted.iter_mut().for_each(|share| *share /= total);
        }
        Self {
            pool,
            dials,
            wanted,
            counts: [0; CATEGORIES],
            shares: [0.0; CATEGORIES],
            chosen: Vec::new(),
            penalties: vec![0.0; pool.sets.len()],
            compared: vec![0; pool.sets.len()],
            left: vec![1.0; pool.sets.len()],
            coordinates: Vec::new(),
        }
    }

    fn has_room(&self, place: usize) -> bool {
        let cap = self.dials.cap as u32;
        cap == 0 || members(self.pool.sets[place]).all(|at| self.counts[at] < cap)
    }

    /// Of every category that the history has: what it adds to − KL, should the next item not be of it.
    fn logs(&self) -> Vec<f32> {
        let log = |(at, &wanted): (usize, &f32)| self.log(at, wanted, 0.0);
        self.wanted.iter().enumerate().map(log).collect()
    }

    fn log(&self, at: usize, wanted: f32, more: f32) -> f32 {
        if wanted > 0.0 {
            let share = (self.shares[at] + more) / (self.chosen.len() + 1) as f32;
            wanted * libm::logf((1.0 - SMOOTHING) * share + SMOOTHING * wanted)
        } else {
            0.0
        }
    }

    /// Relevance aside; the part of KL that is the same for all items is left out.
    fn loss(&self, place: usize, logs: &[f32]) -> f32 {
        let mut loss = self.dials.diversity * self.penalties[place];
        if !logs.is_empty() {
            let set = self.pool.sets[place];
            let share = 1.0 / (set.count_ones().max(1)) as f32;
            let gain =
                members(set).fold(0.0, |sum, at| sum + self.log(at, self.wanted[at], share) - logs[at]);
            loss -= self.dials.calibration * gain;
        }
        loss
    }

    fn take(&mut self, place: usize) {
        let set = self.pool.sets[place];
        for at in members(set) {
            self.counts[at] += 1;
            self.shares[at] += 1.0 / set.count_ones() as f32;
        }
        if self.dials.diversity > 0.0 && self.dials.method == Method::Dpp {
            self.project(place);
        }
        self.chosen.push(place);
    }

    /// MMR: makes the penalty of an item that for all chosen ones.
    fn compare(&mut self, place: usize) {
        if self.dials.diversity > 0.0 && self.dials.method == Method::Mmr {
            for &one in &self.chosen[self.compared[place]..] {
                self.penalties[place] = self.penalties[place].max(self.pool.likeness(one, place));
            }
            self.compared[place] = self.chosen.len();
        }
    }

    /// Takes the direction of the chosen item away from what is left of all others.
    fn project(&mut self, place: usize) {
        let n = self.left.len();
        let length = root(self.left[place].max(NOTHING_LEFT));
        let rows = self.coordinates.len() / n;
        for other in 0..n {
            let common = (0..rows).fold(0.0, |sum, row| {
                sum + self.coordinates[row * n + place] * self.coordinates[row * n + other]
            });
            let coordinate = (self.pool.likeness(place, other) - common) / length;
            self.coordinates.push(coordinate);
            self.left[other] -= coordinate * coordinate;
            self.penalties[other] = -0.5 * libm::logf(self.left[other].max(NOTHING_LEFT));
        }
    }
}

/// The bits that are set.
fn members(mut set: u128) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        (set != 0).then(|| {
            let at = set.trailing_zeros() as usize;
            set &= set - 1;
            at
        })
    })
}
