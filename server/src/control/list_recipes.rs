//! ListRecipes: the recipes that this version can train.

use serde_json::{Value, json};

use super::Input;
use super::describe_recipe::entry;
use crate::app::App;
use crate::error::ApiError;
use crate::recipe_table::RECIPES;

/// The token behind the one page. The service always pages this list and its notebooks rely on a token being there.
const LAST_PAGE: &str = "AYADeEnd";

pub(super) fn run(_: &App, input: &Input) -> Result<Value, ApiError> {
    match input.text("nextToken", 1500)? {
        Some(LAST_PAGE) => return Ok(json!({ "recipes": [] })),
        Some(_) => return Err(ApiError::NextToken),
        None => {}
    }
    // Every recipe of this version is for custom groups; a domain has none.
    let domain = input.text("domain", 63)?;
    let recipes: Vec<Value> =
        RECIPES.iter().filter(|_| domain.is_none()).map(|recipe| entry(recipe).into()).collect();
    Ok(json!({ "recipes": recipes, "nextToken": LAST_PAGE }))
}
