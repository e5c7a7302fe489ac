//! "Here is a history; where does this visitor stand among the item vectors?"
//!
//! Implicit ALS fold-in (Hu, Koren, Volinsky 2008, eq. 4) in which an event of strength s counts as s events:
//! u = (G + λI + Σ α s y yᵀ)⁻¹ Σ (1 + α) s y, with s = weight · decayᵃᵍᵉ and the newest event of age 0.

use alloc::vec::Vec;

use crate::cholesky::{add_outer, quadratic, solve, triangle};
use crate::{Constants, Observation, Pack};

/// A user vector, quantised so that the scan over the catalogue is integer arithmetic.
pub(crate) struct UserVector {
    /// \[dim\]; the largest magnitude is 32767.
    codes: Vec<i16>,
    /// Turns an integer dot product times the item's scale into a score whose root mean square over the catalogue is 1.
    scale: f32,
}

impl UserVector {
    /// `None` when the history says nothing in this pack's space.
    pub(crate) fn fold_in(pack: &Pack, events: &[Observation], constants: &Constants) -> Option<Self> {
        let gram: Vec<f32> = pack.gram().collect();
        let mut a = gram.clone();
        (0..pack.dim()).for_each(|i| a[triangle(i) + i] += constants.ridge);
        let mut u = alloc::vec![0.0; pack.dim()];
        for event in events {
            let y = dequantised(pack, event.item.at());
            add_outer(&mut a, &y, constants.confidence * event.weight);
            let pull = (1.0 + constants.confidence) * event.weight;
            u.iter_mut().zip(&y).for_each(|(u, y)| *u += pull * y);
        }
        if !solve(&mut a, &mut u) {
            return None;
        }
        let mean_square = quadratic(&gram, &u) / pack.n_items() as f32;
        Self::quantised(&u, libm::sqrtf(mean_square))
    }

    fn quantised(u: &[f32], root_mean_square: f32) -> Option<Self> {
        let largest = u.iter().fold(0.0f32, |max, x| max.max(x.abs()));
        let step = largest / 32767.0;
        let scale = step / root_mean_square;
        // A vector of zeros, or of numbers too small to divide by, points nowhere.
        (step > 0.0 && scale.is_finite() && scale > 0.0)
            .then(|| Self { codes: u.iter().map(|x| code(x / step)).collect(), scale })
    }

    /// The vector part of an item's score.
    pub(crate) fn score(&self, pack: &Pack, item: usize) -> f32 {
        let (row, scale) = pack.vector(item);
        integer_dot(&self.codes, row) as f32 * (scale * self.scale)
    }
}

/// Exact for up to 512 dimensions: 512 · 32767 · 127 < 2³¹.
fn integer_dot(user: &[i16], row: &[u8]) -> i32 {
    user.iter().zip(row).map(|(&user, &item)| i32::from(user) * i32::from(item as i8)).sum()
}

/// To the nearest, halves away from zero.
fn code(x: f32) -> i16 {
    (x + if x < 0.0 { -0.5 } else { 0.5 }) as i16
}

fn dequantised(pack: &Pack, item: usize) -> Vec<f32> {
    let (row, scale) = pack.vector(item);
    row.iter().map(|&code| f32::from(code as i8) * scale).collect()
}
