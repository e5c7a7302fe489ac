//! A part of the window: a table of buckets, each of which is one line of the cache. A key lies in one of two, and is put
//! into that which has more room; so a search looks at two lines, whatever it finds, and a table can be filled far.
//! [Mitzenmacher, The power of two choices in randomized load balancing, 2001; Pagh and Rodler, Cuckoo hashing, 2004]

/// Bits of a key in a slot; the others of a slot tell its day.
pub(super) const FINGERPRINT_BITS: u32 = 60;
const TAG_BITS: u32 = u64::BITS - FINGERPRINT_BITS;
/// Slots that fill a line of the cache. [64 bytes, x86-64 and most of ARM]
const BUCKET: usize = 64 / size_of::<u64>();
/// A table is filled up to this share. [Simulated with 16 to 3,000 buckets: some key finds no room at 72 to 90 % if none
/// makes way, at 90 to 99 % if one does]
const FULL_PERCENT: usize = 90;
/// By how much a full table grows, in thirds: so it is between 67 and 90 % full, and all find room in a new one.
const GROW_THIRDS: usize = 4;
/// Of all shards together four megabytes, and no steps on the way there.
pub(super) const SMALLEST: usize = 128;
const EMPTY: u64 = 0;

/// A fingerprint and, in the lowest bits, the tag of a day, which is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u64);

impl Slot {
    pub(super) fn new(fingerprint: u64, tag: u8) -> Self {
        Self(fingerprint << TAG_BITS | u64::from(tag))
    }

    fn is_live(self, live: u16) -> bool {
        live >> (self.0 & ((1 << TAG_BITS) - 1)) & 1 == 1
    }
}

/// Filled from its front.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket([u64; BUCKET]);

impl Bucket {
    /// Whether a fingerprint may be here. All are compared: to stop at the right one costs more than it saves.
    fn may_have(&self, slot: Slot) -> bool {
        self.0.iter().fold(false, |any, other| any | Self::is_same(*other, slot))
    }

    fn is_same(one: u64, other: Slot) -> bool {
        (one ^ other.0) >> TAG_BITS == 0
    }

    fn used(&self) -> usize {
        self.0.iter().map(|slot| usize::from(*slot != EMPTY)).sum()
    }

    fn slots(&self) -> impl Iterator<Item = Slot> {
        self.0.into_iter().filter(|slot| *slot != EMPTY).map(Slot)
    }
}

#[derive(Debug, Default)]
pub(super) struct Shard {
    buckets: Box<[Bucket]>,
    used: usize,
}

impl Shard {
    /// Adds a slot unless its fingerprint is there on one of the live days.
    pub(super) fn insert(&mut self, slot: Slot, seed: u64, live: u16) -> bool {
        if !self.has_room(1) {
            self.rebuild(1, live, seed);
        }
        let homes @ [one, other] = self.homes(slot, seed);
        if self.buckets[one].may_have(slot) | self.buckets[other].may_have(slot)
            && let Some(same) = self.find(slot, homes)
        {
            // That of a day that is gone: its place is taken, so that it is there once.
            let is_new = !Slot(*same).is_live(live);
            *same = if is_new { slot.0 } else { *same };
            return is_new;
        }
        let mut more = 1;
        while !self.put(slot, seed) {
            self.rebuild(more, live, seed);
            more *= 2;
        }
        self.used += 1;
        true
    }

    /// Removes a slot.
    pub(super) fn remove(&mut self, slot: Slot, seed: u64) {
        if self.buckets.is_empty() {
            return;
        }
        for at in self.homes(slot, seed) {
            let bucket = &mut self.buckets[at];
            if let Some(at) = bucket.0.iter().position(|other| *other == slot.0) {
                let last = bucket.used() - 1;
                bucket.0[at] = bucket.0[last];
                bucket.0[last] = EMPTY;
                self.used -= 1;
                return;
            }
        }
    }

    /// Frees what other days than the live ones left.
    pub(super) fn retain(&mut self, live: u16, seed: u64) {
        if self.slots().any(|slot| !slot.is_live(live)) {
            self.rebuild(0, live, seed);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.buckets)
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, more: usize, live: u16, seed: u64) {
        if !self.has_room(more) {
            self.rebuild(more, live, seed);
        }
    }

    fn has_room(&self, more: usize) -> bool {
        (self.used + more) * 100 <= self.buckets.len() * BUCKET * FULL_PERCENT
    }

    /// Makes a table for what is live, with room for so many more.
    fn rebuild(&mut self, more: usize, live: u16, seed: u64) {
        self.used = self.slots().filter(|slot| slot.is_live(live)).count();
        let mut size = match self.used + more {
            0 => 0,
            keys => SMALLEST.max((keys * 100 / FULL_PERCENT + 1) * GROW_THIRDS / 3).div_ceil(BUCKET),
        };
        let old = std::mem::take(&mut self.buckets);
        loop {
            self.buckets = vec![Bucket([EMPTY; BUCKET]); size].into();
            let mut slots = old.iter().flat_map(Bucket::slots).filter(|slot| slot.is_live(live));
            if self.fill(&mut slots, seed) {
                return;
            }
            size += 1 + size / 4;
        }
    }

