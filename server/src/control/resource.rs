//! Resources as the control plane sees them: what the caller gave (`public`) beside what jobs found out (`private`).

use bowerbird_store::{Resource, StoreError};
use serde_json::{Map, Value, json};

use super::Input;
use crate::app::App;
use crate::error::ApiError;

/// A kind of resource: the word in its ARN, and how people call it in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Schema,
    DatasetGroup,
    Dataset,
    ImportJob,
    Solution,
    SolutionVersion,
    Campaign,
    EventTracker,
    Filter,
    Recommender,
    BatchInferenceJob,
    BatchSegmentJob,
    /// What a recommender serves. Not a resource of the API.
    RecommenderVersion,
}

impl Kind {
    /// As stored; also the word in the ARN, except that a solution version hangs below `solution/`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::DatasetGroup => "dataset-group",
            Self::Dataset => "dataset",
            Self::ImportJob => "dataset-import-job",
            Self::Solution => "solution",
            Self::SolutionVersion => "solution-version",
            Self::Campaign => "campaign",
            Self::EventTracker => "event-tracker",
            Self::Filter => "filter",
            Self::Recommender => "recommender",
            Self::BatchInferenceJob => "batch-inference-job",
            Self::BatchSegmentJob => "batch-segment-job",
            Self::RecommenderVersion => "recommender-version",
        }
    }

    /// As in «The given dataset group does not exist».
    fn spoken(self) -> String {
        self.word().replace('-', " ")
    }
}

/// Statuses, spelled as clients compare them.
pub(crate) mod status {
    pub(crate) const PENDING: &str = "CREATE PENDING";
    pub(crate) const IN_PROGRESS: &str = "CREATE IN_PROGRESS";
    pub(crate) const ACTIVE: &str = "ACTIVE";
    pub(crate) const FAILED: &str = "CREATE FAILED";
    pub(crate) const STOPPING: &str = "CREATE STOPPING";
    pub(crate) const STOPPED: &str = "CREATE STOPPED";
    /// A recommender that was stopped.
    pub(crate) const INACTIVE: &str = "INACTIVE";
}

/// A resource that is about to be created.
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) arn: String,
    pub(crate) parent: String,
    pub(crate) status: &'static str,
    pub(crate) public: Map<String, Value>,
}

/// Stores a draft. A name that is taken is the caller's fault.
pub(crate) fn create(app: &App, draft: Draft) -> Result<(), ApiError> {
    let now = app.now();
    let resource = Resource {
        kind: draft.kind.word().into(),
        parent: draft.parent,
        status: draft.status.into(),
        created_at: now,
        updated_at: now,
        doc: json!({ "public": draft.public, "private": {} }),
        arn: draft.arn,
    };
    app.store.catalog.insert(&resource).map_err(|error| match error {
        StoreError::Exists { .. } => ApiError::Exists(format!(
            "Another resource with Amazon Resource Name (ARN) {} already exists.",
            resource.arn
        )),
        other => other.into(),
    })
}

/// The resource with this ARN, which must be of this kind.
pub(crate) fn find(app: &App, kind: Kind, arn: &str) -> Result<Resource, ApiError> {
    let found = app.store.catalog.get(arn)?.filter(|resource| resource.kind == kind.word());
    found.ok_or_else(|| ApiError::Missing(format!("The given {} does not exist: {arn}", kind.spoken())))
}

/// The version with this ARN, of a solution or of a recommender.
pub(crate) fn find_version(app: &App, arn: &str) -> Result<Resource, ApiError> {
    find(app, Kind::SolutionVersion, arn).or_else(|_| find(app, Kind::RecommenderVersion, arn))
}

/// A resource as [`find`] does, and it must be ACTIVE.
pub(crate) fn find_active(app: &App, kind: Kind, arn: &str) -> Result<Resource, ApiError> {
    let resource = find(app, kind, arn)?;
    if resource.status == status::ACTIVE {
        return Ok(resource);
    }
    let text = format!("The {} {arn} is {}: wait until it is ACTIVE", kind.spoken(), resource.status);
    Err(if is_changing(&resource) { ApiError::InUse(text) } else { ApiError::Invalid(text) })
}

