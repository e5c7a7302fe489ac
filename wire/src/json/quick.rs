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
        _ => scan.value().map(|_| ()),
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
        scan.next()?;
        let start = scan.at;
        let read = sent(scan);
        if read.is_none() {
            scan.at = start;
            scan.value()?;
        }
        let text = scan.since(start);
        events.push(match read.filter(|_| text.len() <= MAX_EVENT_BYTES) {
            Some(event) => Ok(SentEvent { text, ..event }),
            None => super::put_events::event(text),
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

/// The first eight bytes of a member: where it is one of these, its name need not be read.
const EVENT_ID: u64 = u64::from_le_bytes(*b"\"eventId");
const EVENT_TYPE: u64 = u64::from_le_bytes(*b"\"eventTy");
const SENT_AT: u64 = u64::from_le_bytes(*b"\"sentAt\"");
const ITEM: u64 = u64::from_le_bytes(*b"\"itemId\"");
const VALUE: u64 = u64::from_le_bytes(*b"\"eventVa");

/// What stands in front of an event that was checked before. `None` where only all of it tells.
pub(super) fn glance(text: &str) -> Option<Glance<'_>> {
    let mut scan = Scan::<Plain>::new(text);
    let (mut event_type, mut sent_at, mut item_id, mut event_value) = (None, None, None, None);
    scan.is(b'{').then_some(())?;
    // What follows the last of them was checked, and gives none of them again.
    while event_type.is_none() || sent_at.is_none() || item_id.is_none() {
        scan.next()?;
        match scan.eight()? {
            EVENT_ID if scan.passes("\"eventId\":") => drop(scan.unescaped_string()?),
            EVENT_TYPE if scan.passes("\"eventType\":") => event_type = Some(scan.unescaped_string()?),
            SENT_AT if scan.passes("\"sentAt\":") => sent_at = Some(scan.number()?),
            ITEM if scan.passes("\"itemId\":") => item_id = Some(scan.unescaped_string()?),
            VALUE if scan.passes("\"eventValue\":") => event_value = Some(finite(scan.number()?).ok()?),
            EVENT_ID | EVENT_TYPE | SENT_AT | ITEM | VALUE => return None,
            _ => {
                scan.unescaped_string()?;
                scan.is(b':').then_some(())?;
                scan.value()?;
            }
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
        // It may stand further behind, or in the properties; and its name may be spelt with escapes.
        let is_known =
            self.event_value.is_some() || !(self.rest.contains("eventV") || self.rest.contains("\\u"));
        is_known.then_some(self.event_value)
    }
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

/// An event without its text.
fn sent<'a>(scan: &mut Scan<'a>) -> Option<SentEvent<'a>> {
    let mut met = Met::default();
    scan.object(|scan, key| {
        if scan.is_null() {
            // As good as absent. Which fields may be given twice that way is for serde_json to say.
            return None;
        }
        match &*key {
            "eventType" => once(&mut met.event_type, scan.string()?),
            "sentAt" => once(&mut met.sent_at, scan.number()?),
            "eventId" => once(&mut met.event_id, scan.string()?),
            "itemId" => once(&mut met.item_id, scan.string()?),
            "eventValue" => once(&mut met.event_value, scan.number()?),
            "properties" => once(&mut met.properties, properties(scan)?),
            "recommendationId" => once(&mut met.recommendation_id, id(scan, MAX_RECOMMENDATION_ID_CHARS)?),
            "impression" => once(&mut met.impression, impression(scan)?),
            // Rare, and not worth the room.
            "metricAttribution" => None,
            _ => scan.value().map(|_| ()),
        }
    })?;
    met.check()
}

impl<'a> Met<'a> {
    fn check(self) -> Option<SentEvent<'a>> {
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
        Some(SentEvent { text: "", event_id, event_type, sent_at, item_id, event_value })
    }
}

/// A field that was there before is for serde_json to refuse.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

/// Steps over an id of usual length: bytes bound characters from above.
fn id(scan: &mut Scan<'_>, max_chars: usize) -> Option<()> {
    let id = scan.string()?;
    (1..=max_chars).contains(&id.len()).then_some(())
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
    scan.object(|scan, key| {
        let is_plain = key != ITEM_ID && key != EVENT_VALUE && !is_forbidden(&key);
        is_plain.then_some(())?;
        scan.value().map(|_| ())
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
