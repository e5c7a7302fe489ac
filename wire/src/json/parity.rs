//! One pass and serde_json must agree wherever the one pass has an answer.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::quick;
use crate::{Glance, ItemId, PutEvents, SentEvent};

fn body(events: &str) -> String {
    format!(r#"{{"trackingId":"t","sessionId":"s","eventList":[{events}]}}"#)
}

fn with_context(context: &str) -> String {
    format!(
        r#"{{"trackingId":"t","context":{context},"sessionId":"s","eventList":[{{"eventType":"a","sentAt":1}}]}}"#
    )
}

fn agree(text: &str) {
    let body = text.as_bytes();
    if let Some(read) = quick::body(body) {
        assert_eq!(Ok(read), PutEvents::parse_carefully(body), "{text}");
    }
    let event = SentEvent::read_carefully(text);
    assert_eq!(SentEvent::read(text), event, "{text}");
    if let (Ok(event), Some(glance)) = (event, quick::glance(text)) {
        let Glance { event_type, sent_at, item_id, .. } = glance;
        assert!(glance.event_value().is_none_or(|value| value == event.event_value), "{text}");
        let seen = (event_type, sent_at, Some(item_id));
        let item_id = event.item_id.as_ref().map(ItemId::as_str);
        assert_eq!(seen, (event.event_type.as_str(), event.sent_at, item_id), "{text}");
        assert!(event.is_interaction(), "{text}");
    }
}

#[test]
fn what_pages_and_backends_send_is_read_in_one_pass() {
    for event in [
        r#"{"eventType":"click","sentAt":1764000000.123,"itemId":"a","eventId":"e","eventValue":-2.5}"#,
        r#" { "eventType" : "c" , "sentAt" : 1764000000123 , "unknown" : [ { "a" : [ true , false , null , "\u00fc" ] } ] } "#,
        r#"{"eventType":"\ud83d\ude00 \"\\\/\b\f\n\r\t","sentAt":0,"impression":["a","ü"],"recommendationId":"r"}"#,
        r#"{"eventType":"c","sentAt":1,"properties":"{\"a\":[1.5e3], \"b\" : {\"ü\":\"\"}}"}"#,
        r#"{"eventType":"c","sentAt":1,"properties":"{\"a\":\"\\n\",\"itemId\":\"i\"}"}"#,
        r#"{"eventType":"Identify","sentAt":1,"properties":"{\"userId\":\"u\"}"}"#,
        r#"{"eventType":"c","sentAt":1,"properties":{"a":{}}}"#,
        r#"{"properties":"{\"eventValue\":4}","eventType":"c","sentAt":1,"itemId":"a"}"#,
        r#"{"properties":"{\"event\\u0056alue\":4}","eventType":"c","sentAt":1,"itemId":"a"}"#,
    ] {
        let body = body(event);
        assert!(quick::body(body.as_bytes()).is_some_and(|put| put.events[0].is_ok()), "{body}");
        assert!(quick::event(event).is_some(), "{event}");
        agree(&body);
        agree(event);
    }
}

#[test]
fn the_head_of_a_page_is_read_in_one_pass() {
    let body = with_context(r#"{"page":"https://shop.example/","screen":[1920,1080]}"#);
    assert!(quick::body(body.as_bytes()).is_some_and(|put| put.context.is_some()));
    agree(&body);
    for strange in ["null", "[]", "5", r#"{"a":1e5}"#, r#"{},"context":{}"#] {
        agree(&with_context(strange));
    }
}

#[test]
fn the_strange_is_left_to_serde_json() {
    for event in [
        "5",
        "[]",
        "{}",
        "{",
        r#"{"a":1e5}"#,
        r#"{"a":01}"#,
        r#"{"a":-}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":tru}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\ud800\u0041"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\x"}"#,
        "{\"a\":\"\n\"}",
        r#"{"eventType":null,"sentAt":1}"#,
        r#"{"eventType":"a","eventType":"b","sentAt":1}"#,
        r#"{"a":1,}"#,
        r#"{"eventType":"a","sentAt":1234567890123456}"#,
        r#"{"eventType":"a","sentAt":1,"eventValue":-0}"#,
        r#"{"eventType":"a","sentAt":1,"properties":"{\"userid\":1}"}"#,
        r#"{"eventType":"a","sentAt":1,"properties":"{\"a\":1"}"#,
        r#"{"eventType":"a","sentAt":1,"properties":"{\"a\":1}\""}"#,
        r#"{"eventType":"a","sentAt":1,"properties":"{\"a\":\"b}"}"#,
        r#"{"eventType":"a","sentAt":1,"properties":"{\"a\":"b\"}"}"#,
        r#"{"eventType":"a","sentAt":1,"properties":"{\"a\\":1}"}"#,
        r#"{"eventType":"a","sentAt":1,"properties":"{\n}"}"#,
        "{\"eventType\":\"a\",\"sentAt\":1,\"properties\":\"{\n}\"}",
        "{\"eventType\":\"a\",\"sentAt\":1,\"properties\":\"{\\\"a\\\":\n1}\"}",
        r#"{"eventType":"a","sentAt":1,"impression":[""]}"#,
        r#"{"eventType":"a","sentAt":1,"impression":[]}"#,
        r#"{"eventType":"a","sentAt":1,"recommendationId":""}"#,
        r#"{"eventType":"c","sentAt":1,"metricAttribution":{"eventAttributionSource":"m"}}"#,
        r#"["a",1]"#,
        r#"{"eventType":"a","sentAt":1}x"#,
    ] {
        agree(event);
        agree(&body(event));
        agree(&body(&format!("{{\"eventType\":\"a\",\"sentAt\":1}},{event}")));
    }
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    agree(&body(&format!(r#"{{"eventType":"a","sentAt":1,"deep":{deep}}}"#)));
}

fn json() -> impl Strategy<Value = String> {
    let string = "\"([a-zA-Z ü]|\\\\[\"\\\\/bfnrt]|\\\\u00[0-9a-f]{2}|\\\\ud83d\\\\ude0[0-9]){0,20}\"";
    let number = "-?[0-9]{1,17}(\\.[0-9]{1,4})?(e-?[0-9])?";
    let leaf = prop_oneof![string, number, Just("null".into()), Just("true".into())];
    let key = prop_oneof![
        "\"(eventType|sentAt|eventId|itemId|eventValue|properties|recommendationId|impression|metricAttribution|x)\"",
        "\"(trackingId|sessionId|userId|eventList|eventAttributionSource|timestamp)\"",
    ];
    leaf.prop_recursive(3, 40, 6, move |inner| {
        let member = (key.clone(), inner.clone()).prop_map(|(key, value)| format!("{key} :{value}"));
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(|all| format!("[{}]", all.join(", "))),
            proptest::collection::vec(member, 0..8).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn one_pass_and_serde_json_agree_on_any_json(text in json()) {
        agree(&text);
        agree(&body(&text));
        agree(&with_context(&text));
        agree(&body(&format!(r#"{{"eventType":"a","sentAt":1,"properties":{text}}}"#)));
    }

    #[test]
    fn they_agree_on_numbers(number in "-?[0-9]{1,17}(\\.[0-9]{1,17})?", behind in "[ ,}/:a]?") {
        agree(&format!(r#"{{"eventType":"a","sentAt":{number}{behind}"itemId":"i","eventValue":{number}}}"#));
        agree(&format!(r#"{{"eventValue":{number},"itemId":"i","sentAt":{number},"eventType":"a"}}"#));
    }

    #[test]
    fn a_glance_sees_what_is_there_in_any_order(
        order in Just(vec!["eventType", "sentAt", "itemId", "eventId", "eventValue", "eventTypo", "x", "properties"])
            .prop_shuffle(),
        left_out in "(eventValue|eventId|properties)",
        lifted in r"(eventValue|\\u0065ventValue|a)",
        text in "(Identify|[a-z ü]{0,9}|a\\\\n)",
    ) {
        let value = |name: &&str| match *name {
            "sentAt" | "eventValue" => format!(r#""{name}":12345678.5"#),
            name if name == left_out => format!(r#""left":"{text}""#),
            "properties" => format!(r#""properties":{{"{lifted}":3}}"#),
            "x" => format!(r#""x":{{"itemId":"{text}","a":[1,"\""]}}"#),
            _ => format!(r#""{name}":"{text}""#),
        };
        agree(&format!("{{{}}}", order.iter().map(value).collect::<Vec<_>>().join(",")));
        agree(&format!("{{{}}}", order.iter().map(value).collect::<Vec<_>>().join(" , ")));
    }

    #[test]
    fn they_agree_on_properties_in_a_string(text in json(), at in 0_usize..60, with in "[\\[\\]{}\",:0-9a-z\\\\ü\n ]{0,3}") {
        let text = text.replace("timestamp", "itemId").replace("eventList", "userId");
        let mut inside = serde_json::to_string(&text).unwrap();
        agree(&body(&format!(r#"{{"eventType":"a","sentAt":1,"properties":{inside}}}"#)));
        if at <= inside.len() && inside.is_char_boundary(at) {
            inside.insert_str(at, &with);
            agree(&body(&format!(r#"{{"eventType":"Identify","sentAt":1,"properties":{inside}}}"#)));
        }
    }

    #[test]
    fn they_agree_on_a_mangled_body(at in 0_usize..260, with in "[\\[\\]{}\",:0-9a-z\\\\ü\\.\\-]{0,4}", cut in 0_usize..9) {
        let good = body(r#"{"eventType":"c","sentAt":1.5,"itemId":"i","eventValue":3,"impression":["a"],"properties":"{\"a\":1}"}"#);
        let start = at.min(good.len());
        let end = (start + cut).min(good.len());
        if good.is_char_boundary(start) && good.is_char_boundary(end) {
            agree(&format!("{}{with}{}", &good[..start], &good[end..]));
        }
    }
}
