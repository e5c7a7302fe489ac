//! What people do next: windowed, directed co-occurrence of items, normalised on both sides, the strongest per item.
//!
//! W\[a, b\] = Σ γ^(gap − 1) over all b that follow a within `window` steps of one user, plus `backward` times the same
//! for b before a; weight = W\[a, b\] / ((out(a) + h)^p · (in(b) + h)^q), where out and in are the row and column sums,
//! or both the sums of the weights of an item's events.

use rayon::prelude::*;

use crate::{Interactions, RecipeError};

/// Settings of the counting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transitions {
    /// How many steps apart two events may be.
    pub window: usize,
    /// γ: what each further step does, 0 to 1.
    pub gap_decay: f32,
    /// What the reverse order counts, 0 (directed) to 1 (symmetric).
    pub backward: f32,
    /// p: how much an item with many events has its row scaled down.
    pub source_exponent: f32,
    /// q: how much a neighbour with many events is discounted; 0 favours popular items, 1 rare ones.
    pub target_exponent: f32,
    /// What out and in are.
    pub masses: Masses,
    /// h: steps or events that every item is credited with, so that rare coincidences do not win.
    pub shrinkage: f32,
    /// Pairs that met fewer times are dropped.
    pub min_count: u32,
    /// At most so many neighbours per item.
    pub row_length: usize,
}

/// How much there is of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masses {
    /// Row and column sums of W.
    Pairs,
    /// Weights of events: they also count what happens at the ends of sequences, where there is less to be near to.
    Events,
}

/// Rows of pairs before normalisation.
#[derive(Clone, Debug)]
pub struct Counted {
    /// W of the pairs whose weights are the strongest, by item. \[n_items\]
    pub rows: Vec<Vec<(u32, f32)>>,
    /// The masses of items as sources: with [`Masses::Pairs`] row sums of W over all pairs. \[n_items\]
    pub out: Vec<f32>,
}

/// All events as counting needs them: item and weight, user after user, with an [`END`] before, between and behind them.
/// Half as large as [`Event`], because counting waits for memory most of the time.
type Line = Vec<(u32, f32)>;

/// Where a user ends: no item has this number.
const END: (u32, f32) = (u32::MAX, 0.0);

/// Where in the line the events of each item stand, in order.
struct Places {
    ends: Vec<usize>,
    places: Vec<u32>,
}

/// The row under construction: dense sums and counts side by side, and which of them are not zero.
struct Row {
    sums: Vec<(f32, u32)>,
    touched: Vec<u32>,
}

/// Neighbours and their weights by item.
type Weighted = Vec<Vec<(u32, f32)>>;

/// Items are counted in blocks of so many between two reports, of so many events at most.
const BLOCK: usize = 2048;
const EVENTS: usize = 1 << 19;

