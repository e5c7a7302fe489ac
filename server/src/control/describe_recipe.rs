//! DescribeRecipe: what a recipe is for.

use serde_json::{Map, Value, json};

use super::Input;
use super::resource::status;
use crate::app::App;
use crate::arn::{recipe_arn, recipe_name};
use crate::error::ApiError;
use crate::recipe_table::{RecipeRow, RECIPES};

pub(super) fn run(_: &App, input: &Input) -> Result<Value, ApiError> {
    let arn = input.arn("recipeArn")?;
    let name = recipe_name(arn)?;
    let row = RECIPES.iter().find(|row| row.name == name);
    let row = row.ok_or_else(|| ApiError::Missing(format!("The given recipe does not exist: {arn}")))?;
    let mut members = entry(row);
    members.insert("recipeType".into(), row.kind.word().into());
    members.insert("algorithmArn".into(), format!("arn:aws:personalize:::algorithm/{name}").into());
    members.insert(
        "featureTransformationArn".into(),
        "arn:aws:personalize:::feature-transformation/JSON-percentile-filtering".into(),
    );
    members.insert("description".into(), row.description.into());
    Ok(json!({ "recipe": members }))
}

/// The entry of ListRecipes.
pub(super) fn entry(row: &RecipeRow) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("name".into(), row.name.into());
    members.insert("recipeArn".into(), recipe_arn(row.name).into());
    members.insert("status".into(), status::ACTIVE.into());
    members.insert("creationDateTime".into(), row.since.into());
    members.insert("lastUpdatedDateTime".into(), row.since.into());
    members
}
