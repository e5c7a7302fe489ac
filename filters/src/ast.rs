//! What an expression says. Column names are folded to upper case, datasets and keywords are types, and what may not be
//! mixed (two datasets in one expression, two targets in one filter) has no place to be written down.

use std::collections::BTreeSet;

use crate::Span;

/// A parsed filter: expressions joined by `|`.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub(crate) target: Target,
    pub(crate) expressions: Vec<Expression>,
}

impl Filter {
    /// What the filter keeps or drops.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The names of its parameters, without the dollar sign, each once.
    pub fn parameters(&self) -> BTreeSet<&str> {
        self.expressions.iter().flat_map(Expression::parameters).collect()
    }

    /// Whether it asks for the item of the request: such a filter fits the related-items recipes only.
    pub fn needs_current_item(&self) -> bool {
        self.predicates().any(|predicate| predicate.test.current_item().is_some())
    }

    /// Whether it asks for the user's events: such a filter needs a user in the request.
    pub fn needs_events(&self) -> bool {
        self.expressions.iter().any(|expression| expression.dataset.has_events())
    }

    pub(crate) fn predicates(&self) -> impl Iterator<Item = &Predicate> {
        self.expressions.iter().flat_map(Expression::predicates)
    }
}

/// What an expression is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `ItemID`: recommendations and rankings.
    Item,
    /// `UserID`: user segments.
    User,
    /// `ActionID`: next best action.
    Action,
}

/// The datasets of a dataset group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dataset {
    /// Users and items.
    Interactions,
    /// Metadata of items.
    Items,
    /// Metadata of users.
    Users,
    /// Metadata of actions.
    Actions,
    /// Users and actions.
    ActionInteractions,
}

impl Dataset {
    /// As `CreateDataset` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interactions => "Interactions",
            Self::Items => "Items",
            Self::Users => "Users",
            Self::Actions => "Actions",
            Self::ActionInteractions => "Action_Interactions",
        }
    }

    /// Whether its rows are events: such a dataset can be filtered by EVENT_TYPE only.
    pub(crate) fn has_events(self) -> bool {
        matches!(self, Self::Interactions | Self::ActionInteractions)
    }

    /// Any case, and the singular that occurs in the service's own examples.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "interactions" => Some(Self::Interactions),
            "items" | "item" => Some(Self::Items),
            "users" | "user" => Some(Self::Users),
            "actions" | "action" => Some(Self::Actions),
            "action_interactions" => Some(Self::ActionInteractions),
            _ => None,
        }
    }
}

/// `INCLUDE ItemID WHERE … IF …`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    pub(crate) effect: Effect,
    pub(crate) dataset: Dataset,
    /// OR of ANDs; neither level is empty.
    pub(crate) any_of: Vec<Vec<Predicate>>,
    /// Columns of the current user; all must hold for the expression to have an effect.
    pub(crate) only_if: Vec<Predicate>,
}

impl Expression {
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Predicate> {
        self.any_of.iter().flatten()
    }

    pub(crate) fn predicates(&self) -> impl Iterator<Item = &Predicate> {
        self.conditions().chain(&self.only_if)
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.predicates().flat_map(|predicate| predicate.test.values()).filter_map(Value::parameter)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Include,
    Exclude,
}

/// A column and what is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Predicate {
    pub(crate) column: Name,
    pub(crate) test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    In(Operand),
    NotIn(Operand),
    Compare(Comparison, Operand),
}

impl Test {
    pub(crate) fn operand(&self) -> &Operand {
        match self {
            Self::In(operand) | Self::NotIn(operand) | Self::Compare(_, operand) => operand,
        }
    }

    pub(crate) fn values(&self) -> &[Value] {
        match self.operand() {
            Operand::Values(values) => values,
            Operand::CurrentItem(_) => &[],
        }
    }

    pub(crate) fn current_item(&self) -> Option<&Name> {
        match self.operand() {
            Operand::Values(_) => None,
            Operand::CurrentItem(column) => Some(column),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("!=", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    pub(crate) fn orders(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// The right side. A comparison has exactly one value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Values(Vec<Value>),
    CurrentItem(Name),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(f64),
    Parameter(String),
}

impl Value {
    pub(crate) fn parameter(&self) -> Option<&str> {
        match self {
            Self::Parameter(name) => Some(name),
            _ => None,
        }
    }
}

/// A column name in upper case, and where it stood.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl PartialEq for Name {
    /// Where a name stands is not part of what it says: printing and parsing again moves it.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
