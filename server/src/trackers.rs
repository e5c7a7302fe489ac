//! "Here is a tracking id; which dataset group does it write to, or which dataset of action interactions?" Asked for every batch of events, so it is in memory.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use bowerbird_wire::TrackingId;

/// Tracking id → ARN of the dataset group, or of the dataset.
#[derive(Default)]
pub(crate) struct Trackers(RwLock<HashMap<String, Arc<str>, ahash::RandomState>>);

impl Trackers {
    pub(crate) fn add(&self, tracking_id: String, arn: String) {
        self.0.write().unwrap_or_else(|broken| broken.into_inner()).insert(tracking_id, arn.into());
    }

    pub(crate) fn remove(&self, tracking_id: &str) {
        self.0.write().unwrap_or_else(|broken| broken.into_inner()).remove(tracking_id);
    }

    pub(crate) fn group(&self, tracking_id: &str) -> Option<Arc<str>> {
        self.0.read().unwrap_or_else(|broken| broken.into_inner()).get(tracking_id).cloned()
    }
}

impl bowerbird_sdk_server::ingest::Trackers for crate::app::App {
    fn dataset_group(&self, tracking: &TrackingId) -> Option<Arc<str>> {
        self.trackers.group(tracking.as_str())
    }
}
