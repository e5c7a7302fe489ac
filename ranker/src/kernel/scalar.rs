//! What is meant, for processors without anything better.

#[cfg(not(target_feature = "simd128"))]
pub(super) fn score_rows(
    user: &[i16],
    rows: &[u8],
    scales: &[u8],
    factor: f32,
    prior: &[f32],
    scores: &mut [f32],
) {
    let dim = user.len();
    for (at, score) in scores.iter_mut().enumerate() {
        let row = &rows[at * dim..][..dim];
        *score = prior[at] + dot(user, row) as f32 * (super::bfloat(scales, at) * factor);
    }
}

pub(super) fn dot(user: &[i16], row: &[u8]) -> i32 {
    user.iter().zip(row).map(|(&user, &item)| i32::from(user) * i32::from(item as i8)).sum()
}

#[cfg(feature = "dials")]
pub(super) fn dot_rows(a: &[u8], b: &[u8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a as i8) * i32::from(b as i8)).sum()
}

#[cfg(not(target_feature = "simd128"))]
pub(super) fn not_below(scores: &[f32; 16], bar: f32) -> u32 {
    // In most groups all are below, and to see that takes few instructions.
    if scores.iter().fold(true, |all, score| all & (*score < bar)) {
        return 0;
    }
    let bit = |(at, score): (usize, &f32)| u32::from(*score < bar) << at;
    0xffff ^ scores.iter().enumerate().map(bit).sum::<u32>()
}

/// Four running sums: an order that vector units can follow without changing a bit.
#[cfg(not(target_feature = "simd128"))]
pub(super) fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let tail: f32 = a4.remainder().iter().zip(b4.remainder()).fold(0.0, |sum, (x, y)| sum + x * y);
    let mut sums = [0.0f32; 4];
    for (x, y) in a4.zip(b4) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    ((sums[0] + sums[1]) + (sums[2] + sums[3])) + tail
}

#[cfg(not(target_feature = "simd128"))]
pub(super) fn add_multiple(sums: &mut [f32], weight: f32, row: &[f32]) {
    sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * x);
}