/// Whether a job is still working on it.
pub(crate) fn is_changing(resource: &Resource) -> bool {
    [status::PENDING, status::IN_PROGRESS, status::STOPPING].contains(&resource.status.as_str())
}

/// All resources of a kind below a parent.
pub(crate) fn children(app: &App, kind: Kind, parent: &str) -> Result<Vec<Resource>, ApiError> {
    Ok(app.store.catalog.list(kind.word(), Some(parent), None, usize::MAX)?)
}

/// What Describe returns: what was given, the status, and when. Schemas have no status.
pub(crate) fn describe(resource: &Resource) -> Map<String, Value> {
    let mut members = public(resource).clone();
    if resource.kind != Kind::Schema.word() {
        members.insert("status".into(), resource.status.clone().into());
    }
    members.insert("creationDateTime".into(), seconds(resource.created_at));
    members.insert("lastUpdatedDateTime".into(), seconds(resource.updated_at));
    members
}

/// One page of a List operation: `{plural: [summaries], nextToken?}` with these members of each resource.
pub(crate) fn page(
    app: &App,
    input: &Input,
    (kind, parent): (Kind, Option<&str>),
    (plural, members): (&str, &[&str]),
) -> Result<Value, ApiError> {
    let limit = input.integer("maxResults", 1, 100)?.unwrap_or(100) as usize;
    let after = input.text("nextToken", 1500)?.map(token::read).transpose()?;
    let found = app.store.catalog.list(kind.word(), parent, after.as_deref(), limit + 1);
    let mut found = found.map_err(|error| match error {
        // The resource that the token names was deleted between two pages.
        StoreError::Missing { .. } => ApiError::NextToken,
        other => other.into(),
    })?;
    let more = found.len() > limit;
    found.truncate(limit);
    let summaries: Vec<Value> = found.iter().map(|resource| summary(resource, members)).collect();
    let mut answer = json!({ plural: summaries });
    if let Some(last) = found.last().filter(|_| more) {
        answer["nextToken"] = token::write(&last.arn).into();
    }
    Ok(answer)
}

fn summary(resource: &Resource, members: &[&str]) -> Value {
    let mut all = describe(resource);
    all.retain(|key, _| {
        members.contains(&key.as_str())
            || ["status", "creationDateTime", "lastUpdatedDateTime"].contains(&key.as_str())
    });
    all.into()
}

/// What the caller gave.
pub(crate) fn public(resource: &Resource) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    resource.doc["public"].as_object().unwrap_or(&EMPTY)
}

/// A text of what the caller gave, or empty.
pub(crate) fn public_text<'a>(resource: &'a Resource, key: &str) -> &'a str {
    resource.doc["public"][key].as_str().unwrap_or_default()
}

/// What a job found out, or null.
pub(crate) fn private<'a>(resource: &'a Resource, key: &str) -> &'a Value {
    &resource.doc["private"][key]
}

/// Epoch seconds with milliseconds, as the service sends them.
pub(crate) fn seconds(ms: i64) -> Value {
    (ms as f64 / 1000.0).into()
}

/// Removes a resource, unless something is still working on it.
pub(crate) fn delete(app: &App, resource: &Resource) -> Result<Value, ApiError> {
    if is_changing(resource) {
        return Err(in_use(resource, "it is still being created"));
    }
    app.store.catalog.delete(&resource.arn)?;
    Ok(json!({}))
}

/// «… is in use: …».
pub(crate) fn in_use(resource: &Resource, why: &str) -> ApiError {
    ApiError::InUse(format!("{} is in use: {why}", resource.arn))
}

/// Page tokens: opaque to clients, the last ARN to us.
mod token {
    use crate::error::ApiError;

    pub(super) fn write(arn: &str) -> String {
        arn.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn read(token: &str) -> Result<String, ApiError> {
        let bytes: Option<Vec<u8>> = (0..token.len())
            .step_by(2)
            .map(|at| token.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        let arn = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|arn| arn.starts_with("arn:"));
        arn.ok_or(ApiError::NextToken)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_token_reads_back_and_anything_else_is_refused() {
            assert_eq!(read(&write("arn:aws:x/ü")).unwrap(), "arn:aws:x/ü");
            for bad in ["", "zz", "a", "ürgl", "6161"] {
                assert!(matches!(read(bad), Err(ApiError::NextToken)), "{bad}");
            }
        }
    }
}
