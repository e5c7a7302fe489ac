//! One call, and what its answer means.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bowerbird_wire::{Millis, TrackingId};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::parcel::Parcel;

/// The door that answers event by event and takes 500 of them.
const OWN_DOOR: &str = "application/x-bowerbird+json";

#[derive(Clone)]
pub(super) struct Sender {
    pub(super) http: reqwest::Client,
    pub(super) url: String,
    pub(super) tracking_id: TrackingId,
}

pub(super) enum Answer {
    /// Every event has its final fate.
    Done(Report),
    /// 400 or 422: the same call would always be refused.
    Refused(String),
    /// 413: the halves may pass.
    TooLarge,
    /// Anything else: the server may take it later.
    Later { why: String, retry_after: Option<Duration> },
}

#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) accepted: u64,
    pub(super) duplicate: u64,
    pub(super) invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
pub(super) struct Invalid {
    pub(super) reason: String,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

impl Sender {
    pub(super) async fn send(&self, parcel: &Parcel) -> Answer {
        let body = parcel.body(&self.tracking_id, Some(now()));
        let request = self.http.post(&self.url).header(CONTENT_TYPE, OWN_DOOR).body(body);
        match request.send().await {
            Ok(response) => read(response).await,
            Err(error) => later(describe(&error), None),
        }
    }
}

async fn read(response: Response) -> Answer {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let retry_after = retry_after.map(Duration::from_secs);
    let text = match response.text().await {
        Ok(text) => text,
        Err(error) => return later(describe(&error), retry_after),
    };
    let message =
        || serde_json::from_str(&text).map_or_else(|_| status.to_string(), |Message { message }| message);
    match status {
        StatusCode::OK => match serde_json::from_str(&text) {
            Ok(report) => Answer::Done(report),
            Err(_) => {
                later("the answer is not from a Bowerbird server: check the endpoint".into(), retry_after)
            }
        },
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Answer::Refused(message()),
        StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge,
        _ => later(format!("{status}: {}", message()), retry_after),
    }
}

fn later(why: String, retry_after: Option<Duration>) -> Answer {
    Answer::Later { why, retry_after }
}

/// reqwest says what it did; its source says why that failed.
fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
