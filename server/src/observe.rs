//! Accepted events reach the live view before their sender hears of it.

use bowerbird_sdk_server::ingest::{Entry, Observer};

use crate::app::App;
use crate::interaction::group_of;

impl Observer for App {
    fn observe(&self, accepted: &[Entry<'_>]) {
        // The events of one call have one tracker, and so one group.
        if let Some(group) = accepted.first().and_then(group_of) {
            self.live.observe(group, accepted);
        }
    }
}
