//! The keys of the last days, in memory: 8 bytes each, in tables that are two thirds to nine tenths full.
//!
//! It is not: a set of keys; what went in cannot be listed in full.

mod shard;

use std::thread;

use self::shard::{FINGERPRINT_BITS, Shard, Slot};
use crate::DedupeKey;

/// Full days for which a repeat is recognised. [issue 2: "at least 7 days"; mobile clients retry that long]
const DAYS: i32 = 7;
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Days that a slot can tell apart; a day's keys must be gone before its number comes again.
const TAGS: i32 = 15;
/// Each grows by itself, so that none takes longer than a fraction of a millisecond. [100 million keys: 24,000 each]
pub(super) const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 12;
/// Shards that are freed of old keys with each group of batches: a day's are gone a few seconds after midnight.
const SHARDS_PER_SWEEP: usize = 16;

/// Keys whose places are fetched together: some times as many as a core waits for at a time, and they stay in its cache.
const AHEAD: usize = 256;

#[derive(Debug)]
pub(super) struct Window {
    shards: Vec<Shard>,
    /// Secret, so that nobody can choose keys that collide.
    seed: u64,
    /// The latest day that a key came from.
    newest: Option<i32>,
    /// A bit for the tag of each day in the window.
    live: u16,
    /// Memory that the shards take.
    bytes: usize,
    /// Shards from here on may hold keys of days that have left the window.
    swept: usize,
}

/// Where the window starts when the newest record came in at this time.
pub(super) fn start_ms(newest_ms: i64) -> i64 {
    i64::from(day_of(newest_ms) - DAYS).saturating_mul(DAY_MS)
}

/// A key that was noted: what is left of it, and the day that it counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Noted {
    pub(super) day: i32,
    pub(super) shard: u16,
    pub(super) fingerprint: u64,
}

impl Default for Window {
    fn default() -> Self {
        use std::hash::{BuildHasher, RandomState};
        let shards = std::iter::repeat_with(Shard::default).take(SHARDS).collect();
        Self {
            shards,
            seed: RandomState::new().hash_one(0) | 1,
            newest: None,
            live: 0,
            bytes: 0,
            swept: SHARDS,
        }
    }
}

impl Window {
    /// Notes a key unless it is known. Keys of days that have left the window are not known any more.
    pub(super) fn note(&mut self, key: DedupeKey, at_ms: i64) -> Option<Noted> {
        let (shard, fingerprint) = parts(key);
        let noted = Noted { day: self.turn(day_of(at_ms)), shard, fingerprint };
        self.put(&noted).then_some(noted)
    }

