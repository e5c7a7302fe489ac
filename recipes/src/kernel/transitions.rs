//! What people do next: windowed, directed co-occurrence of items, normalised on both sides, the strongest per item.
//!
//! W\[a, b\] = Σ γ^(gap − 1) over all b that follow a within `window` steps of one user, plus `backward` times the same
//! for b before a; weight = W\[a, b\] / ((out(a) + h)^p · (in(b) + h)^q), where out and in are the row and column sums,
//! or both the sums of the weights of an item's events.

use rayon::prelude::*;

use crate::{Event, Interactions, RecipeError};

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

/// Where an event stands among all events, and the bounds of its user's sequence.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    start: usize,
    end: usize,
}

/// The items that come next, so few that their events are not too many; one at least.
fn block(places: &[Vec<Place>]) -> &[Vec<Place>] {
    let mut events = 0;
    let fits = |item: &&Vec<Place>| {
        events += item.len();
        events <= EVENTS
    };
    let n = places.iter().take(BLOCK).take_while(fits).count();
    &places[..n.max(1)]
}

/// The row under construction: dense sums and counts, and which of them are not zero.
struct Row {
    sums: Vec<f32>,
    counts: Vec<u32>,
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
        let events: Vec<Event> = interactions.sequences().flatten().copied().collect();
        let places = places(interactions);
        let powers = self.powers();
        let (out, into) = match self.masses {
            Masses::Pairs => self.pairs(&events, &places, &powers, step)?,
            Masses::Events => {
                let mut masses = vec![0.0; places.len()];
                events.iter().for_each(|event| masses[event.item as usize] += event.weight);
                (masses.clone(), masses)
            }
        };
        let divisor = |mass: &f32, exponent: f32| (mass + self.shrinkage).powf(exponent);
        let sources: Vec<f32> = out.iter().map(|mass| divisor(mass, self.source_exponent)).collect();
        let targets: Vec<f32> = into.iter().map(|mass| divisor(mass, self.target_exponent)).collect();
        let mut rows = Vec::with_capacity(places.len());
        while rows.len() < places.len() {
            step(rows.len() as u64, places.len() as u64)?;
            let block = block(&places[rows.len()..]);
            let first = rows.len();
            let new = || Row::new(interactions.n_items());
            rows.par_extend(block.par_iter().enumerate().map_init(new, |row, (offset, places)| {
                self.count(&events, places, &powers, row);
                self.finish(row, first + offset, sources[first + offset], &targets)
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
        events: &[Event],
        places: &[Vec<Place>],
        powers: &[f32],
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<(Vec<f32>, Vec<f32>), RecipeError> {
        let n = places.len();
        let (mut after, mut before) = (vec![0.0f32; n], vec![0.0f32; n]);
        for (number, place) in places.iter().flatten().enumerate() {
            if number % EVENTS == 0 {
                step(0, n as u64)?;
            }
            let source = &events[place.at];
            for (target, power) in events[place.at + 1..place.end].iter().zip(powers) {
                let mass = power * source.weight * target.weight;
                after[source.item as usize] += mass;
                before[target.item as usize] += mass;
            }
        }
        let mixed = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a + self.backward * b).collect();
        Ok((mixed(&after, &before), mixed(&before, &after)))
    }

    fn count(&self, events: &[Event], places: &[Place], powers: &[f32], row: &mut Row) {
        for place in places {
            let source = events[place.at].weight;
            for (event, power) in events[place.at + 1..place.end].iter().zip(powers) {
                row.add(event, power * source);
            }
            if self.backward > 0.0 {
                for (event, power) in events[place.start..place.at].iter().rev().zip(powers) {
                    row.add(event, power * source * self.backward);
                }
            }
        }
    }

    /// Normalises, keeps the strongest, and empties the row for its next use.
    fn finish(&self, row: &mut Row, item: usize, source: f32, targets: &[f32]) -> Vec<(u32, f32)> {
        let mut kept: Vec<(u32, f32)> = Vec::with_capacity(row.touched.len());
        for &other in &row.touched {
            let at = other as usize;
            if at != item && row.counts[at] >= self.min_count && row.sums[at] > 0.0 {
                kept.push((other, row.sums[at] / (source * targets[at])));
            }
            (row.sums[at], row.counts[at]) = (0.0, 0);
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
        Self { sums: vec![0.0; n_items], counts: vec![0; n_items], touched: Vec::new() }
    }

    fn add(&mut self, event: &Event, mass: f32) {
        let at = event.item as usize;
        if self.counts[at] == 0 {
            self.touched.push(event.item);
        }
        self.counts[at] += 1;
        self.sums[at] += mass * event.weight;
    }
}

/// Per item where its events stand.
fn places(interactions: &Interactions) -> Vec<Vec<Place>> {
    let mut places = vec![Vec::new(); interactions.n_items()];
    let mut start = 0;
    for sequence in interactions.sequences() {
        let end = start + sequence.len();
        for (offset, event) in sequence.iter().enumerate() {
            places[event.item as usize].push(Place { at: start + offset, start, end });
        }
        start = end;
    }
    places
}
