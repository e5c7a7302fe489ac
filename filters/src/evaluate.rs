//! The question itself: does this candidate stay? The order of expressions does not matter:
//! what remains is the union of the INCLUDEs (or everything, without any) minus the union of the EXCLUDEs.

use crate::ast::{Comparison, Dataset, Effect};
use crate::bind::{Bound, Check, How, Literal, Rule, Side};

/// A value as the caller keeps it.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum<'a> {
    /// No such row, or nothing in the column.
    Null,
    /// A number.
    Number(f64),
    /// A text; parts joined by `|` count each.
    Text(&'a str),
    /// The parts of a categorical value, already split.
    Many(Vec<&'a str>),
}

/// What a filter asks its caller, who knows nothing where it does not say so. Column names arrive in upper case, whatever case the expression or the schema has.
pub trait Facts {
    /// A column of the candidate, out of Items, Users or Actions as the target of the filter is.
    fn candidate(&self, dataset: Dataset, id: &str, column: &str) -> Datum<'_>;

    /// Whether any event in the history of the current user with this candidate has a type that passes.
    /// `dataset` is Interactions or ActionInteractions; for user segments the candidate is the user.
    /// How far back the history goes is the caller's to say: the service looks at the last 100 events of each type.
    fn any_event(&self, _dataset: Dataset, _id: &str, _passes: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    /// A column of the user of the request.
    fn current_user(&self, _column: &str) -> Datum<'_> {
        Datum::Null
    }

    /// A column of the item of the request.
    fn current_item(&self, _column: &str) -> Datum<'_> {
        Datum::Null
    }
}

impl Bound {
    /// Whether a candidate stays in the answer.
    pub fn keeps(&self, facts: &dyn Facts, id: &str) -> bool {
        let mut restricted = false;
        let mut included = false;
        for rule in self.rules.iter().filter(|rule| rule.is_effective(facts)) {
            match rule.effect {
                Effect::Exclude if rule.matches(facts, id) => return false,
                Effect::Exclude => {}
                Effect::Include => {
                    restricted = true;
                    included = included || rule.matches(facts, id);
                }
            }
        }
        included || !restricted
    }
}

impl Rule {
    fn is_effective(&self, facts: &dyn Facts) -> bool {
        self.only_if.iter().all(|check| check.holds(&facts.current_user(&check.column), facts))
    }

    fn matches(&self, facts: &dyn Facts, id: &str) -> bool {
        self.any_of.iter().any(|all_of| all_of.iter().all(|check| self.check(check, facts, id)))
    }

    fn check(&self, check: &Check, facts: &dyn Facts, id: &str) -> bool {
        if self.dataset.has_events() {
            check.holds_for_events(self.dataset, facts, id)
        } else {
            check.holds(&facts.candidate(self.dataset, id, &check.column), facts)
        }
    }
}

impl Check {
    fn holds(&self, datum: &Datum<'_>, facts: &dyn Facts) -> bool {
        match self.test {
            How::In => self.contains(datum, facts),
            How::NotIn => !self.contains(datum, facts),
            How::Compare(comparison) => match &self.side {
                Side::Literals(literals) => {
                    literals.first().is_some_and(|literal| datum.compares(comparison, literal))
                }
                Side::CurrentItem(column) => datum.compares_with(comparison, &facts.current_item(column)),
            },
        }
    }

    fn contains(&self, datum: &Datum<'_>, facts: &dyn Facts) -> bool {
        match &self.side {
            Side::Literals(literals) => literals.iter().any(|literal| datum.has(literal)),
            Side::CurrentItem(column) => datum.overlaps(&facts.current_item(column)),
        }
    }

    /// Event types ignore case, the only values that do; `*` is any.
    fn holds_for_events(&self, dataset: Dataset, facts: &dyn Facts, id: &str) -> bool {
        let Side::Literals(literals) = &self.side else { return false };
        let named = |event_type: &str| {
            literals
                .iter()
                .any(|literal| literal.text == "*" || literal.text.eq_ignore_ascii_case(event_type))
        };
        let any = facts.any_event(dataset, id, &named);
        let negated = matches!(self.test, How::NotIn | How::Compare(Comparison::NotEqual));
        any != negated
    }
}

impl Datum<'_> {
    fn number(&self) -> Option<f64> {
        match self {
            Datum::Number(number) => Some(*number),
            Datum::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn has(&self, literal: &Literal) -> bool {
        match self {
            Datum::Number(number) => literal.number == Some(*number),
            _ => self.has_text(&literal.text),
        }
    }

    fn has_text(&self, wanted: &str) -> bool {
        match self {
            Datum::Text(text) => *text == wanted || text.split('|').any(|part| part == wanted),
            Datum::Many(parts) => parts.contains(&wanted),
            Datum::Null | Datum::Number(_) => false,
        }
    }

    fn overlaps(&self, other: &Datum<'_>) -> bool {
        match other {
            Datum::Null => false,
            Datum::Number(number) => self.number() == Some(*number),
            Datum::Text(text) => text.split('|').any(|part| self.has_text(part)),
            Datum::Many(parts) => parts.iter().any(|part| self.has_text(part)),
        }
    }

    /// A null never compares, not even as different.
    fn compares(&self, comparison: Comparison, literal: &Literal) -> bool {
        match comparison {
            Comparison::Equal => self.has(literal),
            Comparison::NotEqual => *self != Datum::Null && !self.has(literal),
            _ => orders(comparison, self.number(), literal.number),
        }
    }

    fn compares_with(&self, comparison: Comparison, other: &Datum<'_>) -> bool {
        match comparison {
            Comparison::Equal => self.overlaps(other),
            Comparison::NotEqual => *self != Datum::Null && *other != Datum::Null && !self.overlaps(other),
            _ => orders(comparison, self.number(), other.number()),
        }
    }
}

fn orders(comparison: Comparison, left: Option<f64>, right: Option<f64>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return false };
    match comparison {
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
        Comparison::Equal | Comparison::NotEqual => false,
    }
}
