//! What the two kinds of batch jobs have in common: where they read, where they write, and what they may use.

use bowerbird_filters::{Filter, Target};
use bowerbird_store::Resource;
use serde_json::{Map, Value};

use super::resource::{Draft, Kind, create, find_active, is_changing, status};
use super::{Input, invalid, public_text};
use crate::app::App;
use crate::arn::{arn, recipe_name};
use crate::error::ApiError;
use crate::jobs;
use crate::recipe_table::{RecipeKind, kind_of};

/// Characters of a location. [model]
const MAX_LOCATION: usize = 256;

/// What a batch job is about to be.
pub(super) struct Batch {
    pub(super) kind: Kind,
    /// What its worker calls it.
    pub(super) job: &'static str,
    /// As in `batchInferenceJobArn`.
    pub(super) arn_key: &'static str,
    /// The target of its filter.
    pub(super) target: Target,
    /// The largest `numResults`.
    pub(super) max_results: i64,
    /// Members that Describe echoes beside those of both.
    pub(super) echo: &'static [&'static str],
}

/// Members of both kinds.
const ECHO: [&str; 7] =
    ["jobName", "solutionVersionArn", "filterArn", "numResults", "jobInput", "jobOutput", "roleArn"];

/// Checks what was given, makes the job and queues it. `fits` says whether a recipe can do it.
pub(super) fn create_job(
    app: &App,
    input: &Input,
    batch: &Batch,
    fits: fn(&str, RecipeKind) -> Result<(), String>,
) -> Result<Value, ApiError> {
    let arn = arn(&app.settings, batch.kind.word(), input.name("jobName")?);
    let version = find_active(app, Kind::SolutionVersion, input.arn("solutionVersionArn")?)?;
    let recipe = recipe_name(public_text(&version, "recipeArn"))?;
    let kind = kind_of(recipe).ok_or_else(|| ApiError::Internal(format!("{recipe} is not served")))?;
    fits(recipe, kind).map_err(|why| ApiError::Invalid(format!("{}: {why}", version.arn)))?;
    location(input, "jobInput", "s3DataSource", "Invalid S3 input path")?;
    location(input, "jobOutput", "s3DataDestination", "Invalid S3 output path")?;
    input.integer("numResults", 0, batch.max_results)?;
    filter(app, input, &version, (recipe, batch.target))?;
    let mut public: Map<String, Value> = input.echo(&ECHO);
    public.extend(input.echo(batch.echo));
    public.insert(batch.arn_key.into(), arn.clone().into());
    let draft =
        Draft { kind: batch.kind, arn: arn.clone(), parent: version.arn, status: status::PENDING, public };
    create(app, draft)?;
    jobs::push(app, batch.job, &arn)?;
    Ok(Map::from_iter([(batch.arn_key.to_owned(), arn.into())]).into())
}

/// A batch job that is waiting or running, and fits.
pub(super) fn running(app: &App, fits: &dyn Fn(&Resource) -> bool) -> Result<Option<Resource>, ApiError> {
    for kind in [Kind::BatchInferenceJob, Kind::BatchSegmentJob] {
        let mut jobs = app.store.catalog.list(kind.word(), None, None, usize::MAX)?.into_iter();
        if let Some(job) = jobs.find(|job| is_changing(job) && fits(job)) {
            return Ok(Some(job));
        }
    }
    Ok(None)
}

/// `file:///absolute/path` in `{outer: {inner: {path}}}`. Other places are refused here, where the caller still sees it.
fn location(input: &Input, outer: &str, inner: &str, wrong: &str) -> Result<(), ApiError> {
    let outside = input.object(outer)?.ok_or_else(|| invalid(outer, "must not be null"))?;
    let path = outside.get(inner).and_then(|inside| inside["path"].as_str()).unwrap_or_default();
    if path.starts_with("file:///") && path.chars().count() <= MAX_LOCATION {
        return Ok(());
    }
    Err(ApiError::Invalid(format!(
        "{wrong}. {outer}.{inner}.path is {path:?}; this server reads and writes on its own disk: file:///absolute/path (at \
         most {MAX_LOCATION} characters)"
    )))
}

fn filter(
    app: &App,
    input: &Input,
    version: &Resource,
    (recipe, target): (&str, Target),
) -> Result<(), ApiError> {
    let Some(arn) = input.optional_arn("filterArn")? else { return Ok(()) };
    let filter = find_active(app, Kind::Filter, arn)?;
    if filter.parent != public_text(version, "datasetGroupArn") {
        return Err(ApiError::Invalid(format!("{arn} belongs to another dataset group than the solution")));
    }
    let parsed = Filter::parse(public_text(&filter, "filterExpression"))?;
    if recipe == "aws-item-attribute-affinity" && parsed.needs_events() {
        return Err(ApiError::Invalid(format!(
            "{arn} asks for interactions with the item of a segment, and {recipe} has none: filter by columns of Users"
        )));
    }
    if parsed.target() == target {
        return Ok(());
    }
    let wanted = match target {
        Target::Item => "ItemID",
        Target::User => "UserID",
        Target::Action => "ActionID",
    };
    Err(ApiError::Invalid(format!("{arn} is not about {wanted}: this job needs a filter that is")))
}
