//! The thread that keeps the event log in order: seals what was closed, removes what is no longer needed;
//! writes down the lists that were answered; and gives back memory that nobody needs.
//!
//! Nobody waits for it: it gets what requests leave, and lets a rush of events pass before it looks after what they have filled.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bowerbird_sdk_server::ingest::rows;
use bowerbird_store::StoreError;

use crate::allocator;
use crate::app::App;
use crate::jobs::step_aside;
use crate::pace::{Pace, TAKEN_OVER};

/// Between two rounds. One without work reads a few bytes.
const EVERY: Duration = Duration::from_secs(5);
/// Between two looks whether to begin at all.
const SOON: Duration = Duration::from_millis(100);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Closed segments that may wait for a rush to pass. A training reads their five million events for two seconds longer.
const BACKLOG: usize = 16;

/// Starts it. It ends when the board is closed.
///
/// # Errors
/// When the system gives no more threads.
pub(crate) fn start(app: Arc<App>) -> io::Result<JoinHandle<()>> {
    // By its name the bench tells what it uses from what events use.
    thread::Builder::new().name("housekeeper".into()).spawn(move || {
        step_aside();
        // As long as the live view is read from the log, both cores do that.
        while !app.board.is_closing() && !app.live.is_whole() {
            app.board.rest(SOON);
        }
        if !app.board.is_closing() {
            allocator::get_ready();
        }
        while !app.board.is_closing() {
            if let Err(error) = round(&app) {
                tracing::error!("event log: {error}");
            }
            app.lists.flush();
            allocator::give_back();
            app.board.rest(EVERY);
        }
    })
}

fn round(app: &App) -> Result<(), StoreError> {
    let events = &app.store.events;
    // Since the last round it may have been quiet, and the rush be on now.
    let mut pace = Pace::new(events.end().0, Instant::now());
    app.board.rest(TAKEN_OVER);
    let mut may_work = || lets_work(pace.is_rush(events.end().0, Instant::now()), events.unsealed());
    if !may_work() {
        return Ok(());
    }
    while !app.board.is_closing() && may_work() {
        match events.seal(rows) {
            Ok(Some(sealing)) => tracing::info!(
                "{} events sealed: {} bytes by column instead of {}",
                sealing.records,
                sealing.to,
                sealing.from
            ),
            Ok(None) => break,
            // The next segment may be sound.
            Err(error @ StoreError::Damaged { .. }) => tracing::error!("event log: {error}"),
            Err(error) => return Err(error),
        }
    }
    let keep_ms = app.settings.keep_events_days.map(|days| i64::from(days) * DAY_MS);
    let retired = events.retire(app.now(), keep_ms)?;
    if retired.records > 0 {
        tracing::info!("{} events are older than they are to be kept and were removed", retired.records);
    }
    Ok(())
}

/// Whether to keep house now, where so many segments wait to be sealed.
fn lets_work(is_rush: bool, waiting: usize) -> bool {
    !is_rush || waiting > BACKLOG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_wait_for_a_rush_to_pass_up_to_a_bound() {
        assert!(lets_work(false, BACKLOG + 1) && lets_work(false, 1));
        assert!(!lets_work(true, BACKLOG) && lets_work(true, BACKLOG + 1));
    }
}
