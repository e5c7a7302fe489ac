//! A tree back into text: what is printed parses into the same tree.

use std::fmt;

use crate::ast::{Comparison, Effect, Expression, Filter, Operand, Predicate, Target, Test, Value};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, expression) in self.expressions.iter().enumerate() {
            if position > 0 {
                f.write_str(" | ")?;
            }
            write_expression(f, self.target, expression)?;
        }
        Ok(())
    }
}

fn write_expression(f: &mut fmt::Formatter<'_>, target: Target, expression: &Expression) -> fmt::Result {
    let effect = match expression.effect {
        Effect::Include => "INCLUDE",
        Effect::Exclude => "EXCLUDE",
    };
    let target = match target {
        Target::Item => "ItemID",
        Target::User => "UserID",
        Target::Action => "ActionID",
    };
    write!(f, "{effect} {target} WHERE ")?;
    for (position, all_of) in expression.any_of.iter().enumerate() {
        if position > 0 {
            f.write_str(" OR ")?;
        }
        write_all(f, expression.dataset.name(), all_of)?;
    }
    if expression.only_if.is_empty() {
        return Ok(());
    }
    f.write_str(" IF ")?;
    write_all(f, "CurrentUser", &expression.only_if)
}

fn write_all(f: &mut fmt::Formatter<'_>, owner: &str, predicates: &[Predicate]) -> fmt::Result {
    for (position, predicate) in predicates.iter().enumerate() {
        let and = if position > 0 { " AND " } else { "" };
        write!(f, "{and}{owner}.{} {}", predicate.column.text, predicate.test)?;
    }
    Ok(())
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(operand) => write!(f, "IN {operand}"),
            Self::NotIn(operand) => write!(f, "NOT IN {operand}"),
            // A comparison reads its one value in parentheses too.
            Self::Compare(comparison, operand) => write!(f, "{} {operand}", comparison.sign()),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CurrentItem(column) => write!(f, "CurrentItem.{}", column.text),
            Self::Values(values) => {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                write!(f, "({})", values.join(", "))
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) if text.contains('"') => write!(f, "'{text}'"),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Number(number) => write!(f, "{number}"),
            Self::Parameter(name) => write!(f, "${name}"),
        }
    }
}

impl Comparison {
    pub(crate) fn sign(self) -> &'static str {
        Self::ALL.iter().find(|(_, comparison)| *comparison == self).map_or("=", |(sign, _)| sign)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::Span;
    use crate::ast::{Dataset, Name};

    fn name() -> impl Strategy<Value = Name> {
        "[A-Z_][A-Z0-9_]{0,8}".prop_map(|text| Name { text, span: Span::default() })
    }

    /// Any text without a double quote, or without a single one; neither a star nor the name of a parameter.
    fn literal() -> impl Strategy<Value = Value> {
        prop_oneof![
            "([^\"]{0,12}|[^']{0,12})"
                .prop_filter("means something else", |text| text != "*" && !text.starts_with('$'))
                .prop_map(Value::Text),
            any::<i32>().prop_map(|number| Value::Number(f64::from(number))),
            (-1e9..1e9).prop_map(Value::Number),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![3 => literal(), 1 => "[A-Za-z0-9_]{1,8}".prop_map(Value::Parameter)]
    }

    fn comparison() -> impl Strategy<Value = Comparison> {
        (0..Comparison::ALL.len()).prop_map(|position| Comparison::ALL[position].1)
    }

    fn test() -> impl Strategy<Value = Test> {
        prop_oneof![
            vec(value(), 1..4).prop_map(|values| Test::In(Operand::Values(values))),
            vec(literal(), 1..4).prop_map(|values| Test::NotIn(Operand::Values(values))),
            name().prop_map(|column| Test::NotIn(Operand::CurrentItem(column))),
            (comparison(), value())
                .prop_map(|(comparison, value)| Test::Compare(comparison, Operand::Values(vec![value]))),
            (comparison(), name())
                .prop_map(|(comparison, column)| Test::Compare(comparison, Operand::CurrentItem(column))),
        ]
    }

    fn predicate() -> impl Strategy<Value = Predicate> {
        (name(), test()).prop_map(|(column, test)| Predicate { column, test })
    }

    fn event_predicate() -> impl Strategy<Value = Predicate> {
        vec(value(), 1..3).prop_map(|values| Predicate {
            column: Name { text: "EVENT_TYPE".into(), span: Span::default() },
            test: Test::In(Operand::Values(values)),
        })
    }

    fn expression() -> impl Strategy<Value = Expression> {
        let conditions = prop_oneof![
            vec(vec(predicate(), 1..3), 1..3).prop_map(|any_of| (Dataset::Items, any_of)),
            vec(vec(event_predicate(), 1..3), 1..3).prop_map(|any_of| (Dataset::Interactions, any_of)),
        ];
        let effect = prop_oneof![Just(Effect::Include), Just(Effect::Exclude)];
        (effect, conditions, vec(predicate(), 0..3))
            .prop_map(|(effect, (dataset, any_of), only_if)| Expression { effect, dataset, any_of, only_if })
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_into_the_same_tree(expressions in vec(expression(), 1..4)) {
            let filter = Filter { target: Target::Item, expressions };
            let text = filter.to_string();
            prop_assume!(text.chars().count() <= 2500);
            prop_assert_eq!(Filter::parse(&text), Ok(filter), "{}", text);
        }

        #[test]
        fn random_text_never_panics(text in "\\PC{0,80}") {
            let _ = Filter::parse(&text);
        }

        #[test]
        fn random_words_of_the_language_never_panic(
            words in vec(prop::sample::select(vec![
                "INCLUDE", "EXCLUDE", "ItemID", "WHERE", "Items", "Interactions", ".", "A", "EVENT_TYPE", "IN", "NOT",
                "(", ")", ",", "\"x\"", "'*'", "$P", "5", "-2.5", "=", "<", "AND", "OR", "IF", "CurrentUser",
                "CurrentItem", "|", "é", "$", "\"",
            ]), 0..24),
            valid_start in any::<bool>(),
        ) {
            let start = if valid_start { "INCLUDE ItemID WHERE Items.A IN " } else { "" };
            let text = format!("{start}{}", words.join(" "));
            if let Ok(filter) = Filter::parse(&text) {
                prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
            }
        }

        #[test]
        fn random_filter_values_never_panic(value in "\\PC{0,40}") {
            let filter = Filter::parse("INCLUDE ItemID WHERE Items.A IN ($P)").unwrap();
            let _ = filter.bind(&crate::Values::from([("P".to_owned(), value)]));
        }
    }
}
