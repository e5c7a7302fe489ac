use bowerbird_wire::limits::MAX_EVENT_BYTES;
use bowerbird_wire::{Event, SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the body of a log record holds, as JSON: `{"event": {…}}`, `{"refused": {…}}` or `{"duplicates": {…}}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// An event that was accepted.
    Event {
        /// The ARN of the dataset group whose tracker took it.
        dataset_group: String,
        /// Absent as long as nobody signed in.
        user_id: Option<UserId>,
        /// One visit.
        session_id: SessionId,
        /// `sent_at` is corrected where the sender's clock was found to be wrong.
        event: Event,
    },
    /// An event that was refused.
    Refused {
        /// The ARN of the dataset group whose tracker it named.
        dataset_group: Option<String>,
        /// What its sender was told.
        reason: String,
        /// The event as it was sent; at most [`MAX_EVENT_BYTES`] bytes of it.
        raw: String,
        /// Where it came in.
        door: Door,
    },
    /// Events that were in the log already.
    Duplicates {
        /// The ARN of the dataset group whose tracker they named.
        dataset_group: String,
        /// How many came in one call.
        count: u64,
    },
}

/// Which of the two protocols on `POST /events` a call spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// AWS clients: `application/json`, up to ten events, all or nothing.
    Aws,
    /// Our own packages: `text/plain` or `application/x-bowerbird+json`, up to 500 events, each with its own outcome.
    Own,
}

/// A log record that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("a record of the event log cannot be read ({0}): upgrade, or restore it from a backup")]
pub struct Unreadable(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Stored<'a> {
    Event {
        dataset_group: String,
        user_id: Option<String>,
        session_id: String,
        #[serde(borrow)]
        event: &'a RawValue,
    },
    Refused {
        dataset_group: Option<String>,
        reason: String,
        raw: String,
        door: Door,
    },
    Duplicates {
        dataset_group: String,
        count: u64,
    },
}

/// The same, as we write it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Written<'a> {
    Event {
        dataset_group: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
        session_id: &'a str,
        event: &'a Event,
    },
    Refused {
        #[serde(skip_serializing_if = "Option::is_none")]
        dataset_group: Option<&'a str>,
        reason: &'a str,
        raw: &'a str,
        door: Door,
    },
    Duplicates {
        dataset_group: &'a str,
        count: u64,
    },
}

impl Entry {
    /// The bytes of a log record.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&self.written()).expect("text, numbers and JSON are always valid JSON")
    }

    /// Reads a log record back.
    ///
    /// # Errors
    /// [`Unreadable`] when the bytes were not written by [`Entry::encode`] of this or an earlier version.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let json = serde_json::from_slice(bytes).map_err(|error| Unreadable(error.to_string()))?;
        Ok(match json {
            Stored::Event { dataset_group, user_id, session_id, event } => Self::Event {
                dataset_group,
                user_id: user_id.map(UserId::try_from).transpose().map_err(unreadable)?,
                session_id: SessionId::try_from(session_id).map_err(unreadable)?,
                event: Event::from_json(event.get()).map_err(unreadable)?,
            },
            Stored::Refused { dataset_group, reason, raw, door } => {
                Self::Refused { dataset_group, reason, raw, door }
            }
            Stored::Duplicates { dataset_group, count } => Self::Duplicates { dataset_group, count },
        })
    }

    /// An event that was refused, cut where it is longer than any event may be.
    pub(super) fn refused(dataset_group: &str, reason: String, mut raw: String, door: Door) -> Self {
        raw.truncate(raw.floor_char_boundary(MAX_EVENT_BYTES));
        Self::Refused { dataset_group: Some(dataset_group.into()), reason, raw, door }
    }

    fn written(&self) -> Written<'_> {
        match self {
            Self::Event { dataset_group, user_id, session_id, event } => Written::Event {
                dataset_group,
                user_id: user_id.as_ref().map(UserId::as_str),
                session_id: session_id.as_str(),
                event,
            },
            Self::Refused { dataset_group, reason, raw, door } => {
                Written::Refused { dataset_group: dataset_group.as_deref(), reason, raw, door: *door }
            }
            Self::Duplicates { dataset_group, count } => Written::Duplicates { dataset_group, count: *count },
        }
    }
}

fn unreadable(invalid: bowerbird_wire::Invalid) -> Unreadable {
    Unreadable(invalid.to_string())
}
