//! Timelines that are forgotten together: 16 bytes for each interaction, its words by number.

mod kept;

use std::sync::Arc;

use super::by_name::ByName;
use super::{Seen, Table};
use crate::interaction::Interaction;

/// Interactions kept for each user and event type: what filters look back on. [limits]
const CAPACITY: usize = 100;
/// What a visitor, an owner or a word takes beside its texts: a place in a table that is two thirds full, one in a list, and
/// allocations.
const OVERHEAD: usize = 128;

#[derive(Default)]
pub(super) struct Generation {
    timelines: ByName<Timeline>,
    /// Whoever has a timeline, in the order in which they came; some were taken out since. Unlike a table, a list can be
    /// walked piece by piece while it grows.
    visitors: Vec<Arc<str>>,
    /// Sessions that turned out to belong to a user.
    owners: ByName<Box<str>>,
    /// The sessions among them, in the order in which they came.
    sessions: Vec<Arc<str>>,
    words: Words,
    /// About how many it takes.
    bytes: usize,
}

/// Interactions in order of time, the latest last; never the same one at the same moment twice.
#[derive(Default)]
struct Timeline(Vec<Row>);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Row {
    at_ms: i64,
    item: u32,
    event_type: u32,
}

/// One copy of each item id and event type.
#[derive(Default)]
struct Words {
    numbers: Table<Arc<str>, u32>,
    words: Vec<Arc<str>>,
    /// The last one that was looked up: most events of a call have one type.
    last: u32,
    /// Of each word that stands in the snapshot that is being written: one more than its number there.
    kept: Vec<u32>,
}

impl Generation {
    /// Adds interactions of one visitor, who is that of the first; about so many.
    pub(super) fn insert<'a>(
        &mut self,
        first: &Interaction<'_>,
        about: usize,
        interactions: impl Iterator<Item = Interaction<'a>>,
    ) {
        let Self { timelines, visitors, owners, words, bytes, .. } = self;
        let visitor = visitor(owners, first);
        let timeline = match timelines.get_mut(visitor) {
            Some(timeline) => timeline,
            None => make(timelines, visitors, visitor, bytes),
        };
        let before = timeline.bytes();
        timeline.0.reserve(about.min(CAPACITY));
        for interaction in interactions {
            timeline.insert(Row {
                at_ms: interaction.at_ms,
                item: words.number(interaction.item, bytes),
                event_type: words.number_of_type(interaction.event_type, bytes),
            });
        }
        *bytes = (*bytes + timeline.bytes()).saturating_sub(before);
    }

    /// Adds what was taken out of this or another generation.
    pub(super) fn put(&mut self, visitor: &str, seen: Vec<Seen>) {
        let interaction = |seen: &Seen| Row {
            at_ms: seen.at_ms,
            item: self.words.number(&seen.item, &mut self.bytes),
            event_type: self.words.number_of_type(&seen.event_type, &mut self.bytes),
        };
        let rows: Vec<Row> = seen.iter().map(interaction).collect();
        self.add(visitor, rows);
    }

    fn add(&mut self, visitor: &str, rows: Vec<Row>) {
        let Self { timelines, visitors, bytes, .. } = self;
        let timeline = match timelines.get_mut(visitor) {
            Some(timeline) => timeline,
            None => make(timelines, visitors, visitor, bytes),
        };
        let before = timeline.bytes();
        if timeline.0.is_empty() {
            timeline.0 = rows;
        } else {
            rows.into_iter().for_each(|row| timeline.insert(row));
        }
        *bytes = (*bytes + timeline.bytes()).saturating_sub(before);
    }

    /// Takes a timeline out.
    pub(super) fn take(&mut self, visitor: &str) -> Option<Vec<Seen>> {
        if self.timelines.len() == 0 {
            return None;
        }
        let timeline = self.timelines.remove(visitor)?;
        self.bytes = self.bytes.saturating_sub(visitor.len() + OVERHEAD + timeline.bytes());
        Some(self.words.seen(&timeline))
    }

    pub(super) fn seen(&self, visitor: &str) -> Option<Vec<Seen>> {
        self.timelines.get(visitor).map(|timeline| self.words.seen(timeline))
    }

    pub(super) fn knows(&self, visitor: &str) -> bool {
        self.timelines.get(visitor).is_some()
    }

    /// Looks at what is kept of a visitor; what it answers says nothing.
    pub(super) fn look_at(&self, visitor: &str) -> i64 {
        self.timelines.get(visitor).and_then(|timeline| timeline.0.last()).map_or(0, |row| row.at_ms)
    }

    /// The same of a session.
    pub(super) fn look_at_session(&self, session: &str) -> i64 {
        let owner = self.owners.get(session).and_then(|owner| owner.as_bytes().first());
        self.look_at(session) ^ i64::from(owner.copied().unwrap_or(0))
    }

    /// Whom an interaction is ascribed to.
    pub(super) fn visitor<'a>(&'a self, interaction: &Interaction<'a>) -> &'a str {
        visitor(&self.owners, interaction)
    }

    pub(super) fn owner(&self, session: &str) -> Option<&str> {
        self.owners.get(session).map(|owner| &**owner)
    }

    /// Notes whose a session is. False if that is known.
    pub(super) fn own(&mut self, session: &str, user: &str) -> bool {
        match self.owners.get_mut(session) {
            Some(owner) if **owner == *user => return false,
            Some(owner) => {
                self.bytes = self.bytes + user.len() - owner.len();
                *owner = user.into();
            }
            None => {
                self.bytes += session.len() + user.len() + OVERHEAD;
                let session: Arc<str> = session.into();
                self.sessions.push(session.clone());
                self.owners.put(session, user.into());
            }
        }
        true
    }

    pub(super) fn visitors(&self) -> usize {
        self.timelines.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.timelines.len() + self.owners.len() == 0
    }
}

