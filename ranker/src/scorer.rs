//! "Here is what a visitor did; what is this item worth to them?"
//!
//! score = a · vector + b · neighbours + c · popularity + reminder. Vector and neighbour parts are divided by their root
//! mean square over the whole catalogue (unless the rows have a scale of their own), so both are on one scale for
//! every visitor, and an item's score does not depend on which other candidates are given.

use alloc::vec;
use alloc::vec::Vec;

use crate::history::decayed;
use crate::spread::Spread;
use crate::user_vector::{UserVector, UserVectors};
use crate::{Constants, History, ItemIndex, Pack, Reason, Request};
#[cfg(feature = "dials")]
use crate::{Dials, Observation};

/// The share of a score from which on the neighbour rows are its reason. Ours: with less, another part alone would
/// have brought the item to about the same place.
const TELLING_SHARE: f32 = 0.25;

/// How many of the latest events the reminder looks at. Ours: repeats come soon.
const REMINDED: f32 = 50.0;

/// Everything about one history that scoring an item of one pack needs.
///
/// Useful for: ranking several lists for one visitor, explaining a score, tuning constants in training. Not useful
/// with another pack than the one it was made for: the scores mean nothing then.
#[derive(Clone, Debug, Default)]
pub struct Scorer {
    /// Items of the history.
    #[cfg(feature = "dials")]
    seen: Vec<Observation>,
    /// A bit for each item of the pack: whether the history has it.
    seen_bits: Vec<u32>,
    user_vectors: UserVectors,
    user: Option<UserVector>,
    spread: Spread,
    /// Weights a, b, c.
    weights: [f32; 3],
    /// Whether neighbours and popularity are logarithms of odds, because they were trained together.
    is_odds: bool,
    /// Whether there are lifts of a context beside the prior.
    #[cfg(feature = "dials")]
    has_context: bool,
}

/// The summands of a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    /// What the user vector gives, of either sign.
    pub vector: f32,
    /// What the neighbour rows of the history give, ≥ 0.
    pub neighbours: f32,
    /// What the popularity prior gives, with what the dials add to it.
    pub popularity: f32,
    /// What having been seen gives, of either sign; 0 for what was not seen.
    pub reminder: f32,
}

impl Scorer {
    /// With the constants of the pack.
    pub fn new(pack: &Pack, history: &History) -> Self {
        Self::with_constants(pack, history, pack.constants())
    }

    /// With other constants than the pack's, as training does when it looks for good ones. The ridge stays that of the
    /// pack.
    pub fn with_constants(pack: &Pack, history: &History, constants: &Constants) -> Self {
        let mut scorer = Self::default();
        scorer.follow(pack, history, constants);
        scorer
    }

