//! `GET /datasets/events?trackingId=…&after=OFFSET&limit=N`: the accepted events of a tracker, oldest first.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use bowerbird_sdk_server::ingest::Entry;
use bowerbird_store::Offset;
use bowerbird_wire::UserId;
use serde_json::Value;

use super::{Page, answer, members};
use crate::app::App;

pub(crate) async fn events(State(app): State<Arc<App>>, Query(page): Query<Page>) -> Response {
    answer(app, page, "events", event).await
}

fn event(group: &str, offset: Offset, entry: Entry<'_>) -> Option<Value> {
    let Entry::Event { dataset_group, user_id, session_id, context, event } = entry else { return None };
    if dataset_group != group {
        return None;
    }
    let mut members = members(&event, user_id.as_ref().map(UserId::as_str), session_id.as_str(), context);
    members["offset"] = offset.0.into();
    Some(members)
}
