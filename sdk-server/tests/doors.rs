//! `POST /events` over real sockets, as AWS clients and as our own packages speak it.

#![allow(clippy::unwrap_used)] // in a test program a panic is the report

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bowerbird_sdk_server::ingest::{Accepted, Ingest, Limits, Observer, Trackers, plain_refusal, router};
use bowerbird_wire::TrackingId;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Shop;

impl Trackers for Shop {
    fn dataset_group(&self, tracking: &TrackingId) -> Option<Arc<str>> {
        (tracking.as_str() == "t").then(|| "group".into())
    }
}

impl Observer for Shop {
    fn observe(&self, _: &Accepted<'_>) {}
}

/// The address of `POST /events` in a fresh application.
async fn events() -> String {
    events_within(Limits::default()).await
}

async fn events_within(limits: Limits) -> String {
    let log = bowerbird_store::open("memory:").unwrap().events;
    let ingest = Ingest::new(log, Arc::new(Shop), Arc::new(Shop), || 1_700_000_000_000).with_limits(limits);
    let app = router(Arc::new(ingest), plain_refusal);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/events")
}

async fn post(url: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Response {
    Client::new().post(url).header(CONTENT_TYPE, content_type).body(body).send().await.unwrap()
}

fn body(tracking: &str, n: usize) -> String {
    let events: Vec<String> =
        (0..n).map(|i| format!(r#"{{"eventType":"a","sentAt":1,"eventId":"e{i}"}}"#)).collect();
    format!(r#"{{"trackingId":"{tracking}","sessionId":"s","eventList":[{}]}}"#, events.join(","))
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

async fn message(response: Response) -> String {
    json(response).await["message"].as_str().unwrap().to_owned()
}

async fn json(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

const AWS: &str = "application/json";
const OWN: &str = "text/plain;charset=UTF-8";

#[tokio::test]
async fn an_aws_client_is_answered_with_an_empty_200() {
    let response = post(&events().await, AWS, body("t", 10)).await;
    assert_eq!(
        (response.status(), &response.headers()[CONTENT_LENGTH]),
        (StatusCode::OK, &"0".parse().unwrap())
    );
    assert_eq!(response.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn our_own_packages_learn_the_outcome_of_each_event() {
    let url = events().await;
    let mixed = body("t", 2).replace(r#""eventType":"a","sentAt":1,"eventId":"e1""#, r#""eventId":"e1""#);
    let response = post(&url, OWN, mixed).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let report = json(response).await;
    assert_eq!((&report["accepted"], &report["duplicate"]), (&Value::from(1), &Value::from(0)));
    assert_eq!(report["invalid"][0]["index"], 1);
    assert_eq!(report["invalid"][0]["eventId"], "e1");
    assert_eq!(json(post(&url, OWN, body("t", 500)).await).await["duplicate"], 1);
    assert_eq!(
        json(post(&url, "application/x-bowerbird+json", body("t", 500)).await).await["duplicate"],
        500
    );
}

#[tokio::test]
async fn bad_calls_are_told_what_to_change() {
    let url = events().await;
    for (content_type, body, expected) in [
        (AWS, body("t", 11), "eventList is too long: at most 10"),
        (OWN, body("t", 501), "eventList is too long: at most 500"),
        (AWS, body("nobody", 1), "trackingId nobody is unknown"),
        (OWN, body("nobody", 1), "trackingId nobody is unknown"),
        (AWS, "{".into(), "body is not valid"),
        (OWN, "hello".into(), "body is not valid"),
        (AWS, body("t", 1).replace("sentAt", "sentat"), "event 0 of eventList: sentAt is missing"),
    ] {
        let response = post(&url, content_type, body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let message = message(response).await;
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test]
async fn gzip_is_recognised_with_and_without_its_header() {
    let url = events().await;
    let packed = gzip(body("t", 3).as_bytes());
    assert_eq!(json(post(&url, OWN, packed.clone()).await).await["accepted"], 3);
    let request = Client::new().post(&url).header(CONTENT_TYPE, AWS).header(CONTENT_ENCODING, "gzip");
    assert_eq!(request.body(packed.clone()).send().await.unwrap().status(), StatusCode::OK);
    let broken = post(&url, OWN, packed[..packed.len() / 2].to_vec()).await;
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_also_when_it_is_packed() {
    let url = events().await;
    let long = vec![b' '; bowerbird_wire::limits::MAX_BODY_BYTES + 1];
    let packed = post(&url, OWN, gzip(&long)).await;
    assert_eq!(packed.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(packed.headers()["access-control-allow-origin"], "*");
    assert_eq!(post(&url, OWN, long).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_preflight_allows_what_aws_sdks_send_from_a_page() {
    let request = Client::new().request(reqwest::Method::OPTIONS, events().await);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let allowed = response.headers()["access-control-allow-headers"].to_str().unwrap().to_owned();
    for header in ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-user-agent"] {
        assert!(allowed.contains(header), "{header}");
    }
}

#[tokio::test]
async fn whoever_does_not_finish_a_body_in_time_is_told_so_and_let_go() {
    let url = events_within(Limits { body_within: Duration::from_millis(10), ..Limits::default() }).await;
    let address = url.trim_start_matches("http://").trim_end_matches("/events");
    let mut client = TcpStream::connect(address).await.unwrap();
    let half = "POST /events HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n{\"trackingId\":";
    client.write_all(half.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("the body was not complete after 10ms"), "{answer}");
}

#[tokio::test]
async fn a_body_may_come_in_pieces_of_unknown_number() {
    let url = events().await;
    let address = url.trim_start_matches("http://").trim_end_matches("/events");
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = "POST /events HTTP/1.1\r\nhost: h\r\ncontent-type: text/plain\r\nconnection: close\r\n\
        transfer-encoding: chunked\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    for piece in body("t", 3).as_bytes().chunks(50) {
        client.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
        client.write_all(piece).await.unwrap();
        client.write_all(b"\r\n").await.unwrap();
    }
    client.write_all(b"0\r\nsome: trailer\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(r#"{"accepted":3,"duplicate":0,"invalid":[]}"#), "{answer}");
}
