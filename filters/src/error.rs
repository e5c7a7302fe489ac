use std::fmt;

/// Where something stands in the expression: columns in characters, counted from 1; `end` is exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first column.
    pub start: usize,
    /// The column behind the last one.
    pub end: usize,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}", self.start)
    }
}

/// Why a filter or its values were refused. The text says where and what would be valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The expression has no characters, or more than the protocol allows.
    #[error("the filter expression has {chars} characters: 1 to {max} are allowed")]
    Length {
        /// How many it has.
        chars: usize,
        /// How many are allowed.
        max: usize,
    },
    /// The expression breaks the grammar.
    #[error("{span}: found {found}, expected {expected}")]
    Syntax {
        /// The offending part.
        span: Span,
        /// What stands there.
        found: String,
        /// What would be valid there.
        expected: &'static str,
    },
    /// Grammatical, and still not allowed there.
    #[error("{span}: {what}; {instead}")]
    Misplaced {
        /// The offending part.
        span: Span,
        /// What is not allowed.
        what: String,
        /// What to write in its place.
        instead: &'static str,
    },
    /// The dataset group has no such dataset.
    #[error("{span}: the dataset group has no {dataset} dataset; create one, or leave the condition out")]
    MissingDataset {
        /// The column that needs the dataset.
        span: Span,
        /// The dataset as the API spells it.
        dataset: &'static str,
    },
    /// The dataset has no such column.
    #[error("{span}: {dataset} has no column {field}; its schema has {known}")]
    UnknownField {
        /// The offending part.
        span: Span,
        /// The dataset as the API spells it.
        dataset: &'static str,
        /// The name as it was understood.
        field: String,
        /// The columns that there are.
        known: String,
    },
    /// The column exists and cannot be used in a filter.
    #[error("{span}: {field} cannot be filtered on: {why}")]
    NotFilterable {
        /// The offending part.
        span: Span,
        /// The column.
        field: String,
        /// The reason, with a way out where there is one.
        why: &'static str,
    },
    /// The column has another type than the condition needs.
    #[error("{span}: {field} {expected}")]
    WrongType {
        /// The offending part.
        span: Span,
        /// The column.
        field: String,
        /// What its type is, and what fits.
        expected: &'static str,
    },
    /// More distinct columns than one filter may name.
    #[error("the filter names {fields} distinct columns: at most {max} are allowed")]
    TooManyFields {
        /// How many it names.
        fields: usize,
        /// How many are allowed.
        max: usize,
    },
    /// An INCLUDE needs this parameter and the request has no value for it.
    #[error("filterValues has no value for ${parameter}: an INCLUDE expression needs it")]
    MissingValue {
        /// The parameter without its dollar sign.
        parameter: String,
    },
    /// The request has a value for a parameter that the expression does not have.
    #[error("filterValues names {parameter}, which the filter does not have: its parameters are {known}")]
    UnknownParameter {
        /// The name as it was sent.
        parameter: String,
        /// The parameters that there are.
        known: String,
    },
    /// The value of a parameter cannot be read, or does not fit its use.
    #[error("filterValues, ${parameter}: {expected}")]
    BadValue {
        /// The parameter without its dollar sign.
        parameter: String,
        /// What would be valid.
        expected: &'static str,
    },
}

impl FilterError {
    /// Where in the expression, for the causes that have a place there.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Syntax { span, .. }
            | Self::Misplaced { span, .. }
            | Self::MissingDataset { span, .. }
            | Self::UnknownField { span, .. }
            | Self::NotFilterable { span, .. }
            | Self::WrongType { span, .. } => Some(*span),
            _ => None,
        }
    }
}