    /// As a request wants it.
    #[cfg_attr(
        not(feature = "dials"),
        expect(unused_variables, reason = "nothing that is asked changes scores")
    )]
    pub(crate) fn asked(pack: &Pack, history: &History, request: &Request<'_>) -> Self {
        let mut scorer = Self::default();
        #[cfg(feature = "dials")]
        if let Some(dials) = request.dials {
            scorer.turn(pack, dials, &[]);
        }
        scorer.follow(pack, history, pack.constants());
        scorer
    }

    /// Takes in the dials that are part of the score, and what is added to the scores of single items;
    /// [`Scorer::follow`] has to come after it.
    #[cfg(feature = "dials")]
    pub fn turn(&mut self, pack: &Pack, dials: &Dials, boosts: &[(ItemIndex, f32)]) {
        self.has_context = !dials.context.is_empty();
        let fresh = dials.created.filter(|_| dials.freshness > 0.0);
        if dials.debias == 0.0 && fresh.is_none() && boosts.is_empty() && !self.has_context {
            return self.spread.set_offsets(Vec::new());
        }
        let half = if dials.half_life_days > 0.0 { dials.half_life_days } else { 1.0 };
        let offset = |item| {
            let fresh = fresh.map_or(0.0, |created| {
                let age = pack.age_days(created, item, dials.now_days);
                dials.freshness / (1.0 + age.max(0.0) / half)
            });
            fresh - dials.debias * pack.popularity(item)
        };
        let mut offsets: Vec<f32> = pack.items().map(offset).collect();
        for (item, boost) in boosts {
            if let Some(offset) = offsets.get_mut(item.at()) {
                *offset += boost;
            }
        }
        dials.context.iter().for_each(|&value| pack.add_lifts(value, &mut offsets));
        self.spread.set_offsets(offsets);
    }

    /// Takes in the history as it is now. Cheaper than a new scorer when few events came since: see
    /// [`Scorer::with_constants`] for the rest.
    pub fn follow(&mut self, pack: &Pack, history: &History, constants: &Constants) {
        self.weights = [constants.vector_weight, constants.neighbour_weight, constants.popularity_weight];
        self.user = None;
        if constants.vector_weight > 0.0 {
            self.user = self.user_vectors.of(pack, history, constants);
        }
        let window = if constants.neighbour_weight > 0.0 { constants.neighbour_window } else { 0.0 };
        let events = decayed(pack, history, constants.neighbour_decay, window, 0.0);
        self.spread.follow(pack, &events, constants.neighbour_scale);
        self.is_odds = constants.neighbour_scale > 0.0;
        let window = if constants.reminder_weight != 0.0 { REMINDED } else { 0.0 };
        let events = decayed(pack, history, constants.reminder_decay, window, 0.0);
        self.spread.remind(&events, constants.reminder_weight);
        if self.user.is_none() && self.spread.is_empty() {
            // Without a prior every item would score the same and the order would be that of the ids.
            self.weights[2] = 1.0;
            #[cfg(feature = "dials")]
            if self.has_context {
                self.weights[2] = pack.cold_popularity();
            }
        }
        self.spread.blend(pack, self.weights[1], self.weights[2]);
        // A scan asks of many items, so it must not go through the history for each.
        self.seen_bits.resize(pack.n_items().div_ceil(32), 0);
        self.seen_bits.fill(0);
        #[cfg(feature = "dials")]
        self.seen.clear();
        for event in history.iter() {
            if event.item.at() < pack.n_items() {
                self.seen_bits[event.item.at() / 32] |= 1 << (event.item.at() % 32);
                #[cfg(feature = "dials")]
                self.seen.push(event);
            }
        }
    }

    /// The score of an item: the sum of its [`parts`](Self::parts).
    pub fn score(&self, pack: &Pack, item: ItemIndex) -> f32 {
        let parts = self.parts(pack, item);
        ((parts.neighbours + parts.popularity) + parts.reminder) + parts.vector
    }

    /// Why an item has its score. An item of the history is named if the neighbour rows gave a telling share, because
    /// people understand it best; else the larger of the other parts is the reason, on a tie the more personal one.
    pub fn reason(&self, pack: &Pack, item: ItemIndex) -> Reason {
        self.reason_of(item, &self.parts(pack, item))
    }

    /// The same of an item whose parts are known.
    pub(crate) fn reason_of(&self, item: ItemIndex, parts: &Parts) -> Reason {
        let history = parts.vector.max(0.0) + parts.neighbours;
        // Among odds, popularity is where every item starts: what doubles them is the reason, and nothing less.
        let popularity = match (self.is_odds, history >= core::f32::consts::LN_2) {
            (false, _) => parts.popularity,
            (true, true) => 0.0,
            (true, false) => f32::INFINITY,
        };
        let sum = history + popularity;
        if parts.neighbours > 0.0 && parts.neighbours >= TELLING_SHARE * sum {
            self.spread.carrier(item).map_or(Reason::Popular, Reason::Because)
        } else if parts.vector > 0.0 && parts.vector >= popularity {
            Reason::Taste
        } else {
            Reason::Popular
        }
    }

    /// What the score of an item is made of, already weighted.
    pub fn parts(&self, pack: &Pack, item: ItemIndex) -> Parts {
        self.parts_with(pack, item, self.user.as_ref().map_or(0.0, |user| user.score(pack.vector(item.at()))))
    }

    /// The same of an item whose vector part is known.
    pub(crate) fn parts_with(&self, pack: &Pack, item: ItemIndex, vector: f32) -> Parts {
        let [_, b, c] = self.weights;
        Parts {
            vector,
            neighbours: b * self.spread.sum(item),
            popularity: self.spread.base(pack, item, c),
            reminder: self.spread.reminder(item),
        }
    }

    /// The vector parts of all items, \[n\], in the kernel that scans the catalogue: what tuning asks for.
    pub fn tastes(&self, pack: &Pack) -> Vec<f32> {
        let mut tastes = vec![0.0; pack.n_items()];
        if let Some(user) = &self.user {
            let (codes, scales) = pack.vectors();
            user.score_rows(codes, scales, &vec![0.0; pack.n_items()], &mut tastes);
        }
        tastes
    }

    /// The events of the history that this pack knows.
    #[cfg(feature = "dials")]
    pub(crate) fn seen(&self) -> &[Observation] {
        &self.seen
    }

    /// Whether the history has it.
    pub(crate) fn has_seen(&self, item: ItemIndex) -> bool {
        self.seen_bits.get(item.at() / 32).is_some_and(|bits| bits >> (item.at() % 32) & 1 == 1)
    }

    /// `None` when the history says nothing about taste.
    pub(crate) fn user(&self) -> Option<&UserVector> {
        self.user.as_ref()
    }

    /// All but the vector part of every score.
    pub(crate) fn spread(&self) -> &Spread {
        &self.spread
    }
}
