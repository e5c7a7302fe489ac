//! The doors: which path and header leads to which operation, and how answers and refusals are dressed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use bowerbird_sdk_server::ingest::{self, Ingest, IngestError};
use bowerbird_wire::limits::MAX_BODY_BYTES;
use serde_json::{Value, json};
use tower_http::cors::{Any, CorsLayer};
use tower_http::services::ServeDir;
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use crate::control::{self, Input, Operation};
use crate::error::{ApiError, Protocol};
use crate::metrics::operation;
use crate::{auth, device, inspect, put_action_interactions, put_entities, runtime};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Every route of the server.
pub(crate) fn router(app: Arc<App>, ingest: Arc<Ingest>) -> Router {
    let mut browser = Router::new()
        .route("/device/campaigns/{name}/pack", get(device::campaign_pack))
        .route("/device/packs/{hash}", get(device::pack))
        .route("/device/filters/{name}", get(device::filter));
    for (path, call) in runtime::PATHS {
        browser = browser.route(path, rest(*call));
    }
    let cors = CorsLayer::new().allow_origin(Any).allow_headers(Any).expose_headers(Any);
    let mut owner = Router::new()
        .route("/datasets/events", get(inspect::events))
        .route("/datasets/events/stream", get(inspect::stream))
        .route("/datasets/refused", get(inspect::refused))
        .route("/jobs/progress", get(inspect::progress))
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(inspect::ready));
    for (path, call) in put_entities::PATHS {
        owner = owner.route(path, rest(*call));
    }
    let with_ingest = Router::new()
        .route("/metrics", get(inspect::metrics))
        .route("/action-interactions", post(put_action_interactions::answer))
        .with_state((app.clone(), ingest.clone()));
    // The control plane and the site's front page share a path; the method tells them apart.
    let site = match &app.settings.site {
        Some(folder) => Router::new()
            .route("/", post(control_plane).fallback_service(ServeDir::new(folder)))
            .fallback_service(ServeDir::new(folder)),
        None => Router::new().route("/", post(control_plane).get(|| async { WELCOME })),
    };
    let open = Router::new()
        .merge(site)
        .merge(browser.layer(cors))
        .merge(owner)
        .with_state(app.clone())
        .merge(with_ingest)
        .merge(ingest::router(ingest, refuse_events));
    let guarded = match &app.settings.key {
        Some(_) => open.layer(middleware::from_fn_with_state(app.clone(), guard)),
        // Without keys everything passes: then the server is on loopback only.
        None => open,
    };
    guarded
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, ANSWER_WITHIN))
        .layer(middleware::from_fn_with_state(app, stamp))
}

/// From the headers of a request to those of its answer: a client that sends its body drop by drop cannot hold more.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

const WELCOME: &str = "Bowerbird is running. Point an AWS SDK here (endpoint_url), or read README.md.\n";

/// A call of the REST protocols: a JSON object in, a JSON object or nothing out.
fn rest(call: Operation) -> MethodRouter<Arc<App>> {
    post(move |State(app): State<Arc<App>>, body: Bytes| async move {
        let answer = blocking(move || call(&app, &Input::parse(&body)?)).await;
        dress(answer, Protocol::Rest)
    })
}

async fn control_plane(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(target) = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).map(str::to_owned)
    else {
        let error = ApiError::UnknownOperation(
            "The header X-Amz-Target is missing: it names the operation, as in AmazonPersonalize.ListRecipes"
                .into(),
        );
        return dress(Err(error), Protocol::Control);
    };
    let answer = blocking(move || control::answer(&app, &target, &body)).await;
    dress(answer, Protocol::Control)
}

/// Runs work that touches the disk off the threads that move bytes.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(ApiError::Internal(format!("a defect, please report it: {panic}"))))
}

pub(crate) fn dress(answer: Result<Value, ApiError>, protocol: Protocol) -> Response {
    let content_type = match protocol {
        Protocol::Control => "application/x-amz-json-1.1",
        Protocol::Rest => "application/json",
    };
    match answer {
        Ok(Value::Null) => [(CONTENT_TYPE, content_type)].into_response(),
        Ok(value) => ([(CONTENT_TYPE, content_type)], value.to_string()).into_response(),
        Err(error) => refuse(&error, protocol),
    }
}

/// A refusal in the form that every AWS SDK reads.
pub(crate) fn refuse(error: &ApiError, protocol: Protocol) -> Response {
    let (code, status) = error.code(protocol);
    if status.is_server_error() {
        tracing::error!(code, "{error}");
    }
    let body = json!({ "__type": code, "message": error.to_string() });
    let mut response = (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    if protocol == Protocol::Control {
        let control = HeaderValue::from_static("application/x-amz-json-1.1");
        response.headers_mut().insert(CONTENT_TYPE, control);
    }
    response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(code));
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

pub(crate) fn refuse_events(error: &IngestError) -> Response {
    let plain = ingest::plain_refusal(error);
    let api = match plain.status() {
        StatusCode::SERVICE_UNAVAILABLE => ApiError::Unavailable(error.to_string()),
        StatusCode::TOO_MANY_REQUESTS => ApiError::Throttled(error.to_string()),
        StatusCode::INTERNAL_SERVER_ERROR => ApiError::Internal(error.to_string()),
        _ => ApiError::Invalid(error.to_string()),
    };
    let mut response = refuse(&api, Protocol::Rest);
    *response.status_mut() = plain.status();
    if let Some(wait) = plain.headers().get(RETRY_AFTER) {
        response.headers_mut().insert(RETRY_AFTER, wait.clone());
    }
    response
}

/// Lets through what is public or signed.
async fn guard(State(app): State<Arc<App>>, request: Request<Body>, next: Next) -> Response {
    let Some(key) = &app.settings.key else { return next.run(request).await };
    if auth::is_public(&request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return refuse(&ApiError::Invalid("the request body is too long".into()), Protocol::Rest);
    };
    match auth::verify(key, (&parts.method, &parts.uri, &parts.headers), &body, app.now()) {
        Ok(()) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(error) => refuse(&error, Protocol::Rest),
    }
}

/// Every answer carries a request id: boto3 shows it, and a log line can be found by it.
async fn stamp(State(app): State<Arc<App>>, request: Request<Body>, next: Next) -> Response {
    let started = Instant::now();
    let operation = operation(&request);
    let mut response = next.run(request).await;
    sign(&app, operation, started, &mut response);
    response
}

/// Counts an answer, and puts the request id on it.
pub(crate) fn sign(app: &App, operation: &'static str, started: Instant, response: &mut Response) {
    let (id, mut text) = (uuid::Uuid::new_v4(), uuid::Uuid::encode_buffer());
    let id: &str = id.hyphenated().encode_lower(&mut text);
    let (status, took) = (response.status(), started.elapsed());
    app.metrics.answered(operation, status, took);
    let ms = took.as_millis() as u64;
    if status.is_client_error() || status.is_server_error() {
        tracing::info!(operation, status = status.as_u16(), ms, request_id = id, "refused");
    } else {
        tracing::debug!(operation, status = status.as_u16(), ms, request_id = id, "answered");
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
}
