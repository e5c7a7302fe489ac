//! Rows that take their steps together: what all have in common, YᵀY, is then one matrix product a step.
//!
//! The steps are those of conjugate gradients with (YᵀY + λI)⁻¹ as a preconditioner. What a row has of its own is at most
//! α s times YᵀY, so in these directions the matrix stretches nothing by more than 1 + α s, and one step does what three
//! do without.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut2};
use pulp::Arch;

use super::observed::{Observed, Weight};
use crate::kernel::Sparse;

/// Rows of a block. Their product with a matrix of 64 × 64 is near the peak of the processor, and three blocks of
/// numbers fit beside the matrix into the first cache.
pub(super) const BLOCK: usize = 32;
/// Who has so little left to gain is done: a squared length far below the precision of f32.
const DONE: f32 = 1e-20;

/// What all blocks of a half sweep have in common.
pub(super) struct Block<'a> {
    /// YᵀY \[d × d\].
    pub(super) gram: &'a Array2<f32>,
    /// (YᵀY + λI)⁻¹ \[d × d\].
    pub(super) inverse: &'a Array2<f32>,
    /// The fixed side.
    pub(super) y: &'a Array2<f32>,
    /// Of all rows; its columns are the rows of `y`.
    pub(super) strengths: &'a Sparse,
    /// Steps of conjugate gradients.
    pub(super) steps: usize,
    /// α.
    pub(super) confidence: f32,
}

impl Block<'_> {
    /// Improves the rows `first..` of one side, `x`, each with its own λ. Rows without events become zeros.
    pub(super) fn solve(&self, first: usize, ridges: &[f32], x: &mut ArrayViewMut2<'_, f32>) {
        let arch = Arch::new();
        let width = x.ncols();
        let mut residual = Array2::zeros(x.dim());
        general_mat_mul(-1.0, x, self.gram, 0.0, &mut residual);
        let x = x.as_slice_mut().expect("whole rows of a standard layout");
        for (row, (x, r)) in x.chunks_exact_mut(width).zip(rows(&mut residual, width)).enumerate() {
            let observed = self.strengths.row(first + row);
            if observed.is_empty() {
                x.fill(0.0);
                r.fill(0.0);
            }
            axpy(-ridges[row], x, r);
            self.add(arch, Weight::Residual, observed, x, r);
        }
        let mut nearer = residual.dot(self.inverse);
        let mut direction = nearer.clone();
        let mut product = Array2::zeros(residual.dim());
        let both = rows(&mut residual, width).zip(rows(&mut nearer, width));
        let mut lengths: Vec<f32> = both.map(|(r, z)| dot(r, z)).collect();
        for step in 1..=self.steps {
            general_mat_mul(1.0, &direction, self.gram, 0.0, &mut product);
            let sides = rows(&mut direction, width).zip(rows(&mut product, width));
            let sides = sides.zip(rows(&mut residual, width)).zip(x.chunks_exact_mut(width));
            for (row, (((d, p), r), x)) in sides.enumerate() {
                if lengths[row] >= DONE {
                    axpy(ridges[row], d, p);
                    self.add(arch, Weight::Product, self.strengths.row(first + row), d, p);
                    let stride = lengths[row] / dot(d, p);
                    axpy(stride, d, x);
                    axpy(-stride, p, r);
                }
            }
            if step < self.steps {
                general_mat_mul(1.0, &residual, self.inverse, 0.0, &mut nearer);
                turn(&mut direction, &mut residual, &mut nearer, &mut lengths);
            }
        }
    }

    fn add(&self, arch: Arch, weight: Weight, observed: &[(u32, f32)], v: &[f32], out: &mut [f32]) {
        let y = self.y.as_slice().expect("a matrix of standard layout");
        arch.dispatch(Observed { observed, y, v, out, confidence: self.confidence, weight });
    }
}

/// The next direction of each row: what is left, seen through the preconditioner, and what it keeps of the last one.
fn turn(
    direction: &mut Array2<f32>,
    residual: &mut Array2<f32>,
    nearer: &mut Array2<f32>,
    lengths: &mut [f32],
) {
    let width = direction.ncols();
    let sides = rows(direction, width).zip(rows(residual, width)).zip(rows(nearer, width));
    for (((d, r), z), length) in sides.zip(lengths).filter(|(_, length)| **length >= DONE) {
        let before = std::mem::replace(length, dot(r, z));
        let keep = *length / before;
        d.iter_mut().zip(z).for_each(|(d, z)| *d = *z + keep * *d);
    }
}

fn rows(matrix: &mut Array2<f32>, width: usize) -> impl Iterator<Item = &mut [f32]> {
    matrix.as_slice_mut().expect("a matrix of standard layout").chunks_exact_mut(width)
}

fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

/// Eight running sums, so that the compiler may use vector registers without changing the order of additions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, _), (b, _)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0f32; 8];
    for (x, y) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum()
}
