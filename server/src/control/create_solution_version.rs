//! CreateSolutionVersion: trains a solution on what its dataset group holds now, in the background.

use bowerbird_store::Resource;
use serde_json::{Map, Value, json};

use super::create_recommender::recommender_version;
use super::resource::{Draft, Kind, children, create, find_active, public, status};
use super::{Input, invalid, public_text};
use crate::app::App;
use crate::arn::{arn, dataset_arn, hex8, name_of, recipe_name};
use crate::error::ApiError;
use crate::jobs;

/// The one recipe that trainingMode UPDATE is for. [model]
const UPDATES: &str = "aws-user-personalization";
/// What a version takes over from its solution.
const INHERITED: [&str; 5] = ["datasetGroupArn", "recipeArn", "eventType", "performHPO", "performAutoML"];

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let solution = find_active(app, Kind::Solution, input.arn("solutionArn")?)?;
    let mode = match input.text("trainingMode", 20)? {
        None | Some("FULL") => "FULL",
        Some("UPDATE") => "UPDATE",
        Some(_) => return Err(invalid("trainingMode", "must satisfy enum value set: [FULL, UPDATE]")),
    };
    interactions(app, public_text(&solution, "datasetGroupArn"))?;
    if mode == "UPDATE" {
        let recipe = recipe_name(public_text(&solution, "recipeArn")).unwrap_or_default();
        if recipe != UPDATES {
            return Err(ApiError::Invalid(format!(
                "trainingMode UPDATE is for solutions of {UPDATES}: leave it out to train in full"
            )));
        }
        latest_active(app, &solution)?;
    }
    let draft = solution_version(app, &solution, "MANUAL", mode);
    Ok(json!({ "solutionVersionArn": queue(app, draft)? }))
}

/// The version that an update goes on from: the latest one that was trained.
pub(crate) fn latest_active(app: &App, solution: &Resource) -> Result<Resource, ApiError> {
    let mut versions = versions(app, solution)?;
    versions.retain(|version| version.status == status::ACTIVE);
    versions.into_iter().max_by_key(|version| version.created_at).ok_or_else(|| {
        ApiError::Invalid(format!(
            "trainingMode UPDATE goes on from a solution version that is ACTIVE, and {} has none: train it in full first",
            solution.arn
        ))
    })
}

/// Queues the training of a solution or a recommender and answers the ARN of its new version. `training_type` says who
/// wanted it.
pub(crate) fn create_version(app: &App, owner: &Resource, training_type: &str) -> Result<String, ApiError> {
    let draft = if owner.kind == Kind::Recommender.word() {
        recommender_version(app, owner, training_type)?
    } else {
        solution_version(app, owner, training_type, "FULL")
    };
    queue(app, draft)
}

fn queue(app: &App, draft: Draft) -> Result<String, ApiError> {
    let arn = draft.arn.clone();
    create(app, draft)?;
    jobs::push(app, jobs::TRAIN, &arn)?;
    Ok(arn)
}

/// The versions of a solution or a recommender, the oldest first.
pub(crate) fn versions(app: &App, owner: &Resource) -> Result<Vec<Resource>, ApiError> {
    let is_recommender = owner.kind == Kind::Recommender.word();
    let kind = if is_recommender { Kind::RecommenderVersion } else { Kind::SolutionVersion };
    children(app, kind, &owner.arn)
}

fn solution_version(app: &App, solution: &Resource, training_type: &str, mode: &str) -> Draft {
    let name = format!("{}/{}", name_of(&solution.arn), hex8());
    let arn = arn(&app.settings, "solution", &name);
    let mut members: Map<String, Value> =
        public(solution).iter().filter(|(key, _)| INHERITED.contains(&key.as_str())).map(own).collect();
    members.insert("name".into(), name.into());
    members.insert("solutionVersionArn".into(), arn.clone().into());
    members.insert("solutionArn".into(), solution.arn.clone().into());
    members.insert("solutionConfig".into(), public(solution).get("solutionConfig").cloned().unwrap_or(json!({})));
    members.insert("trainingMode".into(), mode.into());
    members.insert("trainingType".into(), training_type.into());
    Draft {
        kind: Kind::SolutionVersion,
        arn,
        parent: solution.arn.clone(),
        status: status::PENDING,
        public: members,
    }
}

/// Without an Interactions dataset there is nothing to learn from, and the caller should hear it now.
pub(super) fn interactions(app: &App, group: &str) -> Result<(), ApiError> {
    let dataset = dataset_arn(&app.settings, group, "INTERACTIONS");
    find_active(app, Kind::Dataset, &dataset).map(|_| ()).map_err(|_| {
        ApiError::Invalid(format!("{group} has no Interactions dataset: create one and import into it first"))
    })
}

fn own((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}
