use alloc::format;
use alloc::string::{String, ToString};

use proptest::prelude::*;

use crate::{
    Event, EventId, EventType, Invalid, ItemId, Millis, PutEvents, SentEvent, SessionId, TrackingId, UserId,
};

fn body(events: &str) -> String {
    format!(r#"{{"trackingId":"t","sessionId":"s","eventList":[{events}]}}"#)
}

/// The only event of a body that holds it.
fn one(event: &str) -> Result<Event, Invalid> {
    let body = body(event);
    let put = PutEvents::parse(body.as_bytes()).expect("a good body");
    let event = put.events.into_iter().next().expect("one event");
    event.map(SentEvent::into_owned).map_err(|refused| refused.reason)
}

#[test]
fn the_three_events_of_the_reference_are_read() {
    let put = PutEvents::parse(
        br#"{"trackingId":"t","userId":"u","sessionId":"s","eventList":[
        {"sentAt":1553631760,"eventType":"click","itemId":"i1","eventValue":3.5,"properties":"{\"a\": 1}"},
        {"sentAt":1704067200.123,"eventType":"click","properties":"{\"itemId\": \"x\", \"d\": 2}"},
        {"sentAt":1553631760,"eventType":"x","impression":["a","b"],"metricAttribution":{"eventAttributionSource":"z"}}]}"#,
    )
    .unwrap();
    assert_eq!((put.tracking_id.as_str(), put.session_id.as_str()), ("t", "s"));
    assert_eq!((put.user_id.unwrap().as_str(), put.uploaded_at), ("u", None));
    let events: alloc::vec::Vec<_> = put.events.iter().map(|event| event.as_ref().unwrap().whole()).collect();
    assert_eq!(events[0].properties.as_deref(), Some(r#"{"a": 1}"#));
    assert_eq!((events[0].event_value, events[0].sent_at), (Some(3.5), Millis(1_553_631_760_000)));
    assert_eq!(events[1].item_id.as_ref().unwrap().as_str(), "x");
    assert_eq!(
        (events[1].properties.as_deref(), events[1].sent_at),
        (Some(r#"{"d":2}"#), Millis(1_704_067_200_123))
    );
    assert_eq!((events[2].impression.len(), events[2].attribution_source.as_deref()), (2, Some("z")));
    assert!(!events[2].is_interaction());
}

#[test]
fn a_body_without_what_every_call_needs_is_refused_with_the_name_of_it() {
    for (body, message) in [
        ("", "body is not valid"),
        ("[]", "body is not valid"),
        (r#"{"sessionId":"s","eventList":[{}]}"#, "trackingId is missing"),
        (r#"{"trackingId":null,"sessionId":"s","eventList":[{}]}"#, "trackingId is missing"),
        (r#"{"trackingId":"","sessionId":"s","eventList":[{}]}"#, "trackingId is empty"),
        (r#"{"trackingId":"t","eventList":[{}]}"#, "sessionId is missing"),
        (r#"{"trackingId":"t","sessionId":5,"eventList":[{}]}"#, "sessionId is not valid: send a string"),
        (r#"{"trackingId":"t","sessionId":"s"}"#, "eventList is missing"),
        (r#"{"trackingId":"t","sessionId":"s","eventList":{}}"#, "eventList is not valid"),
        (r#"{"trackingId":"t","sessionId":"s","eventList":[]}"#, "eventList is empty"),
        (r#"{"trackingId":"t","sessionId":"s","userId":"","eventList":[{}]}"#, "userId is empty"),
        (r#"{"trackingId":"t","sessionId":"s","sentAt":"x","eventList":[{}]}"#, "sentAt is not valid"),
        (r#"{"trackingId":"t","sessionId":"s","eventList":[{}"#, "body is not valid"),
    ] {
        let refused = PutEvents::parse(body.as_bytes()).expect_err(body).to_string();
        assert!(refused.starts_with(message), "{body}: {refused}");
    }
    let many = alloc::vec!["{}"; 501].join(",");
    assert!(matches!(PutEvents::parse(body(&many).as_bytes()), Err(Invalid::TooLong { max: 500, .. })));
}

#[test]
fn the_context_of_a_call_is_kept_as_it_was_sent_and_has_to_be_a_small_object() {
    let with = |context: &str| {
        format!(
            r#"{{"trackingId":"t","sessionId":"s","context": {context} ,"eventList":[{{"eventType":"c","sentAt":1}}]}}"#
        )
    };
    let sent = r#"{"page":"https://shop.example/a","screen":[1920, 1080],"new":{"\u00fc":null}}"#;
    assert_eq!(PutEvents::parse(with(sent).as_bytes()).unwrap().context, Some(sent));
    assert_eq!(PutEvents::parse(with("null").as_bytes()).unwrap().context, None);
    let long = format!(r#"{{"page":"{}"}}"#, "x".repeat(2038));
    for (context, message) in [
        ("5", "context is not valid: send an object"),
        ("[]", "context is not valid: send an object"),
        (r#""{}""#, "context is not valid: send an object"),
        (&long, "context is too long: at most 2048"),
        (r#"{"page":}"#, "body is not valid"),
    ] {
        let refused = PutEvents::parse(with(context).as_bytes()).expect_err(context).to_string();
        assert!(refused.starts_with(message), "{context}: {refused}");
    }
}

#[test]
fn an_event_is_refused_with_the_name_of_the_field_that_is_wrong() {
    let long = "x".repeat(257);
    let big = format!(r#"{{"eventType":"c","sentAt":1,"unknown":"{}"}}"#, "x".repeat(10_240));
    for (event, message) in [
        ("5", "event is not valid: send an object"),
        ("null", "event is not valid: send an object"),
        (r#"{"sentAt":1}"#, "eventType is missing"),
        (r#"{"eventType":"c"}"#, "sentAt is missing"),
        (r#"{"eventType":"","sentAt":1}"#, "eventType is empty"),
        (r#"{"eventType":"c","sentAt":"1"}"#, "sentAt is not valid"),
        (r#"{"eventType":"c","sentAt":-1}"#, "sentAt is not valid"),
        (r#"{"eventType":"c","sentAt":1e15}"#, "sentAt is not valid"),
        (r#"{"eventType":"c","sentAt":1e999}"#, "sentAt is not valid"),
        (r#"{"eventType":"c","sentAt":1,"sentAt":2}"#, "event is not valid: send each field once"),
        (r#"{"eventType":"c","sentAt":1,"itemId":5}"#, "itemId is not valid: send a string"),
        (&format!(r#"{{"eventType":"c","sentAt":1,"itemId":"{long}"}}"#), "itemId is too long"),
        (r#"{"eventType":"c","sentAt":1,"eventValue":"3"}"#, "eventValue is not valid"),
        (r#"{"eventType":"c","sentAt":1,"eventValue":1e39}"#, "eventValue is not valid"),
        (r#"{"eventType":"c","sentAt":1,"impression":[]}"#, "impression is empty"),
        (r#"{"eventType":"c","sentAt":1,"impression":[1]}"#, "impression is not valid"),
        (r#"{"eventType":"c","sentAt":1,"metricAttribution":{}}"#, "metricAttribution is not valid"),
        (
            r#"{"eventType":"c","sentAt":1,"metricAttribution":{"eventAttributionSource":" "}}"#,
            "metricAttribution.eventAttributionSource is not valid",
        ),
        (r#"{"eventType":"c","sentAt":1,"properties":""}"#, "properties is empty"),
        (r#"{"eventType":"c","sentAt":1,"properties":"[]"}"#, "properties is not valid"),
        (r#"{"eventType":"c","sentAt":1,"properties":"\"{}\""}"#, "properties is not valid"),
        (
            r#"{"eventType":"c","sentAt":1,"properties":{"TimeStamp":1}}"#,
            "properties is not valid: leave the",
        ),
        (r#"{"eventType":"c","sentAt":1,"properties":{"userId":"u"}}"#, "properties is not valid: leave the"),
        (r#"{"eventType":"c","sentAt":1,"properties":{"eventValue":"four"}}"#, "properties.eventValue"),
        (r#"{"eventType":"c","sentAt":1,"properties":{"itemId":4}}"#, "properties.itemId"),
        (&big, "event is too long: at most 10240"),
    ] {
        let refused = one(event).expect_err(event).to_string();
        assert!(refused.starts_with(message), "{event}: {refused}");
    }
}

#[test]
fn a_wrong_event_does_not_refuse_its_neighbours_and_keeps_its_bytes() {
    let body =
        body(r#"{"eventType":"a","sentAt":1},{"eventId":"e2","eventType":7},{"eventType":"c","sentAt":3}"#);
    let put = PutEvents::parse(body.as_bytes()).unwrap();
    assert!(put.events[0].is_ok() && put.events[2].is_ok());
    assert_eq!(put.events[2].as_ref().unwrap().text(), r#"{"eventType":"c","sentAt":3}"#);
    let refused = put.events[1].as_ref().unwrap_err();
    assert_eq!(
        (refused.raw.as_str(), refused.event_id.as_deref()),
        (r#"{"eventId":"e2","eventType":7}"#, Some("e2"))
    );
}

#[test]
fn times_are_seconds_unless_they_are_too_large_for_that() {
    let at = |text: &str| one(&format!(r#"{{"eventType":"c","sentAt":{text}}}"#)).unwrap().sent_at.0;
    assert_eq!(at("1553631760"), 1_553_631_760_000);
    assert_eq!(at("1553631760.0006"), 1_553_631_760_001);
    assert_eq!(at("1553631760123"), 1_553_631_760_123);
    assert_eq!(at("0"), 0);
}

#[test]
fn the_top_level_wins_over_properties() {
    let event = one(
        r#"{"eventType":"c","sentAt":1,"itemId":"top","properties":{"itemId":"in","eventValue":"4","numRatings":3}}"#,
    )
    .unwrap();
    assert_eq!(event.item_id.unwrap().as_str(), "top");
    assert_eq!((event.event_value, event.properties.as_deref()), (Some(4.0), Some(r#"{"numRatings":3}"#)));
}

#[test]
fn identify_of_amplify_is_accepted_and_no_interaction() {
    let event = one(r#"{"eventType":"Identify","sentAt":1,"properties":"{\"userId\":\"U1\"}"}"#).unwrap();
    assert_eq!(event.properties.as_deref(), Some(r#"{"userId":"U1"}"#));
    assert!(!event.is_interaction());
    assert!(one(r#"{"eventType":"Identify","sentAt":1,"properties":{"timestamp":1}}"#).is_err());
}

#[test]
fn what_we_write_is_what_we_read() {
    let mut event = Event::new(EventType::try_from("watch").unwrap(), Millis(1_553_631_760_123));
    event.event_id = Some(EventId::try_from("e \"1\"").unwrap());
    event.item_id = Some(ItemId::try_from("ü").unwrap());
    event.event_value = Some(0.1);
    event.properties = Some(r#"{"a":"\"b\""}"#.into());
    event.impression = alloc::vec![ItemId::try_from("x").unwrap()];
    event.attribution_source = Some("mail".into());
    assert_eq!(Event::from_json(&event.to_json()), Ok(event.clone()));
    let (tracking, session) = (TrackingId::try_from("t").unwrap(), SessionId::try_from("s").unwrap());
    let user = UserId::try_from("u").unwrap();
    let body = PutEvents::write(&tracking, &session, Some(&user), Some(Millis(1_600_000_000_001)), [&event]);
    let put = PutEvents::parse(body.as_bytes()).unwrap();
    assert_eq!((put.user_id, put.uploaded_at), (Some(user), Some(Millis(1_600_000_000_001))));
    assert_eq!(put.events[0].clone().map(SentEvent::into_owned), Ok(event));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = PutEvents::parse(&bytes);
    }

    /// Good bodies with a few characters changed reach much further than random bytes.
    #[test]
    fn a_mangled_body_never_panics(at in 0_usize..200, with in "[\\[\\]{}\",:0-9a-z\\\\ü]{0,4}", cut in 0_usize..9) {
        let good = body(r#"{"eventType":"c","sentAt":1.5,"itemId":"i","impression":["a"],"properties":"{\"a\":1}"}"#);
        let start = at.min(good.len());
        let end = (start + cut).min(good.len());
        let mangled = format!("{}{with}{}", &good[..start], &good[end..]);
        let _ = PutEvents::parse(mangled.as_bytes());
    }

    #[test]
    fn every_time_survives_the_trip_through_seconds(at in 0_i64..100_000_000_000_000) {
        let event = Event::new(EventType::try_from("c").unwrap(), Millis(at));
        prop_assert_eq!(Event::from_json(&event.to_json()).unwrap().sent_at.0, at);
    }
}
