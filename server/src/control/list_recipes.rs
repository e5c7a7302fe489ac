//! ListRecipes: the recipes that this version can train, and the use cases of the domains.

use serde_json::{Value, json};

use super::Input;
use super::describe_recipe::{recipe_entry, use_case_entry};
use crate::app::App;
use crate::error::ApiError;
use crate::recipe_table::RECIPES;
use crate::use_cases::USE_CASES;

/// The token behind the one page. The service always pages this list and its notebooks rely on a token being there.
const LAST_PAGE: &str = "AYADeEnd";

pub(super) fn run(_: &App, input: &Input) -> Result<Value, ApiError> {
    match input.text("nextToken", 1500)? {
        Some(LAST_PAGE) => return Ok(json!({ "recipes": [] })),
        Some(_) => return Err(ApiError::NextToken),
        None => {}
    }
    let domain = input.text("domain", 63)?;
    let custom = RECIPES.iter().filter(|_| domain.is_none()).map(recipe_entry);
    let cases = USE_CASES.iter().filter(|case| domain.is_none_or(|domain| domain == case.domain));
    let mut recipes: Vec<_> = custom.chain(cases.map(use_case_entry)).collect();
    recipes.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    Ok(json!({ "recipes": recipes, "nextToken": LAST_PAGE }))
}
