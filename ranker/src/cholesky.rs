//! Solves a small symmetric positive definite system in a fixed order of operations.

use alloc::vec::Vec;

use crate::kernel::{add_multiple, dot_f32 as dot, root};

/// The number of entries in the lower triangle of a `dim` × `dim` matrix.
pub(crate) const fn triangle(dim: usize) -> usize {
    dim * (dim + 1) / 2
}

/// Overwrites `b` with the `x` of A x = b and says whether it could.
///
/// `a`: the lower triangle, row by row, \[d(d+1)/2\], replaced by its factor; `b`: \[d\]. d³/6 multiplications.
/// `false` when A is not positive definite or the result not finite; `b` is then of no use.
pub(crate) fn solve(a: &mut [f32], b: &mut [f32]) -> bool {
    factor(a, b.len()) && {
        forward(a, b);
        backward(a, b);
        b.iter().all(|x| x.is_finite())
    }
}

/// A = L Lᵀ, row by row: replaces the lower triangle of A by L. `false` when A is not positive definite.
pub(crate) fn factor(a: &mut [f32], dim: usize) -> bool {
    for i in 0..dim {
        let (above, row) = a.split_at_mut(triangle(i));
        for j in 0..i {
            let other = &above[triangle(j)..triangle(j + 1)];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        // Written so that a pivot that is not a number fails too.
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        row[i] = root(pivot);
    }
    true
}

/// Overwrites `b` with L⁻¹ b.
pub(crate) fn forward(l: &[f32], b: &mut [f32]) {
    for i in 0..b.len() {
        let row = &l[triangle(i)..triangle(i + 1)];
        b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
    }
}

/// Overwrites `b` with L⁻ᵀ b.
pub(crate) fn backward(l: &[f32], b: &mut [f32]) {
    for i in (0..b.len()).rev() {
        let row = &l[triangle(i)..triangle(i + 1)];
        let (before, rest) = b.split_at_mut(i);
        let x = rest[0] / row[i];
        rest[0] = x;
        add_multiple(before, -x, row);
    }
}

/// The lower triangle of Σ yᵀy over the rows of an n × `dim` matrix, \[d(d+1)/2\].
pub(crate) fn gram<'a>(rows: impl Iterator<Item = &'a [f32]>, dim: usize) -> Vec<f32> {
    let mut gram = alloc::vec![0.0; triangle(dim)];
    rows.for_each(|row| add_outer(&mut gram, row, 1.0));
    gram
}

/// A += w y yᵀ on the lower triangle.
pub(crate) fn add_outer(a: &mut [f32], y: &[f32], w: f32) {
    for (i, &yi) in y.iter().enumerate() {
        add_multiple(&mut a[triangle(i)..triangle(i + 1)], w * yi, y);
    }
}

/// xᵀ A x for a lower triangle.
pub(crate) fn quadratic(a: &[f32], x: &[f32]) -> f32 {
    x.iter().enumerate().fold(0.0, |sum, (i, &xi)| {
        let row = &a[triangle(i)..triangle(i + 1)];
        sum + xi * (2.0 * dot(&row[..i], &x[..i]) + row[i] * xi)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_solution_solves(rows in prop::collection::vec(prop::collection::vec(-1.0f32..1.0, 7), 1..9),
                               wanted in prop::collection::vec(-1.0f32..1.0, 7)) {
            let mut a = gram(rows.iter().map(Vec::as_slice), 7);
            (0..7).for_each(|i| a[triangle(i) + i] += 1.0);
            let full = |i: usize, j: usize| a[triangle(i.max(j)) + i.min(j)];
            let mut b: Vec<f32> = (0..7).map(|i| (0..7).map(|j| full(i, j) * wanted[j]).sum()).collect();
            let energy: f32 = (0..7).map(|i| wanted[i] * b[i]).sum();
            prop_assert!((quadratic(&a, &wanted) - energy).abs() < 1e-3);
            prop_assert!(solve(&mut a, &mut b));
            for (x, y) in b.iter().zip(&wanted) {
                prop_assert!((x - y).abs() < 1e-3, "{b:?} {wanted:?}");
            }
        }
    }

    #[test]
    fn a_singular_matrix_is_refused() {
        assert!(!solve(&mut [0.0], &mut [1.0]));
        assert!(!solve(&mut [f32::NAN], &mut [1.0]));
    }
}
