//! "Here is a history; where does this visitor stand among the item vectors?"
//!
//! Implicit ALS fold-in (Hu, Koren, Volinsky 2008, eq. 4) in which an event of strength s counts as s events:
//! u = (P + Σ α s y yᵀ)⁻¹ Σ (1 + α) s y, with P = G + λI, s = weight · decayᵃᵍᵉ and the newest event of age 0.
//!
//! It is solved among the events instead of among the dimensions, since there are fewer of them and what depends on
//! the item alone is known from the last time. With P = L Lᵀ and v = L⁻¹ y: u = L⁻ᵀ Σ √s e v, where e solves
//! (I + α √s vᵀv √s) e = (1 + α) √s (the matrix inversion lemma).

use alloc::vec::Vec;

use crate::cholesky::{backward, factor, forward, solve, triangle};
use crate::kernel::{add_multiple, dot_f32, root};
use crate::{ItemIndex, Observation, Pack};

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

    /// G, lower triangle.
    pub(crate) fn gram(&self) -> &[f32] {
        &self.gram
    }
}

/// Folds histories in, and remembers what it computed for the items of the last one.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoldIn {
    /// v of each item, each item once.
    whitened: Vec<(ItemIndex, Vec<f32>)>,
}

impl FoldIn {
    /// u, or `None` when the events say nothing. For m events, of which one is new: m² · d / 2 + m³ / 6 + 3 d²
    /// multiplications.
    pub(crate) fn solve(
        &mut self,
        pack: &Pack,
        space: &Space,
        events: &[Observation],
        confidence: f32,
    ) -> Option<Vec<f32>> {
        self.whiten(pack, space, events);
        let rows: Vec<&[f32]> = events.iter().map(|event| self.row(event.item)).collect();
        let roots: Vec<f32> = events.iter().map(|event| root(event.weight)).collect();
        let mut e: Vec<f32> = roots.iter().map(|root| (1.0 + confidence) * root).collect();
        if !solve(&mut system(&rows, &roots, confidence), &mut e) {
            return None;
        }
        let mut u = alloc::vec![0.0; pack.dim()];
        for ((row, root), e) in rows.iter().zip(&roots).zip(&e) {
            add_multiple(&mut u, root * e, row);
        }
        backward(&space.factor, &mut u);
        Some(u)
    }

    /// Makes `whitened` that of the items of these events and no others.
    fn whiten(&mut self, pack: &Pack, space: &Space, events: &[Observation]) {
        self.whitened.retain(|(item, _)| events.iter().any(|event| event.item == *item));
        for event in events {
            if self.whitened.iter().all(|(item, _)| *item != event.item) {
                let mut v = pack.dequantised(event.item.at());
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
        a.extend(rows[..=i].iter().zip(roots).map(|(other, root)| scaled * root * dot_f32(row, other)));
        a[triangle(i) + i] += 1.0;
    }
    a
}
