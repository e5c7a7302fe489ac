use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::blame::{blame, malformed};
use super::properties::{self, Lifted, Properties};
use super::quick;
use crate::limits::{MAX_ATTRIBUTION_SOURCE_CHARS, MAX_IMPRESSION_ITEMS};
use crate::{Event, EventId, EventType, Glance, Invalid, ItemId, Millis, RecommendationId, SentEvent};

/// Numbers above this are milliseconds already: as seconds it is the year 5138. [seen from JavaScript clients]
const SECONDS_END: f64 = 1e11;
/// The same moment in milliseconds: what is later could not be written as seconds and read back.
const MILLIS_END: f64 = SECONDS_END * 1000.0;

/// A text that is borrowed where it has no escapes: the plain `Cow` of serde would copy each within an `Option`.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// An event as the protocol spells it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    #[serde(borrow)]
    event_type: Option<Text<'a>>,
    sent_at: Option<f64>,
    event_id: Option<Text<'a>>,
    item_id: Option<Text<'a>>,
    event_value: Option<f64>,
    #[serde(borrow)]
    properties: Option<Properties<'a>>,
    recommendation_id: Option<Text<'a>>,
    impression: Option<Vec<Text<'a>>>,
    metric_attribution: Option<AttributionJson<'a>>,
}

/// The same, as we write it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventJson<'a> {
    event_type: &'a str,
    sent_at: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_value: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommendation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    impression: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric_attribution: Option<AttributionOut<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttributionJson<'a> {
    #[serde(borrow)]
    event_attribution_source: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttributionOut<'a> {
    event_attribution_source: &'a str,
}

impl Event {
    /// Reads and checks one member of `eventList`.
    ///
    /// # Errors
    /// What to change, for the first thing that is wrong.
    pub fn from_json(json: &str) -> Result<Self, Invalid> {
        Event::read(json).map(Event::into_owned)
    }

    /// Writes it as a member of `eventList`; [`Event::from_json`] gives it back.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text, numbers and lists are always valid JSON")
    }
}

impl<'a> Event<Cow<'a, str>> {
    /// By serde_json, which has the last word on what is valid.
    fn read(json: &'a str) -> Result<Self, Invalid> {
        let sent: Sent<'a> = serde_json::from_str(json).map_err(|_| blame(json))?;
        sent.check()
    }
}

impl<'a> SentEvent<'a> {
    /// Reads and checks one member of `eventList` without copying its texts.
    ///
    /// # Errors
    /// What to change, for the first thing that is wrong.
    pub fn read(json: &'a str) -> Result<Self, Invalid> {
        quick::event(json).map_or_else(|| Self::read_carefully(json), Ok)
    }

    /// The same by serde_json alone, which reads everything.
    pub(super) fn read_carefully(json: &'a str) -> Result<Self, Invalid> {
        let Event { event_id, event_type, sent_at, item_id, event_value, .. } = Event::read(json)?;
        Ok(Self { text: json, event_id, event_type, sent_at, item_id, event_value })
    }

    /// What happened to which item and when, of an event that was [read](Self::read) before: costs a third of reading it
    /// again, since what stands behind that is not looked at. `None` where it does not say all three in front, as when the
    /// item is among the properties.
    pub fn glance(json: &'a str) -> Option<Glance<'a>> {
        quick::glance(json)
    }

    /// All of it.
    pub fn whole(&self) -> Event<Cow<'a, str>> {
        let read = Event::read(self.text).expect("it was checked when it was read");
        Event { sent_at: self.sent_at, ..read }
    }

    /// All of it, independent of the request.
    pub fn into_owned(self) -> Event {
        self.whole().into_owned()
    }
}

