//! e^x by arithmetic that is the same everywhere: platforms differ in theirs.

/// e^x to 4 · 10⁻⁷ of its value for x ≤ 88; below −87 as if it were −87. Without branches, so that a loop over it uses
/// vector registers.
///
/// 2^k · e^r with k the integer nearest to x / ln 2 and the first seven terms of the series for e^r, |r| ≤ ln 2 / 2.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    /// 1.5 · 2²³: adding it leaves the nearest integer in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;
    /// ln 2 in two parts, of which the first times k is exact (Cody, Waite 1980).
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * core::f32::consts::LOG2_E + ROUNDER;
    let k = shifted - ROUNDER;
    let r = x - k * LN_2[0] - k * LN_2[1];
    let tail = 1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0)));
    let series = 1.0 + r * (1.0 + r * (0.5 + r * tail));
    f32::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_library_to_six_digits() {
        for step in -8600..8800 {
            let x = step as f32 / 100.0;
            let (found, expected) = (f64::from(exp(x)), libm::exp(f64::from(x)));
            assert!((found / expected - 1.0).abs() < 4e-7, "{x}: {found} {expected}");
        }
    }

    #[test]
    fn what_is_far_below_is_almost_nothing_and_zero_is_one() {
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e30) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
    }
}
