//! Causal attention of one head over one stretch of a sequence, with a bias per age.

use bowerbird_ranker::exp;
use ndarray::{Array2, ArrayView2, Axis};

/// Attention weights \[queries × events\]: query r stands at event `first + r` and sees the latest `ages.len()` up to
/// itself.
pub(super) fn weigh(
    queries: &ArrayView2<'_, f32>,
    keys: &ArrayView2<'_, f32>,
    ages: &[f32],
    first: usize,
) -> Array2<f32> {
    let mut scores = queries.dot(&keys.t());
    let scale = 1.0 / (queries.ncols() as f32).sqrt();
    for (r, mut row) in scores.axis_iter_mut(Axis(0)).enumerate() {
        let row = row.as_slice_mut().expect("a product is contiguous");
        let at = first + r;
        let start = (at + 1).saturating_sub(ages.len());
        row[..start].fill(0.0);
        row[at + 1..].fill(0.0);
        let seen = &mut row[start..=at];
        seen.iter_mut().rev().zip(ages).for_each(|(score, age)| *score = *score * scale + age);
        let largest = seen.iter().fold(f32::MIN, |a, &b| a.max(b));
        seen.iter_mut().for_each(|score| *score = exp(*score - largest));
        let sum: f32 = seen.iter().sum();
        seen.iter_mut().for_each(|score| *score /= sum);
    }
    scores
}

/// From the gradient of the weights to that of the scores before the bias, in place; adds that of the ages.
pub(super) fn unweigh(weights: &Array2<f32>, gradient: &mut Array2<f32>, dages: &mut [f32], first: usize) {
    for (r, (weights, mut row)) in weights.rows().into_iter().zip(gradient.rows_mut()).enumerate() {
        let weights = weights.to_slice().expect("a product is contiguous");
        let row = row.as_slice_mut().expect("a product is contiguous");
        let inner: f32 = weights.iter().zip(row.iter()).map(|(w, g)| w * g).sum();
        row.iter_mut().zip(weights).for_each(|(g, w)| *g = w * (*g - inner));
        row[..=first + r].iter().rev().zip(dages.iter_mut()).for_each(|(g, age)| *age += g);
    }
}
