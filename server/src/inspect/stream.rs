//! `GET /datasets/events/stream?trackingId=…`: what comes in, as it comes in, as Server-Sent Events.
//!
//! Each message is named after what became of it (`accepted`, `refused`, `duplicates`) and its id is the offset in the
//! event log, so that a watcher that comes back goes on where it was. Filters: `outcome`, `userId`, `sessionId`,
//! `eventId`, `itemId`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use bowerbird_sdk_server::ingest::Entry;
use bowerbird_store::Offset;
use bowerbird_wire::UserId;
use futures_util::stream;
use serde_json::{Value, json};

use super::{members, reported, unknown_tracker};
use crate::app::App;
use crate::error::Protocol;
use crate::http::{blocking, refuse};

/// An eye notices no shorter delay, and one look costs nothing when nothing came.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Records read in one look; more wait for the next.
const RECORDS_PER_LOOK: usize = 2_000;
/// A watcher that is further behind is told how much it missed instead: it wanted to see what happens now.
const MOST_BEHIND: u64 = 100_000;

/// Whose events, and which of them.
#[derive(Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Watched {
    tracking_id: String,
    outcome: Option<String>,
    user_id: Option<String>,
    session_id: Option<String>,
    event_id: Option<String>,
    item_id: Option<String>,
}

struct Watcher {
    app: Arc<App>,
    group: Arc<str>,
    watched: Watched,
    next: u64,
    ready: VecDeque<Event>,
}

pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    Query(watched): Query<Watched>,
    headers: HeaderMap,
) -> Response {
    let Some(group) = app.trackers.group(&watched.tracking_id) else {
        return refuse(&unknown_tracker(&watched.tracking_id), Protocol::Rest);
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let next = last.map_or_else(|| app.store.events.end().0, |last| last.saturating_add(1));
    let watcher = Watcher { app, group, watched, next, ready: VecDeque::new() };
    let events = stream::unfold(watcher, next_event);
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Ends when the server does: it waits for every answer that is under way.
async fn next_event(mut watcher: Watcher) -> Option<(Result<Event, Infallible>, Watcher)> {
    while !watcher.app.board.is_closing() {
        if let Some(event) = watcher.ready.pop_front() {
            return Some((Ok(event), watcher));
        }
        let is_behind = watcher.next < watcher.app.store.events.end().0;
        if !is_behind {
            tokio::time::sleep(LOOK_EVERY).await;
            continue;
        }
        let (app, group, watched, from) =
            (watcher.app.clone(), watcher.group.clone(), watcher.watched.clone(), watcher.next);
        match blocking(move || Ok(look(&app, &group, &watched, from))).await {
            Ok((next, events)) => {
                watcher.next = next;
                watcher.ready = events;
            }
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
    None
}

/// What came since `from`, and where to go on.
fn look(app: &App, group: &str, watched: &Watched, from: u64) -> (u64, VecDeque<Event>) {
    let end = app.store.events.end().0;
    let mut events = VecDeque::new();
    let mut next = from;
    if end - from > MOST_BEHIND {
        next = end - MOST_BEHIND;
        events.push_back(message("missed", next - 1, &json!({ "records": next - from })));
    }
    for record in app.store.events.scan(Offset(next)).take(RECORDS_PER_LOOK) {
        let Some((offset, record)) = reported(record) else { continue };
        next = offset.0 + 1;
        let Some(entry) = reported(Entry::decode(&record)) else { continue };
        let Some((outcome, mut value)) = told(group, entry) else { continue };
        if watched.wants(outcome, &value) {
            value["receivedAt"] = record.at_ms.into();
            events.push_back(message(outcome, offset.0, &value));
        }
    }
    (next.max(from + 1), events)
}

fn message(name: &str, offset: u64, value: &Value) -> Event {
    Event::default().event(name).id(offset.to_string()).data(value.to_string())
}

/// What became of it, and what there is to see.
fn told(group: &str, entry: Entry<'_>) -> Option<(&'static str, Value)> {
    match entry {
        Entry::Event { dataset_group, user_id, session_id, context, event } if dataset_group == group => {
            let user = user_id.as_ref().map(UserId::as_str);
            Some(("accepted", members(&event, user, session_id.as_str(), context)))
        }
        Entry::Refused { dataset_group, reason, raw, .. } if dataset_group.as_deref() == Some(group) => {
            Some(("refused", json!({ "reason": reason, "raw": raw })))
        }
        Entry::Duplicates { dataset_group, count } if dataset_group == group => {
            Some(("duplicates", json!({ "count": count })))
        }
        _ => None,
    }
}

impl Watched {
    fn wants(&self, outcome: &str, value: &Value) -> bool {
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| value[name].as_str() == Some(wanted))
        };
        self.outcome.as_ref().is_none_or(|wanted| wanted == outcome)
            && is(&self.user_id, "userId")
            && is(&self.session_id, "sessionId")
            && is(&self.event_id, "eventId")
            && is(&self.item_id, "itemId")
    }
}
