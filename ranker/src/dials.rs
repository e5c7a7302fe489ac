//! What a merchandiser may turn: how a list is to differ from pure relevance. Formulas, sources and measured effects are
//! in docs/ranker.md. Everything off gives the plain ranking.

use alloc::vec::Vec;

use crate::ContextValue;

/// How a diverse list is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Maximal marginal relevance (Carbonell and Goldstein 1998): away from the nearest item chosen so far.
    #[default]
    Mmr,
    /// Greedy determinantal point process (Chen, Zhang, Zhou 2018): away from the span of all chosen so far.
    Dpp,
}

/// The dials; the default has all of them off.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dials {
    /// w ≥ 0 of − w · popularity in the score.
    pub debias: f32,
    /// w ≥ 0 of w / (1 + age / half) in the score.
    pub freshness: f32,
    /// The age in days at which freshness is half; 0 is a day.
    pub half_life_days: f32,
    /// 0 to 1: the share of the marginal gain that is distance to what the list has already.
    pub diversity: f32,
    /// How the distance is taken.
    pub method: Method,
    /// 0 to 1: the share of the marginal gain that is likeness to the history's mix of categories (Steck 2018).
    pub calibration: f32,
    /// The category column that diversity, calibration and the cap look at, as its number in the pack. Without one,
    /// diversity looks at the vectors, and the other two do nothing.
    pub column: Option<usize>,
    /// At most so many items of one category; 0 is no limit.
    pub cap: usize,
    /// 0 to 1: a third of this share of the places goes to items that are new.
    pub exploration: f32,
    /// Up to which age in days an item is new.
    pub age_cut_off_days: f32,
    /// 0 to 1: the share of the places for items that [`Request::promoted`](crate::Request::promoted) names.
    pub promoted: f32,
    /// The number column that says when an item came, in seconds since the epoch, as its number in the pack.
    pub created: Option<usize>,
    /// Days since the epoch.
    pub now_days: f64,
    /// Other seeds explore other items and put what is explored or promoted elsewhere.
    pub seed: u32,
    /// In which circumstances the list is asked for; at most one value of each column.
    pub context: Vec<ContextValue>,
}

#[cfg(feature = "dials")]
impl Dials {
    /// Whether the list is more than the best scores.
    pub(crate) fn rearranges(&self) -> bool {
        self.diversity > 0.0 || self.calibration > 0.0 || self.cap > 0
    }
}
