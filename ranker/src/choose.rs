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
    /// Of each item: the penalty so far.
    penalties: Vec<f32>,
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
    let low = scored.last().map_or(0.0, |last| last.score);
    let span = (scored.first().map_or(0.0, |first| first.score) - low).max(f32::MIN_POSITIVE);
    let relevance: Vec<f32> = scored.iter().map(|one| (one.score - low) / span).collect();
    let keep = (1.0 - dials.diversity - dials.calibration).max(0.0);
    let mut chosen: Vec<usize> = Vec::with_capacity(k.min(n));
    let mut likeness = vec![0.0; pool.sets.len()];
    let mut open = vec![true; n];
    while chosen.len() < k {
        let logs = choice.logs(chosen.len());
        let mut best: Option<(f32, usize)> = None;
        for place in 0..n {
            if open[place] && choice.has_room(place) {
                let gain = keep * relevance[place] - choice.loss(place, chosen.len(), &logs);
                if best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, place));
                }
            }
        }
        let Some((_, place)) = best else { break };
        open[place] = false;
        chosen.push(place);
        if dials.diversity > 0.0 {
            pool.likeness(place, &mut likeness);
        }
        choice.take(place, &likeness);
    }
    chosen
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
            penalties: vec![0.0; pool.sets.len()],
            left: vec![1.0; pool.sets.len()],
            coordinates: Vec::new(),
        }
    }

    fn has_room(&self, place: usize) -> bool {
        let cap = self.dials.cap as u32;
        cap == 0 || members(self.pool.sets[place]).all(|at| self.counts[at] < cap)
    }

    /// Of every category that the history has: what it adds to − KL, should the next item not be of it.
    fn logs(&self, chosen: usize) -> Vec<f32> {
        let log = |(at, &wanted): (usize, &f32)| self.log(at, wanted, 0.0, chosen);
        self.wanted.iter().enumerate().map(log).collect()
    }

    fn log(&self, at: usize, wanted: f32, more: f32, chosen: usize) -> f32 {
        if wanted > 0.0 {
            let share = (self.shares[at] + more) / (chosen + 1) as f32;
            wanted * libm::logf((1.0 - SMOOTHING) * share + SMOOTHING * wanted)
        } else {
            0.0
        }
    }

    /// Relevance aside; the part of KL that is the same for all items is left out.
    fn loss(&self, place: usize, chosen: usize, logs: &[f32]) -> f32 {
        let mut loss = self.dials.diversity * self.penalties[place];
        if !logs.is_empty() {
            let set = self.pool.sets[place];
            let share = 1.0 / (set.count_ones().max(1)) as f32;
            let gain = members(set)
                .fold(0.0, |sum, at| sum + self.log(at, self.wanted[at], share, chosen) - logs[at]);
            loss -= self.dials.calibration * gain;
        }
        loss
    }

    fn take(&mut self, place: usize, likeness: &[f32]) {
        let set = self.pool.sets[place];
        for at in members(set) {
            self.counts[at] += 1;
            self.shares[at] += 1.0 / set.count_ones() as f32;
        }
        if self.dials.diversity > 0.0 {
            match self.dials.method {
                Method::Mmr => {
                    let pairs = self.penalties.iter_mut().zip(likeness);
                    pairs.for_each(|(penalty, &like)| *penalty = penalty.max(like));
                }
                Method::Dpp => self.project(place, likeness),
            }
        }
    }

    /// Takes the direction of the chosen item away from what is left of all others.
    fn project(&mut self, place: usize, likeness: &[f32]) {
        let n = likeness.len();
        let length = root(self.left[place].max(NOTHING_LEFT));
        let rows = self.coordinates.len() / n;
        for (other, like) in likeness.iter().enumerate() {
            let common = (0..rows).fold(0.0, |sum, row| {
                sum + self.coordinates[row * n + place] * self.coordinates[row * n + other]
            });
            let coordinate = (like - common) / length;
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
