//! `solutionConfig.optimizationObjective`: checked when a solution is made, and not an hour later.

use serde_json::Value;

use super::schema::{Field, FieldType};
use super::{Input, invalid};
use crate::app::App;
use crate::entities;
use crate::error::ApiError;
use crate::recipe_table::{RecipeKind, kind_of};

/// `objectiveSensitivity` [model]
const SENSITIVITIES: [&str; 4] = ["LOW", "MEDIUM", "HIGH", "OFF"];

/// `recipe`: that of the solution, if it names one.
pub(super) fn check(app: &App, group: &str, recipe: Option<&str>, config: &Value) -> Result<(), ApiError> {
    let Some(objective) = config.get("optimizationObjective").filter(|objective| !objective.is_null()) else {
        return Ok(());
    };
    let objective = Input::of("optimizationObjective", objective)?;
    if let Some(word) = objective.text("objectiveSensitivity", 10)?
        && !SENSITIVITIES.contains(&word)
    {
        return Err(invalid(
            "objectiveSensitivity",
            &format!("must satisfy enum value set: [{}]", SENSITIVITIES.join(", ")),
        ));
    }
    let is_possible =
        |kind| matches!(kind, RecipeKind::UserPersonalization | RecipeKind::PersonalizedRanking);
    if !recipe.and_then(kind_of).is_some_and(is_possible) {
        return Err(ApiError::Invalid(
            "optimizationObjective is for the recipes of user personalization and personalized ranking: \
             leave it out, or choose one of them"
                .into(),
        ));
    }
    let attribute = objective.required("itemAttribute", 150)?;
    let columns = entities::dataset(app, group, "ITEMS")?.map(|(_, fields)| fields).unwrap_or_default();
    let column = columns.iter().find(|field| field.name == attribute);
    if column.is_some_and(is_number) {
        return Ok(());
    }
    let numbers: Vec<&str> =
        columns.iter().filter(|field| is_number(field)).map(|field| field.name.as_str()).collect();
    let has =
        if numbers.is_empty() { "it has none".to_owned() } else { format!("it has {}", numbers.join(", ")) };
    Err(invalid("itemAttribute", &format!("must be a column of numbers of the Items dataset; {has}")))
}

fn is_number(field: &Field) -> bool {
    matches!(field.kind, FieldType::Integer | FieldType::Decimal)
}
