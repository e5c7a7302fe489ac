//! How fast events come in. What nobody waits for lets a rush of them pass.

use std::time::{Duration, Instant};

/// Events a second that are a rush: to seal as many takes a sixth of a core, which they need themselves then.
/// [2026-11-25, docs/measurements.md]
const RUSH: f64 = 100_000.0;
/// A pace that is taken over less says little.
pub(crate) const TAKEN_OVER: Duration = Duration::from_millis(200);

/// As it was between the last two looks.
pub(crate) struct Pace {
    end: u64,
    at: Instant,
    is_rush: bool,
}

impl Pace {
    /// The log ends here now.
    pub(crate) fn new(end: u64, at: Instant) -> Self {
        Self { end, at, is_rush: false }
    }

    /// Whether events rush in, where the log ends here now.
    pub(crate) fn is_rush(&mut self, end: u64, now: Instant) -> bool {
        let took = now.duration_since(self.at);
        if took >= TAKEN_OVER {
            let events_per_s = end.saturating_sub(self.end) as f64 / took.as_secs_f64();
            *self = Self { end, at: now, is_rush: events_per_s >= RUSH };
        }
        self.is_rush
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(took: Duration, pace: &mut Pace, end: u64) -> bool {
        let now = pace.at + took;
        pace.is_rush(end, now)
    }

    #[test]
    fn a_rush_lasts_until_a_look_finds_fewer() {
        let (mut pace, look) = (Pace::new(0, Instant::now()), Duration::from_secs(5));
        let ends = [499_000, 2_499_000, 4_499_000, 4_998_000];
        assert_eq!(ends.map(|end| after(look, &mut pace, end)), [false, true, true, false]);
    }

    #[test]
    fn a_moment_says_nothing_of_the_pace() {
        let (mut pace, moment) = (Pace::new(0, Instant::now()), Duration::from_millis(1));
        assert!(!after(moment, &mut pace, 10_000));
        assert!(after(Duration::from_secs(1), &mut pace, 300_000));
        assert!(after(moment, &mut pace, 300_000));
    }
}
