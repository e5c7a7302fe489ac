//! What nearly every call looks like, read in one pass. `None` sends the text to serde_json, which finds out what is
//! wrong with it, or that nothing is.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::event::{AttributionJson, Sent, Text, millis};
use super::properties::{EVENT_VALUE, ITEM_ID, Properties, is_forbidden};
use super::put_events::PutEvents;
use super::scan::Scan;
use crate::limits::{MAX_EVENT_BYTES, MAX_EVENTS_PER_BATCH};
use crate::{EventType, SentEvent};

/// A whole body of PutEvents.
pub(super) fn body(body: &[u8]) -> Option<PutEvents<'_>> {
    let mut scan = Scan::new(core::str::from_utf8(body).ok()?);
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
    let (events, texts) = list?;
    let is_sized = (1..=MAX_EVENTS_PER_BATCH).contains(&events.len());
    (scan.is_done() && is_sized).then_some(())?;
    Some(PutEvents {
        tracking_id: tracking_id?.into_owned().try_into().ok()?,
        session_id: session_id?.into_owned().try_into().ok()?,
        user_id: user_id.map(|id| id.into_owned().try_into().ok()).map_or(Some(None), |id| id.map(Some))?,
        uploaded_at: uploaded_at.map(|at| millis("sentAt", at).ok()).map_or(Some(None), |at| at.map(Some))?,
        context,
        events,
        texts,
    })
}

type Read<'a> = (Vec<Result<SentEvent<'a>, super::Refused>>, Vec<&'a str>);

fn events<'a>(scan: &mut Scan<'a>) -> Option<Read<'a>> {
    let (mut events, mut texts) = (Vec::with_capacity(16), Vec::with_capacity(16));
    scan.list(|scan| {
        scan.next()?;
        let start = scan.at;
        let read = sent(scan).and_then(|sent| sent.check().ok());
        if read.is_none() {
            scan.at = start;
            scan.value()?;
        }
        let text = scan.since(start);
        events.push(match read.filter(|_| text.len() <= MAX_EVENT_BYTES) {
            Some(event) => Ok(event),
            None => super::put_events::event(text),
        });
        texts.push(text);
        Some(())
    })?;
    Some((events, texts))
}

/// An event that stands alone in its text.
pub(super) fn event(text: &str) -> Option<Sent<'_>> {
    let mut scan = Scan::new(text);
    let sent = sent(&mut scan)?;
    scan.is_done().then_some(sent)
}

fn sent<'a>(scan: &mut Scan<'a>) -> Option<Sent<'a>> {
    let mut sent = Sent::default();
    scan.object(|scan, key| {
        if scan.is_null() {
            // As good as absent. Which fields may be given twice that way is for serde_json to say.
            return None;
        }
        match &*key {
            "eventType" => once(&mut sent.event_type, text(scan)?),
            "sentAt" => once(&mut sent.sent_at, scan.number()?),
            "eventId" => once(&mut sent.event_id, text(scan)?),
            "itemId" => once(&mut sent.item_id, text(scan)?),
            "eventValue" => once(&mut sent.event_value, scan.number()?),
            "properties" => once(&mut sent.properties, properties(scan)?),
            "recommendationId" => once(&mut sent.recommendation_id, text(scan)?),
            "impression" => once(&mut sent.impression, texts(scan)?),
            "metricAttribution" => once(&mut sent.metric_attribution, attribution(scan)?),
            _ => scan.value().map(|_| ()),
        }
    })?;
    Some(sent)
}

/// A field that was there before is for serde_json to refuse.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

fn text<'a>(scan: &mut Scan<'a>) -> Option<Text<'a>> {
    scan.string().map(Text)
}

fn texts<'a>(scan: &mut Scan<'a>) -> Option<Vec<Text<'a>>> {
    let mut texts = Vec::new();
    scan.list(|scan| {
        texts.push(text(scan)?);
        Some(())
    })?;
    Some(texts)
}

fn properties<'a>(scan: &mut Scan<'a>) -> Option<Properties<'a>> {
    if scan.next()? == b'"' { scan.string().map(Properties::Text) } else { scan.value().map(Properties::Raw) }
}

fn attribution<'a>(scan: &mut Scan<'a>) -> Option<AttributionJson<'a>> {
    let mut source = None;
    scan.object(|scan, key| match &*key {
        "eventAttributionSource" => once(&mut source, text(scan)?),
        _ => scan.value().map(|_| ()),
    })?;
    source.map(|event_attribution_source| AttributionJson { event_attribution_source })
}

/// Whether properties, as the text of an object, hold no forbidden key and nothing to lift. `Some(None)` for no key at all.
pub(super) fn plain_properties(text: &str, event_type: &EventType<Cow<'_, str>>) -> Option<Option<()>> {
    let mut scan = Scan::new(text);
    let mut is_empty = true;
    scan.object(|scan, key| {
        is_empty = false;
        let is_plain = key != ITEM_ID && key != EVENT_VALUE && !is_forbidden(&key, event_type);
        is_plain.then_some(())?;
        scan.value().map(|_| ())
    })?;
    scan.is_done().then_some((!is_empty).then_some(()))
}
