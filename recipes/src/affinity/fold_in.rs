//! "Where does this user stand among these item vectors?" From everything that the user did, where the ranker looks at
//! the latest hundred events.
//!
//! x = (YᵀY + λI + Σ α s y yᵀ)⁻¹ Σ (1 + α) s y (Hu, Koren, Volinsky 2008, eq. 4), by Cholesky's decomposition.

use bowerbird_ranker::Pack;
use ndarray::Array2;

/// Item vectors, and what is the same for every user.
pub(super) struct Space {
    /// Y \[n × d\].
    pub(super) items: Array2<f32>,
    /// YᵀY + λI \[d × d\].
    gram: Array2<f32>,
    confidence: f32,
}

impl Space {
    pub(super) fn of(pack: &Pack) -> Self {
        let dim = pack.dim();
        let rows: Vec<f32> = pack.items().flat_map(|item| pack.item_vector(item)).collect();
        let items = Array2::from_shape_vec((pack.n_items(), dim), rows).expect("a row for each item");
        let mut gram = items.t().dot(&items);
        gram.diag_mut().iter_mut().for_each(|diagonal| *diagonal += pack.constants().ridge);
        Self { items, gram, confidence: pack.constants().confidence }
    }

    /// x \[d\] for items with their strengths; zeros for none.
    pub(super) fn user(&self, strengths: &[(u32, f32)]) -> Vec<f32> {
        let dim = self.items.ncols();
        let (mut matrix, mut x) = (self.gram.clone(), vec![0.0; dim]);
        for &(item, strength) in strengths {
            let y = self.items.row(item as usize);
            for (i, &yi) in y.iter().enumerate() {
                x[i] += (1.0 + self.confidence) * strength * yi;
                let scaled = self.confidence * strength * yi;
                let row = matrix.row_mut(i);
                row.into_iter().zip(&y).take(i + 1).for_each(|(cell, yj)| *cell += scaled * yj);
            }
        }
        solve(&mut matrix, &mut x);
        x
    }
}

/// Solves A x = b in place; of A, positive definite, only the lower triangle is read.
fn solve(a: &mut Array2<f32>, b: &mut [f32]) {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let sum = a[[i, j]] - (0..j).map(|k| a[[i, k]] * a[[j, k]]).sum::<f32>();
            // λ is at least 0.3, so only rounding can bring the diagonal near zero.
            a[[i, j]] = if i == j { sum.max(1e-6).sqrt() } else { sum / a[[j, j]] };
        }
    }
    for i in 0..n {
        let sum = b[i] - (0..i).map(|k| a[[i, k]] * b[k]).sum::<f32>();
        b[i] = sum / a[[i, i]];
    }
    for i in (0..n).rev() {
        let sum = b[i] - (i + 1..n).map(|k| a[[k, i]] * b[k]).sum::<f32>();
        b[i] = sum / a[[i, i]];
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_system_is_solved() {
        let matrix = array![[4.0f32, 0.0, 0.0], [2.0, 5.0, 0.0], [0.6, 1.0, 3.0]];
        let full = array![[4.0f32, 2.0, 0.6], [2.0, 5.0, 1.0], [0.6, 1.0, 3.0]];
        let expected = [1.0f32, -2.0, 0.5];
        let mut b: Vec<f32> =
            full.outer_iter().map(|row| row.iter().zip(expected).map(|(a, x)| a * x).sum()).collect();
        solve(&mut matrix.clone(), &mut b);
        assert!(b.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{b:?}");
    }
}
