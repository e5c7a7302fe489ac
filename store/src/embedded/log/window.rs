//! The keys of the last days, in memory: 20 to 40 bytes for each event, one set for each day.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::DedupeKey;

/// Full days for which a repeat is recognised. [issue 2: "at least 7 days"; mobile clients retry that long]
const DAYS: i64 = 7;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, Default)]
pub(super) struct Window {
    seed: Seed,
    days: BTreeMap<i64, Keys>,
}

/// Where the window starts when the newest record came in at this time.
pub(super) fn start_ms(newest_ms: i64) -> i64 {
    (newest_ms.div_euclid(DAY_MS) - DAYS).saturating_mul(DAY_MS)
}

/// A set of keys.
pub(super) type Keys = HashSet<u128, Seed>;

impl Window {
    pub(super) fn contains(&self, DedupeKey(key): DedupeKey) -> bool {
        // Repeats are mostly retries, and those are young.
        self.days.values().rev().any(|keys| keys.contains(&key))
    }

    /// An empty set of keys that is as cheap as those in here.
    pub(super) fn set(&self) -> Keys {
        HashSet::with_hasher(self.seed.clone())
    }

    /// Notes a key; keys of days that have left the window are forgotten.
    pub(super) fn insert(&mut self, DedupeKey(key): DedupeKey, at_ms: i64) {
        let day = at_ms.div_euclid(DAY_MS);
        let newest = self.days.last_key_value().map_or(day, |(newest, _)| *newest);
        if day > newest {
            self.days.retain(|kept, _| *kept >= day - DAYS);
        }
        // A clock that was set back must not make a key vanish early.
        let day = day.max(newest - DAYS);
        let seed = &self.seed;
        self.days.entry(day).or_insert_with(|| HashSet::with_hasher(seed.clone())).insert(key);
    }

    /// Records before this time cannot matter any more.
    pub(super) fn start_ms(&self) -> i64 {
        self.days.last_key_value().map_or(i64::MIN, |(newest, _)| (newest - DAYS).saturating_mul(DAY_MS))
    }
}

/// Keys are parts of a cryptographic hash already; a secret seed and one multiplication keep anybody from choosing
/// keys that collide, at a fraction of the price of SipHash.
#[derive(Clone, Debug)]
pub(super) struct Seed(u64);

impl Default for Seed {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Seed {
    type Hasher = Mix;

    fn build_hasher(&self) -> Mix {
        Mix(self.0)
    }
}

#[derive(Debug)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u128(u128::from(*byte));
        }
    }

    fn write_u128(&mut self, key: u128) {
        let halves = (key as u64 ^ self.0, (key >> 64) as u64 ^ self.0.rotate_left(32));
        let product = u128::from(halves.0 | 1) * u128::from(halves.1 | 1);
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_for_seven_full_days_and_forgotten_later() {
        let mut window = Window::default();
        window.insert(DedupeKey(1), DAY_MS - 1);
        window.insert(DedupeKey(2), 7 * DAY_MS + DAY_MS - 1);
        assert!(window.contains(DedupeKey(1)));
        window.insert(DedupeKey(3), 8 * DAY_MS);
        assert!(!window.contains(DedupeKey(1)));
        assert!(window.contains(DedupeKey(2)));
    }

    #[test]
    fn a_clock_that_was_set_back_forgets_nothing() {
        let mut window = Window::default();
        window.insert(DedupeKey(1), 100 * DAY_MS);
        window.insert(DedupeKey(2), 0);
        assert!(window.contains(DedupeKey(1)) && window.contains(DedupeKey(2)));
    }

    #[test]
    fn keys_that_differ_in_one_bit_are_spread() {
        let seed = Seed::default();
        let hashes: HashSet<u64> = (0..128).map(|bit| seed.hash_one(1_u128 << bit)).collect();
        assert!(hashes.len() > 120, "{}", hashes.len());
    }
}
