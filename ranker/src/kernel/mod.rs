//! "Here are a user and rows of codes; what is each worth?" The one loop that the time of a ranking goes into.
//!
//! Integers, so every implementation gives the same bits: [`scalar`] says what is meant, the others are the same sums
//! in the instructions of one processor.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(target_feature = "simd128")]
mod simd128;

/// `scores[i]` = `prior[i]` + `user` · row i · (scale of row i · `factor`), where `rows` is row-major \[n × dim\], bytes
/// that are i8, `scales` has a bfloat per row, and `user` is \[dim\], dim > 0.
///
/// The products are exact for up to 512 dimensions: 512 · 32767 · 128 < 2³¹. One loop for all three steps: between
/// them nothing goes through memory.
pub(crate) fn score_rows(
    user: &[i16],
    rows: &[u8],
    scales: &[u8],
    factor: f32,
    prior: &[f32],
    scores: &mut [f32],
) {
    #[cfg(target_feature = "simd128")]
    return simd128::score_rows(user, rows, scales, factor, prior, scores);
    #[cfg(target_arch = "x86_64")]
    if avx2::is_available() {
        // SAFETY: the processor has the instructions.
        #[expect(unsafe_code, reason = "seven times as fast as the scalar sums")]
        return unsafe { avx2::score_rows(user, rows, scales, factor, prior, scores) };
    }
    #[cfg(not(target_feature = "simd128"))]
    scalar::score_rows(user, rows, scales, factor, prior, scores);
}

/// The upper half of an f32: the same range in two bytes, and a scale needs no more digits.
pub(crate) fn bfloat(bytes: &[u8], index: usize) -> f32 {
    f32::from_bits(u32::from(u16::from_le_bytes(bytes.as_chunks().0[index])) << 16)
}

/// `user` · `row`.
pub(crate) fn dot(user: &[i16], row: &[u8]) -> i32 {
    #[cfg(target_feature = "simd128")]
    return simd128::dot(user, row);
    #[cfg(not(target_feature = "simd128"))]
    scalar::dot(user, row)
}

/// The product of two rows.
#[cfg(feature = "dials")]
pub(crate) fn dot_rows(a: &[u8], b: &[u8]) -> i32 {
    #[cfg(target_feature = "simd128")]
    return simd128::dot_rows(a, b);
    #[cfg(not(target_feature = "simd128"))]
    scalar::dot_rows(a, b)
}

/// Which of sixteen are not below `bar`, a bit for each. A score that is not a number is not.
pub(crate) fn not_below(scores: &[f32; 16], bar: f32) -> u32 {
    #[cfg(target_feature = "simd128")]
    return simd128::not_below(scores, bar);
    #[cfg(not(target_feature = "simd128"))]
    scalar::not_below(scores, bar)
}

/// `a` · `b`, by four running sums.
pub(crate) fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    #[cfg(target_feature = "simd128")]
    return simd128::dot_f32(a, b);
    #[cfg(not(target_feature = "simd128"))]
    scalar::dot_f32(a, b)
}

/// `sums` += `weight` · `row`.
pub(crate) fn add_multiple(sums: &mut [f32], weight: f32, row: &[f32]) {
    #[cfg(target_feature = "simd128")]
    return simd128::add_multiple(sums, weight, row);
    #[cfg(not(target_feature = "simd128"))]
    scalar::add_multiple(sums, weight, row);
}

/// √x, correctly rounded as IEEE 754 asks for.
pub(crate) fn root(x: f32) -> f32 {
    #[cfg(target_feature = "simd128")]
    return simd128::root(x);
    #[cfg(not(target_feature = "simd128"))]
    libm::sqrtf(x)
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn every_implementation_gives_the_same_sums(
            dim in 1usize..80, n in 0usize..11, seed in any::<u32>(),
        ) {
            // Numbers out of a seed: to draw every one of them would take longer than to add them.
            let mix = |at: usize| (at as u32 ^ seed).wrapping_mul(0x9e37_79b9).rotate_left(13).wrapping_mul(0x85eb_ca6b);
            let user: Vec<i16> = (0..dim).map(|at| ((mix(at) >> 8) as i16).max(-32767)).collect();
            // More rows than are asked for.
            let rows: Vec<u8> = (0..(n + 5) * dim).map(|at| (mix(at + 80) >> 16) as u8).collect();
            let (user, rows) = (&user[..], &rows[..]);
            let scales: Vec<u8> = (0..n + 5).flat_map(|row| [mix(row) as u8, 0x3f]).collect();
            let prior: Vec<f32> = (0..n).map(|row| mix(row + 40) as f32).collect();
            let (mut expected, mut found) = (vec![0.0; n], vec![1.0; n]);
            scalar::score_rows(user, rows, &scales, 0.37, &prior, &mut expected);
            score_rows(user, rows, &scales, 0.37, &prior, &mut found);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_largest_sums_fit() {
        let (user, rows) = ([-32767; 512], [0x80; 4 * 512]);
        let mut out = [0.0; 4];
        score_rows(&user, &rows, &[0x80, 0x3f].repeat(4), 1.0, &[0.0; 4], &mut out);
        assert_eq!(out, [(512 * 32767 * 128) as f32; 4]);
    }
}
