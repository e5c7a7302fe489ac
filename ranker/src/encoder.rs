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
    contexts: Vec<Context>,
    /// What attention needs of each, row-major \[events × 3 d\]: the mix, which is carried past attention, key and value.
    cells: Vec<f32>,
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
        let dim = pack.dim();
        let events = &events[events.len().saturating_sub(network.window)..];
        self.catch_up(pack, network, events);
        let newest = &self.cells[self.cells.len().checked_sub(3 * dim)?..][..dim];
        let query = network.apply(pack, Layer::Query, &normalised(newest));
        let mut middle = network.apply(pack, Layer::Output, &self.attend(network, &query, events));
        add_multiple(&mut middle, 1.0, newest);
        let mut wide = network.apply(pack, Layer::Widen, &normalised(&middle));
        wide.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { 0.0 });
        add_multiple(&mut middle, 1.0, &network.apply(pack, Layer::Narrow, &wide));
        let mut next = vec![0.0; dim];
        add_products(&mut next, &normalised(&middle), network.gain());
        Some(next)
    }

    /// Makes `cells` those of these events.
    fn catch_up(&mut self, pack: &Pack, network: &Network, events: &[Observation]) {
        let old = core::mem::take(self);
        let dim = pack.dim();
        self.cells = vec![0.0; events.len() * 3 * dim];
        for (end, cell) in self.cells.chunks_exact_mut(3 * dim).enumerate() {
            let context = context(network, &events[..=end]);
            self.contexts.push(context);
            match old.contexts.iter().position(|known| *known == context) {
                Some(at) => cell.copy_from_slice(&old.cells[at * 3 * dim..][..3 * dim]),
                None => {
                    let (mixed, key_value) = cell.split_at_mut(dim);
                    mix(pack, network, context, mixed);
                    key_value.copy_from_slice(&network.apply(pack, Layer::KeyValue, &normalised(mixed)));
                }
            }
        }
    }

    /// The values of all events by how well their keys answer the query, \[d\]. An event of weight w counts as w.
    fn attend(&self, network: &Network, query: &[f32], events: &[Observation]) -> Vec<f32> {
        let dim = query.len();
        let mut found = vec![0.0; dim];
        let mut scores = vec![0.0; events.len()];
        let width = dim / network.heads;
        for (head, ages) in network.ages().chunks_exact(network.window).enumerate() {
            let part = |from: usize| from + head * width..from + (head + 1) * width;
            let (mut largest, mut sum) = (f32::MIN, 0.0);
            let newest_first = || self.cells.chunks_exact(3 * dim).rev();
            for ((score, cell), age) in scores.iter_mut().zip(newest_first()).zip(ages) {
                *score = dot_f32(&query[part(0)], &cell[part(dim)]) + age;
                largest = if *score > largest { *score } else { largest };
            }
            for ((score, cell), event) in scores.iter().zip(newest_first()).zip(events.iter().rev()) {
                let share = exp(score - largest) * event.weight;
                sum += share;
                add_multiple(&mut found[part(0)], share, &cell[part(2 * dim)]);
            }
            found[part(0)].iter_mut().for_each(|x| *x /= sum);
        }
        found
    }
}

/// The item of an event and those before it, by the factors of the network.
fn mix(pack: &Pack, network: &Network, context: Context, mixed: &mut [f32]) {
    for (&item, tap) in context.iter().zip(network.taps().chunks_exact(mixed.len())) {
        if item != NOTHING {
            let mut vector = vec![0.0; mixed.len()];
            pack.add_vector(item as usize, 1.0, &mut vector);
            add_products(mixed, &vector, tap);
        }
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
