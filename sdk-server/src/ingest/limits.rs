//! How much is taken in at once: what goes beyond is sent away with a time to come back, before memory grows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bowerbird_wire::TrackingId;
use bowerbird_wire::limits::MAX_BODY_BYTES;

/// A tracker that was quiet may send so many seconds' worth at once.
const BURST_SECONDS: f64 = 10.0;
/// Whoever is sent away is not told to wait longer.
const LONGEST_WAIT_S: f64 = 60.0;

/// What an operator may bound.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Events that one tracking id may send per second, in the long run; bursts of ten seconds' worth pass. `None`: any.
    pub events_per_second: Option<u32>,
    /// Bodies that are read or unpacked at one time, in bytes together; at least two of the longest.
    pub body_bytes: usize,
    /// From the headers of a call to the end of its body: a client that sends it drop by drop cannot hold room for longer.
    pub body_within: Duration,
}

impl Default for Limits {
    /// No rate; 256 MiB of bodies: eighty times what a second of 100,000 events needs; and a minute for each of them.
    fn default() -> Self {
        Self { events_per_second: None, body_bytes: 256 << 20, body_within: Duration::from_secs(60) }
    }
}

/// The limits, and how much of them is used.
#[derive(Debug)]
pub(super) struct Gate {
    events_per_second: Option<f64>,
    /// Tracking id → what it may still send, and when that was true.
    buckets: Mutex<HashMap<String, (f64, i64)>>,
    /// Bytes that bodies may still take.
    left: AtomicUsize,
    pub(super) body_within: Duration,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            events_per_second: limits.events_per_second.map(|rate| f64::from(rate.max(1))),
            buckets: Mutex::default(),
            left: AtomicUsize::new(limits.body_bytes.max(2 * MAX_BODY_BYTES)),
            body_within: limits.body_within,
        }
    }

    /// Room for a body of so many bytes, until it is dropped; `None` when there is none now.
    pub(super) fn room(&self, bytes: usize) -> Option<Room<'_>> {
        let bytes = bytes.min(MAX_BODY_BYTES);
        let take = |left: usize| left.checked_sub(bytes);
        // Nobody learns anything from the number but how large it is.
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(Room { left: &self.left, bytes })
    }

    /// Takes `events` from what the tracker may send. Whoever has anything left may send a whole call, so that a call
    /// larger than a burst passes too.
    ///
    /// # Errors
    /// Seconds after which something is left again.
    pub(super) fn pass(&self, tracking: &TrackingId, events: usize, now_ms: i64) -> Result<(), u32> {
        let Some(rate) = self.events_per_second else { return Ok(()) };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = rate * BURST_SECONDS;
        let (left, at) = buckets.entry(tracking.as_str().to_owned()).or_insert((full, now_ms));
        let seconds = (now_ms - *at).max(0) as f64 / 1000.0;
        *left = (*left + seconds * rate).min(full);
        *at = now_ms;
        if *left > 0.0 {
            *left -= events as f64;
            return Ok(());
        }
        Err((1.0 - *left / rate).ceil().min(LONGEST_WAIT_S) as u32)
    }
}

/// Room for a body.
#[derive(Debug)]
pub(super) struct Room<'a> {
    left: &'a AtomicUsize,
    bytes: usize,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(events_per_second: u32) -> Gate {
        Gate::new(Limits { events_per_second: Some(events_per_second), ..Limits::default() })
    }

    fn id(text: &str) -> TrackingId {
        TrackingId::try_from(text).unwrap()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let gate = gate(10);
        for _ in 0..10 {
            assert_eq!(gate.pass(&id("a"), 10, 0), Ok(()));
        }
        assert_eq!(gate.pass(&id("a"), 10, 0), Err(1));
        assert_eq!(gate.pass(&id("a"), 10, 500), Ok(()));
        assert_eq!(gate.pass(&id("b"), 10, 500), Ok(()), "each tracking id has its own");
    }

    #[test]
    fn a_call_larger_than_a_burst_passes_and_is_paid_for() {
        let gate = gate(1);
        assert_eq!(gate.pass(&id("a"), 500, 0), Ok(()));
        assert_eq!(gate.pass(&id("a"), 1, 0), Err(60));
        assert_eq!(gate.pass(&id("a"), 1, 491_000), Ok(()));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let gate = gate(1);
        assert_eq!(gate.pass(&id("a"), 11, 1_000_000), Ok(()));
        assert!(gate.pass(&id("a"), 1, 0).is_err());
    }

    #[test]
    fn bodies_share_a_bounded_room() {
        let gate = Gate::new(Limits { body_bytes: 0, ..Limits::default() });
        let first = gate.room(MAX_BODY_BYTES);
        assert!(first.is_some() && gate.room(usize::MAX).is_some());
        let second = gate.room(MAX_BODY_BYTES);
        assert!(second.is_some() && gate.room(1).is_none());
        drop(first);
        assert!(gate.room(1).is_some());
    }
}
