//! Accepted events reach the live view before their sender hears of it.

use bowerbird_sdk_server::ingest::{Accepted, Observer};

use crate::app::App;

impl Observer for App {
    fn observe(&self, accepted: &Accepted<'_>) {
        self.live.observe(accepted);
    }
}
