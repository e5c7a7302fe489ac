//! Accepted events reach the live view before their sender hears of it.

use bowerbird_sdk_server::ingest::{Entry, Observer};

use crate::app::App;
use crate::interaction::group_of;

impl Observer for App {
    fn observe(&self, entry: &Entry) {
        if let Some(group) = group_of(entry) {
            self.live.observe(group, entry);
        }
    }
}