    /// Fetches what [`Window::note`] will look at. The places of a batch lie all over the memory: asked for one after the
    /// other they are waited for together, and that is most of the work. [measured: without it they are an eighth of the server's time in batches of a hundred]
    pub(super) fn look_ahead<'a>(&self, keys: impl Iterator<Item = &'a DedupeKey>) {
        let places = keys.map(|key| parts(*key));
        fetch(&self.shards, self.seed, places.map(|(shard, fingerprint)| (usize::from(shard), fingerprint)));
    }

    /// Notes what was noted before the log was closed, where the day is still in the window. Those of a day stand together,
    /// and of them those of a shard, in order.
    pub(super) fn note_again(&mut self, all: &[Noted]) {
        for of_day in all.chunk_by(|one, other| one.day == other.day) {
            if self.turn(of_day[0].day) == of_day[0].day {
                self.put_again(of_day);
            }
        }
    }

    /// Two threads take half of the shards each: most of the work is to wait for memory.
    fn put_again(&mut self, all: &[Noted]) {
        let (seed, live) = (self.seed, self.live);
        let (low, high) = self.shards.split_at_mut(SHARDS / 2);
        let (lower, higher) = all.split_at(all.partition_point(|noted| usize::from(noted.shard) < low.len()));
        let put = |shards: &mut [Shard], first: usize, all: &[Noted]| {
            let place = |noted: &Noted| usize::from(noted.shard) - first;
            for some in all.chunks(AHEAD) {
                fetch(shards, seed, some.iter().map(|noted| (place(noted), noted.fingerprint)));
                for noted in some {
                    shards[place(noted)].insert(noted.slot(), seed, live);
                }
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| put(high, SHARDS / 2, higher));
            put(low, 0, lower);
        });
        self.count_bytes();
    }

    /// Whether a key of this day is still known.
    pub(super) fn reaches(&self, noted: &Noted) -> bool {
        self.newest.is_none_or(|newest| noted.day >= newest - DAYS)
    }

    /// Makes room for so many keys at once.
    pub(super) fn reserve(&mut self, keys: usize) {
        let (live, seed) = (self.live, self.seed);
        self.shards.iter_mut().for_each(|shard| shard.reserve(keys / SHARDS, live, seed));
        self.count_bytes();
    }

    fn count_bytes(&mut self) {
        self.bytes = self.shards.iter().map(Shard::bytes).sum();
    }

    /// Forgets a key that was noted: what it belongs to was not stored.
    pub(super) fn take_back(&mut self, noted: &Noted) {
        self.shards[usize::from(noted.shard)].remove(noted.slot(), self.seed);
    }

    /// Records before this time cannot matter any more.
    pub(super) fn start_ms(&self) -> i64 {
        self.newest.map_or(i64::MIN, |newest| i64::from(newest - DAYS).saturating_mul(DAY_MS))
    }

    /// Frees some of the memory of keys that have left the window.
    pub(super) fn sweep(&mut self) {
        self.sweep_up_to(self.swept + SHARDS_PER_SWEEP);
    }

    /// Bytes of memory that the keys take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn put(&mut self, noted: &Noted) -> bool {
        let shard = &mut self.shards[usize::from(noted.shard)];
        let before = shard.bytes();
        let is_new = shard.insert(noted.slot(), self.seed, self.live);
        self.bytes = self.bytes + shard.bytes() - before;
        is_new
    }

    /// Moves on to a later day. The day that a key counts for: a clock that was set back must not make it vanish early.
    fn turn(&mut self, day: i32) -> i32 {
        let newest = match self.newest {
            Some(newest) if day <= newest => newest,
            before => {
                self.move_on(before, day);
                day
            }
        };
        day.max(newest - DAYS)
    }

    fn move_on(&mut self, before: Option<i32>, day: i32) {
        // What is left of the move before could be taken for keys of a later day.
        self.sweep_up_to(SHARDS);
        match before {
            Some(before) if day - before < TAGS - DAYS => self.swept = 0,
            Some(_) => {
                self.shards.iter_mut().for_each(|shard| *shard = Shard::default());
                self.bytes = 0;
            }
            None => {}
        }
        self.newest = Some(day);
        self.live = (day - DAYS..=day).fold(0, |live, day| live | 1 << tag(day));
    }

    fn sweep_up_to(&mut self, end: usize) {
        let end = end.min(SHARDS);
        for shard in &mut self.shards[self.swept.min(end)..end] {
            let before = shard.bytes();
            shard.retain(self.live, self.seed);
            self.bytes = self.bytes + shard.bytes() - before;
        }
        self.swept = self.swept.max(end);
    }
}

impl Noted {
    fn slot(&self) -> Slot {
        Slot::new(self.fingerprint, tag(self.day))
    }
}

/// Fetches the places of fingerprints in shards.
fn fetch(shards: &[Shard], seed: u64, places: impl Iterator<Item = (usize, u64)>) {
    let slots = places.map(|(shard, fingerprint)| shards[shard].glance(Slot::new(fingerprint, 0), seed));
    std::hint::black_box(slots.fold(0, |all, slot| all ^ slot));
}

/// The shard of a key and its fingerprint there.
fn parts(key: DedupeKey) -> (u16, u64) {
    let bits = key.bits();
    ((bits >> FINGERPRINT_BITS) as u16, bits as u64 & ((1 << FINGERPRINT_BITS) - 1))
}

/// Days that no clock shows are bounded, so that there is room to reckon on both sides.
fn day_of(at_ms: i64) -> i32 {
    at_ms.div_euclid(DAY_MS).clamp(-1_000_000, 1_000_000) as i32
}

