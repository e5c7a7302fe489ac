//! A body of PutEvents, read by us and by serde_json's `Value`: where both can read it they read the same.
#![no_main]

use bowerbird_wire::{Event, PutEvents, SentEvent};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let Ok(put) = PutEvents::parse(body) else { return };
    for event in put.events.iter().flatten() {
        agrees(event);
        comes_back(event);
    }
    // Value gives up where nobody looks: numbers too large for it, unpaired surrogates, too many brackets.
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
    assert_eq!(value["trackingId"], put.tracking_id.as_str());
    assert_eq!(value["sessionId"], put.session_id.as_str());
    assert_eq!(value["userId"].as_str(), put.user_id.as_ref().map(|user| user.as_str()));
    // What is refused is kept as it was sent too.
    let texts =
        put.events.iter().map(|event| event.as_ref().map_or_else(|refused| &*refused.raw, SentEvent::text));
    let texts: Vec<Value> =
        texts.map(|text| serde_json::from_str(text).expect("a part of the value")).collect();
    assert_eq!(value["eventList"], Value::Array(texts));
});

fn agrees(sent: &SentEvent<'_>) {
    let event = sent.whole();
    // What was read at once is what is read by those who want to know all.
    assert_eq!(
        (&sent.event_id, &sent.event_type, sent.sent_at, &sent.item_id, sent.event_value),
        (&event.event_id, &event.event_type, event.sent_at, &event.item_id, event.event_value)
    );
    let Ok(value) = serde_json::from_str::<Value>(sent.text()) else { return };
    assert_eq!(value["eventType"], event.event_type.as_str());
    let sent_at = value["sentAt"].as_f64().expect("a number");
    let milliseconds = if sent_at >= 1e11 { sent_at } else { sent_at * 1000.0 };
    assert_eq!((milliseconds + 0.5) as i64, event.sent_at.0);
    for (field, read) in [
        ("itemId", event.item_id.as_ref().map(|id| id.as_str())),
        ("eventId", event.event_id.as_ref().map(|id| id.as_str())),
        ("recommendationId", event.recommendation_id.as_ref().map(|id| id.as_str())),
    ] {
        // An item may also be named in the properties.
        if !value[field].is_null() || field != "itemId" {
            assert_eq!(value[field].as_str(), read, "{field}");
        }
    }
    let shown: Vec<&str> = event.impression.iter().map(|id| id.as_str()).collect();
    let sent: Vec<&str> =
        value["impression"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert_eq!(sent, shown);
}

fn comes_back(event: &SentEvent<'_>) {
    let owned = event.clone().into_owned();
    let text = owned.to_json();
    assert_eq!(Event::from_json(&text).as_ref(), Ok(&owned), "{text}");
}
