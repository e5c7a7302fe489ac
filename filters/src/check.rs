//! What only the schemas can say: the columns exist, may be filtered on, and have the type that the condition needs.

use std::collections::BTreeSet;

use crate::ast::{Dataset, Filter, Name, Predicate, Test, Value};
use crate::{FilterError, Kind, Schema};

/// Distinct columns in one filter. Source: quotas page of the developer guide, 2026.
const MAX_FIELDS: usize = 10;

/// Columns of Actions that steer when an action is offered.
const STEERING: [&str; 3] = ["EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"];

impl Filter {
    /// Checks a filter against the schemas of its dataset group.
    ///
    /// # Errors
    /// [`FilterError::MissingDataset`], [`FilterError::UnknownField`], [`FilterError::NotFilterable`],
    /// [`FilterError::WrongType`] with the column in the expression; [`FilterError::TooManyFields`].
    pub fn check(&self, schema: &Schema) -> Result<(), FilterError> {
        let mut fields = BTreeSet::new();
        for expression in &self.expressions {
            for predicate in expression.conditions() {
                check_predicate(schema, expression.dataset, predicate, &mut fields)?;
            }
            for predicate in &expression.only_if {
                check_predicate(schema, Dataset::Users, predicate, &mut fields)?;
            }
        }
        if fields.len() > MAX_FIELDS {
            return Err(FilterError::TooManyFields { fields: fields.len(), max: MAX_FIELDS });
        }
        Ok(())
    }
}

fn check_predicate<'f>(
    schema: &Schema,
    dataset: Dataset,
    predicate: &'f Predicate,
    fields: &mut BTreeSet<(Dataset, &'f str)>,
) -> Result<(), FilterError> {
    let kind = kind_of(schema, dataset, &predicate.column)?;
    fields.insert((dataset, &predicate.column.text));
    if let Some(column) = predicate.test.current_item() {
        let other = kind_of(schema, Dataset::Items, column)?;
        fields.insert((Dataset::Items, &column.text));
        if other != kind {
            return Err(wrong_type(column, "has another type than the column that it is compared with"));
        }
    }
    match kind {
        Kind::Number => check_numbers(predicate),
        _ => check_texts(predicate, dataset),
    }
}

fn kind_of(schema: &Schema, dataset: Dataset, column: &Name) -> Result<Kind, FilterError> {
    let Some(columns) = schema.columns(dataset) else {
        return Err(FilterError::MissingDataset { span: column.span, dataset: dataset.name() });
    };
    if dataset.has_events() && column.text == "EVENT_TYPE" {
        // Streamed events have a type even where the schema of the bulk rows has no such column.
        return Ok(Kind::Text);
    }
    let Some(kind) = columns.get(&column.text) else {
        return Err(FilterError::UnknownField {
            span: column.span,
            dataset: dataset.name(),
            field: column.text.clone(),
            known: columns.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        });
    };
    let why = match kind {
        Kind::Textual => "it is textual; mark it categorical in the schema if it holds words to choose from",
        Kind::Boolean => "it is boolean; keep \"True\" and \"False\" as strings, or 0 and 1",
        _ if dataset == Dataset::Actions && STEERING.contains(&column.text.as_str()) => {
            "it says when an action is offered"
        }
        _ => return Ok(*kind),
    };
    Err(FilterError::NotFilterable { span: column.span, field: column.text.clone(), why })
}

fn check_numbers(predicate: &Predicate) -> Result<(), FilterError> {
    // Quoted numbers are read as numbers by the service too.
    let is_number = |value: &Value| !matches!(value, Value::Text(text) if text.parse::<f64>().is_err());
    if predicate.test.values().iter().all(is_number) {
        return Ok(());
    }
    Err(wrong_type(&predicate.column, "holds numbers: compare it with a number"))
}

fn check_texts(predicate: &Predicate, dataset: Dataset) -> Result<(), FilterError> {
    if matches!(predicate.test, Test::Compare(comparison, _) if comparison.orders()) {
        return Err(wrong_type(
            &predicate.column,
            "holds text, which has no order here: use IN, NOT IN, = or !=",
        ));
    }
    let bare = predicate.test.values().iter().any(|value| matches!(value, Value::Number(_)));
    if bare && !dataset.has_events() {
        return Err(wrong_type(&predicate.column, "holds text: put the value in quotes"));
    }
    Ok(())
}

fn wrong_type(column: &Name, expected: &'static str) -> FilterError {
    FilterError::WrongType { span: column.span, field: column.text.clone(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str) -> Result<(), FilterError> {
        let schema = Schema::new()
            .with(Dataset::Interactions, [("USER_ID", Kind::Text)])
            .with(Dataset::Items, [("genre", Kind::Text), ("PRICE", Kind::Number), ("PLOT", Kind::Textual)])
            .with(Dataset::Actions, [("REPEAT_FREQUENCY", Kind::Number)]);
        Filter::parse(source).unwrap().check(&schema)
    }

    #[test]
    fn an_unknown_column_is_named_with_the_ones_that_there_are() {
        let error = check("INCLUDE ItemID WHERE Items.MISSING IN (\"x\")").unwrap_err();
        assert_eq!(
            error.to_string(),
            "column 28: Items has no column MISSING; its schema has GENRE, PLOT, PRICE"
        );
    }

    #[test]
    fn types_must_fit() {
        assert!(check("INCLUDE ItemID WHERE Items.PRICE <= \"5\" AND Items.Genre IN (\"5\")").is_ok());
        assert!(check("INCLUDE ItemID WHERE Items.PRICE <= \"cheap\"").is_err());
        assert!(check("INCLUDE ItemID WHERE Items.GENRE < \"b\"").is_err());
        assert!(check("INCLUDE ItemID WHERE Items.GENRE = 5").is_err());
        assert!(check("INCLUDE ItemID WHERE Items.GENRE IN CurrentItem.PRICE").is_err());
    }

    #[test]
    fn users_are_needed_only_behind_if() {
        let error = check("INCLUDE ItemID WHERE Items.PRICE > 1 IF CurrentUser.AGE > 18").unwrap_err();
        assert!(matches!(error, FilterError::MissingDataset { dataset: "Users", .. }));
    }

    #[test]
    fn columns_that_steer_actions_are_not_filterable() {
        let error = check("INCLUDE ActionID WHERE Actions.REPEAT_FREQUENCY > 1").unwrap_err();
        assert!(matches!(error, FilterError::NotFilterable { .. }));
    }

    #[test]
    fn event_types_need_no_column_in_the_schema() {
        assert!(check("EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (\"*\")").is_ok());
    }

    #[test]
    fn a_filter_names_at_most_ten_columns() {
        let names: Vec<String> = (0..11).map(|number| format!("C{number}")).collect();
        let schema =
            Schema::new().with(Dataset::Items, names.iter().map(|name| (name.as_str(), Kind::Number)));
        let conditions: Vec<String> = names.iter().map(|name| format!("Items.{name} = 1")).collect();
        let filter = Filter::parse(&format!("INCLUDE ItemID WHERE {}", conditions.join(" AND "))).unwrap();
        assert_eq!(filter.check(&schema), Err(FilterError::TooManyFields { fields: 11, max: 10 }));
    }
}