fn tag(day: i32) -> u8 {
    1 + day.rem_euclid(TAGS) as u8
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Spreads small numbers as a cryptographic hash does.
    fn key(n: u64) -> DedupeKey {
        let mix = |n: u64| {
            n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xd6e8_feb8_6659_fd93)
        };
        DedupeKey::of(u128::from(mix(n)) << 64 | u128::from(mix(!n)))
    }

    fn is_known(window: &mut Window, n: u64) -> bool {
        let newest_ms = i64::from(window.newest.unwrap()) * DAY_MS;
        let noted = window.note(key(n), newest_ms);
        noted.inspect(|noted| window.take_back(noted)).is_none()
    }

    #[test]
    fn a_key_is_known_for_seven_full_days_and_forgotten_later() {
        let mut window = Window::default();
        window.note(key(1), DAY_MS - 1);
        window.note(key(2), 7 * DAY_MS + DAY_MS - 1);
        assert!(is_known(&mut window, 1));
        window.note(key(3), 8 * DAY_MS);
        assert!(!is_known(&mut window, 1));
        assert!(is_known(&mut window, 2));
    }

    #[test]
    fn a_clock_that_was_set_back_forgets_nothing() {
        let mut window = Window::default();
        window.note(key(1), 100 * DAY_MS);
        window.note(key(2), 0);
        assert!(is_known(&mut window, 1) && is_known(&mut window, 2));
    }

    #[test]
    fn a_leap_of_weeks_forgets_everything_and_a_day_of_the_same_tag_finds_nothing() {
        for leap in [8, 14, 15, 16, 30, 1000] {
            let mut window = Window::default();
            window.note(key(1), 0);
            assert!(window.note(key(2), leap * DAY_MS).is_some());
            assert!(!is_known(&mut window, 1), "{leap}");
        }
    }

    #[test]
    fn what_was_noted_is_known_again_as_far_as_its_day_is_in_the_window() {
        let (keys, days) = (20_000, 10);
        let day = |n: u64| n * days / keys;
        let (mut before, mut again) = (Window::default(), Window::default());
        let mut noted: Vec<Noted> =
            (0..keys).filter_map(|n| before.note(key(n), day(n) as i64 * DAY_MS)).collect();
        assert_eq!(noted.len(), keys as usize);
        noted.sort_unstable();
        again.note_again(&noted);
        assert!((0..keys).all(|n| is_known(&mut again, n) == (days - day(n) <= DAYS as u64 + 1)));
        assert_eq!(again.bytes(), again.shards.iter().map(Shard::bytes).sum::<usize>());
    }

    #[test]
    fn a_key_takes_twelve_bytes_at_most_and_those_of_old_days_none() {
        let mut window = Window::default();
        let keys = 500_000;
        assert!((0..keys).all(|n| window.note(key(n), 0).is_some()));
        assert!((0..keys).all(|n| window.note(key(n), 0).is_none()));
        assert!(window.bytes() < 12 * keys as usize, "{}", window.bytes());
        window.note(key(keys), 8 * DAY_MS);
        (0..SHARDS / SHARDS_PER_SWEEP).for_each(|_| window.sweep());
        let shard_of_one = shard::SMALLEST * size_of::<u64>();
        assert_eq!(window.bytes(), shard_of_one);
    }

    proptest! {
        /// Against a map of key → day.
        #[test]
        fn it_knows_what_a_map_of_days_knows(steps in proptest::collection::vec((0_u64..200, -2_i64..5, any::<bool>()), 1..400)) {
            let (mut window, mut map, mut newest) = (Window::default(), HashMap::<u64, i64>::new(), 0);
            for (n, ahead, is_stored) in steps {
                let day = newest + if ahead < 3 { ahead.min(0) } else { ahead - 2 };
                newest = newest.max(day);
                let noted = window.note(key(n), day * DAY_MS);
                let expected = map.get(&n).is_none_or(|noted| *noted < newest - i64::from(DAYS));
                prop_assert_eq!(noted.is_some(), expected);
                match noted {
                    Some(noted) if !is_stored => window.take_back(&noted),
                    Some(_) => { map.insert(n, day.max(newest - i64::from(DAYS))); }
                    None => {}
                }
                window.sweep();
            }
        }
    }
}
