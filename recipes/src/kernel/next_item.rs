//! What comes next, learnt: neighbour rows whose weights are log odds, fitted to the order of events by softmax.
//!
//! z(i) = ln p(i) + Σ_a γᵃ w_a W\[j_a, i\] over the latest items j_a of age a; P(next = i) = e^z(i) / Σ e^z over the items
//! not seen yet. W has entries only where items were counted together ([`Transitions`](super::Transitions)), so
//! Σ e^z is Σ p(i) corrected where rows reach: exact, and independent of the number of items. Cross-entropy is
//! lowered by Adagrad (Duchi, Hazan, Singer 2011), one event at a time in a seeded order.
//!
//! Repeats are neither targets nor competitors: whether they come back is a matter of the reminder, not of the rows.

use crate::kernel::Counted;
use crate::{Event, Interactions, RecipeError};

/// Settings of the fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NextItem {
    /// How many of the latest events predict the next one.
    pub window: usize,
    /// γ: what each step of age does.
    pub decay: f32,
    /// Step size of Adagrad.
    pub rate: f32,
    /// Pulls weights to zero each time that they are used.
    pub ridge: f32,
    /// What the counted log odds are multiplied with at the start: one item of several explains only a part.
    pub start: f32,
    /// The share of all events that the fit looks at, in a seeded order; 1 is all of them once.
    pub share: f32,
}

/// How many of the latest events are kept out of the competition as seen. More hardly change a sum over the catalogue,
/// and without a bound a single user with a million events would take a million times a million steps.
const SEEN_MAX: usize = 512;
/// Events between two reports.
const BLOCK: usize = 4096;
/// What Adagrad's sums of squares start from; larger makes the first steps shorter.
const SQUARES: f32 = 0.01;
/// Steps that an item is credited with when its log odds are taken from counts.
const CREDIT: f32 = 2.0;

/// W and its sums of squares.
struct Rows {
    ends: Vec<u32>,
    items: Vec<u32>,
    weights: Vec<f32>,
    squares: Vec<f32>,
}

/// What one event needs room for.
struct Room {
    /// Where in `reached` an item is, or [`NOWHERE`]. \[n_items\]
    places: Vec<u32>,
    reached: Vec<u32>,
    /// Scores, then probabilities, of `reached`.
    scores: Vec<f32>,
    seen: Vec<bool>,
    /// Of the entries of one row.
    errors: Vec<f32>,
}

const NOWHERE: u32 = u32::MAX;

impl NextItem {
    /// Neighbour rows with weights > 0, strongest first. The order of items is that of the sum of z.
    ///
    /// About 20 · window · row length operations for an event. `step(done, total)` is called every few thousand events.
    ///
    /// # Errors
    /// What `step` returns.
    pub fn rows(
        &self,
        interactions: &Interactions,
        counted: &Counted,
        seed: u64,
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<Vec<Vec<(u32, f32)>>, RecipeError> {
        let prior = prior(interactions);
        let mut rows = Rows::start(counted, &prior, self.start);
        let mut room = Room::new(interactions.n_items());
        let total: f64 = prior.iter().map(|&p| f64::from(p)).sum();
        let order = self.order(interactions, seed);
        for (number, block) in order.chunks(BLOCK).enumerate() {
            step((number * BLOCK) as u64, order.len() as u64)?;
            for &(user, at) in block {
                let sequence = interactions.sequence(user as usize);
                self.learn(&mut rows, &mut room, &prior, total, sequence, at as usize);
            }
        }
        Ok(rows.sorted())
    }

    /// (user, place) of the events to learn from.
    fn order(&self, interactions: &Interactions, seed: u64) -> Vec<(u32, u32)> {
        let of = |(user, sequence): (usize, &[Event])| {
            let is_first = first_times(sequence);
            (1..sequence.len()).filter(move |&at| is_first[at]).map(move |at| (user as u32, at as u32))
        };
        let mut order: Vec<(u32, u32)> = interactions.sequences().enumerate().flat_map(of).collect();
        super::shuffle(&mut order, seed);
        order.truncate((order.len() as f32 * self.share) as usize);
        order
    }

    fn learn(
        &self,
        rows: &mut Rows,
        room: &mut Room,
        prior: &[f32],
        total: f64,
        sequence: &[Event],
        at: usize,
    ) {
        let target = sequence[at];
        if target.weight <= 0.0 {
            return;
        }
        let latest = &sequence[at.saturating_sub(self.window)..at];
        let before = &sequence[at.saturating_sub(SEEN_MAX)..at];
        let mut age = 1.0;
        for event in latest.iter().rev() {
            let strength = age * event.weight;
            age *= self.decay;
            let (items, weights) = rows.of(event.item);
            for (&item, &weight) in items.iter().zip(weights) {
                room.add(item, strength * weight);
            }
        }
        let mut rest = total;
        for event in before {
            let seen = &mut room.seen[event.item as usize];
            rest -= if *seen { 0.0 } else { f64::from(prior[event.item as usize]) };
            *seen = true;
        }
        room.probabilities(prior, rest);
        if let Some(place) = room.place(target.item) {
            room.scores[place] -= 1.0;
        }
        let mut age = target.weight;
        for event in latest.iter().rev() {
            rows.descend(event.item, age * event.weight, self, room);
            age *= self.decay;
        }
        before.iter().for_each(|event| room.seen[event.item as usize] = false);
        room.clear();
    }
}

impl Rows {
    fn start(counted: &Counted, prior: &[f32], start: f32) -> Self {
        let mut rows = Self { ends: Vec::new(), items: Vec::new(), weights: Vec::new(), squares: Vec::new() };
        for (row, mass) in counted.rows.iter().zip(&counted.out) {
            let mut row = row.clone();
            row.sort_unstable_by_key(|&(item, _)| item);
            for (item, together) in row {
                let odds = together / (mass + CREDIT) / prior[item as usize];
                rows.items.push(item);
                rows.weights.push(start * odds.ln_1p());
                rows.squares.push(SQUARES);
            }
            rows.ends.push(rows.items.len() as u32);
        }
        rows
    }

