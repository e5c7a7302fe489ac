//! What an owner may look into: which events arrived, which were refused and why, how far a job is.

mod events;
mod progress;
mod refused;
mod stream;
mod watch;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bowerbird_sdk_server::ingest::Entry;
use bowerbird_store::Offset;
use bowerbird_wire::SentEvent;
use serde_json::{Value, json};

pub(crate) use self::events::events;
pub(crate) use self::progress::progress;
pub(crate) use self::refused::refused;
pub(crate) use self::stream::stream;
pub(crate) use self::watch::{metrics, ready};
use crate::app::App;
use crate::error::{ApiError, Protocol};
use crate::http::{blocking, refuse};

/// Rows of one page, when the caller does not say, and at most.
const ROWS: (usize, usize) = (100, 10_000);

/// A page of what the event log holds for a tracker.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    tracking_id: String,
    /// The first offset to look at: 0, or the `next` of the page before.
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

/// `{plural: [rows], next}`; `next` is null on the last page.
async fn answer(
    app: Arc<App>,
    page: Page,
    plural: &'static str,
    row: fn(&str, Offset, Entry<'_>) -> Option<Value>,
) -> Response {
    match blocking(move || read(&app, &page, plural, row)).await {
        Ok(value) => json_response(StatusCode::OK, &value),
        Err(error) => refuse(&error, Protocol::Rest),
    }
}

fn read(
    app: &App,
    page: &Page,
    plural: &str,
    row: fn(&str, Offset, Entry<'_>) -> Option<Value>,
) -> Result<Value, ApiError> {
    let group = app.trackers.group(&page.tracking_id).ok_or_else(|| unknown_tracker(&page.tracking_id))?;
    let limit = page.limit.unwrap_or(ROWS.0).clamp(1, ROWS.1);
    let mut rows = Vec::new();
    let mut next = None;
    for record in app.store.events.scan(Offset(page.after)) {
        let Some((offset, record)) = reported(record) else { continue };
        if rows.len() == limit {
            next = Some(offset.0);
            break;
        }
        rows.extend(reported(Entry::decode(&record)).and_then(|entry| row(&group, offset, entry)));
    }
    Ok(json!({ plural: rows, "next": next }))
}

fn unknown_tracker(id: &str) -> ApiError {
    ApiError::Missing(format!("trackingId {id} is unknown: ListEventTrackers has those there are"))
}

/// An accepted event with whom it is ascribed to and the page that it happened in.
fn members(event: &SentEvent<'_>, user_id: Option<&str>, session_id: &str, context: Option<&str>) -> Value {
    let mut members: Value = serde_json::to_value(event.whole()).unwrap_or_default();
    members["sessionId"] = session_id.into();
    if let Some(user) = user_id {
        members["userId"] = user.into();
    }
    if let Some(context) = context.and_then(|text| serde_json::from_str(text).ok()) {
        members["context"] = context;
    }
    members
}

/// What can be read; damage is reported and passed over, since the rest is worth seeing.
fn reported<T, E: std::fmt::Display>(read: Result<T, E>) -> Option<T> {
    read.inspect_err(|error| tracing::error!("event log: {error}")).ok()
}

fn json_response(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
