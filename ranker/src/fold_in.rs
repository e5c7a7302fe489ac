//! "Here is a history; where does this visitor stand among the item vectors?"
//!
//! Implicit ALS fold-in (Hu, Koren, Volinsky 2008, eq. 4) in which an event of strength s counts as s events:
//! u = (P + Σ α s y yᵀ)⁻¹ Σ (1 + α) s y, with P = G + λI, s = weight · decayᵃᵍᵉ and the newest event of age 0.
//!
//! It is solved among the events instead of among the dimensions, since there are fewer of them and what depends on
//! the item alone is known from the last time. With P = L Lᵀ and v = L⁻¹ y: u = L⁻ᵀ Σ √s e v, where e solves
//! (I + α √s vᵀv √s) e = (1 + α) √s (the matrix inversion lemma).

use alloc::vec;
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

/// Folds histories in, and remembers what it computed for the events of the last one.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoldIn {
    items: Vec<ItemIndex>,
    /// v of each, row-major.
    whitened: Vec<f32>,
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
        let (m, dim) = (events.len(), pack.dim());
        let row = |at: usize| &self.whitened[at * dim..][..dim];
        let (mut roots, mut e, mut a) = (vec![0.0; m], vec![0.0; m], vec![0.0; triangle(m)]);
        // I + α √s vᵀv √s, lower triangle.
        let mut entry = 0;
        for (i, event) in events.iter().enumerate() {
            roots[i] = root(event.weight);
            e[i] = (1.0 + confidence) * roots[i];
            for (j, other) in roots[..=i].iter().enumerate() {
                a[entry] = confidence * roots[i] * other * dot_f32(row(i), row(j));
                entry += 1;
            }
            a[entry - 1] += 1.0;
        }
        if !solve(&mut a, &mut e) {
            return None;
        }
        let mut u = vec![0.0; dim];
        for (i, root) in roots.iter().enumerate() {
            add_multiple(&mut u, root * e[i], row(i));
        }
        backward(&space.factor, &mut u);
        Some(u)
    }

    /// Makes `whitened` that of these events.
    fn whiten(&mut self, pack: &Pack, space: &Space, events: &[Observation]) {
        let old = core::mem::take(self);
        let dim = pack.dim();
        self.whitened = vec![0.0; events.len() * dim];
        for (event, v) in events.iter().zip(self.whitened.chunks_exact_mut(dim)) {
            match old.items.iter().position(|item| *item == event.item) {
                Some(at) => v.copy_from_slice(&old.whitened[at * dim..][..dim]),
                None => {
                    pack.add_vector(event.item.at(), v);
                    forward(&space.factor, v);
                }
            }
            self.items.push(event.item);
        }
    }
}