    fn range(&self, item: u32) -> std::ops::Range<usize> {
        let start = if item == 0 { 0 } else { self.ends[item as usize - 1] };
        start as usize..self.ends[item as usize] as usize
    }

    fn of(&self, item: u32) -> (&[u32], &[f32]) {
        let range = self.range(item);
        (&self.items[range.clone()], &self.weights[range])
    }

    fn descend(&mut self, item: u32, strength: f32, settings: &NextItem, room: &mut Room) {
        let range = self.range(item);
        let (places, scores) = (&room.places, &room.scores);
        let error = |&other: &u32| scores[places[other as usize] as usize];
        // Gathered first, so that the loop below becomes vector instructions.
        room.errors.clear();
        room.errors.extend(self.items[range.clone()].iter().map(error));
        let entries = self.weights[range.clone()].iter_mut().zip(&mut self.squares[range]).zip(&room.errors);
        for ((weight, square), error) in entries {
            let gradient = strength * error + settings.ridge * *weight;
            *square += gradient * gradient;
            // Rows hold what goes with an item; what does not is left to the prior.
            *weight = (*weight - settings.rate * gradient / square.sqrt()).max(0.0);
        }
    }

    fn sorted(self) -> Vec<Vec<(u32, f32)>> {
        let row = |item: usize| {
            let (items, weights) = self.of(item as u32);
            let mut row: Vec<(u32, f32)> = items.iter().copied().zip(weights.iter().copied()).collect();
            row.retain(|&(_, weight)| weight > 0.0);
            row.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            row
        };
        (0..self.ends.len()).map(row).collect()
    }
}

impl Room {
    fn new(n_items: usize) -> Self {
        let (places, seen) = (vec![NOWHERE; n_items], vec![false; n_items]);
        Self { places, reached: Vec::new(), scores: Vec::new(), seen, errors: Vec::new() }
    }

    fn add(&mut self, item: u32, share: f32) {
        let place = &mut self.places[item as usize];
        if *place == NOWHERE {
            *place = self.reached.len() as u32;
            self.reached.push(item);
            self.scores.push(share);
        } else {
            self.scores[*place as usize] += share;
        }
    }

    fn place(&self, item: u32) -> Option<usize> {
        let place = self.places[item as usize];
        (place != NOWHERE).then_some(place as usize)
    }

    /// From scores to probabilities; `rest` is the sum of the prior over what was not seen.
    fn probabilities(&mut self, prior: &[f32], rest: f64) {
        self.scores.iter_mut().for_each(|score| *score = exp(*score));
        let mut gained = 0.0f32;
        for (&item, score) in self.reached.iter().zip(&mut self.scores) {
            let prior = prior[item as usize];
            let mass = if self.seen[item as usize] { 0.0 } else { prior };
            gained += mass * (*score - 1.0);
            *score *= mass;
        }
        let norm = 1.0 / (rest as f32 + gained).max(1e-9);
        self.scores.iter_mut().for_each(|score| *score *= norm);
    }

    fn clear(&mut self) {
        self.reached.drain(..).for_each(|item| self.places[item as usize] = NOWHERE);
        self.scores.clear();
    }
}

/// Which events are the first of their item in the sequence.
fn first_times(sequence: &[Event]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..sequence.len()).collect();
    order.sort_by_key(|&at| sequence[at].item);
    let mut is_first = vec![true; sequence.len()];
    order.windows(2).for_each(|pair| is_first[pair[1]] = sequence[pair[0]].item != sequence[pair[1]].item);
    is_first
}

/// p: the share of each item in all events, with one more event each.
fn prior(interactions: &Interactions) -> Vec<f32> {
    let mut counts = vec![1.0f32; interactions.n_items()];
    interactions.sequences().flatten().for_each(|event| counts[event.item as usize] += 1.0);
    let total = (interactions.n_events() + interactions.n_items()) as f32;
    counts.iter().map(|count| count / total).collect()
}

/// eˣ within 2⋅10⁻⁵, |x| ≤ 60: 2ⁿ from the exponent's bits times a polynomial for the rest. The compiler makes vector
/// instructions of it, and of a call into the platform's library it cannot.
fn exp(x: f32) -> f32 {
    let y = x.clamp(-60.0, 60.0) * std::f32::consts::LOG2_E;
    // Adding 1.5 · 2²³ rounds to the nearest whole number, which is then in the low bits.
    let shifted = y + 12_582_912.0;
    let whole = shifted - 12_582_912.0;
    let rest = y - whole;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    power
        * (1.0
            + rest
                * (std::f32::consts::LN_2
                    + rest
                        * (0.240_226_5 + rest * (0.055_504_1 + rest * (0.009_618_1 + rest * 0.001_333_55)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_close_enough() {
        for step in -600..=600 {
            let x = step as f32 / 10.0;
            let relative = f64::from(exp(x)) / f64::from(x).exp() - 1.0;
            assert!(relative.abs() < 2e-5, "{x}: {relative}");
        }
    }

    #[test]
    fn only_the_first_time_is_a_target() {
        let event = |item| Event { item, at_ms: 0, weight: 1.0 };
        assert_eq!(first_times(&[3, 1, 3, 2, 1].map(event)), [true, true, false, true, false]);
    }
}
