//! Cross-entropy of the next item over sampled candidates.

use bowerbird_ranker::exp;
use ndarray::{Array2, Axis};

use super::random::mix;

/// The wrong items of one step, the same for all its events.
pub(super) struct Candidates {
    pub(super) items: Vec<usize>,
    /// Item → its place among them, or [`NOWHERE`].
    places: Vec<u32>,
    /// What each stands for: ln(all / candidates) is added to its logit, so that their sum estimates that over all.
    correction: f32,
}

const NOWHERE: u32 = u32::MAX;

impl Candidates {
    /// One of each stretch of n / `most` items, drawn evenly; all of them if there are not more than `most`.
    pub(super) fn new(n: usize, most: usize, key: u64) -> Self {
        let count = n.min(most);
        let draw = |at: usize| {
            let (start, end) = (at * n / count, (at + 1) * n / count);
            start + (mix(key ^ at as u64) % (end - start) as u64) as usize
        };
        let items: Vec<usize> = (0..count).map(draw).collect();
        let mut places = vec![NOWHERE; n];
        items.iter().zip(0..).for_each(|(&item, place)| places[item] = place);
        Self { items, places, correction: (n as f32 / count.max(1) as f32).ln() }
    }
}

pub(super) struct Loss {
    pub(super) loss: f64,
    pub(super) dh: Array2<f32>,
    pub(super) candidates: Array2<f32>,
    pub(super) targets: Array2<f32>,
}

/// Loss and gradients, divided by `n` events of the whole step.
pub(super) fn cross_entropy(
    h: &Array2<f32>,
    items: &Array2<f32>,
    targets: &[u32],
    candidates: &Candidates,
    n: usize,
) -> Loss {
    let rows = items.select(Axis(0), &candidates.items);
    let wanted: Vec<usize> = targets.iter().map(|&item| item as usize).collect();
    let mut right = items.select(Axis(0), &wanted);
    let mut logits = h.dot(&rows.t());
    let mut pulls = Vec::with_capacity(targets.len());
    let (mut loss, scale) = (0.0, 1.0 / n as f32);
    for (((mut row, h), right), &target) in
        logits.rows_mut().into_iter().zip(h.rows()).zip(right.rows()).zip(targets)
    {
        let row = row.as_slice_mut().expect("a product is contiguous");
        let wanted = h.dot(&right);
        let place = candidates.places[target as usize];
        if place != NOWHERE {
            row[place as usize] = f32::MIN;
        }
        let largest = largest(row).max(wanted - candidates.correction);
        row.iter_mut().for_each(|x| *x = exp(*x - largest));
        let own = exp(wanted - candidates.correction - largest);
        let total = sum(row) + own;
        let (share, factor) = (own / total, scale / total);
        row.iter_mut().for_each(|x| *x *= factor);
        loss -= f64::from(share.max(1e-30).ln());
        pulls.push((share - 1.0) * scale);
    }
    let mut dh = logits.dot(&rows);
    let drows = logits.t().dot(h);
    for (((mut dh, h), mut right), pull) in
        dh.rows_mut().into_iter().zip(h.rows()).zip(right.rows_mut()).zip(pulls)
    {
        dh.scaled_add(pull, &right);
        right.assign(&h);
        right *= pull;
    }
    Loss { loss, dh, candidates: drows, targets: right }
}

/// Eight lanes, so that the compiler may use vector registers without changing the order of additions.
fn sum(row: &[f32]) -> f32 {
    let (eights, rest) = row.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, x)| *sum += x);
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

fn largest(row: &[f32]) -> f32 {
    let (eights, rest) = row.as_chunks::<8>();
    let mut most = [f32::MIN; 8];
    for eight in eights {
        most.iter_mut().zip(eight).for_each(|(most, &x)| *most = if x > *most { x } else { *most });
    }
    most.iter().chain(rest).fold(f32::MIN, |a, &b| if b > a { b } else { a })
}
