use std::borrow::Cow;

use bowerbird_store::Record;
use bowerbird_wire::limits::MAX_EVENT_BYTES;
use bowerbird_wire::{Glance, Invalid, Millis, PutEvents, SentEvent, SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Accepted;

/// What a log record holds. Its texts are borrowed from the record, or from the request that the record is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<'a> {
    /// An event that was accepted.
    Event {
        /// The ARN of the dataset group whose tracker took it.
        dataset_group: Cow<'a, str>,
        /// Absent as long as nobody signed in.
        user_id: Option<UserId<Cow<'a, str>>>,
        /// One visit.
        session_id: SessionId<Cow<'a, str>>,
        /// The page that it happened in, if its sender said: an object as JSON.
        context: Option<&'a str>,
        /// `sent_at` is corrected where the sender's clock was found to be wrong.
        event: SentEvent<'a>,
    },
    /// An event that was refused.
    Refused {
        /// The ARN of the dataset group whose tracker it named.
        dataset_group: Option<Cow<'a, str>>,
        /// What its sender was told.
        reason: Cow<'a, str>,
        /// The event as it was sent; at most [`MAX_EVENT_BYTES`] bytes of it.
        raw: Cow<'a, str>,
        /// Where it came in.
        door: Door,
    },
    /// Events that were in the log already.
    Duplicates {
        /// The ARN of the dataset group whose tracker they named.
        dataset_group: Cow<'a, str>,
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

/// What the events of a call have in common: the origin of their records. Their bodies are the events, byte for byte as
/// they were sent, so that nothing is written that was not read and nothing is written twice.
///
/// It is written as a list, `[datasetGroup, sessionId, userId, skewMs, context]`, without what is absent at its end. Before
/// version 3 of the log it was an object, which is read too.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Origin<'a> {
    #[serde(borrow)]
    dataset_group: Cow<'a, str>,
    #[serde(borrow)]
    session_id: Cow<'a, str>,
    #[serde(borrow, default)]
    user_id: Option<Cow<'a, str>>,
    /// How far the sender's clock was behind ours.
    #[serde(default)]
    skew_ms: i64,
    /// As it was sent.
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
}

/// The body of a record without an origin.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Alone<'a> {
    /// How events were kept before records had origins.
    #[serde(skip_serializing)]
    Event {
        #[serde(borrow)]
        dataset_group: Cow<'a, str>,
        #[serde(borrow)]
        user_id: Option<Cow<'a, str>>,
        #[serde(borrow)]
        session_id: Cow<'a, str>,
        #[serde(borrow)]
        event: &'a RawValue,
    },
    Refused {
        #[serde(borrow, skip_serializing_if = "Option::is_none")]
        dataset_group: Option<Cow<'a, str>>,
        #[serde(borrow)]
        reason: Cow<'a, str>,
        #[serde(borrow)]
        raw: Cow<'a, str>,
        door: Door,
    },
    Duplicates {
        #[serde(borrow)]
        dataset_group: Cow<'a, str>,
        count: u64,
    },
}

impl<'a> Entry<'a> {
    /// Reads a log record back.
    ///
    /// # Errors
    /// [`Unreadable`] when it was not written by this or an earlier version.
    pub fn decode(record: &'a Record) -> Result<Self, Unreadable> {
        Call::read(record.origin.as_deref())?.entry(&record.body)
    }

    /// The event, if it was accepted.
    pub fn event(&self) -> Option<&SentEvent<'a>> {
        match self {
            Self::Event { event, .. } => Some(event),
            _ => None,
        }
    }

    /// What an [`Observer`](super::Observer) is told of events of the call that this entry is of.
    pub fn accepted<'e>(&'e self, events: &'e [&'e SentEvent<'e>]) -> Option<Accepted<'e>> {
        let Self::Event { dataset_group, user_id, session_id, .. } = self else { return None };
        let (user_id, session_id) = (user_id.as_ref().map(UserId::as_str), session_id.as_str());
        Some(Accepted { dataset_group, user_id, session_id, events })
    }
}

/// What the records of a call have in common, read once for all of them.
pub(super) enum Call<'a> {
    Of(Common<'a>),
    /// A record that shares nothing.
    Alone,
}

