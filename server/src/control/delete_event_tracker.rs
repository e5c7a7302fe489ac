//! DeleteEventTracker: its tracking id is refused from now on; recorded events stay in the dataset.

use serde_json::Value;

use super::resource::{Kind, delete, find};
use super::{Input, public_text};
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let tracker = find(app, Kind::EventTracker, input.arn("eventTrackerArn")?)?;
    app.trackers.remove(public_text(&tracker, "trackingId"));
    delete(app, &tracker)
}
