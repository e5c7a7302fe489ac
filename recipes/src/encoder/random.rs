//! Numbers that depend on a seed and a place only.

use ndarray::Array2;

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
pub(super) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// About normal (the sum of four uniform numbers) with this standard deviation.
pub(super) fn normal(rows: usize, columns: usize, deviation: f32, seed: u64) -> Array2<f32> {
    let key = mix(seed);
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        let bits = mix(key ^ (i * columns + j) as u64);
        let sum: u64 = (0..4).map(|part| bits >> (16 * part) & 0xffff).sum();
        (sum as f32 / 65536.0 - 2.0) * 1.732 * deviation
    })
}

/// 0 with the given probability, else 1 / (1 − probability).
pub(super) fn mask(shape: (usize, usize), dropout: f32, key: u64) -> Option<Array2<f32>> {
    if dropout <= 0.0 {
        return None;
    }
    let (threshold, kept) = ((dropout * 65536.0) as u64, 1.0 / (1.0 - dropout));
    let key = mix(key);
    let n = shape.0 * shape.1;
    let mut values = Vec::with_capacity(n + 3);
    for group in 0..n.div_ceil(4) {
        let bits = mix(key ^ group as u64);
        for part in 0..4 {
            values.push(if (bits >> (16 * part) & 0xffff) < threshold { 0.0 } else { kept });
        }
    }
    values.truncate(n);
    Some(Array2::from_shape_vec(shape, values).expect("as many as the shape says"))
}
