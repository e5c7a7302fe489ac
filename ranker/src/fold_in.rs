//! "Here is a history; where does this visitor stand among the item vectors?"
//!
//! Implicit ALS fold-in (Hu, Koren, Volinsky 2008, eq. 4) in which an event of strength s counts as s events:
//! u = (P + Σ α s y yᵀ)⁻¹ Σ (1 + α) s y, with P = G + λI, s = weight · decayᵃᵍᵉ and the newest event of age 0.
//!
//! It is solved among the events instead of among the dimensions, since there are fewer of them and what depends on
//! the item alone is known from the last time. With P = L Lᵀ and v = L⁻¹ y: u = L⁻ᵀ Σ √s e v, where e solves
//! (I + α √s vᵀv √s) e = (1 + α) √s (the matrix inversion lemma).

use alloc::vec::Vec;

use crate::cholesky::{self, backward, factor, forward, quadratic, solve, triangle};
use crate::kernel::{dot, dots};
use crate::pack::bfloats;
use crate::{Constants, ItemIndex, Observation, Pack};

/// What fold-in needs to know of all item vectors.
#[derive(Clone)]
pub(crate) struct Space {
    /// G, lower triangle.
    gram: Vec<f32>,
    /// L of G + λI, lower triangle.
    factor: Vec<f32>,
}

impl Space {
    /// `None` when G + λI is not positive definite: no training writes such a pack. d³/6 multiplications.
    pub(crate) fn new(gram: Vec<f32>, dim: usize, ridge: f32) -> Option<Self> {
        let mut factors = gram.clone();
        (0..dim).for_each(|i| factors[triangle(i) + i] += ridge);
        factor(&mut factors, dim).then_some(Self { gram, factor: factors })
    }
}

/// A user vector, quantised so that the scan over the catalogue is integer arithmetic.
#[derive(Clone, Debug)]
pub(crate) struct UserVector {
    /// \[dim\]; the largest magnitude is 32767.
    codes: Vec<i16>,
    /// Turns an integer dot product times the item's scale into the vector part of its score, whose root mean square
    /// over the catalogue is its weight.
    scale: f32,
}

/// Folds histories in, and remembers what it computed for the items of the last one.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoldIn {
    /// v of each item, each item once.
    whitened: Vec<(ItemIndex, Vec<f32>)>,
}

impl FoldIn {
    /// `None` when the history says nothing in this pack's space. For m events, of which one is new:
    /// m² · d / 2 + m³ / 6 + 3 d² multiplications.
    pub(crate) fn user_vector(
        &mut self,
        pack: &Pack,
        events: &[Observation],
        constants: &Constants,
    ) -> Option<UserVector> {
        let space = pack.space()?;
        self.whiten(pack, space, events);
        let rows: Vec<&[f32]> = events.iter().map(|event| self.row(event.item)).collect();
        let roots: Vec<f32> = events.iter().map(|event| libm::sqrtf(event.weight)).collect();
        let mut e: Vec<f32> = roots.iter().map(|root| (1.0 + constants.confidence) * root).collect();
        if !solve(&mut system(&rows, &roots, constants.confidence), &mut e) {
            return None;
        }
        let mut u = alloc::vec![0.0; pack.dim()];
        for ((row, root), e) in rows.iter().zip(&roots).zip(&e) {
            let weight = root * e;
            u.iter_mut().zip(*row).for_each(|(u, v)| *u += weight * v);
        }
        backward(&space.factor, &mut u);
        let mean_square = quadratic(&space.gram, &u) / pack.n_items() as f32;
        UserVector::quantised(&u, constants.vector_weight / libm::sqrtf(mean_square))
    }

    /// Makes `whitened` that of the items of these events and no others.
    fn whiten(&mut self, pack: &Pack, space: &Space, events: &[Observation]) {
        self.whitened.retain(|(item, _)| events.iter().any(|event| event.item == *item));
        for event in events {
            if self.whitened.iter().all(|(item, _)| *item != event.item) {
                let mut v = dequantised(pack, event.item.at());
                forward(&space.factor, &mut v);
                self.whitened.push((event.item, v));
            }
        }
    }

    fn row(&self, wanted: ItemIndex) -> &[f32] {
        let found = self.whitened.iter().find(|(item, _)| *item == wanted);
        found.map_or(&[], |(_, v)| v)
    }
}

/// I + α √s vᵀv √s, lower triangle \[m(m+1)/2\].
fn system(rows: &[&[f32]], roots: &[f32], confidence: f32) -> Vec<f32> {
    let mut a = Vec::with_capacity(triangle(rows.len()));
    for (i, row) in rows.iter().enumerate() {
        let scaled = confidence * roots[i];
        a.extend(rows[..=i].iter().zip(roots).map(|(other, root)| scaled * root * cholesky::dot(row, other)));
        a[triangle(i) + i] += 1.0;
    }
    a
}

impl UserVector {
    fn quantised(u: &[f32], factor: f32) -> Option<Self> {
        let largest = u.iter().fold(0.0f32, |max, x| max.max(x.abs()));
        let step = largest / 32767.0;
        let scale = step * factor;
        // A vector of zeros, or of numbers too small to divide by, points nowhere.
        (step > 0.0 && scale.is_finite() && scale > 0.0)
            .then(|| Self { codes: u.iter().map(|x| code(x / step)).collect(), scale })
    }

    /// The vector part of the score of an item with this vector.
    pub(crate) fn score(&self, (row, scale): (&[u8], f32)) -> f32 {
        self.part(dot(&self.codes, row), scale)
    }

    /// Adds the vector parts of consecutive rows to their scores; `room` is for as many dot products.
    pub(crate) fn add_scores(&self, rows: &[u8], scales: &[u8], room: &mut [i32], scores: &mut [f32]) {
        dots(&self.codes, rows, room);
        for ((score, &mut dot), scale) in scores.iter_mut().zip(room).zip(bfloats(scales)) {
            *score += self.part(dot, scale);
        }
    }

    fn part(&self, dot: i32, scale: f32) -> f32 {
        dot as f32 * (scale * self.scale)
    }
}

/// To the nearest, halves away from zero.
fn code(x: f32) -> i16 {
    (x + if x < 0.0 { -0.5 } else { 0.5 }) as i16
}

fn dequantised(pack: &Pack, item: usize) -> Vec<f32> {
    let (row, scale) = pack.vector(item);
    row.iter().map(|&code| f32::from(code as i8) * scale).collect()
}
