use std::time::Duration;

/// The longest time that a server may ask us to wait. One that asks for more is asked again anyway.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Full jitter: a random time between nothing and a bound that doubles, so that many clients do not come back at once.
/// [AWS Architecture Blog, "Exponential Backoff and Jitter", 2015]
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Backoff {
    /// How long to wait after so many failures in a row (from 1), given what the server asked for and a random number.
    pub(super) fn wait(&self, failures: u32, retry_after: Option<Duration>, random: u64) -> Duration {
        let bound = self.first.saturating_mul(1 << (failures - 1).min(20)).min(self.longest);
        let millis = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        let jitter = Duration::from_millis(random % millis.saturating_add(1));
        retry_after.unwrap_or_default().min(MAX_RETRY_AFTER) + jitter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(60) };

    #[test]
    fn the_bound_doubles_up_to_the_longest_wait() {
        let longest =
            |failures| (0..=60_000).map(|random| BACKOFF.wait(failures, None, random)).max().unwrap();
        assert_eq!(longest(1), Duration::from_millis(500));
        assert_eq!(longest(2), Duration::from_secs(1));
        assert_eq!(longest(u32::MAX), Duration::from_secs(60));
    }

    #[test]
    fn what_the_server_asks_for_is_the_least() {
        let wait = BACKOFF.wait(1, Some(Duration::from_secs(7)), 0);
        assert_eq!(wait, Duration::from_secs(7));
        assert_eq!(BACKOFF.wait(1, Some(Duration::from_secs(1 << 40)), 0), MAX_RETRY_AFTER);
    }
}