impl<'a> Sent<'a> {
    fn check(self) -> Result<Event<Cow<'a, str>>, Invalid> {
        let event_type: EventType<_> =
            self.event_type.ok_or(Invalid::Missing { field: "eventType" })?.0.try_into()?;
        let sent_at = millis("sentAt", self.sent_at.ok_or(Invalid::Missing { field: "sentAt" })?)?;
        let lifted = match self.properties {
            Some(properties) => properties::read(properties, &event_type)?,
            None => Lifted::default(),
        };
        let item_id = self.item_id.map(|Text(id)| ItemId::try_from(id)).transpose()?;
        Ok(Event {
            event_id: self.event_id.map(|Text(id)| EventId::try_from(id)).transpose()?,
            event_type,
            sent_at,
            item_id: item_id.or(lifted.item_id),
            event_value: self.event_value.map(finite).transpose()?.or(lifted.event_value),
            properties: lifted.rest,
            recommendation_id: self
                .recommendation_id
                .map(|Text(id)| RecommendationId::try_from(id))
                .transpose()?,
            impression: impression(self.impression)?,
            attribution_source: self.metric_attribution.map(attribution).transpose()?,
        })
    }
}

impl<'a, T: AsRef<str>> From<&'a Event<T>> for EventJson<'a> {
    fn from(event: &'a Event<T>) -> Self {
        Self {
            event_type: event.event_type.as_str(),
            sent_at: seconds(event.sent_at),
            event_id: event.event_id.as_ref().map(EventId::as_str),
            item_id: event.item_id.as_ref().map(ItemId::as_str),
            event_value: event.event_value,
            properties: event.properties.as_ref().map(T::as_ref),
            recommendation_id: event.recommendation_id.as_ref().map(RecommendationId::as_str),
            impression: event.impression.iter().map(ItemId::as_str).collect(),
            metric_attribution: event
                .attribution_source
                .as_ref()
                .map(T::as_ref)
                .map(|event_attribution_source| AttributionOut { event_attribution_source }),
        }
    }
}

impl<T: AsRef<str>> Serialize for Event<T> {
    /// As a member of `eventList`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EventJson::from(self).serialize(serializer)
    }
}

/// Epoch seconds with a fraction, or milliseconds if the number is too large for seconds.
#[inline]
pub(super) fn millis(field: &'static str, at: f64) -> Result<Millis, Invalid> {
    let millis = if at >= SECONDS_END { at } else { at * 1000.0 };
    if (0.0..MILLIS_END).contains(&millis) {
        // `round` needs std; the value is not negative, so half up is the same.
        Ok(Millis((millis + 0.5) as i64))
    } else {
        Err(malformed(field, "send epoch seconds between 1970 and 5138"))
    }
}

pub(super) fn seconds(Millis(at): Millis) -> f64 {
    at as f64 / 1000.0
}

pub(super) fn finite(value: f64) -> Result<f32, Invalid> {
    let value = value as f32;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(malformed("eventValue", "send a number of at most 3.4e38"))
    }
}

fn impression(sent: Option<Vec<Text<'_>>>) -> Result<Vec<ItemId<Cow<'_, str>>>, Invalid> {
    let Some(items) = sent else { return Ok(Vec::new()) };
    match items.len() {
        0 => Err(Invalid::Empty { field: "impression" }),
        1..=MAX_IMPRESSION_ITEMS => items.into_iter().map(|Text(id)| ItemId::try_from(id)).collect(),
        _ => Err(Invalid::TooLong { field: "impression", max: MAX_IMPRESSION_ITEMS }),
    }
}

fn attribution(
    AttributionJson { event_attribution_source: Text(source) }: AttributionJson<'_>,
) -> Result<Cow<'_, str>, Invalid> {
    let field = "metricAttribution.eventAttributionSource";
    if source.len() > MAX_ATTRIBUTION_SOURCE_CHARS {
        return Err(Invalid::TooLong { field, max: MAX_ATTRIBUTION_SOURCE_CHARS });
    }
    let is_printable = source.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_printable && source.bytes().any(|byte| byte != b' ') {
        Ok(source)
    } else {
        Err(malformed(field, "send printable ASCII characters"))
    }
}
