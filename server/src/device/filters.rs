//! What a page needs to filter on its own: the expression of a filter as data.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bowerbird_filters::Filter;

use super::respond;
use crate::app::App;
use crate::arn::arn;
use crate::control::{Kind, find_active, public_text};

/// `GET /device/filters/{name}`: the filter as JSON. It says what `CreateFilter` was told, and nothing of any visitor.
pub(crate) async fn filter(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    respond(move || {
        let filter = find_active(&app, Kind::Filter, &arn(&app.settings, "filter", &name))?;
        let filter = Filter::parse(public_text(&filter, "filterExpression"))?;
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
        Ok((headers, filter.compiled()).into_response())
    })
    .await
}
