//! Root mean square normalisation (Zhang, Sennrich 2019): y = g · x / rms(x).

use ndarray::{Array2, ArrayView1};

/// Keeps rows of zeros zero.
pub(super) const EPSILON: f32 = 1e-6;

/// y, and 1 / rms of each row.
pub(super) fn normalise(x: &Array2<f32>, gain: ArrayView1<'_, f32>) -> (Array2<f32>, Vec<f32>) {
    let mut y = x.clone();
    let mut factors = Vec::with_capacity(x.nrows());
    for mut row in y.rows_mut() {
        let mean = row.iter().map(|x| x * x).sum::<f32>() / row.len() as f32;
        let factor = 1.0 / (mean + EPSILON).sqrt();
        row.iter_mut().zip(gain).for_each(|(y, gain)| *y *= factor * gain);
        factors.push(factor);
    }
    (y, factors)
}

/// The gradient of x; adds that of the gain.
pub(super) fn backward(
    x: &Array2<f32>,
    factors: &[f32],
    gain: ArrayView1<'_, f32>,
    dy: &Array2<f32>,
    dgain: &mut [f32],
) -> Array2<f32> {
    let mut dx = Array2::zeros(x.dim());
    let dim = x.ncols() as f32;
    for (((x, dy), &factor), mut dx) in x.rows().into_iter().zip(dy.rows()).zip(factors).zip(dx.rows_mut()) {
        let mut inner = 0.0;
        for (((x, dy), gain), dgain) in x.iter().zip(dy).zip(gain).zip(dgain.iter_mut()) {
            *dgain += dy * x * factor;
            inner += dy * gain * x;
        }
        let pull = inner * factor * factor * factor / dim;
        for (((dx, x), dy), gain) in dx.iter_mut().zip(x).zip(dy).zip(gain) {
            *dx = dy * gain * factor - x * pull;
        }
    }
    dx
}
