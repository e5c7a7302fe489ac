//! What nearly every call looks like, read in one pass. `None` sends the text to serde_json, which finds out what is
//! wrong with it, or that nothing is.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::event::{finite, millis};
use super::properties::{self, EVENT_VALUE, ITEM_ID, Lifted, Properties, is_forbidden};
use super::put_events::PutEvents;
use super::scan::{Escaped, Plain, Quotes, Scan};
use crate::event::IDENTIFY;
use crate::limits::{
    MAX_EVENT_BYTES, MAX_EVENTS_PER_BATCH, MAX_ID_CHARS, MAX_IMPRESSION_ITEMS, MAX_PROPERTIES_CHARS,
    MAX_RECOMMENDATION_ID_CHARS,
};
use crate::{EventType, Glance, SentEvent};

/// A whole body of PutEvents.
pub(super) fn body(body: &[u8]) -> Option<PutEvents<'_>> {
    let mut scan = Scan::<Plain>::new(core::str::from_utf8(body).ok()?);
    let (mut tracking_id, mut session_id, mut user_id) = (None, None, None);
    let (mut uploaded_at, mut context) = (None, None);
    let mut list = None;
    scan.object(|scan, key| match &*key {
        "trackingId" => once(&mut tracking_id, scan.string()?),
        "sessionId" => once(&mut session_id, scan.string()?),
        "userId" => once(&mut user_id, scan.string()?),
        "sentAt" => once(&mut uploaded_at, scan.number()?),
        "context" => once(&mut context, super::put_events::context(scan.value()?).ok()?),
        "eventList" => once(&mut list, events(scan)?),
        _ => scan.skip(),
    })?;
    let events = list?;
    let is_sized = (1..=MAX_EVENTS_PER_BATCH).contains(&events.len());
    (scan.is_done() && is_sized).then_some(())?;
    Some(PutEvents {
        tracking_id: tracking_id?.into_owned().try_into().ok()?,
        session_id: session_id?.into_owned().try_into().ok()?,
        user_id: user_id.map(|id| id.into_owned().try_into().ok()).map_or(Some(None), |id| id.map(Some))?,
        uploaded_at: uploaded_at.map(|at| millis("sentAt", at).ok()).map_or(Some(None), |at| at.map(Some))?,
        context,
        events,
    })
}

fn events<'a>(scan: &mut Scan<'a>) -> Option<Vec<Result<SentEvent<'a>, super::Refused>>> {
    let mut events = Vec::with_capacity(16);
    scan.list(|scan| {
        let start = scan.at;
        events.push(match sent(scan) {
            Some(event) if event.text.len() <= MAX_EVENT_BYTES => Ok(event),
            _ => {
                scan.at = start;
                super::put_events::event(scan.value()?)
            }
        });
        Some(())
    })?;
    Some(events)
}

/// An event that stands alone in its text.
pub(super) fn event(text: &str) -> Option<SentEvent<'_>> {
    let mut scan = Scan::<Plain>::new(text);
    let sent = sent(&mut scan)?;
    scan.is_done().then_some(SentEvent { text, ..sent })
}

/// A field of an event.
#[derive(Clone, Copy)]
enum Field {
    EventType,
    SentAt,
    EventId,
    ItemId,
    EventValue,
    Properties,
    RecommendationId,
    Impression,
    MetricAttribution,
    Other,
}

/// What a member begins with, by which its name is nearly known.
const fn eight(front: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*front)
}
const EVENT_TYPE: u64 = eight(b"\"eventTy");
const SENT_AT: u64 = eight(b"\"sentAt\"");
const EVENT_ID: u64 = eight(b"\"eventId");
const ITEM: u64 = eight(b"\"itemId\"");
const VALUE: u64 = eight(b"\"eventVa");
const PROPERTIES: u64 = eight(b"\"propert");
const RECOMMENDATION: u64 = eight(b"\"recomme");
const IMPRESSION: u64 = eight(b"\"impress");