impl Transitions {
    /// Per item its neighbours with weights > 0, strongest first; equal ones by item number. \[n_items\] rows.
    ///
    /// 4 · window · events additions in all. `step(done, total)` is called between blocks of items.
    ///
    /// # Errors
    /// What `step` returns.
    pub fn rows(
        &self,
        interactions: &Interactions,
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<Vec<Vec<(u32, f32)>>, RecipeError> {
        Ok(self.strongest(interactions, step)?.0)
    }

    /// Rows, and the masses of items as sources and targets.
    fn strongest(
        &self,
        interactions: &Interactions,
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<(Weighted, Vec<f32>, Vec<f32>), RecipeError> {
        let line = line(interactions);
        let places = Places::of(&line, interactions.n_items())?;
        let powers = self.powers();
        let (out, into) = match self.masses {
            Masses::Pairs => self.pairs(interactions, &powers, step)?,
            Masses::Events => {
                let mut masses = vec![0.0; interactions.n_items()];
                let events = interactions.sequences().flatten();
                events.for_each(|event| masses[event.item as usize] += event.weight);
                (masses.clone(), masses)
            }
        };
        let divisor = |mass: &f32, exponent: f32| (mass + self.shrinkage).powf(exponent);
        let sources: Vec<f32> = out.iter().map(|mass| divisor(mass, self.source_exponent)).collect();
        let targets: Vec<f32> = into.iter().map(|mass| divisor(mass, self.target_exponent)).collect();
        let n = interactions.n_items();
        let mut rows = Vec::with_capacity(n);
        while rows.len() < n {
            step(rows.len() as u64, n as u64)?;
            let block = rows.len()..places.block(rows.len());
            let new = || Row::new(n);
            rows.par_extend(block.into_par_iter().map_init(new, |row, item| {
                self.count(&line, places.of_item(item), &powers, row);
                self.finish(row, item, sources[item], &targets)
            }));
        }
        Ok((rows, out, into))
    }

    /// The same pairs with W itself instead of weights.
    ///
    /// # Errors
    /// What `step` returns.
    pub fn counted(
        &self,
        interactions: &Interactions,
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<Counted, RecipeError> {
        let (mut rows, out, into) = self.strongest(interactions, step)?;
        let divisor = |mass: f32, exponent: f32| (mass + self.shrinkage).powf(exponent);
        for (row, &mass) in rows.iter_mut().zip(&out) {
            let source = divisor(mass, self.source_exponent);
            row.iter_mut().for_each(|(other, weight)| {
                *weight *= source * divisor(into[*other as usize], self.target_exponent);
            });
        }
        Ok(Counted { rows, out })
    }

    /// γ^(gap − 1) by gap − 1.
    fn powers(&self) -> Vec<f32> {
        std::iter::successors(Some(1.0), |power| Some(power * self.gap_decay)).take(self.window).collect()
    }

    /// Row and column sums of W.
    fn pairs(
        &self,
        interactions: &Interactions,
        powers: &[f32],
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<(Vec<f32>, Vec<f32>), RecipeError> {
        let n = interactions.n_items();
        let (mut after, mut before) = (vec![0.0f32; n], vec![0.0f32; n]);
        let mut done = 0;
        for sequence in interactions.sequences() {
            for (at, event) in sequence.iter().enumerate() {
                if done % EVENTS == 0 {
                    step(0, n as u64)?;
                }
                done += 1;
                let later = sequence[at + 1..].iter().zip(powers).map(|(other, power)| power * other.weight);
                let earlier = sequence[..at].iter().rev().zip(powers);
                after[event.item as usize] += event.weight * later.sum::<f32>();
                before[event.item as usize] +=
                    event.weight * earlier.map(|(other, power)| power * other.weight).sum::<f32>();
            }
        }
        let mixed = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a + self.backward * b).collect();
        Ok((mixed(&after, &before), mixed(&before, &after)))
    }

    fn count(&self, line: &[(u32, f32)], places: &[u32], powers: &[f32], row: &mut Row) {
        let of_user = |&(&event, _): &(&(u32, f32), &f32)| event.0 != END.0;
        for at in places.iter().map(|&at| at as usize) {
            let source = line[at].1;
            for (event, power) in line[at + 1..].iter().zip(powers).take_while(of_user) {
                row.add(*event, power * source);
            }
            if self.backward > 0.0 {
                for (event, power) in line[..at].iter().rev().zip(powers).take_while(of_user) {
                    row.add(*event, power * source * self.backward);
                }
            }
        }
    }

    /// Normalises, keeps the strongest, and empties the row for its next use.
    fn finish(&self, row: &mut Row, item: usize, source: f32, targets: &[f32]) -> Vec<(u32, f32)> {
        let mut kept: Vec<(u32, f32)> = Vec::with_capacity(row.touched.len());
        for &other in &row.touched {
            let at = other as usize;
            let (sum, count) = std::mem::take(&mut row.sums[at]);
            if at != item && count >= self.min_count && sum > 0.0 {
                kept.push((other, sum / (source * targets[at])));
            }
        }
        row.touched.clear();
        let strongest = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if kept.len() > self.row_length {
            kept.select_nth_unstable_by(self.row_length, strongest);
            kept.truncate(self.row_length);
        }
        kept.sort_unstable_by(strongest);
        kept
    }
}

impl Row {
    fn new(n_items: usize) -> Self {
        Self { sums: vec![(0.0, 0); n_items], touched: Vec::new() }
    }

    fn add(&mut self, (item, weight): (u32, f32), mass: f32) {
        let sum = &mut self.sums[item as usize];
        if sum.1 == 0 {
            self.touched.push(item);
        }
        *sum = (sum.0 + mass * weight, sum.1 + 1);
    }
}

fn line(interactions: &Interactions) -> Line {
    let mut line = Vec::with_capacity(interactions.n_events() + interactions.n_users() + 1);
    line.push(END);
    for sequence in interactions.sequences() {
        line.extend(sequence.iter().map(|event| (event.item, event.weight)));
        line.push(END);
    }
    line
}

impl Places {
    fn of(line: &[(u32, f32)], n_items: usize) -> Result<Self, RecipeError> {
        if u32::try_from(line.len()).is_err() {
            return Err(RecipeError::TooMany { what: "events" });
        }
        let mut ends = vec![0; n_items];
        let events = || (0..).zip(line).filter(|(_, event)| event.0 != END.0);
        events().for_each(|(_, event)| ends[event.0 as usize] += 1);
        let mut total = 0;
        for end in &mut ends {
            (*end, total) = (total, total + *end);
        }
        let mut places = vec![0; total];
        for (at, event) in events() {
            let next = &mut ends[event.0 as usize];
            places[*next] = at;
            *next += 1;
        }
        Ok(Self { ends, places })
    }

    fn of_item(&self, item: usize) -> &[u32] {
        &self.places[self.start(item)..self.ends[item]]
    }

    fn start(&self, item: usize) -> usize {
        if item == 0 { 0 } else { self.ends[item - 1] }
    }

    /// Behind the items from `first` on that are counted before the next report: so few that their events are not too
    /// many; one at least.
    fn block(&self, first: usize) -> usize {
        let most = self.start(first) + EVENTS;
        let items = &self.ends[first..self.ends.len().min(first + BLOCK)];
        first + items.iter().take_while(|&&end| end <= most).count().max(1)
    }
}
