//! A generation into a snapshot, piece by piece, and back.

use std::ops::Range;
use std::sync::Arc;

use super::{Generation, Name, Words};
use crate::live::snapshot::{Age, Slice};
use crate::live::timeline::Row;

impl Generation {
    /// A snapshot begins: no word stands in it yet.
    pub(in crate::live) fn begin(&mut self) {
        self.words.kept.clear();
    }

    /// Writes the timelines of some visitors, by their numbers. False when there are none from there on.
    pub(in crate::live) fn keep_visitors(
        &mut self,
        numbers: Range<usize>,
        age: Age,
        into: &mut Slice,
    ) -> bool {
        let some = self.numbers(numbers);
        some.clone().for_each(|visitor| self.keep_visitor(visitor, age, into));
        !some.is_empty()
    }

    /// Writes the timeline of one visitor, if there is one.
    pub(in crate::live) fn keep_visitor(&mut self, visitor: u32, age: Age, into: &mut Slice) {
        let Self { names, words, .. } = self;
        let mut rows: Vec<Row> = names.value(visitor).timeline.rows().collect();
        if !rows.is_empty() {
            rows.iter_mut().for_each(|row| words.keep(row, into));
            into.timeline(age, names.name(visitor), &rows);
        }
    }

    /// Writes whose some sessions are. False when there are none from there on.
    pub(in crate::live) fn keep_owners(&self, numbers: Range<usize>, age: Age, into: &mut Slice) -> bool {
        let some = self.numbers(numbers);
        for session in some.clone() {
            if let Some(owner) = self.owner(session) {
                into.owner(age, self.name(session), self.name(owner));
            }
        }
        !some.is_empty()
    }

    /// Those that were given.
    fn numbers(&self, Range { start, end }: Range<usize>) -> Range<u32> {
        let given = self.names.len();
        start.min(given) as u32..end.min(given) as u32
    }

    /// The number of a word that was read from a snapshot.
    pub(in crate::live) fn learn(&mut self, word: &Arc<str>) -> u32 {
        self.words.number(Name::of(word), &mut self.bytes)
    }

    /// Takes in a timeline from a snapshot, its words by their numbers here.
    pub(in crate::live) fn restore(&mut self, visitor: &str, rows: &[Row]) {
        let visitor = self.find_or_make(Name::of(visitor));
        self.put(visitor, rows);
    }
}

impl Words {
    /// Says a row in the words of the snapshot, and writes those that do not stand there.
    fn keep(&mut self, row: &mut Row, into: &mut Slice) {
        row.item = self.keep_word(row.item, into);
        row.event_type = self.keep_word(row.event_type, into);
    }

    fn keep_word(&mut self, number: u32, into: &mut Slice) -> u32 {
        let at = number as usize;
        if self.kept.len() <= at {
            self.kept.resize(self.words.len(), 0);
        }
        if self.kept[at] == 0 {
            self.kept[at] = 1 + into.word(&self.words[at]);
        }
        self.kept[at] - 1
    }
}
