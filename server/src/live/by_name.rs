//! A table of visitors or sessions that grows a part at a time: to move 57,000 of them at once took 26 ms, for which no event
//! should wait. [2026-11-26]

use std::collections::HashMap;
use std::sync::Arc;

use ahash::RandomState;

/// A hundredth of the visitors of a large site in each, or fewer.
const PARTS: usize = 256;
/// A large odd number: its multiples are spread in their upper bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

pub(super) struct ByName<V> {
    parts: Box<[HashMap<Arc<str>, V, RandomState>]>,
    len: usize,
}

impl<V> Default for ByName<V> {
    fn default() -> Self {
        let state = RandomState::new();
        let parts = (0..PARTS).map(|_| HashMap::with_hasher(state.clone())).collect();
        Self { parts, len: 0 }
    }
}

impl<V> ByName<V> {
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        self.parts[Self::part(name)].get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.parts[Self::part(name)].get_mut(name)
    }

    /// Puts a value where none is.
    pub(super) fn put(&mut self, name: Arc<str>, value: V) -> &mut V {
        self.len += 1;
        self.parts[Self::part(&name)].entry(name).or_insert(value)
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<V> {
        let removed = self.parts[Self::part(name)].remove(name);
        self.len -= usize::from(removed.is_some());
        removed
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// By a hash that costs little beside that of a part. Whoever chooses names that fall into one part has that part grow
    /// at once, no more.
    fn part(name: &str) -> usize {
        let (words, rest) = name.as_bytes().as_chunks();
        let rest = rest.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        let mix = |all: u64, word: u64| (all ^ word).wrapping_mul(SPREAD).rotate_left(u64::BITS / 2);
        let all = words.iter().fold(0, |all, word| mix(all, u64::from_le_bytes(*word)));
        (mix(all, rest).wrapping_mul(SPREAD) >> (u64::BITS - PARTS.ilog2())) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_its_part_until_it_is_removed() {
        let mut table = ByName::default();
        let names: Vec<Arc<str>> = (0..2_000).map(|n| n.to_string().into()).collect();
        names.iter().enumerate().for_each(|(n, name)| *table.put(name.clone(), 0) += n);
        *table.get_mut("7").unwrap() = 70;
        assert_eq!((table.len(), table.get("7"), table.get("1999")), (2_000, Some(&70), Some(&1_999)));
        assert_eq!((table.remove("7"), table.remove("7"), table.get("7")), (Some(70), None, None));
        assert_eq!(table.len(), 1_999);
    }

    #[test]
    fn names_as_sites_have_them_are_spread_over_the_parts() {
        let names: [fn(u64) -> String; 5] = [
            |n| n.to_string(),
            |n| format!("user-{n:012}"),
            |n| format!("visitor.{n}@example.com"),
            |n| format!("{:08x}-4c1d-4a00-9f00-0123456789ab", n.wrapping_mul(SPREAD) >> 32),
            |n| format!("session {n}"),
        ];
        for name in names {
            let mut sizes = [0; PARTS];
            (0..20_000).for_each(|n| sizes[ByName::<()>::part(&name(n))] += 1);
            assert!(sizes.iter().all(|size| *size < 800), "a part of {} names", sizes.iter().max().unwrap());
        }
    }
}
