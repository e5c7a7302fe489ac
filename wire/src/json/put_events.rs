use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::blame::{malformed, value};
use super::event::{millis, seconds};
use super::quick;
use crate::limits::{MAX_CONTEXT_BYTES, MAX_EVENT_BYTES, MAX_EVENTS_PER_BATCH};
use crate::{Event, Invalid, Millis, SentEvent, SessionId, TrackingId, UserId};

/// One PutEvents call, checked event by event: one that is wrong does not refuse the others.
///
/// ```
/// use bowerbird_wire::PutEvents;
///
/// let body = br#"{"trackingId": "t", "sessionId": "s", "eventList": [
///     {"eventType": "click", "sentAt": 1553631760.5, "itemId": "1198"},
///     {"eventType": "click", "sentAt": "yesterday"}]}"#;
/// let put = PutEvents::parse(body)?;
/// assert_eq!(put.events[0].as_ref().unwrap().sent_at.0, 1_553_631_760_500);
/// assert!(put.events[1].is_err());
/// # Ok::<(), bowerbird_wire::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PutEvents<'a> {
    /// Names the event tracker.
    pub tracking_id: TrackingId,
    /// One visit. `"null"` is a session like any other here; Amazon drops its events silently.
    pub session_id: SessionId,
    /// Absent as long as nobody signed in.
    pub user_id: Option<UserId>,
    /// When the sender sent this body, by its own clock. Only our own packages say so (top-level `sentAt`).
    pub uploaded_at: Option<Millis>,
    /// The page that the events happened in: an object as JSON, of which nothing else is asked here, so that a page may
    /// say more than this version knows. Only our own packages say so (top-level `context`).
    pub context: Option<&'a str>,
    /// 1 to [`MAX_EVENTS_PER_BATCH`], in the order of `eventList`.
    pub events: Vec<Result<SentEvent<'a>, Refused>>,
}

/// An event that was refused, so that its owner can see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What to change.
    pub reason: Invalid,
    /// If it has a readable one.
    pub event_id: Option<String>,
    /// The event as it was sent.
    pub raw: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    tracking_id: Option<&'a RawValue>,
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow)]
    context: Option<&'a RawValue>,
    #[serde(borrow)]
    event_list: Option<Vec<&'a RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BodyOut<'a> {
    tracking_id: &'a str,
    session_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<f64>,
    event_list: Vec<&'a Event>,
}

impl<'a> PutEvents<'a> {
    /// Reads a request body.
    ///
    /// # Errors
    /// When no event can be taken: the body is not JSON, an id is missing or malformed, `eventList` is empty or longer
    /// than [`MAX_EVENTS_PER_BATCH`], `context` is no object or longer than [`MAX_CONTEXT_BYTES`].
    pub fn parse(body: &'a [u8]) -> Result<Self, Invalid> {
        quick::body(body).map_or_else(|| Self::parse_carefully(body), Ok)
    }

    /// The same by serde_json alone, which reads everything and says what is wrong.
    pub(super) fn parse_carefully(body: &'a [u8]) -> Result<Self, Invalid> {
        let body: Body<'_> = serde_json::from_slice(body).map_err(|error| unreadable(body, &error))?;
        let text = |field, raw| value::<String>(field, raw, "a string");
        let missing = |field| Invalid::Missing { field };
        let tracking_id = text("trackingId", body.tracking_id)?.ok_or(missing("trackingId"))?;
        let session_id = text("sessionId", body.session_id)?.ok_or(missing("sessionId"))?;
        let uploaded_at = value("sentAt", body.sent_at, "epoch seconds as a number")?;
        let list = body.event_list.ok_or(missing("eventList"))?;
        match list.len() {
            0 => return Err(Invalid::Empty { field: "eventList" }),
            1..=MAX_EVENTS_PER_BATCH => {}
            _ => return Err(Invalid::TooLong { field: "eventList", max: MAX_EVENTS_PER_BATCH }),
        }
        Ok(Self {
            tracking_id: tracking_id.try_into()?,
            session_id: session_id.try_into()?,
            user_id: text("userId", body.user_id)?.map(UserId::try_from).transpose()?,
            uploaded_at: uploaded_at.map(|at| millis("sentAt", at)).transpose()?,
            context: body.context.map(|raw| context(raw.get())).transpose()?,
            events: list.into_iter().map(|raw| event(raw.get())).collect(),
        })
    }

    /// Writes a request body, as our own packages send it.
    pub fn write<'e>(
        tracking_id: &TrackingId,
        session_id: &SessionId,
        user_id: Option<&UserId>,
        uploaded_at: Option<Millis>,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> String {
        let body = BodyOut {
            tracking_id: tracking_id.as_str(),
            session_id: session_id.as_str(),
            user_id: user_id.map(UserId::as_str),
            sent_at: uploaded_at.map(seconds),
            event_list: events.into_iter().collect(),
        };
        serde_json::to_string(&body).expect("text, numbers and lists are always valid JSON")
    }
}

/// The text of an object that is not too long.
pub(super) fn context(text: &str) -> Result<&str, Invalid> {
    match text.len() {
        _ if !text.starts_with('{') => Err(malformed("context", "send an object")),
        ..=MAX_CONTEXT_BYTES => Ok(text),
        _ => Err(Invalid::TooLong { field: "context", max: MAX_CONTEXT_BYTES }),
    }
}

/// Names the list if it is what cannot be read, else the body.
fn unreadable(body: &[u8], error: &serde_json::Error) -> Invalid {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shape<'a> {
        #[serde(borrow)]
        event_list: Option<&'a RawValue>,
    }
    match serde_json::from_slice(body) {
        Ok(Shape { event_list: Some(list) }) if !list.get().starts_with('[') => {
            malformed("eventList", "a list of events")
        }
        _ => malformed("body", format_args!("a PutEvents object as JSON ({error})")),
    }
}

pub(super) fn event(raw: &str) -> Result<SentEvent<'_>, Refused> {
    let checked = if raw.len() > MAX_EVENT_BYTES {
        Err(Invalid::TooLong { field: "event", max: MAX_EVENT_BYTES })
    } else {
        SentEvent::read_carefully(raw)
    };
    checked.map_err(|reason| Refused { reason, event_id: super::blame::event_id(raw), raw: raw.into() })
}
