//! What comes next, learnt: neighbour rows whose weights are log odds, fitted to the order of events by softmax.
//!
//! z(i) = ln p(i) + Σ_a γᵃ w_a W\[j_a, i\] over the latest items j_a of age a; P(next = i) = e^z(i) / Σ e^z over the items
//! not seen yet. W has entries only where items were counted together ([`Transitions`](super::Transitions)), so
//! Σ e^z is Σ p(i) corrected where rows reach: exact, and independent of the number of items. Cross-entropy is
//! lowered by Adagrad (Duchi, Hazan, Singer 2011), one event at a time, users in a seeded order.
//!
//! Repeats are neither targets nor competitors: whether they come back is a matter of the reminder, not of the rows.

use crate::kernel::{Counted, mix};
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
    /// The share of all events that the fit looks at, a seeded sample; 1 is all of them once.
    pub share: f32,
}

/// Events between two reports.
const BLOCK: u64 = 4096;
/// What Adagrad's sums of squares start from; larger makes the first steps shorter.
const SQUARES: f32 = 0.01;
/// Steps that an item is credited with when its log odds are taken from counts.
const CREDIT: f32 = 2.0;

/// W, and what it takes to go on learning it from more of the same data.
#[derive(Clone, Debug)]
pub struct Fitted {
    rows: Rows,
    known: Known,
}

/// Which events a fit has looked at.
#[derive(Clone, Debug)]
enum Known {
    /// A seeded share of the beginnings of the sequences. \[n_users\]
    Beginnings { lengths: Vec<usize>, share: f32, seed: u64 },
    /// All up to this moment.
    Until(i64),
}

/// W and its sums of squares; each row in the order of items.
#[derive(Clone, Debug, Default)]
struct Rows {
    ends: Vec<u32>,
    items: Vec<u32>,
    weights: Vec<f32>,
    squares: Vec<f32>,
}

/// What one event needs room for.
struct Room {
    /// By item the number of the event that last reached it, and the score, then the probability, then the error; that
    /// means something only if the event is the present one. \[n_items\]
    values: Vec<(u32, f32)>,
    now: u32,
    /// The first `n_reached` are the items that the rows reach.
    reached: Vec<u32>,
    n_reached: usize,
    /// Of `reached`, side by side.
    scores: Vec<f32>,
    /// p of what the user has not seen yet, 0 of the rest, and its sum. \[n_items\]
    prior: Vec<f32>,
    rest: f64,
    /// Of the entries of one row.
    errors: Vec<f32>,
}

