//! CreateCampaign: deploys a solution version. It serves at once, and costs nothing while nobody asks.

use serde_json::{Value, json};

use super::resource::{Draft, Kind, children, create, find, find_active, status};
use super::{Input, public_text};
use crate::app::App;
use crate::arn::{arn, recipe_name};
use crate::control::Exploration;
use crate::error::ApiError;
use crate::recipe_table::{RecipeKind, kind_of};

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let arn = arn(&app.settings, "campaign", input.name("name")?);
    let version = deployable(app, input.arn("solutionVersionArn")?)?;
    let recipe = recipe_name(public_text(&version, "recipeArn"))?;
    if kind_of(recipe) == Some(RecipeKind::UserSegmentation) {
        return Err(ApiError::Invalid(format!("{recipe} is served by CreateBatchSegmentJob, not by campaigns")));
    }
    input.integer("minProvisionedTPS", 1, i64::MAX)?;
    Exploration::check(input, "campaignConfig")?;
    let mut public = input.echo(&["name", "minProvisionedTPS", "campaignConfig"]);
    public.entry("minProvisionedTPS").or_insert(1.into());
    public.insert("campaignArn".into(), arn.clone().into());
    public.insert("solutionVersionArn".into(), version.arn.clone().into());
    let solution = public_text(&version, "solutionArn").to_owned();
    let draft = Draft { kind: Kind::Campaign, arn: arn.clone(), parent: solution, status: status::ACTIVE, public };
    create(app, draft)?;
    app.newcomers.note(public_text(&version, "datasetGroupArn"));
    Ok(json!({ "campaignArn": arn }))
}

/// The solution version to deploy: named in full, or `{solutionArn}/$LATEST`.
pub(super) fn deployable(app: &App, arn: &str) -> Result<bowerbird_store::Resource, ApiError> {
    let Some(solution) = arn.strip_suffix("/$LATEST") else {
        return find_active(app, Kind::SolutionVersion, arn);
    };
    find(app, Kind::Solution, solution)?;
    let mut versions = children(app, Kind::SolutionVersion, solution)?;
    versions.retain(|version| version.status == status::ACTIVE);
    versions.pop().ok_or_else(|| {
        ApiError::Invalid(format!("{solution} has no ACTIVE solution version: call CreateSolutionVersion first"))
    })
}
