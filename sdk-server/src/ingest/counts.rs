use std::sync::atomic::{AtomicU64, Ordering};

/// How many events met each fate since the process started, and how many calls were turned away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that became durable.
    pub accepted: u64,
    /// Events that were durable already.
    pub duplicate: u64,
    /// Events that were refused.
    pub invalid: u64,
    /// Events that came faster than their tracking id may send.
    pub limited: u64,
    /// Calls whose body could not be read.
    pub unreadable_calls: u64,
    /// Calls with a tracking id that nobody knows.
    pub unknown_tracker_calls: u64,
    /// Calls that were sent away because the disk was full, busy or broken.
    pub unavailable_calls: u64,
    /// Calls that came faster than their tracking id may send.
    pub limited_calls: u64,
    /// Calls that were sent away because others' bodies filled the memory for them.
    pub overloaded_calls: u64,
}

/// How many events of one call met which fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) accepted: usize,
    pub(super) duplicate: usize,
    pub(super) invalid: usize,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) accepted: AtomicU64,
    pub(super) duplicate: AtomicU64,
    pub(super) invalid: AtomicU64,
    pub(super) limited: AtomicU64,
    pub(super) unreadable_calls: AtomicU64,
    pub(super) unknown_tracker_calls: AtomicU64,
    pub(super) unavailable_calls: AtomicU64,
    pub(super) limited_calls: AtomicU64,
    pub(super) overloaded_calls: AtomicU64,
}

impl Counters {
    pub(super) fn count(&self, Tally { accepted, duplicate, invalid }: Tally) {
        add(&self.accepted, accepted);
        add(&self.duplicate, duplicate);
        add(&self.invalid, invalid);
    }

    pub(super) fn now(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            accepted: read(&self.accepted),
            duplicate: read(&self.duplicate),
            invalid: read(&self.invalid),
            limited: read(&self.limited),
            unreadable_calls: read(&self.unreadable_calls),
            unknown_tracker_calls: read(&self.unknown_tracker_calls),
            unavailable_calls: read(&self.unavailable_calls),
            limited_calls: read(&self.limited_calls),
            overloaded_calls: read(&self.overloaded_calls),
        }
    }
}

pub(super) fn add(counter: &AtomicU64, n: usize) {
    // Most calls have nothing to add to most counters, and every addition takes the line from the other core.
    if n > 0 {
        counter.fetch_add(n as u64, Ordering::Relaxed);
    }
}
