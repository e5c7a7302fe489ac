//! "The server did not take it; when may I ask again?"

/// The first retry comes within this time.
const FIRST_MS: f64 = 1000.0;
/// A page that is being looked at should notice within a minute that the server is back.
const LONGEST_MS: f64 = 60_000.0;
/// 1 s doubled six times is past the longest wait.
const DOUBLINGS: u32 = 6;
/// A `Retry-After` beyond an hour is more likely a mistake than a wish.
const LONGEST_RETRY_AFTER_MS: f64 = 3_600_000.0;

#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    failures: u32,
    until: f64,
    asked_by_server: bool,
}

impl Backoff {
    pub(super) const NONE: Self = Self { failures: 0, until: 0.0, asked_by_server: false };

    /// No request before this time.
    pub(super) fn until(&self) -> f64 {
        self.until
    }

    /// Full jitter: anywhere between at once and the doubled limit, since pages that failed together must not come
    /// back together. A server that names a time gets it, spread over one more second.
    pub(super) fn failed(&mut self, retry_after_ms: Option<f64>, random: f64, now: f64) {
        self.failures = (self.failures + 1).min(DOUBLINGS + 1);
        let random = random.clamp(0.0, 1.0);
        let asked = retry_after_ms.filter(|ms| *ms > 0.0);
        self.asked_by_server = asked.is_some();
        self.until = now
            + match asked {
                Some(ms) => ms.min(LONGEST_RETRY_AFTER_MS) + random * FIRST_MS,
                None => random * (FIRST_MS * f64::from(1_u32 << (self.failures - 1))).min(LONGEST_MS),
            };
    }

    /// Forgets the failures, and the wait unless the server asked for it.
    pub(super) fn wake(&mut self) {
        self.failures = 0;
        if !self.asked_by_server {
            self.until = 0.0;
        }
    }
}
