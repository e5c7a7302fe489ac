//! The best k of a stream, without sorting all of it.

use crate::kernel::not_below;
use alloc::vec::Vec;

/// A score with its position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scored {
    pub(crate) score: f32,
    pub(crate) position: usize,
}

impl Scored {
    /// A number that is larger for what comes earlier: by score in the order of `f32::total_cmp`, then the lower position.
    fn key(self) -> u64 {
        let bits = self.score.to_bits();
        let flipped = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
        u64::from(flipped) << 32 | u64::from(!(self.position as u32))
    }

    fn of(key: u64) -> Self {
        let flipped = (key >> 32) as u32;
        let bits = if flipped >> 31 == 1 { flipped & !(1 << 31) } else { !flipped };
        Self { score: f32::from_bits(bits), position: !(key as u32) as usize }
    }
}

/// Scores that are compared with the worst of the best at once: four registers of most processors.
const GROUP: usize = 16;

/// Keeps the best `k` in a heap whose root is the worst of them: O(n log k) at worst, O(n) for a shuffled stream. A heap
/// of our own: that of `alloc` is three times as many bytes in the page.
pub(crate) struct Top {
    k: usize,
    /// A score below it is not among the best.
    bar: f32,
    /// [`Scored::key`]s; a heap as soon as there are `k`.
    keys: Vec<u64>,
}

impl Top {
    /// At most `k` of `n`.
    pub(crate) fn new(k: usize, n: usize) -> Self {
        Self { k, bar: f32::NEG_INFINITY, keys: Vec::with_capacity(k.min(n)) }
    }

    /// Takes in consecutive scores, of which the first has the position `first`. `keeps` is asked only about those
    /// that would be among the best.
    pub(crate) fn offer(&mut self, first: usize, scores: &[f32], keeps: &dyn Fn(usize) -> bool) {
        if self.k == 0 {
            return;
        }
        let (groups, rest) = scores.as_chunks();
        for (number, group) in groups.iter().enumerate() {
            let mut high = not_below(group, self.bar);
            while high != 0 {
                let at = high.trailing_zeros() as usize;
                self.offer_one(first + number * GROUP + at, group[at], keeps);
                high &= high - 1;
            }
        }
        for (position, &score) in (first + groups.len() * GROUP..).zip(rest) {
            self.offer_one(position, score, keeps);
        }
    }

    fn offer_one(&mut self, position: usize, score: f32, keeps: &dyn Fn(usize) -> bool) {
        let key = Scored { score, position }.key();
        let is_full = self.keys.len() == self.k;
        if is_full && key <= self.keys[0] || !keeps(position) {
            return;
        }
        if is_full {
            self.keys[0] = key;
            sift(&mut self.keys, 0);
        } else {
            self.keys.push(key);
            if self.keys.len() < self.k {
                return;
            }
            self.make_heap();
        }
        self.bar = Scored::of(self.keys[0]).score;
    }

    fn make_heap(&mut self) {
        (0..self.keys.len() / 2).rev().for_each(|at| sift(&mut self.keys, at));
    }

    /// Best first.
    pub(crate) fn into_sorted(mut self) -> Vec<Scored> {
        self.make_heap();
        for end in (1..self.keys.len()).rev() {
            self.keys.swap(0, end);
            sift(&mut self.keys[..end], 0);
        }
        self.keys.into_iter().map(Scored::of).collect()
    }
}

/// Lets the key at `at` sink until none below it is smaller.
fn sift(keys: &mut [u64], mut at: usize) {
    loop {
        let mut child = 2 * at + 1;
        if child + 1 < keys.len() && keys[child + 1] < keys[child] {
            child += 1;
        }
        if child >= keys.len() || keys[at] <= keys[child] {
            return;
        }
        keys.swap(at, child);
        at = child;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_head_of_the_sorted_list(scores in prop::collection::vec(-3i8..3, 0..60), k in 0usize..20) {
            let mut top = Top::new(k, scores.len());
            let mut all: Vec<Scored> = scores.iter().enumerate()
                .map(|(position, &score)| Scored { score: f32::from(score), position })
                .collect();
            let scores: Vec<f32> = all.iter().map(|scored| scored.score).collect();
            let (head, tail) = scores.split_at(scores.len() / 3);
            top.offer(0, head, &|position| position % 5 != 0);
            top.offer(head.len(), tail, &|position| position % 5 != 0);
            all.retain(|scored| scored.position % 5 != 0);
            all.sort_by_key(|scored| core::cmp::Reverse(scored.key()));
            all.truncate(k);
            prop_assert_eq!(top.into_sorted(), all);
        }
    }
}
