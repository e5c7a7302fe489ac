//! The client against the real ingest, and against servers that are away, overloaded or picky.

#![allow(clippy::unwrap_used)] // in a test program a panic is the report

#[path = "../examples/shop_backend.rs"]
#[allow(dead_code)] // its `main` is not called here
mod shop_backend;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bowerbird_sdk_server::client::{Builder, Client};
use bowerbird_sdk_server::ingest::{Accepted, Ingest, Observer, Trackers, plain_refusal, router};
use bowerbird_wire::{Event, EventType, ItemId, Millis, PutEvents, SessionId, TrackingId};
use tokio::net::TcpListener;

/// A server that remembers the items of what it accepted, in order.
#[derive(Default)]
struct Shop(Mutex<Vec<String>>);

impl Trackers for Shop {
    fn dataset_group(&self, tracking: &TrackingId) -> Option<Arc<str>> {
        (tracking.as_str() == "t").then(|| "group".into())
    }
}

impl Observer for Shop {
    fn observe(&self, accepted: &Accepted<'_>) {
        let items = accepted.events.iter().map(|event| event.item_id.as_ref().unwrap().as_str().to_owned());
        self.0.lock().unwrap().extend(items);
    }
}

impl Shop {
    fn items(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn ingest(shop: &Arc<Shop>) -> Router {
    let log = bowerbird_store::open("memory:").unwrap().events;
    router(Arc::new(Ingest::new(log, shop.clone(), shop.clone(), || 1_700_000_000_000)), plain_refusal)
}

async fn serve(app: Router) -> String {
    serve_at(TcpListener::bind("127.0.0.1:0").await.unwrap(), app)
}

fn serve_at(listener: TcpListener, app: Router) -> String {
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    endpoint
}

/// An address where nobody listens.
async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A server that gives the answers of a script, one for each call, and then 200 for what it was sent.
async fn scripted(script: Vec<StatusCode>) -> (String, Arc<Mutex<Vec<usize>>>) {
    let (calls, sizes) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let seen = sizes.clone();
    let answer = move |body: Bytes| {
        let n = PutEvents::parse(&body).unwrap().events.len();
        seen.lock().unwrap().push(n);
        let status = script.get(calls.fetch_add(1, Ordering::SeqCst)).copied().unwrap_or(StatusCode::OK);
        let text = format!(r#"{{"accepted":{n},"duplicate":0,"invalid":[],"message":"as the script says"}}"#);
        let response: Response = (status, text).into_response();
        std::future::ready(response)
    };
    (serve(Router::new().route("/events", post(answer))).await, sizes)
}

/// Waits for nothing but what the test asks for.
fn patient(endpoint: &str) -> Builder {
    Client::builder(endpoint, "t").interval(Duration::from_secs(3600)).retry(Duration::ZERO, Duration::ZERO)
}

fn record(client: &Client, session: &str, items: std::ops::Range<usize>) {
    for item in items {
        let mut event = Event::new(EventType::try_from("click").unwrap(), Millis(1_700_000_000_000));
        event.item_id = Some(ItemId::try_from(format!("{item:05}")).unwrap());
        client.record(None, SessionId::try_from(session).unwrap(), event);
    }
}

fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

#[tokio::test]
async fn the_example_delivers_every_sale() {
    let (shop, spool) = (Arc::new(Shop::default()), tempfile::tempdir().unwrap());
    let endpoint = serve(ingest(&shop)).await;
    let stats =
        shop_backend::open_for_business(&endpoint, "t", spool.path().to_str().unwrap()).await.unwrap();
    assert_eq!((stats.recorded, stats.accepted, stats.spooled, stats.queued), (30, 30, 0, 0), "{stats:?}");
    assert_eq!(shop.items().len(), 30);
}

#[tokio::test]
async fn events_of_one_session_arrive_in_order_in_calls_of_500() {
    let (endpoint, sizes) = scripted(vec![]).await;
    let client = patient(&endpoint).build().unwrap();
    record(&client, "s", 0..1200);
    let stats = client.flush().await;
    assert_eq!((stats.accepted, stats.queued), (1200, 0), "{stats:?}");
    assert_eq!(sizes.lock().unwrap().iter().sum::<usize>(), 1200);
    assert!(sizes.lock().unwrap().iter().all(|n| *n <= 500));
}

#[tokio::test]
async fn a_server_that_is_away_costs_nothing_when_there_is_a_spool() {
    let (shop, spool) = (Arc::new(Shop::default()), tempfile::tempdir().unwrap());
    let client = patient(&nowhere().await).spool(spool.path()).build().unwrap();
    record(&client, "s", 0..700);
    let stats = client.close().await;
    assert_eq!((stats.spooled, stats.queued, stats.dropped), (700, 0, 0), "{stats:?}");
    assert!(stats.last_error.is_some() && files(spool.path()) > 0);

    // The next process reads the spool first, then sends what is new.
    let client = patient(&serve(ingest(&shop)).await).spool(spool.path()).build().unwrap();
    assert_eq!(client.stats().spooled, 700);
    record(&client, "s", 700..710);
    let stats = client.close().await;
    assert_eq!((stats.accepted, stats.spooled, files(spool.path())), (710, 0, 0), "{stats:?}");
    assert!(shop.items().is_sorted());
}

#[tokio::test]
async fn a_server_that_comes_back_gets_everything_once() {
    let shop = Arc::new(Shop::default());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = patient(&format!("http://{address}")).build().unwrap();
    record(&client, "s", 0..20);
    let stats = client.flush().await;
    assert_eq!((stats.queued, stats.accepted, stats.retries), (20, 0, 1), "{stats:?}");
    serve_at(TcpListener::bind(address).await.unwrap(), ingest(&shop));
    let stats = client.flush().await;
    assert_eq!((stats.queued, stats.accepted, stats.duplicate), (0, 20, 0), "{stats:?}");
    assert!(shop.items().is_sorted());
}

#[tokio::test]
async fn only_400_and_422_give_up_events() {
    for status in [400, 422] {
        let (endpoint, _) = scripted(vec![StatusCode::from_u16(status).unwrap()]).await;
        let client = patient(&endpoint).build().unwrap();
        record(&client, "s", 0..3);
        let stats = client.flush().await;
        assert_eq!((stats.refused, stats.queued, stats.retries), (3, 0, 0), "{status}: {stats:?}");
        assert_eq!(stats.last_error.as_deref(), Some("as the script says"));
    }
    for status in [401, 403, 404, 408, 429, 500, 502, 503] {
        let (endpoint, _) = scripted(vec![StatusCode::from_u16(status).unwrap()]).await;
        let client = patient(&endpoint).build().unwrap();
        record(&client, "s", 0..3);
        let stats = client.flush().await;
        assert_eq!((stats.refused, stats.queued, stats.retries), (0, 3, 1), "{status}: {stats:?}");
        assert_eq!(client.flush().await.accepted, 3, "{status}");
    }
}

#[tokio::test]
async fn a_call_that_is_too_large_is_split() {
    let (endpoint, sizes) =
        scripted(vec![StatusCode::PAYLOAD_TOO_LARGE, StatusCode::PAYLOAD_TOO_LARGE]).await;
    let client = patient(&endpoint).build().unwrap();
    record(&client, "s", 0..100);
    let stats = client.flush().await;
    assert_eq!((stats.accepted, stats.queued), (100, 0), "{stats:?}");
    assert_eq!(*sizes.lock().unwrap(), [100, 50, 25, 25, 50]);
}

#[tokio::test]
async fn memory_is_bounded_and_what_is_dropped_is_counted() {
    let client = patient(&nowhere().await).capacity(10).build().unwrap();
    record(&client, "s", 0..25);
    let stats = client.stats();
    assert_eq!((stats.recorded, stats.queued, stats.dropped), (25, 10, 15), "{stats:?}");
    assert_eq!(client.close().await.dropped, 25);
}

#[tokio::test]
async fn memory_is_bounded_and_nothing_is_dropped_when_there_is_a_spool() {
    let spool = tempfile::tempdir().unwrap();
    let client = patient(&nowhere().await).capacity(10).spool(spool.path()).build().unwrap();
    record(&client, "s", 0..25);
    let stats = client.stats();
    assert!(stats.queued <= 10 && stats.queued + stats.spooled == 25 && stats.dropped == 0, "{stats:?}");
}

#[tokio::test]
async fn a_retry_whose_first_answer_was_lost_counts_once() {
    let shop = Arc::new(Shop::default());
    let real = serve(ingest(&shop)).await;
    let lost = Arc::new(AtomicUsize::new(0));
    // Passes calls on, and answers the first one with an error although it was accepted.
    let proxy = move |body: Bytes| {
        let (url, lost) = (format!("{real}/events"), lost.clone());
        async move {
            let request = reqwest::Client::new().post(url).header("content-type", "text/plain").body(body);
            let text = request.send().await.unwrap().text().await.unwrap();
            let first = lost.fetch_add(1, Ordering::SeqCst) == 0;
            (if first { StatusCode::BAD_GATEWAY } else { StatusCode::OK }, text)
        }
    };
    let client = patient(&serve(Router::new().route("/events", post(proxy))).await).build().unwrap();
    record(&client, "s", 0..5);
    assert_eq!(client.flush().await.queued, 5);
    let stats = client.flush().await;
    assert_eq!((stats.accepted, stats.duplicate, stats.queued), (0, 5, 0), "{stats:?}");
    assert_eq!(shop.items().len(), 5);
}

#[tokio::test]
async fn an_invalid_event_is_counted_and_its_neighbours_pass() {
    let client = patient(&serve(ingest(&Arc::new(Shop::default()))).await).build().unwrap();
    record(&client, "s", 0..2);
    let mut event = Event::new(EventType::try_from("click").unwrap(), Millis(1));
    event.properties = Some(r#"{"timestamp":1}"#.into());
    client.record(None, SessionId::try_from("s").unwrap(), event);
    let stats = client.flush().await;
    assert_eq!((stats.accepted, stats.refused, stats.queued), (2, 1, 0), "{stats:?}");
    assert!(stats.last_error.unwrap().starts_with("properties is not valid"));
}

#[test]
fn a_client_outside_a_runtime_is_refused_with_advice() {
    let refused = Client::builder("http://127.0.0.1:1", "t").build().err().unwrap().to_string();
    assert!(refused.contains("inside a tokio runtime"), "{refused}");
}

#[tokio::test]
async fn a_malformed_address_is_refused() {
    assert!(Client::builder("not an address", "t").build().is_err());
    assert!(Client::builder("http://127.0.0.1:1", "").build().is_err());
}

/// A plain server at an https address: the handshake must be tried, and its failure must say so.
#[cfg(feature = "tls")]
#[tokio::test]
async fn https_is_spoken() {
    let plain = serve(ingest(&Arc::new(Shop::default()))).await;
    let client = patient(&plain.replace("http://", "https://")).build().unwrap();
    record(&client, "s", 0..1);
    let stats = client.flush().await;
    assert_eq!((stats.queued, stats.retries), (1, 1), "{stats:?}");
    let error = stats.last_error.unwrap();
    assert!(error.contains("corrupt message"), "{error}");
}
