//! What the live view knows, as bytes: rows of words, timelines and owners, described in docs/snapshot-format.md.
//!
//! It is not: a file (see `jobs::snapshots`), nor what keeps the view whole while it is written (see `walk`).

use std::sync::Arc;

use super::Group;
use super::timeline::Row;

const WORD: u8 = 1;
const TIMELINE: u8 = 2;
const OWNER: u8 = 3;

/// Which of the two generations of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    Old = 0,
    Young = 1,
}

/// A part of a snapshot that is being written.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    pub(crate) bytes: Vec<u8>,
    /// How many words stand in this and the slices before.
    words: u32,
}

impl Slice {
    /// Writes a word and answers its number.
    pub(super) fn word(&mut self, word: &str) -> u32 {
        self.bytes.push(WORD);
        self.text(word);
        self.words += 1;
        self.words - 1
    }

    pub(super) fn timeline(&mut self, age: Age, visitor: &str, rows: &[Row]) {
        self.bytes.extend_from_slice(&[TIMELINE, age as u8]);
        self.text(visitor);
        self.number(rows.len() as u64);
        let mut before = 0_i64;
        for row in rows {
            let step = row.at_ms.wrapping_sub(before);
            self.number(((step << 1) ^ (step >> 63)) as u64);
            self.number(row.item.into());
            self.number(row.event_type.into());
            before = row.at_ms;
        }
    }

    pub(super) fn owner(&mut self, age: Age, session: &str, user: &str) {
        self.bytes.extend_from_slice(&[OWNER, age as u8]);
        self.text(session);
        self.text(user);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}

/// A group that comes into being from the slices of a snapshot, in their order.
pub(crate) struct Restoring {
    group: Group,
    words: Vec<Arc<str>>,
    /// Of each word, for both generations: one more than its number there.
    numbers: [Vec<u32>; 2],
    rows: Vec<Row>,
}

impl Restoring {
    pub(super) fn new(group: Group) -> Self {
        Self { group, words: Vec::new(), numbers: [Vec::new(), Vec::new()], rows: Vec::new() }
    }

    /// Takes in a slice; `None` if it is not as we write it.
    pub(crate) fn take(&mut self, mut from: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = from.split_first() {
            from = rest;
            match *kind {
                WORD => self.words.push(text(&mut from)?.into()),
                TIMELINE => {
                    let (age, visitor) = (age(&mut from)?, text(&mut from)?);
                    self.timeline(age, visitor, &mut from)?;
                }
                OWNER => {
                    let age = age(&mut from)?;
                    self.group.restore_owner(age, text(&mut from)?, text(&mut from)?);
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// The group, when the last slice was taken in.
    pub(crate) fn whole(self) -> Group {
        self.group
    }

    fn timeline(&mut self, age: Age, visitor: &str, from: &mut &[u8]) -> Option<()> {
        self.rows.clear();
        let mut before = 0_i64;
        for _ in 0..number(from)? {
            let step = number(from)?;
            before = before.wrapping_add((step >> 1) as i64 ^ -((step & 1) as i64));
            let (item, event_type) = (self.word(age, number(from)?)?, self.word(age, number(from)?)?);
            self.rows.push(Row { at_ms: before, item, event_type });
        }
        self.group.generation(age).restore(visitor, &self.rows);
        Some(())
    }

    /// The number that a generation has for a word of the snapshot.
    fn word(&mut self, age: Age, number: u64) -> Option<u32> {
        let at = usize::try_from(number).ok()?;
        let word = self.words.get(at)?;
        let numbers = &mut self.numbers[age as usize];
        if numbers.len() <= at {
            numbers.resize(self.words.len(), 0);
        }
        if numbers[at] == 0 {
            numbers[at] = 1 + self.group.generation(age).learn(word);
        }
        Some(numbers[at] - 1)
    }
}

fn age(from: &mut &[u8]) -> Option<Age> {
    let (age, rest) = from.split_first()?;
    *from = rest;
    match age {
        0 => Some(Age::Old),
        1 => Some(Age::Young),
        _ => None,
    }
}

fn text<'a>(from: &mut &'a [u8]) -> Option<&'a str> {
    let bytes = usize::try_from(number(from)?).ok()?;
    let (text, rest) = from.split_at_checked(bytes)?;
    *from = rest;
    std::str::from_utf8(text).ok()
}

fn number(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
