//! Timelines that are forgotten together, the words of their interactions by number.

mod kept;

use std::sync::Arc;

use hashbrown::HashTable;

use super::Seen;
use super::by_name::{ByName, Name, spread};
use super::timeline::{Room, Row, Timeline};
use crate::interaction::Interaction;

/// What a visitor, a session or a word takes beside its text and its interactions: a place in a list and in a table that is
/// two thirds full, and what allocations are rounded up by. A process that observed nothing but 340,000 visitors of one visit,
/// or 100,000 of ten to twenty, or 20,000 of a hundred, of ten events each, grew by 0.91 to 1.21 times what is so counted.
/// [2026-11-26]
const OVERHEAD: usize = 72;
/// Whose a session is of which nobody knows.
const NOBODY: u32 = u32::MAX;

#[derive(Default)]
pub(super) struct Generation {
    names: ByName<Known>,
    /// How many of the names have a timeline.
    visitors: usize,
    words: Words,
    /// Of each word of the generation before that is here too: one more than its number here.
    brought: Vec<u32>,
    /// About how many it takes.
    bytes: usize,
    room: Room,
}

/// What is known of a visitor or a session.
struct Known {
    timeline: Timeline,
    /// The user that a session turned out to be, by number.
    owner: u32,
}

/// An interaction that comes in.
#[derive(Clone, Copy)]
pub(super) struct Coming<'a> {
    pub(super) at_ms: i64,
    pub(super) item: Name<'a>,
    pub(super) event_type: &'a str,
}

impl<'a> Coming<'a> {
    pub(super) fn of(interaction: &Interaction<'a>) -> Self {
        let Interaction { at_ms, item, event_type, .. } = *interaction;
        Self { at_ms, item: Name::of(item), event_type }
    }
}

/// One copy of each item id and event type.
#[derive(Default)]
struct Words {
    numbers: HashTable<Word>,
    words: Vec<Arc<str>>,
    /// Of each word that stands in the snapshot that is being written: one more than its number there.
    kept: Vec<u32>,
}

/// With its text at hand: every event looks for one, and most are there.
struct Word {
    text: Arc<str>,
    hash: u32,
    number: u32,
}

impl Generation {
    pub(super) fn find(&self, name: Name<'_>) -> Option<u32> {
        self.names.find(name)
    }

    pub(super) fn find_or_make(&mut self, name: Name<'_>) -> u32 {
        let nothing = || Known { timeline: Timeline::default(), owner: NOBODY };
        let (number, is_new) = self.names.find_or_put(name, nothing);
        if is_new {
            self.bytes += name.text.len() + OVERHEAD;
        }
        number
    }

    pub(super) fn name(&self, number: u32) -> &str {
        self.names.name(number)
    }

    pub(super) fn is(&self, number: u32, name: Name<'_>) -> bool {
        self.names.is(number, name.text)
    }

    /// Whether there is a timeline.
    pub(super) fn knows(&self, number: u32) -> bool {
        !self.names.value(number).timeline.is_empty()
    }

    pub(super) fn owner(&self, session: u32) -> Option<u32> {
        Some(self.names.value(session).owner).filter(|owner| *owner != NOBODY)
    }

    /// Whether there is a timeline under this name.
    pub(super) fn knows_of(&self, name: Name<'_>) -> bool {
        self.find(name).is_some_and(|number| self.knows(number))
    }

    /// Notes whose a session is, by name.
    pub(super) fn link(&mut self, session: Name<'_>, user: Name<'_>) {
        let (session, user) = (self.find_or_make(session), self.find_or_make(user));
        self.own(session, user);
    }

    /// Notes whose a session is.
    pub(super) fn own(&mut self, session: u32, user: u32) {
        self.names.value_mut(session).owner = user;
    }

