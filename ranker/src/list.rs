//! "Here are rows; which list of them is asked for?" The best scores, each with its reason, or what the dials make of
//! them.

use alloc::vec::Vec;

use crate::best::Rows;
use crate::scorer::Scorer;
use crate::top::Scored;
use crate::{Pack, Reason, Request};

/// An item in its place.
pub(crate) struct Placed {
    pub(crate) row: usize,
    pub(crate) score: f32,
    pub(crate) reason: Reason,
}

impl Scorer {
    /// The list of these rows that the request asks for.
    pub(crate) fn list(&self, pack: &Pack, rows: &Rows<'_>, request: &Request<'_>) -> Vec<Placed> {
        #[cfg(feature = "dials")]
        if request.dials.is_some() || request.promoted.is_some() {
            return self.arrange(pack, rows, request);
        }
        self.named(pack, rows, self.best(pack, rows, request, &[], request.k)).collect()
    }

    /// The same with reasons.
    pub(crate) fn named(
        &self,
        pack: &Pack,
        rows: &Rows<'_>,
        best: Vec<Scored>,
    ) -> impl ExactSizeIterator<Item = Placed> {
        best.into_iter().map(move |Scored { score, position }| Placed {
            row: position,
            score,
            reason: self.reason(pack, rows.item(position)),
        })
    }
}
