//! DescribeRecipe: what a recipe, or a use case of a domain, is for.

use serde_json::{Map, Value, json};

use super::Input;
use super::resource::status;
use crate::app::App;
use crate::arn::{recipe_arn, recipe_name};
use crate::error::ApiError;
use crate::recipe_table::{RECIPES, RecipeRow};
use crate::use_cases::{self, UseCase};

/// Epoch seconds: November 2021, when the service introduced domains.
const DOMAINS_SINCE: i64 = 1_638_144_000;

pub(super) fn run(_: &App, input: &Input) -> Result<Value, ApiError> {
    let arn = input.arn("recipeArn")?;
    let name = recipe_name(arn)?;
    let recipe = RECIPES.iter().find(|row| row.name == name);
    let (mut members, kind, description) = match (recipe, use_cases::find(name)) {
        (Some(row), _) => (recipe_entry(row), row.kind, row.description),
        (None, Some(case)) => (use_case_entry(case), case.kind, case.description),
        (None, None) => return Err(ApiError::Missing(format!("The given recipe does not exist: {arn}"))),
    };
    members.insert("recipeType".into(), kind.word().into());
    members.insert("algorithmArn".into(), format!("arn:aws:personalize:::algorithm/{name}").into());
    members.insert(
        "featureTransformationArn".into(),
        "arn:aws:personalize:::feature-transformation/JSON-percentile-filtering".into(),
    );
    members.insert("description".into(), description.into());
    Ok(json!({ "recipe": members }))
}

/// The entry of ListRecipes.
pub(super) fn recipe_entry(row: &RecipeRow) -> Map<String, Value> {
    entry(row.name, row.since)
}

/// The same for a use case, which names its domain.
pub(super) fn use_case_entry(case: &UseCase) -> Map<String, Value> {
    let mut members = entry(case.name, DOMAINS_SINCE);
    members.insert("domain".into(), case.domain.into());
    members
}

fn entry(name: &str, since: i64) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("name".into(), name.into());
    members.insert("recipeArn".into(), recipe_arn(name).into());
    members.insert("status".into(), status::ACTIVE.into());
    members.insert("creationDateTime".into(), since.into());
    members.insert("lastUpdatedDateTime".into(), since.into());
    members
}