    /// Adds interactions of one visitor.
    pub(super) fn insert<'a>(&mut self, visitor: u32, interactions: impl Iterator<Item = Coming<'a>>) {
        // Most events of a call have one type.
        let mut last = None;
        self.add(visitor, interactions, |Coming { at_ms, item, event_type }, words, bytes| {
            let item = words.number(item, bytes);
            let known = last.filter(|(text, _)| *text == event_type);
            let (_, number) = *last
                .insert(known.unwrap_or_else(|| (event_type, words.number(Name::of(event_type), bytes))));
            Row { at_ms, item, event_type: number }
        });
    }

    /// Adds to a timeline, and counts what becomes of it.
    fn add<T>(
        &mut self,
        visitor: u32,
        coming: impl Iterator<Item = T>,
        mut row: impl FnMut(T, &mut Words, &mut usize) -> Row,
    ) {
        let Self { names, visitors, words, bytes, room, .. } = self;
        let timeline = &mut names.value_mut(visitor).timeline;
        *visitors -= usize::from(!timeline.is_empty());
        *bytes = bytes.saturating_sub(timeline.bytes());
        timeline.add(coming.map(|one| row(one, words, bytes)), room);
        *bytes += timeline.bytes();
        *visitors += usize::from(!timeline.is_empty());
    }

    /// Takes a timeline out, if there is one.
    pub(super) fn take(&mut self, visitor: u32) -> Option<Vec<Row>> {
        if !self.knows(visitor) {
            return None;
        }
        let timeline = std::mem::take(&mut self.names.value_mut(visitor).timeline);
        self.bytes = self.bytes.saturating_sub(timeline.bytes());
        self.visitors -= 1;
        Some(timeline.rows().collect())
    }

    /// Takes out the timeline under this name, if there is one.
    pub(super) fn take_of(&mut self, name: Name<'_>) -> Option<Vec<Row>> {
        self.find(name).and_then(|visitor| self.take(visitor))
    }

    /// Adds rows that have the words of this generation.
    pub(super) fn put(&mut self, visitor: u32, rows: &[Row]) {
        self.add(visitor, rows.iter().copied(), |row, _, _| row);
    }

    /// Adds what was taken out of the generation before.
    pub(super) fn bring(&mut self, visitor: u32, mut rows: Vec<Row>, before: &Self) {
        for row in &mut rows {
            row.item = self.bring_word(row.item, before);
            row.event_type = self.bring_word(row.event_type, before);
        }
        self.put(visitor, &rows);
    }

    fn bring_word(&mut self, number: u32, before: &Self) -> u32 {
        let at = number as usize;
        if self.brought.len() <= at {
            self.brought.resize(before.words.words.len(), 0);
        }
        if self.brought[at] == 0 {
            let word = Name::of(&before.words.words[at]);
            self.brought[at] = 1 + self.words.number(word, &mut self.bytes);
        }
        self.brought[at] - 1
    }

    pub(super) fn seen(&self, visitor: Name<'_>) -> Option<Vec<Seen>> {
        let timeline = &self.names.value(self.find(visitor)?).timeline;
        Some(self.words.seen(timeline)).filter(|seen| !seen.is_empty())
    }

    /// The name of the user that a session turned out to be.
    pub(super) fn owner_of(&self, session: Name<'_>) -> Option<&str> {
        self.owner(self.find(session)?).map(|owner| self.name(owner))
    }

    /// Looks at what is kept of a visitor or a session; what it answers says nothing.
    pub(super) fn look_at(&self, name: Name<'_>) -> u64 {
        let Some(known) = self.find(name).map(|number| self.names.value(number)) else { return 0 };
        let owner = if known.owner == NOBODY { None } else { self.name(known.owner).as_bytes().first() };
        known.timeline.look_at() ^ owner.map_or(0, |byte| u64::from(*byte))
    }

    pub(super) fn visitors(&self) -> usize {
        self.visitors
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.len() == 0
    }
}

impl Words {
    fn number(&mut self, name: Name<'_>, bytes: &mut usize) -> u32 {
        let is_it = |word: &Word| word.hash == name.hash && *word.text == *name.text;
        let known = self.numbers.find(spread(name.hash), is_it).map(|word| word.number);
        known.unwrap_or_else(|| self.add(name, bytes))
    }

    /// Apart from what each event runs through.
    #[cold]
    fn add(&mut self, name: Name<'_>, bytes: &mut usize) -> u32 {
        let number = u32::try_from(self.words.len()).expect("the room is full long before");
        *bytes += name.text.len() + OVERHEAD;
        let text: Arc<str> = name.text.into();
        self.words.push(text.clone());
        let word = Word { text, hash: name.hash, number };
        self.numbers.insert_unique(spread(name.hash), word, |word| spread(word.hash));
        number
    }

    fn seen(&self, timeline: &Timeline) -> Vec<Seen> {
        let word = |number: u32| self.words[number as usize].clone();
        let seen =
            |row: Row| Seen { at_ms: row.at_ms, item: word(row.item), event_type: word(row.event_type) };
        timeline.rows().map(seen).collect()
    }
}