impl NextItem {
    /// W with weights ≥ 0. The order of items is that of the sum of z.
    ///
    /// Users come in a seeded order, their events as they happened: what one event needs is then mostly at hand from the
    /// one before. `earlier` is what was learnt from the beginnings of the same sequences; then only events that it did
    /// not look at are learnt. About 15 · window · row length operations for an event. `step(done, total)` is called
    /// every few thousand events.
    ///
    /// # Errors
    /// What `step` returns.
    pub fn fit(
        &self,
        interactions: &Interactions,
        counted: &Counted,
        seed: u64,
        earlier: Option<&Fitted>,
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<Fitted, RecipeError> {
        let prior = prior(interactions);
        let mut rows = Rows::start(counted, &prior, self.start);
        match earlier {
            Some(Fitted { rows: theirs, known: Known::Until(_) }) => rows.take_over_weights(theirs, counted),
            Some(Fitted { rows: theirs, .. }) => rows.take_over(theirs),
            None => {}
        }
        let mut room = Room::new(&prior);
        let mut users: Vec<u32> = (0..interactions.n_users() as u32).collect();
        super::shuffle(&mut users, seed);
        let (mut done, all) = (0, interactions.n_events() as u64);
        for user in users.into_iter().map(|user| user as usize) {
            let sequence = interactions.sequence(user);
            for (at, event) in sequence.iter().enumerate() {
                if done % BLOCK == 0 {
                    step(done, all)?;
                }
                done += 1;
                let is_target = at > 0 && event.weight > 0.0 && room.is_new(event.item);
                let is_wanted = || {
                    is_sampled(seed, self.share, user, at)
                        && earlier.is_none_or(|earlier| !earlier.has_seen(user, at, event))
                };
                if is_target && is_wanted() {
                    self.learn(&mut rows, &mut room, &sequence[at.saturating_sub(self.window)..at], event);
                }
                room.see(event.item);
            }
            sequence.iter().for_each(|event| room.forget(event.item, &prior));
        }
        let lengths = interactions.sequences().map(<[Event]>::len).collect();
        Ok(Fitted { rows, known: Known::Beginnings { lengths, share: self.share, seed } })
    }

    fn learn(&self, rows: &mut Rows, room: &mut Room, latest: &[Event], target: &Event) {
        room.start(latest.iter().map(|event| rows.range(event.item).len()).sum());
        let mut age = 1.0;
        for event in latest.iter().rev() {
            let (items, weights) = rows.of(event.item);
            room.add(items, weights, age * event.weight);
            age *= self.decay;
        }
        room.probabilities();
        room.answer(target.item);
        let mut age = target.weight;
        for event in latest.iter().rev() {
            rows.descend(event.item, age * event.weight, self, room);
            age *= self.decay;
        }
    }
}

/// Whether an event belongs to the share that is looked at.
fn is_sampled(seed: u64, share: f32, user: usize, at: usize) -> bool {
    share >= 1.0
        || ((mix(seed ^ mix((user as u64) << 32 | at as u64)) >> 40) as f32) < share * (1u64 << 24) as f32
}

impl Fitted {
    /// Rows whose weights are known and nothing else, as a pack has them; each in the order of items. They were learnt from
    /// all events up to a moment.
    pub fn again(rows: &[Vec<(u32, f32)>], until_ms: i64) -> Self {
        let mut known = Rows::default();
        for row in rows {
            known.items.extend(row.iter().map(|&(item, _)| item));
            known.weights.extend(row.iter().map(|&(_, weight)| weight));
            known.ends.push(known.items.len() as u32);
        }
        Self { rows: known, known: Known::Until(until_ms) }
    }

    fn has_seen(&self, user: usize, at: usize, event: &Event) -> bool {
        match &self.known {
            Known::Beginnings { lengths, share, seed } => {
                at < lengths[user] && is_sampled(*seed, *share, user, at)
            }
            Known::Until(moment) => event.at_ms <= *moment,
        }
    }

    /// Neighbour rows with weights > 0, strongest first.
    pub fn rows(&self) -> Vec<Vec<(u32, f32)>> {
        let row = |item: usize| {
            let (items, weights) = self.rows.of(item as u32);
            let mut row: Vec<(u32, f32)> = items.iter().copied().zip(weights.iter().copied()).collect();
            row.retain(|&(_, weight)| weight > 0.0);
            row.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            row
        };
        (0..self.rows.ends.len()).map(row).collect()
    }
}

impl Rows {
    fn start(counted: &Counted, prior: &[f32], start: f32) -> Self {
        let mut rows = Self::default();
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

    /// What another fit has learnt of the same pairs.
    fn take_over(&mut self, other: &Self) {
        for item in 0..self.ends.len() as u32 {
            let theirs = other.range(item);
            let known = &other.items[theirs.clone()];
            for at in self.range(item) {
                if let Ok(place) = known.binary_search(&self.items[at]) {
                    self.weights[at] = other.weights[theirs.start + place];
                    self.squares[at] = other.squares[theirs.start + place];
                }
            }
        }
    }

    /// The same where only the weights above zero are known. A pair that is missing between two items that were there had
    /// a weight of zero. What Adagrad had summed up is about what the pair was counted: one for each time that the one
    /// was foretold by the other.
    fn take_over_weights(&mut self, other: &Self, counted: &Counted) {
        let was_there = |item: u32| !other.range(item).is_empty();
        for item in (0..self.ends.len() as u32).filter(|&item| was_there(item)) {
            let theirs = other.range(item);
            let known = &other.items[theirs.clone()];
            let mut together = counted.rows[item as usize].clone();
            together.sort_unstable_by_key(|&(item, _)| item);
            for (at, (_, together)) in self.range(item).zip(together) {
                match known.binary_search(&self.items[at]) {
                    Ok(place) => self.weights[at] = other.weights[theirs.start + place],
                    Err(_) if was_there(self.items[at]) => self.weights[at] = 0.0,
                    Err(_) => continue,
                }
                self.squares[at] = SQUARES + together;
            }
        }
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
        let values = &room.values;
        // Gathered first, so that the loop below becomes vector instructions.
        room.errors.clear();
        room.errors.extend(self.items[range.clone()].iter().map(|&other| values[other as usize].1));
        let entries = self.weights[range.clone()].iter_mut().zip(&mut self.squares[range]).zip(&room.errors);
        for ((weight, square), error) in entries {
            let gradient = strength * error + settings.ridge * *weight;
            *square += gradient * gradient;
            // Rows hold what goes with an item; what does not is left to the prior.
            *weight = (*weight - settings.rate * gradient / square.sqrt()).max(0.0);
        }
    }
}

impl Room {
    fn new(prior: &[f32]) -> Self {
        let n = prior.len();
        Self {
            values: vec![(0, 0.0); n],
            now: 0,
            reached: Vec::new(),
            n_reached: 0,
            scores: Vec::new(),
            prior: prior.to_vec(),
            rest: prior.iter().map(|&p| f64::from(p)).sum(),
            errors: Vec::new(),
        }
    }

