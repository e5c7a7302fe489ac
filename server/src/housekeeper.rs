//! The thread that keeps the event log in order: seals what was closed, removes what is no longer needed;
//! and writes down the lists that were answered.
//!
//! Nobody waits for it: it gets what requests leave, and lets a rush of events pass before it seals what they have filled.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bowerbird_sdk_server::ingest::rows;
use bowerbird_store::StoreError;

use crate::app::App;
use crate::jobs::step_aside;

/// Between two rounds. One without work reads a few bytes.
const EVERY: Duration = Duration::from_secs(5);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Events a second that are a rush: to seal as many takes a sixth of a core, which they need themselves then.
/// [2026-11-25, docs/measurements.md]
const RUSH: f64 = 100_000.0;
/// Closed segments that may wait for a rush to pass. A training reads their five million events for two seconds longer.
const BACKLOG: usize = 16;
/// A pace that is taken over less says little.
const PACE_OVER: Duration = Duration::from_millis(200);

/// Starts it. It ends when the board is closed.
///
/// # Errors
/// When the system gives no more threads.
pub(crate) fn start(app: Arc<App>) -> io::Result<JoinHandle<()>> {
    // By its name the bench tells what it uses from what events use.
    thread::Builder::new().name("housekeeper".into()).spawn(move || {
        step_aside();
        let mut pace = Pace::new(app.store.events.end().0, Instant::now());
        while !app.board.is_closing() {
            if let Err(error) = round(&app, &mut pace) {
                tracing::error!("event log: {error}");
            }
            app.lists.flush();
            app.board.rest(EVERY);
        }
    })
}

fn round(app: &App, pace: &mut Pace) -> Result<(), StoreError> {
    // As long as the live view is read from the log, both cores do that.
    while !app.board.is_closing()
        && app.live.is_whole()
        && pace.lets_seal(app.store.events.end().0, Instant::now(), app.store.events.unsealed())
    {
        match app.store.events.seal(rows) {
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
    let retired = app.store.events.retire(app.now(), keep_ms)?;
    if retired.records > 0 {
        tracing::info!("{} events are older than they are to be kept and were removed", retired.records);
    }
    Ok(())
}

/// How fast events come in.
struct Pace {
    end: u64,
    at: Instant,
    is_rush: bool,
}

impl Pace {
    fn new(end: u64, at: Instant) -> Self {
        Self { end, at, is_rush: false }
    }

    /// Whether to seal a segment now, where the log ends here and so many wait.
    fn lets_seal(&mut self, end: u64, now: Instant, waiting: usize) -> bool {
        let took = now.duration_since(self.at);
        if took >= PACE_OVER {
            let events_per_s = end.saturating_sub(self.end) as f64 / took.as_secs_f64();
            *self = Self { end, at: now, is_rush: events_per_s >= RUSH };
        }
        !self.is_rush || waiting > BACKLOG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64) -> impl Fn(&mut Pace, u64, usize) -> bool {
        move |pace, end, waiting| {
            let now = pace.at + Duration::from_secs(seconds);
            pace.lets_seal(end, now, waiting)
        }
    }

    #[test]
    fn segments_wait_for_a_rush_to_pass_up_to_a_bound() {
        let mut pace = Pace::new(0, Instant::now());
        assert!(after(5)(&mut pace, 499_000, 3), "no rush yet");
        assert!(!after(5)(&mut pace, 2_499_000, 5), "a rush");
        assert!(after(5)(&mut pace, 4_499_000, BACKLOG + 1), "too many wait");
        assert!(!after(5)(&mut pace, 6_499_000, BACKLOG));
        assert!(after(5)(&mut pace, 6_500_000, BACKLOG), "it has passed");
    }

    #[test]
    fn a_moment_says_nothing_of_the_pace() {
        let mut pace = Pace::new(0, Instant::now());
        let soon = pace.at + Duration::from_millis(1);
        assert!(pace.lets_seal(10_000, soon, 1));
        assert!(!after(1)(&mut pace, 300_000, 1));
        let soon = pace.at + Duration::from_millis(1);
        assert!(!pace.lets_seal(300_000, soon, 1));
    }
}
