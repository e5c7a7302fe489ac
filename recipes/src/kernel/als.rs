//! Alternating least squares for implicit feedback (Hu, Koren, Volinsky 2008), solved by a few steps of conjugate
//! gradients from the previous solution (Takács, Pilászy, Tikk 2011).
//!
//! x_u = (YᵀY + λI + Σ α s y yᵀ)⁻¹ Σ (1 + α s) y over the items of user u with strengths s, and the same for items.

use ndarray::{Array2, ArrayView1, ArrayViewMut1, Axis};
use rayon::prelude::*;

use crate::kernel::{Sparse, mix};
use crate::{Interactions, RecipeError};

/// Steps of conjugate gradients per row and sweep: more change nothing, since the next sweep starts from the result.
const CG_STEPS: usize = 3;

/// Settings of the factorisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Als {
    /// Dimensions d.
    pub dim: usize,
    /// Sweeps over users and items.
    pub sweeps: usize,
    /// λ.
    pub ridge: f32,
    /// α: what one event adds to the confidence of 1 that every pair has.
    pub confidence: f32,
}

impl Als {
    /// Item factors Y \[n_items × d\]. Items without events come out as zeros.
    ///
    /// `start`: item factors to begin with; random ones from `seed` otherwise. `step(done, total)` is called before
    /// every sweep. Cost per sweep: about 8 d · events + 8 d² · (users + items) multiplications.
    ///
    /// # Errors
    /// What `step` returns.
    pub fn fit(
        &self,
        interactions: &Interactions,
        start: Option<&Array2<f32>>,
        seed: u64,
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<Array2<f32>, RecipeError> {
        let user_items = Sparse::user_items(interactions);
        let item_users = user_items.transposed();
        let mut items = start.cloned().unwrap_or_else(|| random(interactions.n_items(), self.dim, seed));
        let mut users = Array2::zeros((interactions.n_users(), self.dim));
        for sweep in 0..self.sweeps {
            step(sweep as u64, self.sweeps as u64)?;
            self.half_sweep(&user_items, &items, &mut users);
            self.half_sweep(&item_users, &users, &mut items);
        }
        Ok(items)
    }

    /// Solves every row of `x` against the fixed `y`. Rows are independent, so threads change nothing.
    fn half_sweep(&self, strengths: &Sparse, y: &Array2<f32>, x: &mut Array2<f32>) {
        let mut gram = y.t().dot(y);
        gram.diag_mut().iter_mut().for_each(|diagonal| *diagonal += self.ridge);
        let mut rows: Vec<ArrayViewMut1<'_, f32>> = x.axis_iter_mut(Axis(0)).collect();
        rows.par_iter_mut().enumerate().for_each(|(row, x)| {
            let observed = strengths.row(row);
            if observed.is_empty() {
                x.fill(0.0);
            } else {
                let x = x.as_slice_mut().expect("rows of a standard layout are contiguous");
                self.conjugate_gradients(&gram, observed, y, x);
            }
        });
    }

    fn conjugate_gradients(
        &self,
        gram: &Array2<f32>,
        observed: &[(u32, f32)],
        y: &Array2<f32>,
        x: &mut [f32],
    ) {
        let d = self.dim;
        let mut residual = vec![0.0; d];
        let mut product = vec![0.0; d];
        self.multiply(gram, observed, y, x, &mut product);
        for &(column, strength) in observed {
            axpy(1.0 + self.confidence * strength, row(y, column), &mut residual);
        }
        axpy(-1.0, &product, &mut residual);
        let mut direction = residual.clone();
        let mut length = dot(&residual, &residual);
        for _ in 0..CG_STEPS {
            if length < 1e-20 {
                break;
            }
            self.multiply(gram, observed, y, &direction, &mut product);
            let stride = length / dot(&direction, &product);
            axpy(stride, &direction, x);
            axpy(-stride, &product, &mut residual);
            let next = dot(&residual, &residual);
            let keep = next / length;
            direction.iter_mut().zip(&residual).for_each(|(p, r)| *p = r + keep * *p);
            length = next;
        }
    }

    /// out = (G + λI + Σ α s y yᵀ) v.
    fn multiply(
        &self,
        gram: &Array2<f32>,
        observed: &[(u32, f32)],
        y: &Array2<f32>,
        v: &[f32],
        out: &mut [f32],
    ) {
        out.fill(0.0);
        for (column, &v) in v.iter().enumerate() {
            axpy(v, row(gram, column as u32), out);
        }
        for &(column, strength) in observed {
            let y = row(y, column);
            axpy(self.confidence * strength * dot(y, v), y, out);
        }
    }
}

fn row(matrix: &Array2<f32>, row: u32) -> &[f32] {
    let view: ArrayView1<'_, f32> = matrix.row(row as usize);
    view.to_slice().expect("rows of a standard layout are contiguous")
}

fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

/// Eight running sums, so that the compiler may use vector registers without changing the order of additions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0f32; 8];
    for (x, y) in a8.zip(b8) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + tail
}

/// Uniform in ±0.5/√d: rows of about unit length would drown the first sweeps.
fn random(n: usize, dim: usize, seed: u64) -> Array2<f32> {
    let width = 1.0 / (dim as f32).sqrt();
    Array2::from_shape_fn((n, dim), |(i, j)| {
        let bits = mix(seed ^ mix((i * dim + j) as u64 + 1));
        ((bits >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * width
    })
}
