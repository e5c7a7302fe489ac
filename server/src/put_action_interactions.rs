//! PutActionInteractions: what users answered to offers. Each is an event of the log whose tracker belongs to a dataset of
//! action interactions, with the action in the place of the item; so they have the same outcomes, and repeats count once.
//!
//! It is not: a door of its own to the log. What is said about events holds for them too.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use bowerbird_recipes::next_best_action::Answer;
use bowerbird_sdk_server::ingest::{Ingest, IngestError};
use bowerbird_wire::{Invalid, PutEvents, Refused, SentEvent, SessionId, TrackingId, UserId};
use serde_json::{Map, Value};

use crate::app::App;
use crate::arn::is_dataset;
use crate::control::{Input, invalid};
use crate::error::{ApiError, Protocol};
use crate::http::{dress, refuse_events};

/// Interactions of one call. [model]
const MAX_ROWS: usize = 10;
/// Member of an action interaction → member of an event.
const MEMBERS: [(&str, &str); 7] = [
    ("eventType", "eventType"),
    ("timestamp", "sentAt"),
    ("actionId", "itemId"),
    ("eventId", "eventId"),
    ("recommendationId", "recommendationId"),
    ("impression", "impression"),
    ("properties", "properties"),
];

/// `POST /action-interactions`
pub(crate) async fn answer(State((app, ingest)): State<(Arc<App>, Arc<Ingest>)>, body: Bytes) -> Response {
    let rows = match Input::parse(&body).and_then(|input| rows(&app, &input)) {
        Ok(rows) => rows,
        Err(error) => return dress(Err(error), Protocol::Rest),
    };
    match put(&ingest, &rows).await {
        Ok(()) => dress(Ok(Value::Null), Protocol::Rest),
        Err(error) => refuse_events(&error),
    }
}

/// The rows of a call that may come in.
struct Rows {
    tracking_id: TrackingId,
    rows: Vec<Row>,
}

/// One action interaction.
struct Row {
    session_id: SessionId,
    user_id: Option<UserId>,
    /// As an event.
    text: String,
    fault: Option<Invalid>,
}

impl Row {
    fn event(&self) -> Result<SentEvent<'_>, Refused> {
        let checked = self.fault.clone().map_or_else(|| SentEvent::read(&self.text), Err);
        checked.map_err(|reason| Refused { reason, event_id: None, raw: self.text.clone() })
    }
}

fn rows(app: &App, input: &Input) -> Result<Rows, ApiError> {
    let tracking_id = input.required("trackingId", 256)?;
    let dataset = app.trackers.group(tracking_id).ok_or_else(|| {
        ApiError::Missing(format!(
            "trackingId {tracking_id} is unknown: DescribeDataset has that of action interactions"
        ))
    })?;
    if !is_dataset(&dataset) {
        return Err(ApiError::Invalid(format!(
            "trackingId {tracking_id} is that of an event tracker: DescribeDataset has that of action interactions"
        )));
    }
    let list = input.value("actionInteractions").and_then(Value::as_array);
    let list = list.filter(|list| (1..=MAX_ROWS).contains(&list.len()));
    let list =
        list.ok_or_else(|| invalid("actionInteractions", &format!("must be a list of 1 to {MAX_ROWS}")))?;
    Ok(Rows {
        tracking_id: TrackingId::try_from(tracking_id)
            .map_err(|error| ApiError::Invalid(error.to_string()))?,
        rows: list.iter().map(row).collect(),
    })
}

fn row(sent: &Value) -> Row {
    let members = MEMBERS.iter().filter_map(|(from, to)| {
        let value = sent.get(from).filter(|value| !value.is_null())?;
        Some(((*to).to_owned(), value.clone()))
    });
    let text = Value::from(members.collect::<Map<_, _>>()).to_string();
    let read = || -> Result<(SessionId, Option<UserId>), Invalid> {
        let session = required(sent, "sessionId")?;
        required(sent, "actionId")?;
        if Answer::of(required(sent, "eventType")?).is_none() {
            return Err(malformed("eventType", "send Taken, Not Taken or Viewed"));
        }
        if !sent["timestamp"].is_number() {
            return Err(malformed("timestamp", "send epoch seconds as a number"));
        }
        let user = sent["userId"].as_str().map(UserId::try_from).transpose()?;
        SentEvent::read(&text)?;
        Ok((SessionId::try_from(session)?, user))
    };
    let nobody = || SessionId::try_from("unknown").expect("it is a good id");
    match read() {
        Ok((session_id, user_id)) => Row { session_id, user_id, text, fault: None },
        Err(fault) => Row { session_id: nobody(), user_id: None, text: sent.to_string(), fault: Some(fault) },
    }
}

fn required<'a>(sent: &'a Value, field: &'static str) -> Result<&'a str, Invalid> {
    match &sent[field] {
        Value::Null => Err(Invalid::Missing { field }),
        Value::String(text) if text.is_empty() => Err(Invalid::Empty { field }),
        Value::String(text) => Ok(text),
        _ => Err(malformed(field, "send a string")),
    }
}

fn malformed(field: &'static str, expected: &str) -> Invalid {
    Invalid::Malformed { field, expected: expected.to_owned() }
}

/// All or nothing, as AWS does: one wrong row refuses the call, and all of it is kept with the reason. Rows of different
/// users go one after another; who sends a call again that was cut short loses nothing, since repeats count once.
async fn put(ingest: &Ingest, Rows { tracking_id, rows }: &Rows) -> Result<(), IngestError> {
    let is_refused = rows.iter().any(|row| row.fault.is_some());
    let is_one = |a: &Row, b: &Row| is_refused || (&a.session_id, &a.user_id) == (&b.session_id, &b.user_id);
    for chunk in rows.chunk_by(is_one) {
        let put = PutEvents {
            tracking_id: tracking_id.clone(),
            session_id: chunk[0].session_id.clone(),
            user_id: chunk[0].user_id.clone(),
            uploaded_at: None,
            context: None,
            events: chunk.iter().map(Row::event).collect(),
        };
        ingest.put_events_whole(put).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_action_interaction_is_an_event_with_the_action_in_the_place_of_the_item() {
        let sent = json!({"actionId": "a", "sessionId": "s", "userId": "u", "timestamp": 5.5, "eventType": "TAKEN",
            "eventId": "e", "properties": "{\"discount\": 2}"});
        let row = row(&sent);
        assert_eq!(row.fault, None);
        let event = SentEvent::read(&row.text).unwrap();
        assert_eq!((event.item_id.unwrap().as_str(), event.sent_at.0), ("a", 5500));
        assert_eq!((row.session_id.as_str(), row.user_id.unwrap().as_str()), ("s", "u"));
    }

    #[test]
    fn what_is_wrong_is_named_as_the_sender_spells_it() {
        let good = json!({"actionId": "a", "sessionId": "s", "timestamp": 5, "eventType": "Viewed"});
        assert_eq!(row(&good).fault, None);
        for (key, value) in [
            ("actionId", Value::Null),
            ("actionId", "".into()),
            ("sessionId", 5.into()),
            ("timestamp", "soon".into()),
            ("eventType", "bought".into()),
        ] {
            let mut sent = good.clone();
            sent[key] = value;
            let fault = row(&sent).fault.unwrap().to_string();
            assert!(fault.starts_with(key), "{fault}");
        }
    }
}
