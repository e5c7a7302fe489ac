//! "How is it going?", for Prometheus: what docs/operations.md lists.
//!
//! Requests are counted as they are answered. Everything else is asked for when somebody looks.

use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use bowerbird_sdk_server::ingest::Ingest;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::app::App;

/// Seconds: from an answer out of memory to one that somebody should look at.
const SECONDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

/// As metrics and log lines name it.
pub(crate) const PUT_EVENTS: &str = "PutEvents";

/// The counters of one server.
pub(crate) struct Metrics {
    registry: Registry,
    /// Of PutEvents that went well: looked up once, since there may be more of them than of everything else.
    put_events: (Histogram, Counter),
    requests: Family<Operation, Histogram, fn() -> Histogram>,
    answers: Family<Answer, Counter>,
    events: Family<Outcome, Counter>,
    calls: Family<Reason, Counter>,
    records: Gauge,
    visitors: Gauge,
    live_bytes: Gauge,
    key_bytes: Gauge,
    jobs: Gauge,
    memory: Gauge,
    files: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let requests: Family<_, _, fn() -> _> = Family::new_with_constructor(|| Histogram::new(SECONDS));
        let answers: Family<_, _> = Family::default();
        let put_events = (
            requests.get_or_create_owned(&Operation { operation: PUT_EVENTS }),
            answers.get_or_create_owned(&Answer { operation: PUT_EVENTS, status: 200 }),
        );
        let mut metrics = Self {
            registry: Registry::with_prefix("bowerbird"),
            put_events,
            requests,
            answers,
            events: Family::default(),
            calls: Family::default(),
            records: Gauge::default(),
            visitors: Gauge::default(),
            live_bytes: Gauge::default(),
            key_bytes: Gauge::default(),
            jobs: Gauge::default(),
            memory: Gauge::default(),
            files: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("request_seconds", "Time to answer a request", metrics.requests.clone());
        registry.register("answers", "Answers by HTTP status", metrics.answers.clone());
        registry.register("events", "Events by outcome, since the start", metrics.events.clone());
        registry.register("calls_refused", "Calls of PutEvents that were turned away", metrics.calls.clone());
        registry.register(
            "log_records",
            "Records of the event log since its beginning",
            metrics.records.clone(),
        );
        registry.register("visitors", "Users and sessions in the live view", metrics.visitors.clone());
        registry.register("live_view_bytes", "Memory of the live view, about", metrics.live_bytes.clone());
        registry.register(
            "repeat_keys_bytes",
            "Memory of what tells repeats apart",
            metrics.key_bytes.clone(),
        );
        registry.register("jobs_running", "Imports and trainings at work", metrics.jobs.clone());
        registry.register("memory_bytes", "Resident memory of the process", metrics.memory.clone());
        registry.register("open_files", "Open file descriptors", metrics.files.clone());
        registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        metrics
    }
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn answered(&self, operation: &'static str, status: StatusCode, took: Duration) {
        if operation == PUT_EVENTS && status == StatusCode::OK {
            self.put_events.0.observe(took.as_secs_f64());
            self.put_events.1.inc();
            return;
        }
        self.requests.get_or_create(&Operation { operation }).observe(took.as_secs_f64());
        self.answers.get_or_create(&Answer { operation, status: status.as_u16() }).inc();
    }

    /// Everything, in the text form of Prometheus.
    pub(crate) fn text(&self, app: &App, ingest: &Ingest) -> Result<String, fmt::Error> {
        let counts = ingest.counts();
        for (outcome, n) in [
            ("accepted", counts.accepted),
            ("duplicate", counts.duplicate),
            ("invalid", counts.invalid),
            ("limited", counts.limited),
        ] {
            set(&self.events.get_or_create(&Outcome { outcome }), n);
        }
        for (reason, n) in [
            ("unreadable", counts.unreadable_calls),
            ("unknown_tracker", counts.unknown_tracker_calls),
            ("unavailable", counts.unavailable_calls),
            ("limited", counts.limited_calls),
            ("overloaded", counts.overloaded_calls),
        ] {
            set(&self.calls.get_or_create(&Reason { reason }), n);
        }
        self.records.set(signed(app.store.events.end().0));
        let (visitors, live_bytes) = app.live.size();
        self.visitors.set(signed(visitors as u64));
        self.live_bytes.set(signed(live_bytes as u64));
        self.key_bytes.set(signed(app.store.events.key_bytes()));
        self.jobs.set(signed(app.board.running() as u64));
        self.memory.set(resident_bytes().map_or(0, signed));
        self.files.set(fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as i64));
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Which operation a request is, by the names of Amazon where there are any.
pub(crate) fn operation(request: &Request<Body>) -> &'static str {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/events") => PUT_EVENTS,
        (&Method::POST, "/recommendations") => "GetRecommendations",
        (&Method::POST, "/personalize-ranking") => "GetPersonalizedRanking",
        (&Method::POST, "/action-recommendations") => "GetActionRecommendations",
        (&Method::POST, "/action-interactions") => "PutActionInteractions",
        (&Method::POST, "/items") => "PutItems",
        (&Method::POST, "/users") => "PutUsers",
        (&Method::POST, "/actions") => "PutActions",
        (&Method::POST, "/") => "control",
        (_, path) if path.starts_with("/device/") => "device",
        (_, path) if path.starts_with("/datasets/") || path.starts_with("/jobs/") => "inspect",
        (_, "/health" | "/ready" | "/metrics") => "watch",
        _ => "site",
    }
}

/// The counter is kept elsewhere; here it is shown.
fn set(counter: &Counter<u64, AtomicU64>, n: u64) {
    counter.inner().store(n, Ordering::Relaxed);
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `None` where there is no /proc.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
