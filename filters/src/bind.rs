//! A filter and the `filterValues` of one request become a filter without parameters.

use std::collections::BTreeMap;

use crate::FilterError;
use crate::ast::{Comparison, Dataset, Effect, Expression, Filter, Operand, Predicate, Test, Value};
use crate::lex::{Token, tokens};

/// `filterValues`: parameter name → its values as the protocol writes them: `"a","b"` in double quotes, or a number.
pub type Values = BTreeMap<String, String>;

/// A filter whose parameters have values; ready to be asked about items.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub(crate) rules: Vec<Rule>,
}

/// An expression with values in the place of parameters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) effect: Effect,
    pub(crate) dataset: Dataset,
    pub(crate) any_of: Vec<Vec<Check>>,
    pub(crate) only_if: Vec<Check>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Check {
    pub(crate) column: String,
    pub(crate) test: How,
    pub(crate) side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    In,
    NotIn,
    Compare(Comparison),
}

/// The right side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Side {
    Literals(Vec<Literal>),
    CurrentItem(String),
}

/// A value that can be compared with text and, where it reads as one, with a number: `"5"` and `5` are the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Literal {
    pub(crate) text: String,
    pub(crate) number: Option<f64>,
}

impl Filter {
    /// Puts values in the place of the parameters. An EXCLUDE without its values is left out, as the service does.
    ///
    /// # Errors
    /// [`FilterError::MissingValue`] for an INCLUDE, [`FilterError::UnknownParameter`], [`FilterError::BadValue`].
    pub fn bind(&self, values: &Values) -> Result<Bound, FilterError> {
        let parameters = self.parameters();
        if let Some(stranger) = values.keys().find(|name| !parameters.contains(name.as_str())) {
            let known: Vec<String> = parameters.iter().map(|name| format!("${name}")).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(FilterError::UnknownParameter { parameter: stranger.clone(), known });
        }
        let mut rules = Vec::with_capacity(self.expressions.len());
        for expression in &self.expressions {
            let missing = expression.parameters().find(|name| !values.contains_key(*name));
            match (missing, expression.effect) {
                (None, _) => rules.push(bind_expression(expression, values)?),
                (Some(_), Effect::Exclude) => {}
                (Some(name), Effect::Include) => {
                    return Err(FilterError::MissingValue { parameter: name.to_owned() });
                }
            }
        }
        Ok(Bound { rules })
    }
}

fn bind_expression(expression: &Expression, values: &Values) -> Result<Rule, FilterError> {
    let bind_all = |predicates: &Vec<Predicate>| -> Result<Vec<Check>, FilterError> {
        predicates.iter().map(|predicate| bind_predicate(predicate, values)).collect()
    };
    Ok(Rule {
        effect: expression.effect,
        dataset: expression.dataset,
        any_of: expression.any_of.iter().map(bind_all).collect::<Result<_, _>>()?,
        only_if: bind_all(&expression.only_if)?,
    })
}

fn bind_predicate(predicate: &Predicate, values: &Values) -> Result<Check, FilterError> {
    let test = match predicate.test {
        Test::In(_) => How::In,
        Test::NotIn(_) => How::NotIn,
        Test::Compare(comparison, _) => How::Compare(comparison),
    };
    let side = match predicate.test.operand() {
        Operand::CurrentItem(column) => Side::CurrentItem(column.text.clone()),
        Operand::Values(operands) => {
            let mut literals = Vec::with_capacity(operands.len());
            for operand in operands {
                literals.extend(bind_value(operand, test, values)?);
            }
            Side::Literals(literals)
        }
    };
    Ok(Check { column: predicate.column.text.clone(), test, side })
}

fn bind_value(value: &Value, test: How, values: &Values) -> Result<Vec<Literal>, FilterError> {
    let name = match value {
        Value::Text(text) => return Ok(vec![Literal::text(text)]),
        Value::Number(number) => {
            return Ok(vec![Literal { text: number.to_string(), number: Some(*number) }]);
        }
        Value::Parameter(name) => name,
    };
    let bad = |expected| FilterError::BadValue { parameter: name.clone(), expected };
    let literals = read(values.get(name).map_or("", String::as_str))
        .ok_or_else(|| bad("write each text in double quotes, with commas between: \"Action\",\"Sci-Fi\""))?;
    if matches!(test, How::Compare(_)) && literals.len() != 1 {
        return Err(bad("a comparison needs exactly one value"));
    }
    Ok(literals)
}

/// `"a","b"` or `5`; `None` where it is neither.
fn read(source: &str) -> Option<Vec<Literal>> {
    let tokens = tokens(source).ok()?;
    let mut literals = Vec::new();
    for pair in tokens.chunks(2) {
        match pair {
            [(Token::Text(text), _), (Token::Comma | Token::End, _)] => literals.push(Literal::text(text)),
            [(Token::Number(number), span), (Token::Comma | Token::End, _)] => {
                let text = source.chars().skip(span.start - 1).take(span.end - span.start).collect();
                literals.push(Literal { text, number: Some(*number) });
            }
            _ => return None,
        }
    }
    Some(literals)
}

impl Literal {
    pub(crate) fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            number: text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(source: &str, values: &[(&str, &str)]) -> Result<Bound, FilterError> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Filter::parse(source).unwrap().bind(&values)
    }

    fn texts(source: &str) -> Option<Vec<String>> {
        read(source).map(|literals| literals.into_iter().map(|literal| literal.text).collect())
    }

    #[test]
    fn values_are_quoted_texts_or_bare_numbers() {
        assert_eq!(texts("\"Action\",\"Sci-Fi\"").unwrap(), ["Action", "Sci-Fi"]);
        assert_eq!(texts("\"value1, value2\"").unwrap(), ["value1, value2"]);
        assert_eq!(texts("1465413032").unwrap(), ["1465413032"]);
        assert_eq!(read("\"0\"").unwrap()[0].number, Some(0.0));
        for bad in ["", "Action", "\"a\",", ",", "\"a\" \"b\"", "\"a", "1,,2", "(1)"] {
            assert_eq!(texts(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_include_needs_its_values_and_an_exclude_is_left_out_without() {
        assert_eq!(
            bind("INCLUDE ItemID WHERE Items.A IN ($A)", &[]),
            Err(FilterError::MissingValue { parameter: "A".into() })
        );
        assert_eq!(bind("EXCLUDE ItemID WHERE Items.A IN ($A)", &[]).unwrap().rules, []);
    }

    #[test]
    fn parameter_names_have_case_and_strangers_are_refused() {
        let error = bind("EXCLUDE ItemID WHERE Items.A IN ($A)", &[("a", "\"x\"")]).unwrap_err();
        assert_eq!(error, FilterError::UnknownParameter { parameter: "a".into(), known: "$A".into() });
    }

    #[test]
    fn a_comparison_takes_one_value() {
        let error = bind("INCLUDE ItemID WHERE Items.A < $A", &[("A", "1,2")]).unwrap_err();
        assert!(error.to_string().contains("exactly one value"));
    }
}
