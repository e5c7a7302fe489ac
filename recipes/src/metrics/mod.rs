//! "How good is it on people it was not trained on?" Amazon's names, our protocol (docs/recipes.md).

mod protocol;
mod rank;
mod report;

pub(crate) use protocol::{HABIT, Split, evaluate, is_test_user, mean_gain};
pub(crate) use rank::gain;
pub use report::{Judged, Line, report};

/// Named numbers in a fixed order, rounded to four decimals.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics(Vec<(&'static str, f64)>);

impl Metrics {
    pub(crate) fn rounded(values: Vec<(&'static str, f64)>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, (value * 1e4).round() / 1e4)).collect())
    }

    /// The same with one more.
    pub(crate) fn and(mut self, name: &'static str, value: f64) -> Self {
        self.0.extend(Self::rounded(vec![(name, value)]).0);
        self
    }

    /// The names with their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, f64)> + '_ {
        self.0.iter().copied()
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(other, _)| *other == name).map(|&(_, value)| value)
    }
}
