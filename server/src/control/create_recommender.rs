//! CreateRecommender: a use case of a domain group, trained and deployed in one step.
//!
//! A recommender owns versions as a solution does; the newest that was trained serves, and no client sees them.

use bowerbird_store::Resource;
use serde_json::{Value, json};

use super::resource::{Draft, Kind, create, find, status};
use super::create_solution_version::{create_version, interactions};
use super::{Input, public_text};
use crate::app::App;
use crate::arn::{arn, hex8, name_of, recipe_arn, recipe_name};
use crate::control::Exploration;
use crate::error::ApiError;
use crate::use_cases::{self, UseCase};

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let arn = arn(&app.settings, "recommender", input.name("name")?);
    let group = find(app, Kind::DatasetGroup, input.arn("datasetGroupArn")?)?;
    let case = use_case(input.arn("recipeArn")?)?;
    let domain = public_text(&group, "domain");
    if domain != case.domain {
        let text = match domain {
            "" => format!("{} has no domain: recommenders are for domain dataset groups", group.arn),
            other => format!("{} is for {}, and {} is {other}", case.name, case.domain, group.arn),
        };
        return Err(ApiError::Invalid(text));
    }
    interactions(app, &group.arn)?;
    Exploration::check(input, "recommenderConfig")?;
    let mut public = input.echo(&["name", "datasetGroupArn", "recipeArn", "recommenderConfig"]);
    public.entry("recommenderConfig").or_insert(json!({}));
    public.insert("recommenderArn".into(), arn.clone().into());
    let draft =
        Draft { kind: Kind::Recommender, arn: arn.clone(), parent: group.arn, status: status::PENDING, public };
    create(app, draft)?;
    create_version(app, &find(app, Kind::Recommender, &arn)?, "MANUAL")?;
    Ok(json!({ "recommenderArn": arn }))
}

fn use_case(recipe_arn: &str) -> Result<&'static UseCase, ApiError> {
    let name = recipe_name(recipe_arn)?;
    use_cases::find(name).ok_or_else(|| {
        ApiError::Invalid(format!("{name} is not a use case of a domain: ListRecipes with a domain names them"))
    })
}

/// What the next training of a recommender makes.
pub(super) fn recommender_version(
    app: &App,
    recommender: &Resource,
    training_type: &str,
) -> Result<Draft, ApiError> {
    let case = use_case(public_text(recommender, "recipeArn"))?;
    let version = arn(&app.settings, "recommender", &format!("{}/{}", name_of(&recommender.arn), hex8()));
    let public = json!({
        "solutionVersionArn": version,
        "datasetGroupArn": public_text(recommender, "datasetGroupArn"),
        "recipeArn": recipe_arn(case.recipe),
        "eventType": case.event_type.unwrap_or_default(),
        "trainingType": training_type,
    });
    Ok(Draft {
        kind: Kind::RecommenderVersion,
        arn: version,
        parent: recommender.arn.clone(),
        status: status::PENDING,
        public: public.as_object().cloned().unwrap_or_default(),
    })
}