fn make<'a>(
    timelines: &'a mut ByName<Timeline>,
    visitors: &mut Vec<Arc<str>>,
    visitor: &str,
    bytes: &mut usize,
) -> &'a mut Timeline {
    *bytes += visitor.len() + OVERHEAD;
    let visitor: Arc<str> = visitor.into();
    visitors.push(visitor.clone());
    timelines.put(visitor, Timeline::default())
}

fn visitor<'a>(owners: &'a ByName<Box<str>>, interaction: &Interaction<'a>) -> &'a str {
    let session = interaction.session;
    interaction.user.unwrap_or_else(|| owners.get(session).map_or(session, |owner| &**owner))
}

impl Words {
    fn number(&mut self, word: &str, bytes: &mut usize) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = u32::try_from(self.words.len()).expect("the room is full long before");
        *bytes += word.len() + OVERHEAD;
        let word: Arc<str> = word.into();
        self.words.push(word.clone());
        self.numbers.insert(word, number);
        number
    }

    fn number_of_type(&mut self, event_type: &str, bytes: &mut usize) -> u32 {
        if self.words.get(self.last as usize).is_none_or(|last| **last != *event_type) {
            self.last = self.number(event_type, bytes);
        }
        self.last
    }

    fn seen(&self, timeline: &Timeline) -> Vec<Seen> {
        let word = |number: u32| self.words[number as usize].clone();
        let seen =
            |row: &Row| Seen { at_ms: row.at_ms, item: word(row.item), event_type: word(row.event_type) };
        timeline.0.iter().map(seen).collect()
    }
}

impl Timeline {
    fn insert(&mut self, row: Row) {
        let is_latest = self.0.last().is_none_or(|last| last.at_ms < row.at_ms);
        let end =
            if is_latest { self.0.len() } else { self.0.partition_point(|other| other.at_ms <= row.at_ms) };
        let mut same_moment = self.0[..end].iter().rev().take_while(|other| other.at_ms == row.at_ms);
        if same_moment.any(|other| *other == row) {
            return;
        }
        self.0.insert(end, row);
        // Shorter than that, it cannot hold too many of any type.
        if self.0.len() > CAPACITY {
            self.forget_oldest(row.event_type);
        }
    }

    /// Forgets the oldest interaction of this type if there are too many.
    fn forget_oldest(&mut self, event_type: u32) {
        let mut of_type = self.0.iter().enumerate().filter(|(_, row)| row.event_type == event_type);
        let oldest = of_type.next().map(|(at, _)| at);
        if of_type.count() >= CAPACITY {
            oldest.map(|at| self.0.remove(at));
        }
    }

    fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<Row>()
    }
}
