//! What a row's own events add: out += Σ w(s, y · v) y over few vectors, the one place where training spends its time.
//!
//! In the vector instructions that the processor has; sums are in an order that depends on their width only.

use pulp::{Simd, WithSimd};

/// What an observed vector y of strength s counts; c = α s.
#[derive(Clone, Copy)]
pub(super) enum Weight {
    /// 1 + c − c (y · v): what is left to explain at v.
    Residual,
    /// c (y · v): the product of the matrix with v.
    Product,
}

/// One pass over the events of a row.
pub(super) struct Observed<'a> {
    /// (row of `y`, strength).
    pub(super) observed: &'a [(u32, f32)],
    /// \[n × d\], d a multiple of 16.
    pub(super) y: &'a [f32],
    /// \[d\].
    pub(super) v: &'a [f32],
    /// \[d\].
    pub(super) out: &'a mut [f32],
    /// α.
    pub(super) confidence: f32,
    pub(super) weight: Weight,
}

impl WithSimd for Observed<'_> {
    type Output = ();

    /// Where v and out have a known number of registers, they stay in them.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.v.len() / S::F32_LANES {
            2 => self.pass::<S, 2>(simd),
            4 => self.pass::<S, 4>(simd),
            8 => self.pass::<S, 8>(simd),
            16 => self.pass::<S, 16>(simd),
            _ => self.long_pass(simd),
        }
    }
}

impl Observed<'_> {
    #[inline(always)]
    fn weigh(&self, strength: f32, dot: f32) -> f32 {
        let c = self.confidence * strength;
        match self.weight {
            Weight::Residual => 1.0 + c * (1.0 - dot),
            Weight::Product => c * dot,
        }
    }

    #[inline(always)]
    fn pass<S: Simd, const N: usize>(self, simd: S) {
        let (y, _) = S::as_simd_f32s(self.y).0.as_chunks::<N>();
        let v: [S::f32s; N] = S::as_simd_f32s(self.v).0.try_into().expect("N registers");
        let mut out: [S::f32s; N] = S::as_simd_f32s(self.out).0.try_into().expect("N registers");
        for &(column, strength) in self.observed {
            let y = &y[column as usize];
            let mut sums = [simd.splat_f32s(0.0); 2];
            for at in 0..N {
                sums[at % 2] = simd.mul_add_f32s(y[at], v[at], sums[at % 2]);
            }
            let dot = simd.reduce_sum_f32s(simd.add_f32s(sums[0], sums[1]));
            let weight = simd.splat_f32s(self.weigh(strength, dot));
            for at in 0..N {
                out[at] = simd.mul_add_f32s(y[at], weight, out[at]);
            }
        }
        S::as_mut_simd_f32s(self.out).0.copy_from_slice(&out);
    }

    #[inline(always)]
    fn long_pass<S: Simd>(self, simd: S) {
        let d = self.v.len();
        let v = S::as_simd_f32s(self.v).0;
        for &(column, strength) in self.observed {
            let y = S::as_simd_f32s(&self.y[column as usize * d..][..d]).0;
            let add = |sum, (&y, &v)| simd.mul_add_f32s(y, v, sum);
            let dot = simd.reduce_sum_f32s(y.iter().zip(v).fold(simd.splat_f32s(0.0), add));
            let weight = simd.splat_f32s(self.weigh(strength, dot));
            for (out, &y) in S::as_mut_simd_f32s(&mut *self.out).0.iter_mut().zip(y) {
                *out = simd.mul_add_f32s(y, weight, *out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pulp::Arch;
    use pulp::Scalar;

    use super::*;

    /// The instructions of this processor and plain arithmetic say the same.
    #[test]
    fn vector_instructions_add_what_the_formula_says() {
        for d in [16, 32, 48, 64, 128, 256] {
            let number = |at: usize| ((at * 37 % 101) as f32 - 50.0) / 100.0;
            let y: Vec<f32> = (0..5 * d).map(number).collect();
            let v: Vec<f32> = (0..d).map(|at| number(at + 7)).collect();
            let observed = [(3, 1.0), (0, 2.5), (4, 0.5)];
            for weight in [Weight::Residual, Weight::Product] {
                let mut expected = vec![0.25f64; d];
                for (column, strength) in observed {
                    let y = &y[column as usize * d..][..d];
                    let dot: f64 = y.iter().zip(&v).map(|(y, v)| f64::from(y * v)).sum();
                    let c = 2.0 * f64::from(strength);
                    let w = match weight {
                        Weight::Residual => 1.0 + c - c * dot,
                        Weight::Product => c * dot,
                    };
                    expected.iter_mut().zip(y).for_each(|(out, y)| *out += w * f64::from(*y));
                }
                let pass = |is_plain: bool| {
                    let mut out = vec![0.25; d];
                    let observed = Observed {
                        observed: &observed,
                        y: &y,
                        v: &v,
                        out: &mut out,
                        confidence: 2.0,
                        weight,
                    };
                    if is_plain {
                        observed.with_simd(Scalar)
                    } else {
                        Arch::new().dispatch(observed)
                    }
                    out
                };
                for found in [pass(true), pass(false)] {
                    let far = |(found, expected): (&f32, &f64)| (f64::from(*found) - expected).abs();
                    assert!(found.iter().zip(&expected).map(far).fold(0.0, f64::max) < 1e-4, "{d}");
                }
            }
        }
    }
}
