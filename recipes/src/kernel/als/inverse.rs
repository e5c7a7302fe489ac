//! The inverse of what all rows of a half sweep have in common: small, once, and in double precision.

use ndarray::Array2;

/// So much of the mean of the diagonal is added at least, so that a matrix of less than full rank has an inverse too.
const LEAST: f64 = 1e-6;

/// (G + λI)⁻¹ of a symmetric matrix without negative eigenvalues \[d × d\], by its Cholesky factor.
pub(super) fn inverse(gram: &Array2<f32>, ridge: f32) -> Array2<f32> {
    let d = gram.nrows();
    let mean = gram.diag().iter().map(|&x| f64::from(x)).sum::<f64>() / d as f64;
    let added = f64::from(ridge).max(LEAST * mean).max(f64::MIN_POSITIVE);
    let mut lower = gram.mapv(f64::from);
    lower.diag_mut().iter_mut().for_each(|x| *x += added);
    for column in 0..d {
        let known = |row: usize, lower: &Array2<f64>| -> f64 {
            (0..column).map(|at| lower[(row, at)] * lower[(column, at)]).sum()
        };
        let diagonal = (lower[(column, column)] - known(column, &lower)).max(f64::MIN_POSITIVE).sqrt();
        lower[(column, column)] = diagonal;
        for row in column + 1..d {
            lower[(row, column)] = (lower[(row, column)] - known(row, &lower)) / diagonal;
        }
    }
    let mut result = Array2::zeros((d, d));
    for column in 0..d {
        let solved = solve(&lower, column);
        result.column_mut(column).iter_mut().zip(solved).for_each(|(to, x)| *to = x as f32);
    }
    result
}

/// Column `column` of (LLᵀ)⁻¹.
fn solve(lower: &Array2<f64>, column: usize) -> Vec<f64> {
    let d = lower.nrows();
    let mut x = vec![0.0; d];
    for row in column..d {
        let known: f64 = (column..row).map(|at| lower[(row, at)] * x[at]).sum();
        x[row] = (f64::from(u8::from(row == column)) - known) / lower[(row, row)];
    }
    for row in (0..d).rev() {
        let known: f64 = (row + 1..d).map(|at| lower[(at, row)] * x[at]).sum();
        x[row] = (x[row] - known) / lower[(row, row)];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one_also_where_the_rank_is_low() {
        for (n, ridge) in [(40, 0.5), (3, 0.1)] {
            let y = Array2::from_shape_fn((n, 8), |(i, j)| ((i * 8 + j) * 37 % 23) as f32 / 23.0 - 0.4);
            let mut gram = y.t().dot(&y);
            let inverse = inverse(&gram, ridge);
            gram.diag_mut().iter_mut().for_each(|x| *x += ridge);
            let far = (gram.dot(&inverse) - Array2::<f32>::eye(8)).mapv(f32::abs);
            assert!(far.iter().all(|&x| x < 1e-3), "{far}");
        }
        assert!(inverse(&Array2::zeros((4, 4)), 0.0).iter().all(|x| !x.is_nan()));
    }
}
