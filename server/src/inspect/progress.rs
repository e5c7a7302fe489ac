//! `GET /jobs/progress?arn=…`: the step that an import or a training is at, and how long its phase takes.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::json_response;
use crate::app::App;

#[derive(serde::Deserialize)]
pub(crate) struct Of {
    arn: String,
}

pub(crate) async fn progress(State(app): State<Arc<App>>, Query(of): Query<Of>) -> Response {
    match app.board.read(&of.arn) {
        Some(step) => {
            let mut body = json!({ "phase": step.phase, "done": step.done, "total": step.total });
            if let Some(rest) = step.rest() {
                body["secondsLeftInPhase"] = ((rest.seconds * 10.0).round() / 10.0).into();
                body["isSure"] = rest.is_sure.into();
            }
            json_response(StatusCode::OK, &body)
        }
        None => {
            let body = json!({ "message": format!("no job is working on {}", of.arn) });
            json_response(StatusCode::NOT_FOUND, &body)
        }
    }
}
