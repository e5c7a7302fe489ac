use bowerbird_ranker::PackError;

/// Why there is no model. The text says what to change.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// There is nothing to learn from.
    #[error("there are no interactions: import some, or loosen the filter on event type and value")]
    NoInteractions,
    /// A row that cannot be meant.
    #[error("interaction {row}: {what}")]
    Row {
        /// Counted from 0 in the order of input.
        row: u64,
        /// What is wrong and what would be right.
        what: &'static str,
    },
    /// A row of item metadata that cannot be meant.
    #[error("item {id}: {what}")]
    Item {
        /// The item.
        id: String,
        /// What is wrong and what would be right.
        what: &'static str,
    },
    /// A hyperparameter outside its range.
    #[error("{name} is {value:?}: {expected}")]
    Setting {
        /// The hyperparameter's name.
        name: String,
        /// What was given.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// A model of propensities that cannot be read.
    #[error("the model of propensities cannot be read ({what}): train the solution again")]
    Propensity {
        /// What is wrong with it.
        what: String,
    },
    /// There is nothing to go on from.
    #[error("only user personalization goes on from an earlier training: train it in full")]
    NoUpdate,
    /// The [`Progress`](crate::Progress) said stop.
    #[error("training was stopped")]
    Stopped,
    /// More users, items or events than fit.
    #[error("there are too many {what}: at most 4294967295 fit into one training")]
    TooMany {
        /// Of what.
        what: &'static str,
    },
    /// The result does not fit the format.
    #[error(transparent)]
    Pack(#[from] PackError),
}
