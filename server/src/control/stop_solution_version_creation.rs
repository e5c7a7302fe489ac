//! StopSolutionVersionCreation: a waiting training is stopped at once, a running one at its next step.

use serde_json::{Value, json};

use super::Input;
use super::resource::{Kind, find, status};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let version = find(app, Kind::SolutionVersion, input.arn("solutionVersionArn")?)?;
    let next = match version.status.as_str() {
        status::PENDING => status::STOPPED,
        status::IN_PROGRESS | status::STOPPING => status::STOPPING,
        other => {
            return Err(ApiError::Invalid(format!("{} is {other}: there is nothing to stop", version.arn)));
        }
    };
    let now = app.now();
    app.store.catalog.update(&version.arn, &mut |resource| {
        resource.status = next.into();
        resource.updated_at = now;
    })?;
    app.board.stop(&version.arn);
    Ok(json!({}))
}
