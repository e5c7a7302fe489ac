//! CreateSolution: a recipe with its settings, or what to choose them from, applied to a dataset group. Nothing is
//! trained yet.

use serde_json::{Value, json};

use super::resource::{Draft, Kind, create, find, status};
use super::{Input, objective};
use crate::app::App;
use crate::arn::{arn, recipe_name};
use crate::error::ApiError;
use crate::jobs;
use crate::recipe_table::kind_of;

/// What Describe echoes exactly as given.
const ECHO: [&str; 8] = [
    "name",
    "datasetGroupArn",
    "recipeArn",
    "eventType",
    "solutionConfig",
    "performHPO",
    "performAutoTraining",
    "performIncrementalUpdate",
];

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let arn = arn(&app.settings, "solution", input.name("name")?);
    let group = find(app, Kind::DatasetGroup, input.arn("datasetGroupArn")?)?;
    let is_auto = input.value("performAutoML") == Some(&true.into());
    if is_auto && input.value("recipeArn").is_some() {
        return Err(ApiError::Invalid("performAutoML chooses the recipe: leave recipeArn out".into()));
    }
    let recipe = if is_auto { None } else { Some(recipe_name(input.arn("recipeArn")?)?) };
    if let Some(recipe) = recipe.filter(|recipe| kind_of(recipe).is_none()) {
        return Err(ApiError::Missing(format!(
            "The given recipe does not exist: {recipe}. ListRecipes has those of this version."
        )));
    }
    input.text("eventType", 256)?;
    input.object("solutionConfig")?;
    let config = input.value("solutionConfig").unwrap_or(&Value::Null);
    jobs::check(config)?;
    objective::check(app, &group.arn, recipe, config)?;
    let mut public = input.echo(&ECHO);
    public.entry("performHPO").or_insert(false.into());
    public.entry("performAutoTraining").or_insert(true.into());
    public.insert("performAutoML".into(), is_auto.into());
    public.insert("solutionArn".into(), arn.clone().into());
    let draft =
        Draft { kind: Kind::Solution, arn: arn.clone(), parent: group.arn, status: status::ACTIVE, public };
    create(app, draft)?;
    Ok(json!({ "solutionArn": arn }))
}
