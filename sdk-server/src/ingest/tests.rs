use std::ops::Range;
use std::sync::{Arc, Mutex};

use bowerbird_store::{
    Appending, Batch, Column, Columns, EventLog, Offset, Reading, Record, Retired, Sealing, StoreError,
    Teller,
};
use bowerbird_wire::{Outcome, PutEvents, TrackingId};
use bytes::Bytes;

use super::entry::Alone;
use super::{Accepted, Door, Entry, Ingest, IngestError, Observer, Trackers};

const NOW: i64 = 1_700_000_000_000;

/// Knows one tracker and remembers the events that it saw.
#[derive(Default)]
struct Shop(Mutex<Vec<String>>);

impl Trackers for Shop {
    fn dataset_group(&self, tracking: &TrackingId) -> Option<Arc<str>> {
        (tracking.as_str() == "t").then(|| "group".into())
    }
}

impl Observer for Shop {
    fn observe(&self, accepted: &Accepted<'_>) {
        let (user, session) = (accepted.user_id, accepted.session_id);
        let seen = accepted.events.iter().map(|event| {
            format!("{} {user:?} {session} {} {}", accepted.dataset_group, event.event_type, event.sent_at.0)
        });
        self.0.lock().unwrap().extend(seen);
    }
}

struct Stand {
    ingest: Ingest,
    shop: Arc<Shop>,
    log: Arc<dyn EventLog>,
}

impl Stand {
    fn new() -> Self {
        let log = bowerbird_store::open("memory:").unwrap().events;
        let shop = Arc::new(Shop::default());
        Self { ingest: Ingest::new(log.clone(), shop.clone(), shop.clone(), || NOW), shop, log }
    }

    async fn put(&self, top: &str, events: &str) -> Vec<&'static str> {
        let body = body(top, events);
        let outcomes = self.ingest.put_events(PutEvents::parse(&body).unwrap()).await.unwrap();
        outcomes.iter().map(Outcome::name).collect()
    }

    fn records(&self) -> Vec<Record> {
        self.log.scan(Offset(0)).map(|record| record.unwrap().1).collect()
    }

    fn sent_at(&self) -> Vec<i64> {
        let records = self.records();
        let events = entries(&records).into_iter().filter_map(|entry| match entry {
            Entry::Event { event, .. } => Some(event.sent_at.0),
            _ => None,
        });
        events.collect()
    }
}

fn entries(records: &[Record]) -> Vec<Entry<'_>> {
    records.iter().map(|record| Entry::decode(record).unwrap()).collect()
}

