//! Names of visitors and sessions by number, and something for each. Numbers are given in the order in which names come, so
//! whoever walks them piece by piece meets all that were there when the walk began.
//!
//! It grows a part at a time: to move a table of 57,000 visitors at once took 26 ms, for which no event should wait.
//! [2026-11-26]
//!
//! It is not: a table from which anything is removed. Names are forgotten together.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;
use std::sync::LazyLock;

use ahash::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// A hundredth of the names of a large site in each, or fewer.
const PARTS: usize = 256;
/// Names whose texts lie together.
const CHUNK: usize = 1024;
/// A large odd number: its multiples are spread in their upper bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A name and its hash: what looks into several tables computes it once.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) text: &'a str,
    pub(super) hash: u32,
}

impl<'a> Name<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        /// One for all tables, by which a name is the same in each.
        static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        let mut hasher = STATE.build_hasher();
        hasher.write(text.as_bytes());
        Self { text, hash: hasher.finish() as u32 }
    }

    fn part(self) -> usize {
        (self.hash >> (u32::BITS - PARTS.ilog2())) as usize
    }
}

pub(super) struct ByName<V> {
    parts: Box<[HashTable<Place>]>,
    chunks: Vec<Chunk<V>>,
}

/// Most names that are not there differ in the hash, so nobody looks at a text in vain.
struct Place {
    hash: u32,
    number: u32,
}

struct Chunk<V> {
    texts: String,
    named: Vec<Named<V>>,
}

struct Named<V> {
    /// Where its text is among those of the chunk.
    start: u32,
    len: u32,
    value: V,
}

impl<V> Default for ByName<V> {
    fn default() -> Self {
        Self { parts: (0..PARTS).map(|_| HashTable::new()).collect(), chunks: Vec::new() }
    }
}

impl<V> ByName<V> {
    pub(super) fn find(&self, name: Name<'_>) -> Option<u32> {
        let is_it = |place: &Place| place.hash == name.hash && is(&self.chunks, place.number, name.text);
        self.parts[name.part()].find(spread(name.hash), is_it).map(|place| place.number)
    }

    /// The number of a name. Puts a value there when it is new, and says so.
    pub(super) fn find_or_put(&mut self, name: Name<'_>, value: impl FnOnce() -> V) -> (u32, bool) {
        let Self { parts, chunks } = self;
        let is_it = |place: &Place| place.hash == name.hash && is(chunks, place.number, name.text);
        match parts[name.part()].entry(spread(name.hash), is_it, |place| spread(place.hash)) {
            Entry::Occupied(there) => (there.get().number, false),
            Entry::Vacant(room) => {
                let number = push(chunks, name.text, value());
                room.insert(Place { hash: name.hash, number });
                (number, true)
            }
        }
    }

    pub(super) fn name(&self, number: u32) -> &str {
        let (Chunk { texts, .. }, named) = at(&self.chunks, number);
        &texts[named.text()]
    }

    pub(super) fn is(&self, number: u32, text: &str) -> bool {
        is(&self.chunks, number, text)
    }

    pub(super) fn value(&self, number: u32) -> &V {
        &at(&self.chunks, number).1.value
    }

    pub(super) fn value_mut(&mut self, number: u32) -> &mut V {
        &mut self.chunks[number as usize / CHUNK].named[number as usize % CHUNK].value
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.named.len())
    }
}

impl<V> Named<V> {
    fn text(&self) -> Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

fn at<V>(chunks: &[Chunk<V>], number: u32) -> (&Chunk<V>, &Named<V>) {
    let chunk = &chunks[number as usize / CHUNK];
    (chunk, &chunk.named[number as usize % CHUNK])
}

fn is<V>(chunks: &[Chunk<V>], number: u32, text: &str) -> bool {
    let (Chunk { texts, .. }, named) = at(chunks, number);
    // As bytes: nobody need ask where its characters begin.
    named.len as usize == text.len() && texts.as_bytes()[named.text()] == *text.as_bytes()
}

fn push<V>(chunks: &mut Vec<Chunk<V>>, text: &str, value: V) -> u32 {
    if chunks.last().is_none_or(|last| last.named.len() == CHUNK) {
        chunks.push(Chunk { texts: String::new(), named: Vec::new() });
    }
    let before = (chunks.len() - 1) * CHUNK;
    let last = &mut chunks[before / CHUNK];
    let number = u32::try_from(before + last.named.len()).expect("the room is full long before");
    let [start, len] = [last.texts.len(), text.len()].map(|n| u32::try_from(n).expect("names are short"));
    last.texts.push_str(text);
    last.named.push(Named { start, len, value });
    number
}

/// As tables want it, which look at the lowest bits and the highest ones.
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(SPREAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number_and_its_value() {
        let mut table = ByName::default();
        let names: Vec<String> = (0..5_000).map(|n| n.to_string()).collect();
        for (n, name) in names.iter().enumerate() {
            assert_eq!(table.find_or_put(Name::of(name), || 2 * n), (n as u32, true));
        }
        *table.value_mut(7) += 1;
        for (n, name) in names.iter().enumerate() {
            let number = table.find(Name::of(name)).unwrap();
            assert_eq!((number, table.name(number)), (n as u32, &**name));
            assert_eq!(*table.value(number), 2 * n + usize::from(n == 7));
        }
        assert_eq!(table.find_or_put(Name::of("4999"), || unreachable!()), (4_999, false));
        assert_eq!((table.len(), table.find(Name::of("5000"))), (5_000, None));
    }

    #[test]
    fn names_with_one_hash_are_told_apart() {
        let mut table = ByName::default();
        let names = ["", "a", "b", "ab"].map(|text| Name { text, hash: 7 });
        names.iter().for_each(|name| assert!(table.find_or_put(*name, || ()).1));
        assert_eq!(names.map(|name| table.find(name).unwrap()), [0, 1, 2, 3]);
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
            (0..20_000).for_each(|n| sizes[Name::of(&name(n)).part()] += 1);
            assert!(sizes.iter().all(|size| *size < 800), "a part of {} names", sizes.iter().max().unwrap());
        }
    }
}
