//! "Here is a history; where does this visitor stand among the item vectors?"
//!
//! Implicit ALS fold-in (Hu, Koren, Volinsky 2008, eq. 4) in which an event of strength s counts as s events:
//! u = (P + Σ α s y yᵀ)⁻¹ Σ (1 + α) s y, with P = G + λI, s = weight · decayᵃᵍᵉ and the newest event of age 0.
//!
//! It is solved among the events instead of among the dimensions, since there are fewer of them and what depends on
//! the item alone is known from the last time. With P = L Lᵀ and v = L⁻¹ y: u = L⁻ᵀ Σ √s e v, where e solves
//! (I + α √s vᵀv √s) e = (1 + α) √s (the matrix inversion lemma).
//!
//! What lies before the window pulls at u and has no row of its own in the system: with q = L⁻¹ Σ (1 + α) s y over it, q
//! is added to the sum and α √s vᵀq taken from the right side of e. On the visits of docs/ranker.md the exact solution
//! over all of them is no better.

use alloc::vec;
use alloc::vec::Vec;

use crate::cholesky::{backward, factor, forward, solve, triangle};
use crate::kernel::{add_multiple, dot_f32, root};
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
    /// u, or `None` when the events say nothing. For m events in the window, of which one is new, and o before it:
    /// m² · d / 2 + m³ / 6 + 4 d² + o · d multiplications.
    pub(crate) fn solve(
        &mut self,
        pack: &Pack,
        space: &Space,
        events: &[Observation],
        constants: &Constants,
    ) -> Option<Vec<f32>> {
        let Constants { confidence, vector_window, .. } = *constants;
        let (older, events) = events.split_at(events.len().saturating_sub(vector_window as usize));
        self.whiten(pack, space, events);
        let (m, dim) = (events.len(), pack.dim());
        let mut u = vec![0.0; dim];
        for event in older {
            pack.add_vector(event.item.at(), (1.0 + confidence) * event.weight, &mut u);
        }
        forward(&space.factor, &mut u);
        let row = |at: usize| &self.whitened[at * dim..][..dim];
        let (mut roots, mut e, mut a) = (vec![0.0; m], vec![0.0; m], vec![0.0; triangle(m)]);
        // I + α √s vᵀv √s, lower triangle.
        let mut entry = 0;
        for (i, event) in events.iter().enumerate() {
            roots[i] = root(event.weight);
            e[i] = roots[i] * (1.0 + confidence - confidence * dot_f32(row(i), &u));
            for (j, other) in roots[..=i].iter().enumerate() {
                a[entry] = confidence * roots[i] * other * dot_f32(row(i), row(j));
                entry += 1;
            }
            a[entry - 1] += 1.0;
        }
        if !solve(&mut a, &mut e) {
            return None;
        }
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
                    pack.add_vector(event.item.at(), 1.0, v);
                    forward(&space.factor, v);
                }
            }
            self.items.push(event.item);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::cholesky::add_outer;
    use crate::history::decayed;
    use crate::pack::{Contents, write};
    use crate::{Constants, History};

    #[test]
    fn what_lies_before_the_window_pulls_and_has_no_row_in_the_system() {
        let constants = Constants { vector_window: 3.0, vector_memory: 0.25, ..Constants::default() };
        let numbers = (0..40).map(|at| (at * 7 % 11) as f32 / 8.0 - 0.5);
        let ids = (0..10).map(|item| format!("{item}")).collect();
        let contents = Contents { recipe: "r".into(), constants, ids, dim: 4, ..Contents::default() };
        let contents = Contents { popularity: vec![0.0; 10], vectors: numbers.collect(), ..contents };
        let pack = Pack::open(write(&contents).unwrap()).unwrap();
        let (space, mut history) = (pack.space().unwrap(), History::new());
        [1, 5, 5, 8, 2, 9, 3].into_iter().for_each(|item| history.observe(ItemIndex(item), 1.0));
        let events = decayed(&pack, &history, 0.5, 3.0, 0.25);
        let found = FoldIn::default().solve(&pack, space, &events, &constants).unwrap();

        let (mut system, mut expected) = (space.gram().to_vec(), vec![0.0; 4]);
        (0..4).for_each(|i| system[triangle(i) + i] += constants.ridge);
        for (at, event) in events.iter().enumerate() {
            let y = pack.item_vector(event.item);
            add_multiple(&mut expected, 2.0 * event.weight, &y);
            if at >= 4 {
                add_outer(&mut system, &y, event.weight);
            }
        }
        assert_eq!(events.iter().map(|event| event.weight).sum::<f32>(), 4.0 * 0.25 + 1.0 + 0.625 + 0.4375);
        assert!(solve(&mut system, &mut expected));
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-4, "{found:?} {expected:?}");
        }
    }
}
