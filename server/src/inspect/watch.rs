//! For those who keep the server running: `/ready` and `/metrics`. (`/health` says only that the process answers.)

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bowerbird_sdk_server::ingest::Ingest;

use crate::app::App;
use crate::error::{ApiError, Protocol};
use crate::http::refuse;

/// Whether to send requests here: 200, or 503 with the reason.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.board.is_closing() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server is ending\n").into_response();
    }
    if !app.live.is_whole() {
        let reason = "events are taken in; recommendations wait until the live view is rebuilt\n";
        return (StatusCode::SERVICE_UNAVAILABLE, reason).into_response();
    }
    match app.store.events.health() {
        Ok(()) => "ready\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// For Prometheus, which cannot sign requests as AWS clients do: where there are keys, there is a token.
pub(crate) async fn metrics(
    State((app, ingest)): State<(Arc<App>, Arc<Ingest>)>,
    headers: HeaderMap,
) -> Response {
    if let Err(error) = may_look(&app, &headers) {
        return refuse(&error, Protocol::Rest);
    }
    match app.metrics.text(&app, &ingest) {
        Ok(text) => {
            let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, content_type)], text).into_response()
        }
        Err(error) => refuse(&ApiError::Internal(error.to_string()), Protocol::Rest),
    }
}

fn may_look(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match (&app.settings.metrics_token, given) {
        (None, _) if app.settings.key.is_none() => Ok(()),
        (None, _) => Err(ApiError::Denied(
            "metrics need a token where keys are configured: start the server with BOWERBIRD_METRICS_TOKEN"
                .into(),
        )),
        (Some(token), Some(given)) if crate::auth::is_equal(token.as_bytes(), given.as_bytes()) => Ok(()),
        _ => Err(ApiError::Unsigned("send the header Authorization: Bearer TOKEN".into())),
    }
}
