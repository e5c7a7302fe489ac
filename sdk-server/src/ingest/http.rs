//! `POST /events`, for AWS clients and for our own packages.

use std::fmt::Display;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, http};
use bowerbird_wire::limits::MAX_BODY_BYTES;
use bowerbird_wire::{Invalid, PutEvents};
use serde::Serialize;

use super::body::{NotUnpacked, is_packed, unpack};
use super::counts::{Tally, add};
use super::limits::Room;
use super::{Door, Ingest, IngestError, incoming};

/// What AWS SDKs send from a page. [reference: read off the wire]
const ALLOWED_HEADERS: &str = "authorization, content-type, content-encoding, x-amz-date, x-amz-security-token, \
    x-amz-content-sha256, x-amz-target, x-amz-user-agent, amz-sdk-invocation-id, amz-sdk-request";
const EXPOSED_HEADERS: &str = "x-amzn-requestid, x-amzn-errortype, retry-after";
/// A day: browsers ask again at the latest after two hours anyway.
const PREFLIGHT_SECONDS: &str = "86400";

/// Writes a refusal.
pub type Refuse = fn(&IngestError) -> Response;

/// The path `/events`, to be mounted in any axum application. `refuse` writes the refusals: [`plain_refusal`], or what
/// the application's clients understand.
pub fn router(ingest: Arc<Ingest>, refuse: Refuse) -> Router {
    Router::new().route("/events", post(put).options(preflight)).with_state((ingest, refuse))
}

/// A refusal as `{"message": "…"}` with the status that says what to do: 400 fix the call, 413 split it, 429 and 503
/// send it again after `Retry-After` seconds.
pub fn plain_refusal(error: &IngestError) -> Response {
    let status = match error {
        IngestError::Invalid(_) | IngestError::InvalidEvent { .. } | IngestError::UnknownTracker { .. } => {
            StatusCode::BAD_REQUEST
        }
        IngestError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        IngestError::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
        IngestError::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
        IngestError::Unavailable { .. } | IngestError::Overloaded { .. } => StatusCode::SERVICE_UNAVAILABLE,
        IngestError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut response = json(HeaderMap::new(), &Message { message: error.to_string() });
    *response.status_mut() = status;
    if let Some(seconds) = error.retry_after_s() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

#[derive(Serialize)]
struct Message {
    message: String,
}

/// What our own packages are told. Every event that is not in `invalid` is safe to forget.
#[derive(Serialize)]
struct Report<'a> {
    accepted: usize,
    duplicate: usize,
    invalid: Vec<InvalidEvent<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InvalidEvent<'a> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
    reason: String,
}

async fn put(State((ingest, refuse)): State<(Arc<Ingest>, Refuse)>, request: Request<Body>) -> Response {
    answer(&ingest, refuse, request).await
}

/// What [`router`] does, for applications that find the way to it themselves: the shorter it is, the more events fit
/// through.
pub async fn answer<B>(ingest: &Ingest, refuse: Refuse, request: Request<B>) -> Response
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    let mut response = take(ingest, request).await.unwrap_or_else(|error| refuse(&error));
    allow_any_origin(response.headers_mut());
    response
}

/// The room for the body is held until the answer is there: so long it is in memory in one form or another.
async fn take<B>(ingest: &Ingest, request: Request<B>) -> Result<Response, IngestError>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    let (Parts { mut headers, .. }, body) = request.into_parts();
    let door = door(&headers);
    // The answer has its headers in the same memory.
    headers.clear();
    let announced = body.size_hint().upper().map_or(MAX_BODY_BYTES, |bytes| bytes as usize);
    let _read = room(ingest, announced)?;
    let bytes = incoming::read(body, ingest.gate.body_within).await;
    let text = bytes.and_then(|bytes| if is_packed(&bytes) { unpacked(&bytes) } else { Ok(bytes) });
    let text = text.inspect_err(|_| add(&ingest.counters.unreadable_calls, 1))?;
    let unpacked = text.len().saturating_sub(announced);
    let _unpacked = if unpacked > 0 { Some(room(ingest, unpacked)?) } else { None };
    let put = PutEvents::parse(&text).inspect_err(|_| add(&ingest.counters.unreadable_calls, 1))?;
    match door {
        Door::Own => report(ingest, put, headers).await,
        Door::Aws => ingest.put_events_whole(put).await.map(|_| empty()),
    }
}

fn room(ingest: &Ingest, bytes: usize) -> Result<Room<'_>, IngestError> {
    ingest.gate.room(bytes).ok_or_else(|| {
        add(&ingest.counters.overloaded_calls, 1);
        IngestError::Overloaded { retry_after_s: 1 }
    })
}

fn unpacked(body: &[u8]) -> Result<Bytes, IngestError> {
    match unpack(body) {
        Ok(text) => Ok(text.into()),
        Err(NotUnpacked::TooLong) => Err(IngestError::TooLarge { max: MAX_BODY_BYTES }),
        Err(NotUnpacked::Broken(error)) => {
            let expected = format!("gzip that can be unpacked ({error})");
            Err(Invalid::Malformed { field: "body", expected }.into())
        }
    }
}

async fn report(ingest: &Ingest, put: PutEvents<'_>, headers: HeaderMap) -> Result<Response, IngestError> {
    let taken = ingest.take(put).await?;
    let Tally { accepted, duplicate, .. } = taken.tally();
    let invalid = taken.refused().map(|(index, refused)| InvalidEvent {
        index,
        event_id: refused.event_id.as_deref(),
        reason: refused.reason.to_string(),
    });
    Ok(json(headers, &Report { accepted, duplicate, invalid: invalid.collect() }))
}

/// Content types that a page may send without a preflight lead to the door that answers event by event.
fn door(headers: &HeaderMap) -> Door {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match content_type.split(';').next().unwrap_or_default().trim() {
        "text/plain" | "application/x-bowerbird+json" => Door::Own,
        _ => Door::Aws,
    }
}

/// AWS answers PutEvents with nothing at all.
fn empty() -> Response {
    let content_length = (header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (StatusCode::OK, [content_length, content_type], Body::empty()).into_response()
}

fn json(mut headers: HeaderMap, body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).expect("text and numbers are always valid JSON");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = Response::new(Body::from(text));
    *response.headers_mut() = headers;
    response
}

async fn preflight() -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
    ];
    let mut response = (http::StatusCode::NO_CONTENT, headers).into_response();
    allow_any_origin(response.headers_mut());
    response
}

/// The tracking id is a capability that every visitor of the page has; there is no cookie to protect.
fn allow_any_origin(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
}
