//! What is asked for, and what comes back.

use crate::{Dials, ItemIndex};

/// Whether items of the history may come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// They may: what Amazon Personalize does unless a filter says otherwise.
    #[default]
    Keep,
    /// They may not.
    Exclude,
}

/// How a list is wanted.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// At most so many items.
    pub k: usize,
    /// Whether items of the history may come back.
    pub seen: Seen,
    /// Says of an item whether it must not appear; the same answer each time it is asked. Where there are no dials
    /// nobody asks: a tenth of the time of a short list.
    #[cfg(feature = "dials")]
    pub exclude: &'a dyn Fn(ItemIndex) -> bool,
    /// How the list is to differ from pure relevance; `None`: not at all. Without the feature `dials` it and `promoted`
    /// do nothing. The dials that are part of the score work
    /// where the [`Scorer`](crate::Scorer) was told of them.
    pub dials: Option<&'a Dials>,
    /// Says of an item whether it is promoted; such items are not asked of `exclude`. `None`: nothing is.
    pub promoted: Option<&'a dyn Fn(ItemIndex) -> bool>,
    /// Says of a new item how likely it is to be among those that exploration chooses from, 0 to 1; the same answer each
    /// time it is asked. `None`: all are.
    #[cfg(feature = "dials")]
    pub explored: Option<&'a dyn Fn(ItemIndex) -> f32>,
}

impl Request<'static> {
    /// The best `k`, nothing excluded.
    pub fn top(k: usize) -> Self {
        Request {
            k,
            seen: Seen::Keep,
            #[cfg(feature = "dials")]
            exclude: &|_| false,
            dials: None,
            promoted: None,
            #[cfg(feature = "dials")]
            explored: None,
        }
    }
}

impl Request<'_> {
    /// The same request without items of the history.
    #[must_use]
    pub fn unseen(self) -> Self {
        Self { seen: Seen::Exclude, ..self }
    }

    #[cfg(feature = "dials")]
    pub(crate) fn excludes(&self, item: ItemIndex) -> bool {
        (self.exclude)(item)
    }

    #[cfg(not(feature = "dials"))]
    pub(crate) fn excludes(&self, _: ItemIndex) -> bool {
        false
    }
}

impl core::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Request").field("k", &self.k).field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// Which part of the score is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An item of the history carried it: the one that contributed most.
    Because(ItemIndex),
    /// The user vector did.
    Taste,
    /// Many people like it, or nothing else is known.
    Popular,
    /// It is new, and nobody knows yet who likes it.
    Exploration,
    /// Somebody wants it seen.
    Promoted,
}

/// One item of a list over the whole catalogue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Which item.
    pub item: ItemIndex,
    /// Larger is better; comparable within one call only.
    pub score: f32,
    /// Why it is there.
    pub reason: Reason,
}

/// One candidate in its new place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reranked {
    /// Where it was in the given list.
    pub position: usize,
    /// `None` for an id that the pack does not know.
    pub score: Option<f32>,
    /// Why it is there; [`Reason::Popular`] for an unknown id.
    pub reason: Reason,
}