/// Steps over the name of a member. The end of a name that is expected need not be found.
#[inline(always)]
fn field(scan: &mut Scan<'_>) -> Option<Field> {
    scan.next()?;
    Some(match scan.eight().unwrap_or(0) {
        EVENT_TYPE if scan.passes("\"eventType\":") => Field::EventType,
        SENT_AT if scan.passes("\"sentAt\":") => Field::SentAt,
        EVENT_ID if scan.passes("\"eventId\":") => Field::EventId,
        ITEM if scan.passes("\"itemId\":") => Field::ItemId,
        VALUE if scan.passes("\"eventValue\":") => Field::EventValue,
        PROPERTIES if scan.passes("\"properties\":") => Field::Properties,
        RECOMMENDATION if scan.passes("\"recommendationId\":") => Field::RecommendationId,
        IMPRESSION if scan.passes("\"impression\":") => Field::Impression,
        _ => named(&scan.key()?),
    })
}

fn named(name: &str) -> Field {
    match name {
        "eventType" => Field::EventType,
        "sentAt" => Field::SentAt,
        "eventId" => Field::EventId,
        "itemId" => Field::ItemId,
        "eventValue" => Field::EventValue,
        "properties" => Field::Properties,
        "recommendationId" => Field::RecommendationId,
        "impression" => Field::Impression,
        "metricAttribution" => Field::MetricAttribution,
        _ => Field::Other,
    }
}

/// What stands in front of an event that was checked before. `None` where only all of it tells.
pub(super) fn glance(text: &str) -> Option<Glance<'_>> {
    let mut scan = Scan::<Plain>::new(text);
    let (mut event_type, mut sent_at, mut item_id, mut event_value) = (None, None, None, None);
    scan.is(b'{').then_some(())?;
    // What follows the last of them was checked, and gives none of them again.
    while event_type.is_none() || sent_at.is_none() || item_id.is_none() {
        match field(&mut scan)? {
            Field::EventType => event_type = Some(scan.unescaped_string()?),
            Field::SentAt => sent_at = Some(scan.number()?),
            Field::ItemId => item_id = Some(scan.unescaped_string()?),
            Field::EventValue => event_value = Some(finite(scan.number()?).ok()?),
            Field::EventId => drop(scan.unescaped_string()?),
            Field::Properties if may_give_value(scan.value()?) => return None,
            Field::Properties => {}
            _ => scan.skip()?,
        }
        // Behind the last member there is none, which ends it.
        let _ = scan.is(b',');
    }
    let sent_at = millis("sentAt", sent_at?).ok()?;
    let (event_type, item_id) = (event_type?, item_id?);
    let rest = scan.rest();
    (event_type != IDENTIFY).then_some(Glance { event_type, sent_at, item_id, event_value, rest })
}

impl Glance<'_> {
    /// The number that goes with it, if there is one. `None` where only reading all of it tells.
    pub fn event_value(&self) -> Option<Option<f32>> {
        let is_known = self.event_value.is_some() || !may_give_value(self.rest);
        is_known.then_some(self.event_value)
    }
}

/// Whether a part of an event may hold its value: as a member or in its properties, and its name may be spelt with escapes.
fn may_give_value(text: &str) -> bool {
    text.contains("eventV") || text.contains("\\u")
}

/// What was met of an event.
#[derive(Default)]
struct Met<'a> {
    event_type: Option<Cow<'a, str>>,
    sent_at: Option<f64>,
    event_id: Option<Cow<'a, str>>,
    item_id: Option<Cow<'a, str>>,
    event_value: Option<f64>,
    properties: Option<Seen<'a>>,
    /// Checked and passed over.
    recommendation_id: Option<()>,
    impression: Option<()>,
}

/// Properties.
enum Seen<'a> {
    /// They are in order, and hold nothing to lift.
    InOrder,
    /// Somebody has to look closer.
    Strange(Properties<'a>),
}

