//! CreateEventTracker: the tracking id under which events of a dataset group come in. One for each group.

use serde_json::{Value, json};

use super::Input;
use super::resource::{Draft, Kind, children, create, find, status};
use crate::app::App;
use crate::arn::{arn, hex8};
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    input.name("name")?;
    let group = find(app, Kind::DatasetGroup, input.arn("datasetGroupArn")?)?;
    if let Some(tracker) = children(app, Kind::EventTracker, &group.arn)?.first() {
        return Err(ApiError::Exists(format!(
            "{} has an event tracker already: {}. Use it, or delete it first.",
            group.arn, tracker.arn
        )));
    }
    let arn = arn(&app.settings, "event-tracker", &hex8());
    let tracking_id = uuid::Uuid::new_v4().to_string();
    let mut public = input.echo(&["name", "datasetGroupArn"]);
    public.insert("eventTrackerArn".into(), arn.clone().into());
    public.insert("accountId".into(), app.settings.account.clone().into());
    public.insert("trackingId".into(), tracking_id.clone().into());
    let draft = Draft {
        kind: Kind::EventTracker,
        arn: arn.clone(),
        parent: group.arn.clone(),
        status: status::ACTIVE,
        public,
    };
    create(app, draft)?;
    app.trackers.add(tracking_id.clone(), group.arn);
    Ok(json!({ "eventTrackerArn": arn, "trackingId": tracking_id }))
}