/// An origin whose ids are checked.
pub(super) struct Common<'a> {
    pub(super) dataset_group: Cow<'a, str>,
    pub(super) user_id: Option<UserId<Cow<'a, str>>>,
    pub(super) session_id: SessionId<Cow<'a, str>>,
    skew_ms: i64,
    context: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(super) fn read(origin: Option<&'a [u8]>) -> Result<Self, Unreadable> {
        let Some(origin) = origin else { return Ok(Self::Alone) };
        let origin = Origin::decode(std::str::from_utf8(origin).map_err(unreadable)?)?;
        Ok(Self::Of(origin.check().map_err(unreadable)?))
    }

    /// What is common to its events.
    pub(super) fn common(&self) -> Option<&Common<'a>> {
        match self {
            Self::Of(common) => Some(common),
            Self::Alone => None,
        }
    }

    /// What an event of the call says of an item, if that can be seen without reading all of it.
    pub(super) fn glance(&self, body: &'a [u8]) -> Option<Glance<'a>> {
        let skew_ms = self.common()?.skew_ms;
        let mut seen = SentEvent::glance(std::str::from_utf8(body).ok()?)?;
        seen.sent_at = corrected(seen.sent_at, skew_ms);
        Some(seen)
    }

    /// What a record of the call holds.
    pub(super) fn entry(&self, body: &'a [u8]) -> Result<Entry<'a>, Unreadable> {
        match self {
            Self::Of(common) => {
                common.entry(std::str::from_utf8(body).map_err(unreadable)?).map_err(unreadable)
            }
            Self::Alone => Alone::decode(body)?.entry(),
        }
    }
}

impl<'a> Common<'a> {
    fn entry(&self, event: &'a str) -> Result<Entry<'a>, Invalid> {
        let mut event = SentEvent::read(event)?;
        correct(&mut event, self.skew_ms);
        Ok(Entry::Event {
            dataset_group: self.dataset_group.clone(),
            user_id: self.user_id.clone(),
            session_id: self.session_id.clone(),
            context: self.context,
            event,
        })
    }
}

impl<'a> Origin<'a> {
    pub(super) fn new(dataset_group: &'a str, put: &'a PutEvents<'_>, skew_ms: i64) -> Self {
        Self {
            dataset_group: dataset_group.into(),
            user_id: put.user_id.as_ref().map(|user| user.as_str().into()),
            session_id: put.session_id.as_str().into(),
            skew_ms,
            context: put.context.map(|text| serde_json::from_str(text).expect("it was read as JSON")),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let Self { dataset_group, session_id, user_id, skew_ms, context } = self;
        match (context, skew_ms, user_id) {
            (Some(context), ..) => json(&(dataset_group, session_id, user_id, skew_ms, context)),
            (None, 0, None) => json(&(dataset_group, session_id)),
            (None, 0, Some(user_id)) => json(&(dataset_group, session_id, user_id)),
            (None, ..) => json(&(dataset_group, session_id, user_id, skew_ms)),
        }
    }

    fn decode(text: &'a str) -> Result<Self, Unreadable> {
        Self::plain(text).map_or_else(|| serde_json::from_str(text).map_err(unreadable), Ok)
    }

    /// What nearly every origin looks like, since each record of a call asks for it: texts as they stand there.
    fn plain(text: &'a str) -> Option<Self> {
        let (group, rest) = text.strip_prefix("[\"")?.split_once('"')?;
        let (session, rest) = rest.strip_prefix(",\"")?.split_once('"')?;
        let user = if rest == "]" { None } else { Some(rest.strip_prefix(",\"")?.strip_suffix("\"]")?) };
        let is_plain = !text.contains('\\') && user.is_none_or(|user| !user.contains('"'));
        is_plain.then(|| Self {
            dataset_group: group.into(),
            session_id: session.into(),
            user_id: user.map(Cow::from),
            skew_ms: 0,
            context: None,
        })
    }

    fn check(self) -> Result<Common<'a>, Invalid> {
        Ok(Common {
            dataset_group: self.dataset_group,
            user_id: self.user_id.map(UserId::try_from).transpose()?,
            session_id: SessionId::try_from(self.session_id)?,
            skew_ms: self.skew_ms,
            context: self.context.map(RawValue::get),
        })
    }
}

/// Moves an event to the time when it would have been sent by our clock.
pub(super) fn correct(event: &mut SentEvent<'_>, skew_ms: i64) {
    event.sent_at = corrected(event.sent_at, skew_ms);
}

fn corrected(sent_at: Millis, skew_ms: i64) -> Millis {
    Millis(sent_at.0.saturating_add(skew_ms).max(0))
}

impl<'a> Alone<'a> {
    /// An event that was refused, cut where it is longer than any event may be.
    pub(super) fn refused(dataset_group: &'a str, reason: String, raw: &'a str, door: Door) -> Self {
        let raw = raw[..raw.floor_char_boundary(MAX_EVENT_BYTES)].into();
        Self::Refused { dataset_group: Some(dataset_group.into()), reason: reason.into(), raw, door }
    }

    pub(super) fn record(&self, at_ms: i64) -> Record {
        Record::new(at_ms, json(self))
    }

    fn decode(body: &'a [u8]) -> Result<Self, Unreadable> {
        serde_json::from_slice(body).map_err(unreadable)
    }

    fn entry(self) -> Result<Entry<'a>, Unreadable> {
        Ok(match self {
            Self::Event { dataset_group, user_id, session_id, event } => {
                let origin = Origin { dataset_group, user_id, session_id, skew_ms: 0, context: None };
                origin.check().and_then(|common| common.entry(event.get())).map_err(unreadable)?
            }
            Self::Refused { dataset_group, reason, raw, door } => {
                Entry::Refused { dataset_group, reason, raw, door }
            }
            Self::Duplicates { dataset_group, count } => Entry::Duplicates { dataset_group, count },
        })
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("text and numbers are always valid JSON")
}

fn unreadable(cause: impl std::fmt::Display) -> Unreadable {
    Unreadable(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_it_was_written_whatever_its_texts() {
        let context: &RawValue = serde_json::from_str(r#"{"page":"a, \"b\""}"#).unwrap();
        let odd = ["plain", "a\"]", "\\", "\",\"", "\u{0}ü", "[\"g\""];
        for (group, session) in odd.iter().flat_map(|group| odd.map(|session| (*group, session))) {
            let users = odd.map(|user| Some(Cow::from(user))).into_iter().chain([None]);
            for (user_id, (skew_ms, context)) in users
                .flat_map(|user| [(0, None), (-5, None), (0, Some(context))].map(|more| (user.clone(), more)))
            {
                let origin = Origin {
                    dataset_group: group.into(),
                    session_id: session.into(),
                    user_id,
                    skew_ms,
                    context,
                };
                let text = String::from_utf8(origin.encode()).unwrap();
                let read = Origin::decode(&text).unwrap();
                assert_eq!(read.encode(), text.as_bytes());
                assert_eq!((&*read.dataset_group, &*read.session_id), (group, session));
                assert_eq!((read.user_id, read.skew_ms), (origin.user_id, skew_ms));
            }
        }
    }
}