    /// Puts slots into an empty table, if all find room.
    fn fill(&mut self, slots: &mut impl Iterator<Item = Slot>, seed: u64) -> bool {
        let mut used = vec![0_u8; self.buckets.len()];
        slots.all(|slot| {
            let [one, other] = self.homes(slot, seed);
            let at = if used[other] < used[one] { other } else { one };
            let room = self.buckets[at].0.get_mut(usize::from(used[at]));
            used[at] += 1;
            room.map(|room| *room = slot.0).is_some()
        })
    }

    /// Puts a slot where there is more room, if there is any.
    fn put(&mut self, slot: Slot, seed: u64) -> bool {
        let [one, other] = self.homes(slot, seed);
        let (used, others) = (self.buckets[one].used(), self.buckets[other].used());
        let (at, used) = if others < used { (other, others) } else { (one, used) };
        match self.buckets[at].0.get_mut(used) {
            Some(room) => *room = slot.0,
            None => return self.squeeze_in(slot, [one, other], seed),
        }
        true
    }

    /// Puts a slot into one of two full buckets, if one of those there finds room in its other bucket.
    #[cold]
    fn squeeze_in(&mut self, slot: Slot, homes: [usize; 2], seed: u64) -> bool {
        for (at, place) in homes.into_iter().flat_map(|at| (0..BUCKET).map(move |place| (at, place))) {
            let other = Slot(self.buckets[at].0[place]);
            let to = self.homes(other, seed).into_iter().find(|to| *to != at);
            let to = &mut self.buckets[to.unwrap_or(at)];
            let used = to.used();
            if let Some(room) = to.0.get_mut(used) {
                *room = other.0;
                self.buckets[at].0[place] = slot.0;
                return true;
            }
        }
        false
    }

    fn slots(&self) -> impl Iterator<Item = Slot> {
        self.buckets.iter().flat_map(Bucket::slots)
    }

    fn find(&mut self, slot: Slot, homes: [usize; 2]) -> Option<&mut u64> {
        let is_here = |bucket: &Bucket| {
            bucket.0.iter().position(|other| *other != EMPTY && Bucket::is_same(*other, slot))
        };
        let (at, place) = homes.into_iter().find_map(|at| Some((at, is_here(&self.buckets[at])?)))?;
        Some(&mut self.buckets[at].0[place])
    }

    /// Something of both buckets in which a fingerprint may lie.
    pub(super) fn glance(&self, slot: Slot, seed: u64) -> u64 {
        let at = |at: usize| self.buckets.get(at).map_or(EMPTY, |bucket| bucket.0[0]);
        let [one, other] = self.homes(slot, seed);
        at(one) ^ at(other)
    }

    /// The buckets in which a fingerprint may lie: any size will do, since the upper half of a product is below it.
    fn homes(&self, slot: Slot, seed: u64) -> [usize; 2] {
        let spread = (slot.0 >> TAG_BITS).wrapping_mul(seed);
        let again = spread.rotate_left(u64::BITS / 2).wrapping_mul(seed);
        [spread, again].map(|spread| ((u128::from(spread) * self.buckets.len() as u128) >> 64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    const ALL_DAYS: u16 = !1;

    #[test]
    fn every_key_is_found_again_however_far_its_table_is_filled() {
        let mut shard = Shard::default();
        for fingerprint in 0..20_000 {
            assert!(shard.insert(Slot::new(fingerprint, 1), SEED, ALL_DAYS));
        }
        assert!((0..20_000).all(|fingerprint| !shard.insert(Slot::new(fingerprint, 2), SEED, ALL_DAYS)));
    }

    proptest! {
        /// Against a map of fingerprint → tag.
        #[test]
        fn a_shard_knows_what_a_map_knows(
            seed in any::<u64>(),
            steps in proptest::collection::vec((0_u64..1_000, 1_u8..4, 0_u8..8), 1..1_500),
        ) {
            let (mut shard, mut map, seed) = (Shard::default(), HashMap::<u64, u8>::new(), seed | 1);
            for (fingerprint, tag, step) in steps {
                let live = if step == 1 { ALL_DAYS & !(1 << tag) } else { ALL_DAYS };
                match (step, map.get(&fingerprint)) {
                    (0, Some(tag)) => {
                        shard.remove(Slot::new(fingerprint, *tag), seed);
                        map.remove(&fingerprint);
                    }
                    (1, _) if fingerprint < 20 => {
                        shard.retain(live, seed);
                        map.retain(|_, other| *other != tag);
                    }
                    _ => {
                        let is_new = map.insert(fingerprint, map.get(&fingerprint).copied().unwrap_or(tag)).is_none();
                        prop_assert_eq!(shard.insert(Slot::new(fingerprint, tag), seed, ALL_DAYS), is_new);
                    }
                }
                prop_assert_eq!(shard.used, map.len());
            }
            prop_assert_eq!(shard.slots().count(), map.len());
        }
    }
}
