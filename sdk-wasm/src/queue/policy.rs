use bowerbird_wire::limits::MAX_EVENTS_PER_BATCH;

/// When a batch is due, and how much may wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// So many events are sent without waiting for more, 1 to 500. A batch takes all that wait, up to the 500 that the
    /// server takes in one call.
    pub batch_events: usize,
    /// An event waits at most so long for company, in milliseconds.
    pub batch_age_ms: f64,
    /// A batch ends before it is larger than this, in bytes of JSON.
    pub batch_bytes: u32,
    /// All that is queued, in bytes of JSON; beyond it the oldest events make room.
    pub cap_bytes: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Policy {
    /// What a page gets that says nothing else.
    pub const DEFAULT: Self = Self {
        // 50 events of 160 B gzip to 2.2 KB: 44 B each, and waiting for 200 would save only 3 B more.
        batch_events: 50,
        // A visitor who leaves within a second is caught by the beacon anyway.
        batch_age_ms: 1000.0,
        // Gzips to 5 to 16 KB, which a slow phone still uploads in a second, and which may outlive the page. [measured]
        batch_bytes: 96 * 1024,
        // 6,000 events: more than a day of heavy use without a network, and far below any storage quota.
        cap_bytes: 1024 * 1024,
    };

    pub(super) const fn clamped(self) -> Self {
        let batch_events = match self.batch_events {
            0 => 1,
            1..=MAX_EVENTS_PER_BATCH => self.batch_events,
            _ => MAX_EVENTS_PER_BATCH,
        };
        Self { batch_events, batch_age_ms: self.batch_age_ms.max(0.0), ..self }
    }
}
