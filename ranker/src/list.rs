//! "Here are rows; which list of them is asked for?" The best scores, each with its reason, or what the dials make of
//! them.

use alloc::vec::Vec;

use crate::best::Rows;
use crate::scorer::Scorer;
use crate::top::Scored;
use crate::{Candidates, Pack, Reason, Request};

/// A row in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Which one of the known candidates, in the order in which they were given; of the catalogue, the position.
    pub row: usize,
    /// Larger is better; comparable within one call only.
    pub score: f32,
    /// Why it is there.
    pub reason: Reason,
}

impl Scorer {
    /// The best `k` of the candidates that the pack knows, or of the catalogue for `None`, best first: what
    /// [`rerank`](crate::rerank) and [`recommend`](crate::recommend) are made of, for a visitor whose history was taken
    /// in and a list that was looked up before. n · dim integer multiplications.
    pub fn places(
        &self,
        pack: &Pack,
        candidates: Option<&mut Candidates>,
        request: &Request<'_>,
    ) -> Vec<Placed> {
        let rows = Rows::of(pack, self, candidates);
        #[cfg(feature = "dials")]
        if request.dials.is_some() || request.promoted.is_some() {
            return self.arrange(pack, &rows, request);
        }
        self.named(pack, &rows, self.best(pack, &rows, request, &[], request.k))
    }

    /// The same with reasons.
    pub(crate) fn named(&self, pack: &Pack, rows: &Rows<'_>, best: Vec<Scored>) -> Vec<Placed> {
        let mut placed = Vec::with_capacity(best.len());
        for one in best {
            let (row, item) = (one.position(), rows.item(one.position()));
            let vector = self.user().map_or(0.0, |user| user.score(rows.vector(row, pack.dim())));
            let reason = self.reason_of(item, &self.parts_with(pack, item, vector));
            placed.push(Placed { row, score: one.score(), reason });
        }
        placed
    }
}
