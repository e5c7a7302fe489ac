//! `GET /datasets/refused?trackingId=…&after=OFFSET&limit=N`: the refused events of a tracker, each with its reason.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use bowerbird_sdk_server::ingest::Entry;
use bowerbird_store::Offset;
use serde_json::{Value, json};

use super::{Page, answer};
use crate::app::App;

pub(crate) async fn refused(State(app): State<Arc<App>>, Query(page): Query<Page>) -> Response {
    answer(app, page, "refused", row).await
}

fn row(group: &str, offset: Offset, entry: Entry<'_>) -> Option<Value> {
    match entry {
        Entry::Refused { dataset_group, reason, raw, .. } if dataset_group.as_deref() == Some(group) => {
            Some(json!({ "offset": offset.0, "reason": reason, "raw": raw }))
        }
        _ => None,
    }
}
