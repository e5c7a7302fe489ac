//! A dataset group in the live view, and the visits that were observed and are not in it yet. To write a visit down costs an
//! event a fraction of taking it in, which waits for memory in many places. Whoever looks at the group takes in what waits
//! first, so nobody can tell; else it is done aside, when there is time, or by who brings more than there is room for.
//!
//! It is not: a queue that loses order. Visits are taken in as they were observed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use super::by_name::Name;
use super::generation::Coming;
use super::{Group, drop_aside, locked};
use crate::interaction::Interaction;

/// Bytes of visits that are taken in together, some fifty of ten events: others get the lock in between.
const TOGETHER: usize = 16 << 10;
/// Rows of visits that may wait for the thread aside: a megabyte.
const MANY: usize = 64;
/// Rows that may wait at all.
const MOST: usize = 4 * MANY;

#[derive(Default)]
pub(super) struct Place {
    waiting: Mutex<Waiting>,
    /// To be locked before what waits: visits that somebody has taken out are in it when the next one gets it.
    group: Mutex<Group>,
}

/// What is to be done about what waits.
pub(super) enum Todo {
    Nothing,
    /// There is a row to be taken in.
    Aside,
    /// There are many: take in a row, unless somebody does just then. The thread aside may be slow, and is not to be waited
    /// for.
    Help,
    /// There are too many.
    Now,
}

#[derive(Default)]
struct Waiting {
    rows: VecDeque<Visits>,
    /// Memory of those that were taken in.
    spent: Vec<Visits>,
}

/// Visits in the order in which they were observed.
#[derive(Default)]
struct Visits {
    visits: Vec<Visit>,
    interactions: Vec<Noted>,
    /// Of a visit its user and its session, then item and event type of each interaction.
    texts: String,
}

/// Where a visit ends among interactions, and its texts among texts.
struct Visit {
    user: Option<u32>,
    session: u32,
    interactions: u32,
}

struct Noted {
    at_ms: i64,
    item: u32,
    event_type: u32,
}

impl Place {
    pub(super) fn of(group: Group) -> Self {
        Self { group: Mutex::new(group), ..Self::default() }
    }

    /// Writes down a visit.
    pub(super) fn observe<'a>(
        &self,
        user: Option<&str>,
        session: &str,
        seen: impl Iterator<Item = Interaction<'a>>,
    ) -> Todo {
        let Waiting { rows, spent } = &mut *locked(&self.waiting);
        let is_full = rows.back().is_none_or(|last| last.bytes() >= TOGETHER);
        if is_full {
            rows.push_back(spent.pop().unwrap_or_default());
        }
        if let Some(last) = rows.back_mut() {
            last.push(user, session, seen);
        }
        match rows.len() {
            n if n > MOST => Todo::Now,
            n if n > MANY => Todo::Help,
            n if is_full && n > 1 => Todo::Aside,
            _ => Todo::Nothing,
        }
    }

    /// The group as it is, without what waits.
    pub(super) fn group(&self) -> MutexGuard<'_, Group> {
        locked(&self.group)
    }

    /// Takes in one row of visits, if any waits.
    pub(super) fn take_in(&self, max_bytes: usize) -> bool {
        self.take_in_into(&mut self.group(), max_bytes)
    }

    /// The same, if nobody has the group.
    pub(super) fn take_in_if_free(&self, max_bytes: usize) -> bool {
        self.group.try_lock().is_ok_and(|mut group| self.take_in_into(&mut group, max_bytes))
    }

    /// The group with all that was observed.
    pub(super) fn settled(&self, max_bytes: usize) -> MutexGuard<'_, Group> {
        let mut group = self.group();
        while self.take_in_into(&mut group, max_bytes) {}
        group
    }

    fn take_in_into(&self, group: &mut Group, max_bytes: usize) -> bool {
        let Some(mut visits) = locked(&self.waiting).rows.pop_front() else { return false };
        visits.take_in(group, max_bytes);
        visits.clear();
        locked(&self.waiting).spent.push(visits);
        true
    }
}

impl Visits {
    fn bytes(&self) -> usize {
        self.texts.len() + size_of_val(&*self.interactions) + size_of_val(&*self.visits)
    }

    fn push<'a>(&mut self, user: Option<&str>, session: &str, seen: impl Iterator<Item = Interaction<'a>>) {
        let user = user.map(|user| self.text(user));
        let session = self.text(session);
        for Interaction { at_ms, item, event_type, .. } in seen {
            let noted = Noted { at_ms, item: self.text(item), event_type: self.text(event_type) };
            self.interactions.push(noted);
        }
        self.visits.push(Visit { user, session, interactions: self.interactions.len() as u32 });
    }

    fn text(&mut self, text: &str) -> u32 {
        self.texts.push_str(text);
        self.texts.len() as u32
    }

    fn take_in(&self, group: &mut Group, max_bytes: usize) {
        let (mut text, mut interaction) = (0, 0);
        for visit in &self.visits {
            let seen = &self.interactions[interaction..visit.interactions as usize];
            let user = visit.user.map(|end| Name::of(self.upto(&mut text, end)));
            let session = Name::of(self.upto(&mut text, visit.session));
            group.observe(user, session, seen.iter().map(|noted| self.coming(&mut text, noted)));
            interaction = visit.interactions as usize;
            drop_aside(group.turn(max_bytes));
        }
    }

    fn coming(&self, from: &mut usize, &Noted { at_ms, item, event_type }: &Noted) -> Coming<'_> {
        Coming { at_ms, item: Name::of(self.upto(from, item)), event_type: self.upto(from, event_type) }
    }

    /// The text that begins here and ends there.
    fn upto(&self, from: &mut usize, end: u32) -> &str {
        let text = &self.texts[*from..end as usize];
        *from = end as usize;
        text
    }

    fn clear(&mut self) {
        self.visits.clear();
        self.interactions.clear();
        self.texts.clear();
    }
}
