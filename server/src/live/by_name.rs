//! A table of visitors or sessions that grows a part at a time: to move 57,000 of them at once took 26 ms, for which no event
//! should wait. [2026-11-26]

use std::collections::HashMap;
use std::sync::Arc;

use ahash::RandomState;

/// A hundredth of the visitors of a large site in each, or fewer.
const PARTS: usize = 256;

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
        self.parts[self.part(name)].get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.parts[self.part(name)].get_mut(name)
    }

    /// Puts a value where none is.
    pub(super) fn put(&mut self, name: Arc<str>, value: V) -> &mut V {
        self.len += 1;
        self.parts[self.part(&name)].entry(name).or_insert(value)
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<V> {
        let removed = self.parts[self.part(name)].remove(name);
        self.len -= usize::from(removed.is_some());
        removed
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Not by the bits by which a part looks.
    fn part(&self, name: &str) -> usize {
        (self.parts[0].hasher().hash_one(name) >> 32) as usize % PARTS
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
        assert!(table.parts.iter().all(|part| part.len() < 100), "they are spread");
        assert_eq!((table.remove("7"), table.remove("7"), table.get("7")), (Some(70), None, None));
        assert_eq!(table.len(), 1_999);
    }
}