    fn is_new(&self, item: u32) -> bool {
        self.prior[item as usize] > 0.0
    }

    /// What was seen does not compete any more.
    fn see(&mut self, item: u32) {
        self.rest -= f64::from(std::mem::take(&mut self.prior[item as usize]));
    }

    /// The next user has not seen it.
    fn forget(&mut self, item: u32, prior: &[f32]) {
        if !self.is_new(item) {
            self.prior[item as usize] = prior[item as usize];
            self.rest += f64::from(prior[item as usize]);
        }
    }

    /// Makes room for so many entries.
    fn start(&mut self, entries: usize) {
        if self.now == u32::MAX {
            (self.now, self.values) = (0, vec![(0, 0.0); self.values.len()]);
        }
        self.now += 1;
        self.n_reached = 0;
        if self.reached.len() <= entries {
            self.reached.resize(entries + 1, 0);
        }
    }

    /// Adds one row to the scores. Without a branch on whether an item was reached before, which nobody can foretell.
    fn add(&mut self, items: &[u32], weights: &[f32], strength: f32) {
        let (now, mut n) = (self.now, self.n_reached);
        for (&item, &weight) in items.iter().zip(weights) {
            let value = &mut self.values[item as usize];
            let is_known = value.0 == now;
            self.reached[n] = item;
            n += usize::from(!is_known);
            let before = f32::from_bits(value.1.to_bits() & u32::from(is_known).wrapping_neg());
            *value = (now, before + strength * weight);
        }
        self.n_reached = n;
    }

    /// From scores to probabilities.
    fn probabilities(&mut self) {
        let reached = &self.reached[..self.n_reached];
        self.scores.clear();
        self.scores.extend(reached.iter().map(|&item| self.values[item as usize].1));
        self.scores.iter_mut().for_each(|score| *score = exp(*score));
        let mut gained = 0.0f32;
        for (&item, score) in reached.iter().zip(&mut self.scores) {
            let mass = self.prior[item as usize];
            gained += mass * (*score - 1.0);
            *score *= mass;
        }
        let norm = 1.0 / (self.rest as f32 + gained).max(1e-9);
        for (&item, score) in reached.iter().zip(&self.scores) {
            self.values[item as usize].1 = score * norm;
        }
    }

    /// From probabilities to errors.
    fn answer(&mut self, target: u32) {
        let value = &mut self.values[target as usize];
        if value.0 == self.now {
            value.1 -= 1.0;
        }
    }
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
}
