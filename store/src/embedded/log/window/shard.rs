//! A part of the window: an open-addressing table of slots.

/// Bits of a key in a slot; the others of a slot tell its day.
pub(super) const FINGERPRINT_BITS: u32 = 60;
/// A table is filled up to this share: at 85 % a search for a new key looks at twenty slots, which lie in three lines of
/// the cache; beyond that it gets long quickly. [Knuth, The Art of Computer Programming 3, 6.4: (1 + 1/(1 - share)²)/2]
const FULL_PERCENT: usize = 85;
/// By how much a full table grows, in quarters: so it is between 68 and 85 % full.
const GROW_QUARTERS: usize = 5;
/// Of all shards together four megabytes, and no steps on the way there.
pub(super) const SMALLEST: usize = 128;
const EMPTY: u64 = 0;

/// A fingerprint and the tag of a day, which is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Slot(pub(in super::super) u64);

impl Slot {
    pub(super) fn new(fingerprint: u64, tag: u8) -> Self {
        Self(fingerprint | u64::from(tag) << FINGERPRINT_BITS)
    }

    fn fingerprint(self) -> u64 {
        self.0 & ((1 << FINGERPRINT_BITS) - 1)
    }

    fn is_live(self, live: u16) -> bool {
        live >> (self.0 >> FINGERPRINT_BITS) & 1 == 1
    }
}

#[derive(Debug, Default)]
pub(super) struct Shard {
    slots: Box<[u64]>,
    used: usize,
}

impl Shard {
    /// Adds a slot unless its fingerprint is there on one of the live days.
    pub(super) fn insert(&mut self, slot: Slot, seed: u64, live: u16) -> bool {
        if (self.used + 1) * 100 > self.slots.len() * FULL_PERCENT {
            self.rebuild(1, live, seed);
        }
        let mut at = self.home(slot, seed);
        let mut room = None;
        while self.slots[at] != EMPTY {
            let other = Slot(self.slots[at]);
            if other.fingerprint() == slot.fingerprint() {
                if other.is_live(live) {
                    return false;
                }
                room = Some(at);
            }
            at = self.behind(at);
        }
        // The same fingerprint of a day that is gone: its place is taken, so that it is there once.
        self.used += usize::from(room.is_none());
        self.slots[room.unwrap_or(at)] = slot.0;
        true
    }

    /// Removes a slot, and moves those behind it that would not be found across the gap.
    pub(super) fn remove(&mut self, slot: Slot, seed: u64) {
        let Some(mut gap) = self.find(slot, seed) else { return };
        let mut at = self.behind(gap);
        while self.slots[at] != EMPTY {
            let home = self.home(Slot(self.slots[at]), seed);
            // It may move unless its home lies behind the gap and not behind itself, in the circle of places.
            let is_reached = if gap <= at { gap < home && home <= at } else { gap < home || home <= at };
            if !is_reached {
                self.slots[gap] = self.slots[at];
                gap = at;
            }
            at = self.behind(at);
        }
        self.slots[gap] = EMPTY;
        self.used -= 1;
    }

    /// Frees what other days than the live ones left.
    pub(super) fn retain(&mut self, live: u16, seed: u64) {
        if self.slots.iter().any(|slot| *slot != EMPTY && !Slot(*slot).is_live(live)) {
            self.rebuild(0, live, seed);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.len() * size_of::<u64>()
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, more: usize, live: u16, seed: u64) {
        if (self.used + more) * 100 > self.slots.len() * FULL_PERCENT {
            self.rebuild(more, live, seed);
        }
    }

    /// Makes a table for what is live, with room for so many more.
    fn rebuild(&mut self, more: usize, live: u16, seed: u64) {
        let is_kept = |slot: &&u64| **slot != EMPTY && Slot(**slot).is_live(live);
        self.used = self.slots.iter().filter(is_kept).count();
        let size = match self.used + more {
            0 => 0,
            keys => SMALLEST.max((keys * 100 / FULL_PERCENT + 1) * GROW_QUARTERS / 4),
        };
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; size].into());
        for slot in old.iter().filter(is_kept) {
            let mut at = self.home(Slot(*slot), seed);
            while self.slots[at] != EMPTY {
                at = self.behind(at);
            }
            self.slots[at] = *slot;
        }
    }

    fn find(&self, slot: Slot, seed: u64) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.home(slot, seed);
        while self.slots[at] != slot.0 {
            if self.slots[at] == EMPTY {
                return None;
            }
            at = self.behind(at);
        }
        Some(at)
    }

    /// What stands where the search for a fingerprint starts.
    pub(super) fn first(&self, fingerprint: u64, seed: u64) -> u64 {
        self.slots.get(self.home(Slot(fingerprint), seed)).copied().unwrap_or(EMPTY)
    }

    /// Where the search for a fingerprint starts: any size will do, since the product's upper half is below it.
    fn home(&self, slot: Slot, seed: u64) -> usize {
        let spread = slot.fingerprint().wrapping_mul(seed);
        ((u128::from(spread) * self.slots.len() as u128) >> 64) as usize
    }

    fn behind(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }
}