/// An event, with its text as far as it goes.
fn sent<'a>(scan: &mut Scan<'a>) -> Option<SentEvent<'a>> {
    scan.next()?;
    let start = scan.at;
    let mut met = Met::default();
    scan.members(field, |scan, field| {
        // None of them takes `null`, which is as good as absent: which may be given twice that way is for serde_json to say.
        match field {
            Field::EventType => once(&mut met.event_type, scan.string()?),
            Field::SentAt => once(&mut met.sent_at, scan.number()?),
            Field::EventId => once(&mut met.event_id, scan.string()?),
            Field::ItemId => once(&mut met.item_id, scan.string()?),
            Field::EventValue => once(&mut met.event_value, scan.number()?),
            Field::Properties => once(&mut met.properties, properties(scan)?),
            Field::RecommendationId => {
                once(&mut met.recommendation_id, id(scan, MAX_RECOMMENDATION_ID_CHARS)?)
            }
            Field::Impression => once(&mut met.impression, impression(scan)?),
            // Rare, and not worth the room.
            Field::MetricAttribution => None,
            Field::Other => scan.skip(),
        }
    })?;
    met.check(scan.since(start))
}

impl<'a> Met<'a> {
    fn check(self, text: &'a str) -> Option<SentEvent<'a>> {
        let event_type: EventType<_> = self.event_type?.try_into().ok()?;
        let lifted = match self.properties {
            Some(Seen::Strange(strange)) => properties::read(strange, &event_type).ok()?,
            _ => Lifted::default(),
        };
        let item_id = match self.item_id {
            Some(id) => Some(id.try_into().ok()?),
            None => lifted.item_id,
        };
        let event_value = match self.event_value {
            Some(value) => Some(finite(value).ok()?),
            None => lifted.event_value,
        };
        let event_id = match self.event_id {
            Some(id) => Some(id.try_into().ok()?),
            None => None,
        };
        let sent_at = millis("sentAt", self.sent_at?).ok()?;
        Some(SentEvent { text, event_id, event_type, sent_at, item_id, event_value })
    }
}

/// A field that was there before is for serde_json to refuse.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

/// Steps over an id of usual length: bytes bound characters from above.
#[inline(always)]
fn id(scan: &mut Scan<'_>, max_chars: usize) -> Option<()> {
    (1..=max_chars).contains(&scan.skip_string()?).then_some(())
}

fn impression(scan: &mut Scan<'_>) -> Option<()> {
    let mut items = 0;
    scan.list(|scan| {
        items += 1;
        id(scan, MAX_ID_CHARS)
    })?;
    (1..=MAX_IMPRESSION_ITEMS).contains(&items).then_some(())
}

fn properties<'a>(scan: &mut Scan<'a>) -> Option<Seen<'a>> {
    let is_string = scan.next()? == b'"';
    let start = scan.at;
    let in_order = if is_string { is_in_order_escaped(scan) } else { is_in_order(scan) };
    if in_order.is_some() && scan.at - start <= MAX_PROPERTIES_CHARS {
        return Some(Seen::InOrder);
    }
    scan.at = start;
    let strange = if is_string { Properties::Text(scan.string()?) } else { Properties::Raw(scan.value()?) };
    Some(Seen::Strange(strange))
}

/// The same for an object in a string, without taking it out: nearly always quotes are all that is escaped in there.
fn is_in_order_escaped(scan: &mut Scan<'_>) -> Option<()> {
    let mut within = Scan::<Escaped>::within(scan);
    is_in_order(&mut within)?;
    scan.at = within.at;
    scan.is_byte(b'"').then_some(())
}

/// Steps over the text of an object that holds no forbidden key and nothing to lift.
fn is_in_order<Q: Quotes>(scan: &mut Scan<'_, Q>) -> Option<()> {
    scan.members(Scan::unescaped_key, |scan, key| {
        let is_plain = key != ITEM_ID && key != EVENT_VALUE && !is_forbidden(key);
        is_plain.then_some(())?;
        scan.skip()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_as_pages_send_them_are_not_taken_out_of_their_string() {
        for text in [
            r#""{\"page\":\"/a?b=c\",\"position\":7,\"of\":[\"a\", {\"b\":\"\"}, true]}" "#,
            r#"{"page":"/a?b=c","position":7}"#,
        ] {
            assert!(matches!(properties(&mut Scan::new(text)), Some(Seen::InOrder)), "{text}");
        }
    }
}
