use crate::Invalid;

/// The one final fate of an event. Every event that reaches a door gets exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Durable on disk; will be a training row.
    Accepted,
    /// An event with this id is durable already. To the sender this is as good as `Accepted`.
    Duplicate,
    /// Kept with its reason where the owner can see it; never a training row.
    Invalid(Invalid),
    /// Not taken because the sender is over its rate: try again later.
    Limited,
}

impl Outcome {
    /// The word used on the wire and as a metric label.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Invalid(_) => "invalid",
            Self::Limited => "limited",
        }
    }
}
