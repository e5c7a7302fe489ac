//! What an entry of the event log means: an interaction (one training row), or a session that turned out to be a user's.

use std::borrow::Cow;

use bowerbird_sdk_server::ingest::Entry;
use bowerbird_wire::{SentEvent, UserId};
use serde_json::{Map, Value};

use crate::control::squeeze;
use crate::jobs::cell;

/// One interaction: an event that happened to an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interaction<'a> {
    /// Absent while nobody signed in: then the session stands in.
    pub(crate) user: Option<&'a str>,
    /// Empty for imported rows.
    pub(crate) session: &'a str,
    pub(crate) item: &'a str,
    pub(crate) event_type: &'a str,
    pub(crate) event_value: Option<f32>,
    pub(crate) at_ms: i64,
    /// The values of further columns that were asked for, empty where nothing is known; nothing where none were.
    pub(crate) further: &'a [String],
}

/// The dataset group of an entry, if it is an event.
pub(crate) fn group_of<'a>(entry: &'a Entry<'_>) -> Option<&'a str> {
    match entry {
        Entry::Event { dataset_group, .. } => Some(dataset_group),
        _ => None,
    }
}

/// The user and the session of an entry, if it is an event.
pub(crate) fn who<'a>(entry: &'a Entry<'_>) -> Option<(Option<&'a str>, &'a str)> {
    let Entry::Event { user_id, session_id, .. } = entry else { return None };
    Some((user_id.as_ref().map(UserId::as_str), session_id.as_str()))
}

/// The interaction that an entry records, if it is an event with an item.
pub(crate) fn interaction<'a>(entry: &'a Entry<'_>) -> Option<Interaction<'a>> {
    let Entry::Event { user_id, session_id, event, .. } = entry else { return None };
    Interaction::new(user_id.as_ref().map(UserId::as_str), session_id.as_str(), event)
}

impl<'a> Interaction<'a> {
    /// What an event is, if something happened to an item.
    pub(crate) fn new(user: Option<&'a str>, session: &'a str, event: &'a SentEvent<'_>) -> Option<Self> {
        let item = event.item_id.as_ref().filter(|_| event.is_interaction())?;
        Some(Self {
            user,
            session,
            item: item.as_str(),
            event_type: event.event_type.as_str(),
            event_value: event.event_value,
            at_ms: event.sent_at.0,
            further: &[],
        })
    }
}

/// What the properties of an event say in these further columns. A property is a column in lower camel case (reference §2.2).
pub(crate) fn further(entry: &Entry<'_>, columns: &[String]) -> Vec<String> {
    let mut values = vec![String::new(); columns.len()];
    let Entry::Event { event, .. } = entry else { return values };
    let properties = event.whole().properties;
    let properties = properties.and_then(|text| serde_json::from_str::<Map<String, Value>>(&text).ok());
    for (name, property) in properties.iter().flatten() {
        let name = squeeze(name);
        if let Some(at) = columns.iter().position(|column| squeeze(column) == name) {
            values[at] = cell(property);
        }
    }
    values
}

/// The session and the user that an entry ties together: those of any event with both.
pub(crate) fn link<'a>(entry: &'a Entry<'_>) -> Option<(&'a str, Cow<'a, str>)> {
    let Entry::Event { session_id, .. } = entry else { return None };
    let user = entry.user()?;
    (session_id.as_str() != user).then_some((session_id.as_str(), user))
}

/// Timestamps above this are milliseconds already: as seconds it is the year 5138.
const SECONDS_END: i64 = 100_000_000_000;

/// A time of a row, which is in seconds, or in milliseconds as some write it.
pub(crate) fn milliseconds(time: i64) -> i64 {
    if time.abs() < SECONDS_END { time * 1000 } else { time }
}
