//! "Here is a history; what would come next?", answered by the small network of a pack: one block of self-attention
//! over the latest events (docs/recipes/aws-user-personalization.md has the formulas).
//!
//! Matrices are int8 and what they are multiplied by is i16, in the kernel that also scans the catalogue; the rest is
//! f32 in a fixed order. Key and value of an event depend on it and on the few events before it alone, so they are
//! remembered, and a click costs one of each.

use alloc::vec;
use alloc::vec::Vec;

use crate::exp::exp;
use crate::kernel::{add_multiple, dot_f32, root};
use crate::pack::{Layer, Network, TAPS_MAX};
use crate::{Observation, Pack};

/// Keeps what is all zeros zero.
const EPSILON: f32 = 1e-6;

/// Stands where there is no earlier event.
const NOTHING: u32 = u32::MAX;

/// The item of an event and those of the events that are mixed into it, newest first.
type Context = [u32; TAPS_MAX];

/// Follows one history through the network of one pack.
#[derive(Clone, Debug, Default)]
pub(crate) struct Encoder {
    /// Of the events of the last history, oldest first.
    cells: Vec<Cell>,
}

/// What attention needs of an event.
#[derive(Clone, Debug, Default)]
struct Cell {
    context: Context,
    /// The mix, \[d\]: what is carried past attention.
    mixed: Vec<f32>,
    /// \[2 d\]
    key_value: Vec<f32>,
}

impl Encoder {
    /// What would come next, \[d\]; `None` when nothing happened. For m events, of which one is new:
    /// 6 d² + 2 d · hidden integer multiplications and 2 m · d others.
    pub(crate) fn encode(
        &mut self,
        pack: &Pack,
        network: &Network,
        events: &[Observation],
    ) -> Option<Vec<f32>> {
        let events = &events[events.len().saturating_sub(network.window)..];
        // Events came behind and went in front since the last time, so what is remembered stands in order.
        let mut old = core::mem::take(&mut self.cells);
        let mut from = 0;
        for end in 1..=events.len() {
            let context = context(network, &events[..end]);
            let known = old[from..].iter().position(|cell| cell.context == context);
            self.cells.push(match known {
                Some(at) => {
                    from += at + 1;
                    core::mem::take(&mut old[from - 1])
                }
                None => Cell::new(pack, network, context),
            });
        }
        let newest = self.cells.last()?;
        let query = network.apply(pack, Layer::Query, &normalised(&newest.mixed));
        let mut middle = network.apply(pack, Layer::Output, &self.attend(network, &query, events));
        add_multiple(&mut middle, 1.0, &newest.mixed);
        let mut wide = network.apply(pack, Layer::Widen, &normalised(&middle));
        wide.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { 0.0 });
        add_multiple(&mut middle, 1.0, &network.apply(pack, Layer::Narrow, &wide));
        let mut next = vec![0.0; pack.dim()];
        add_products(&mut next, &normalised(&middle), network.gain());
        Some(next)
    }

    /// The values of all events by how well their keys answer the query, \[d\]. An event of weight w counts as w.
    fn attend(&self, network: &Network, query: &[f32], events: &[Observation]) -> Vec<f32> {
        let dim = query.len();
        let mut found = vec![0.0; dim];
        let width = dim / network.heads;
        for (head, ages) in network.ages().chunks_exact(network.window).enumerate() {
            let part = head * width..(head + 1) * width;
            let (mut scores, mut largest, mut sum) = (Vec::new(), f32::MIN, 0.0);
            for (cell, age) in self.cells.iter().rev().zip(ages) {
                let score = dot_f32(&query[part.clone()], &cell.key_value[part.clone()]) + age;
                largest = if score > largest { score } else { largest };
                scores.push(score);
            }
            for ((cell, event), score) in self.cells.iter().zip(events).rev().zip(scores) {
                let share = exp(score - largest) * event.weight;
                sum += share;
                add_multiple(&mut found[part.clone()], share, &cell.key_value[dim..][part.clone()]);
            }
            found[part].iter_mut().for_each(|x| *x /= sum);
        }
        found
    }
}

impl Cell {
    fn new(pack: &Pack, network: &Network, context: Context) -> Self {
        let mut mixed = vec![0.0; pack.dim()];
        for (&item, tap) in context.iter().zip(network.taps().chunks_exact(pack.dim())) {
            if item != NOTHING {
                add_products(&mut mixed, &pack.dequantised(item as usize), tap);
            }
        }
        let key_value = network.apply(pack, Layer::KeyValue, &normalised(&mixed));
        Self { context, mixed, key_value }
    }
}

/// That of the newest of these events.
fn context(network: &Network, events: &[Observation]) -> Context {
    let mut context = [NOTHING; TAPS_MAX];
    for (place, event) in context.iter_mut().zip(events.iter().rev()).take(network.taps) {
        *place = event.item.0;
    }
    context
}

/// x / rms(x).
fn normalised(x: &[f32]) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    add_multiple(&mut y, 1.0 / root(dot_f32(x, x) / x.len() as f32 + EPSILON), x);
    y
}

/// sums\[i\] += a\[i\] · b\[i\].
fn add_products(sums: &mut [f32], a: &[f32], b: &[f32]) {
    sums.iter_mut().zip(a).zip(b).for_each(|((sum, a), b)| *sum += a * b);
}