fn body(top: &str, events: &str) -> Bytes {
    format!(r#"{{"trackingId":"t","sessionId":"s",{top}"eventList":[{events}]}}"#).into()
}

#[tokio::test]
async fn an_accepted_event_is_in_the_log_and_was_observed() {
    let stand = Stand::new();
    let fates =
        stand.put(r#""userId":"u","#, r#"{"eventType":"click","sentAt":5,"itemId":"i","eventId":"e"}"#).await;
    assert_eq!(fates, ["accepted"]);
    let records = stand.records();
    let entries = entries(&records);
    let Entry::Event { dataset_group, user_id, session_id, event, .. } = &entries[0] else {
        panic!("{entries:?}")
    };
    assert_eq!((&**dataset_group, session_id.as_str()), ("group", "s"));
    assert_eq!(user_id.as_ref().unwrap().as_str(), "u");
    assert_eq!((event.item_id.as_ref().unwrap().as_str(), event.sent_at.0), ("i", 5_000));
    assert_eq!(*stand.shop.0.lock().unwrap(), [r#"group Some("u") s click 5000"#]);
}

#[tokio::test]
async fn the_context_of_a_call_is_stored_once_as_it_was_sent_and_read_with_each_event() {
    let stand = Stand::new();
    let context = r#"{"page":"https://shop.example/a","screen":[1920, 1080]}"#;
    let event = |id| format!(r#"{{"eventType":"click","sentAt":5,"eventId":"{id}"}}"#);
    stand.put(&format!(r#""context": {context},"#), &[event("e1"), event("e2")].join(",")).await;
    stand.put("", &event("e3")).await;
    let records = stand.records();
    let origin = records[0].origin.as_deref().unwrap();
    let golden = format!(r#"["group","s",null,0,{context}]"#);
    assert_eq!(str::from_utf8(origin), Ok(golden.as_str()));
    assert_eq!(records[0].origin, records[1].origin);
    let contexts = entries(&records).into_iter().map(|entry| match entry {
        Entry::Event { context, .. } => context,
        other => panic!("{other:?}"),
    });
    assert_eq!(contexts.collect::<Vec<_>>(), [Some(context), Some(context), None]);
}

#[tokio::test]
async fn every_event_of_a_batch_gets_its_own_outcome_and_every_refusal_is_kept() {
    let stand = Stand::new();
    let good = r#"{"eventType":"a","sentAt":1,"eventId":"e1"}"#;
    let fates = stand.put("", &format!(r#"{good},{{"eventType":5}},{good}"#)).await;
    assert_eq!(fates, ["accepted", "invalid", "duplicate"]);
    let records = stand.records();
    let entries = entries(&records);
    assert!(matches!(&entries[1], Entry::Refused { raw, reason, .. }
        if raw == r#"{"eventType":5}"# && reason.starts_with("eventType is not valid")));
    assert_eq!(entries[2], Entry::Duplicates { dataset_group: "group".into(), count: 1 });
    let counts = stand.ingest.counts();
    assert_eq!((counts.accepted, counts.duplicate, counts.invalid), (1, 1, 1));
    assert_eq!(stand.shop.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_whole_call_is_refused_for_one_event_and_its_events_are_kept_with_the_reason() {
    let stand = Stand::new();
    let call = body("", r#"{"eventType":"a","sentAt":1},{"eventType":"b"}"#);
    let refused = stand.ingest.put_events_whole(PutEvents::parse(&call).unwrap()).await.unwrap_err();
    assert_eq!(refused.to_string(), "event 1 of eventList: sentAt is missing: add it to the request");
    let records = stand.records();
    let reasons: Vec<_> = entries(&records)
        .into_iter()
        .map(|entry| match entry {
            Entry::Refused { reason, .. } => reason,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(reasons[0].starts_with("the whole call was refused: event 1"), "{reasons:?}");
    assert!(reasons[1].starts_with("sentAt is missing"), "{reasons:?}");
    assert!(stand.shop.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn eleven_events_are_too_many_for_an_aws_client_and_fine_for_our_own() {
    let stand = Stand::new();
    let eleven: Vec<String> = (0..11).map(|i| format!(r#"{{"eventType":"a","sentAt":{i}}}"#)).collect();
    let body = body("", &eleven.join(","));
    let call = PutEvents::parse(&body).unwrap();
    let refused = stand.ingest.put_events_whole(call.clone()).await.unwrap_err();
    assert_eq!(refused.to_string(), "eventList is too long: at most 10 are allowed");
    assert_eq!(stand.ingest.put_events(call).await.unwrap(), vec![Outcome::Accepted; 11]);
}

#[tokio::test]
async fn an_unknown_tracking_id_is_refused_and_leaves_nothing() {
    let stand = Stand::new();
    let body = body("", r#"{"eventType":"a","sentAt":1}"#);
    let mut call = PutEvents::parse(&body).unwrap();
    call.tracking_id = TrackingId::try_from("nobody").unwrap();
    assert!(matches!(stand.ingest.put_events(call).await, Err(IngestError::UnknownTracker { .. })));
    assert_eq!((stand.log.end(), stand.ingest.counts().unknown_tracker_calls), (Offset(0), 1));
}

#[tokio::test]
async fn identical_events_without_an_id_count_once_and_any_difference_counts() {
    let stand = Stand::new();
    let event = r#"{"eventType":"a","sentAt":1,"itemId":"i","properties":"{\"x\":1}"}"#;
    assert_eq!(stand.put("", event).await, ["accepted"]);
    assert_eq!(stand.put("", event).await, ["duplicate"]);
    assert_eq!(stand.put("", &event.replace('1', "2")).await, ["accepted"]);
    assert_eq!(stand.put("", &event.replace("\"i\"", "\"j\"")).await, ["accepted"]);
    assert_eq!(stand.put(r#""userId":"u","#, event).await, ["accepted"]);
}

#[tokio::test]
async fn the_shared_event_id_of_amplify_5_does_not_hide_other_events() {
    let stand = Stand::new();
    let event = |item: &str| {
        format!(r#"{{"eventId":"0a1b2c3d-0a1b-s","eventType":"a","sentAt":1,"itemId":"{item}"}}"#)
    };
    let fates = stand.put("", &[event("i"), event("j"), event("i")].join(",")).await;
    assert_eq!(fates, ["accepted", "accepted", "duplicate"]);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_corrected_and_a_retry_is_still_the_same_event() {
    let stand = Stand::new();
    let an_hour_slow = format!(r#""sentAt":{},"#, NOW / 1000 - 3600);
    let event = format!(r#"{{"eventType":"a","sentAt":{},"itemId":"i"}}"#, NOW / 1000 - 3610);
    assert_eq!(stand.put(&an_hour_slow, &event).await, ["accepted"]);
    let later = format!(r#""sentAt":{},"#, NOW / 1000 - 3500);
    assert_eq!(stand.put(&later, &event).await, ["duplicate"]);
    assert_eq!(stand.sent_at(), [NOW - 10_000]);
    assert_eq!(*stand.shop.0.lock().unwrap(), [format!("group None s a {}", NOW - 10_000)]);
}

#[tokio::test]
async fn a_clock_that_is_nearly_right_is_left_alone() {
    let stand = Stand::new();
    let top = format!(r#""sentAt":{},"#, NOW / 1000 - 60);
    stand.put(&top, r#"{"eventType":"a","sentAt":77}"#).await;
    assert_eq!(stand.sent_at(), [77_000]);
}

#[tokio::test]
async fn an_event_is_stored_as_it_was_sent() {
    let stand = Stand::new();
    let event = r#"{ "eventType": "a",  "sentAt": 1.50, "unknown": [], "properties": "{\"x\": 1}" }"#;
    stand.put("", event).await;
    assert_eq!(stand.records()[0].body, event.as_bytes());
}

#[test]
fn notes_are_read_back_as_they_were_written() {
    let duplicates = Alone::Duplicates { dataset_group: "g".into(), count: 3 }.record(NOW);
    assert_eq!(
        Entry::decode(&duplicates).unwrap(),
        Entry::Duplicates { dataset_group: "g".into(), count: 3 }
    );
    let refused = Alone::refused("g", "because".into(), "\"ü\"", Door::Own).record(NOW);
    assert!(matches!(Entry::decode(&refused).unwrap(), Entry::Refused { reason, raw, .. }
        if reason == "because" && raw == "\"ü\""));
    assert!(Entry::decode(&Record::new(NOW, "{\"sealed\":{}}")).is_err());
    let long = "ü".repeat(9_000);
    let long = Alone::refused("g", String::new(), &long, Door::Own);
    assert!(matches!(long, Alone::Refused { raw, .. } if raw.len() == 10_240));
}

#[test]
fn events_that_were_kept_before_records_had_origins_are_read() {
    let body = r#"{"event":{"datasetGroup":"g","sessionId":"s","event":{"eventType":"a","sentAt":1.0}}}"#;
    let record = Record::new(NOW, body);
    let entry = Entry::decode(&record).unwrap();
    assert!(
        matches!(&entry, Entry::Event { dataset_group, user_id: None, event, .. }
        if dataset_group == "g" && event.sent_at.0 == 1_000),
        "{entry:?}"
    );
}

/// The answer that a caller waits for, and what it will be.
type Held = (Teller, Appending);

/// Answers when it is told to.
struct Slow {
    log: Arc<dyn EventLog>,
    held: Mutex<Vec<Held>>,
}

impl EventLog for Slow {
    fn append(&self, batch: Batch) -> Appending {
        let (teller, appending) = Appending::new();
        self.held.lock().unwrap().push((teller, self.log.append(batch)));
        appending
    }

    fn scan(
        &self,
        from: Offset,
    ) -> Box<dyn Iterator<Item = Result<(Offset, Record), StoreError>> + Send + '_> {
        self.log.scan(from)
    }

    fn columns(
        &self,
        records: Range<Offset>,
        wanted: &[Column],
        reading: Reading,
    ) -> Box<dyn Iterator<Item = Result<Columns, StoreError>> + Send + '_> {
        self.log.columns(records, wanted, reading)
    }

    fn seal(&self, reading: Reading) -> Result<Option<Sealing>, StoreError> {
        self.log.seal(reading)
    }

    fn retire(&self, now_ms: i64, keep_ms: Option<i64>) -> Result<Retired, StoreError> {
        self.log.retire(now_ms, keep_ms)
    }

    fn end(&self) -> Offset {
        self.log.end()
    }
}

#[tokio::test]
async fn a_call_whose_sender_has_gone_is_observed_and_waited_for_all_the_same() {
    let log =
        Arc::new(Slow { log: bowerbird_store::open("memory:").unwrap().events, held: Mutex::default() });
    let shop = Arc::new(Shop::default());
    let ingest = Arc::new(Ingest::new(log.clone(), shop.clone(), shop.clone(), || NOW));
    let text =
        body("", r#"{"eventType":"a","sentAt":1,"eventId":"e"},{"sentAt":1},{"eventType":"b","sentAt":1}"#);
    let mut call = Box::pin(ingest.put_events(PutEvents::parse(&text).unwrap()));
    let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(call.as_mut().poll(&mut nobody).is_pending());
    drop(call);
    let (teller, appending) = log.held.lock().unwrap().pop().unwrap();
    teller.tell(appending.await.unwrap());
    let waiting = ingest.clone();
    tokio::task::spawn_blocking(move || waiting.settle()).await.unwrap();
    assert_eq!(shop.0.lock().unwrap().len(), 2);
    assert_eq!((ingest.counts().accepted, ingest.counts().invalid), (2, 1));
}
