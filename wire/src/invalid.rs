use alloc::string::String;

/// Why a value was refused. The text says what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// A required field is absent.
    #[error("{field} is missing: add it to the request")]
    Missing {
        /// The field as the caller spells it.
        field: &'static str,
    },
    /// The field is there and empty.
    #[error("{field} is empty: send at least one character, or leave the field out")]
    Empty {
        /// The field as the caller spells it.
        field: &'static str,
    },
    /// More characters or members than the protocol allows.
    #[error("{field} is too long: at most {max} are allowed")]
    TooLong {
        /// The field as the caller spells it.
        field: &'static str,
        /// The largest number that passes.
        max: usize,
    },
    /// The value has another type or form than the protocol wants.
    #[error("{field} is not valid: {expected}")]
    Malformed {
        /// The field as the caller spells it.
        field: &'static str,
        /// What would be accepted.
        expected: String,
    },
}
