//! "These events name items that the model does not know; which of them have been met by enough people?" For one version,
//! since its training, in bounded memory.
//!
//! It is not: a count of everything, and no defence against somebody who invents visitors as well as items; it bounds what
//! they can do.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// Different visitors that an item needs to become part of the catalogue. Ours: one is a mistyped id, two may be one person
/// with two browsers.
const ENOUGH: usize = 3;
/// An item gets a new place each time that so many times as many visitors have met it: with every visitor the pack of
/// every page would be another one.
const GROWTH: usize = 2;
/// Visitors that are kept of an item: 3, 6, 12, 24 and 48 give it five places, and the next one comes from a training.
const VISITORS: usize = 48;
/// Items that not enough people have met, of late and before that: who sends more invented ids than this makes the server
/// forget who has met an item, not how many items there are. About 10 MB.
const WAITING: usize = 10_000;

/// Items beyond the catalogue of a version, with those who met them.
pub(super) struct Strangers {
    /// Hashes of what was trained with.
    known: HashSet<u64>,
    hasher: RandomState,
    /// How many items may be met.
    room: usize,
    met: BTreeMap<String, Vec<Box<str>>>,
    /// Not enough people have met these yet: those of late, and those before them.
    young: HashMap<String, Vec<Box<str>>>,
    old: HashMap<String, Vec<Box<str>>>,
    /// Visitors of any of these who had not signed in.
    sessions: HashSet<Box<str>>,
    has_grown: bool,
}

impl Strangers {
    /// Beyond a catalogue of these items, of which there may be `room` more.
    pub(super) fn beyond<'a>(known: impl Iterator<Item = &'a str>, room: usize) -> Self {
        let hasher = RandomState::new();
        let known = known.map(|id| hasher.hash_one(id)).collect();
        let (met, young, old, sessions) = Default::default();
        Self { known, hasher, room, met, young, old, sessions, has_grown: false }
    }

    /// Somebody met an item: a user, or a session while nobody has signed in.
    pub(super) fn see(&mut self, user: Option<&str>, session: &str, item: &str) {
        if self.known.contains(&self.hasher.hash_one(item)) {
            return;
        }
        let visitor = user.unwrap_or(session);
        let is_new = match self.met.get_mut(item) {
            Some(visitors) => {
                let is_new = add(visitors, visitor);
                self.has_grown |= is_new && is_a_step(visitors.len());
                is_new
            }
            None => self.wait(item, visitor),
        };
        if is_new && user.is_none() {
            self.sessions.insert(session.into());
        }
    }

    /// A session turned out to be a user's: they are one visitor.
    pub(super) fn link(&mut self, session: &str, user: &str) {
        if !self.sessions.remove(session) {
            return;
        }
        let all = self.met.values_mut().chain(self.young.values_mut()).chain(self.old.values_mut());
        for visitors in all.filter(|visitors| visitors.iter().any(|one| **one == *session)) {
            visitors.retain(|one| **one != *session);
            add(visitors, user);
        }
    }

    /// Whether there is something new since the last call.
    pub(super) fn take_grown(&mut self) -> bool {
        std::mem::take(&mut self.has_grown)
    }

    /// The items that enough people have met, with those that count.
    pub(super) fn met(&self) -> impl Iterator<Item = (&str, &[Box<str>])> {
        self.met.iter().map(|(item, visitors)| {
            let steps = std::iter::successors(Some(ENOUGH), |step| Some(step * GROWTH));
            let counted = steps.take_while(|&step| step <= visitors.len()).last().unwrap_or(0);
            (item.as_str(), &visitors[..counted])
        })
    }

    /// Whether this visitor of an item that waits is another one.
    fn wait(&mut self, item: &str, visitor: &str) -> bool {
        let mut visitors = self.young.remove(item).or_else(|| self.old.remove(item)).unwrap_or_default();
        let is_new = add(&mut visitors, visitor);
        if visitors.len() >= ENOUGH && self.met.len() < self.room {
            self.met.insert(item.to_owned(), visitors);
            self.has_grown = true;
            return is_new;
        }
        if self.young.len() >= WAITING {
            self.old = std::mem::take(&mut self.young);
            self.forget_sessions();
        }
        self.young.insert(item.to_owned(), visitors);
        is_new
    }

    /// Those of items that were forgotten.
    fn forget_sessions(&mut self) {
        let all = self.met.values().chain(self.old.values()).flatten();
        let named: HashSet<&str> = all.map(|visitor| &**visitor).collect();
        self.sessions.retain(|session| named.contains(&**session));
    }
}

/// Whether this is another visitor, and one that is kept.
fn add(visitors: &mut Vec<Box<str>>, visitor: &str) -> bool {
    let is_new = visitors.len() < VISITORS && !visitors.iter().any(|known| **known == *visitor);
    if is_new {
        visitors.push(visitor.into());
    }
    is_new
}

fn is_a_step(visitors: usize) -> bool {
    std::iter::successors(Some(ENOUGH), |step| Some(step * GROWTH))
        .take_while(|&step| step <= visitors)
        .any(|step| step == visitors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beyond_a(room: usize) -> Strangers {
        Strangers::beyond(["a"].into_iter(), room)
    }

    fn met(strangers: &Strangers) -> Vec<(&str, usize)> {
        strangers.met().map(|(item, visitors)| (item, visitors.len())).collect()
    }

    #[test]
    fn an_item_is_met_when_three_different_visitors_met_it_and_known_ones_never_are() {
        let mut strangers = beyond_a(10);
        for user in ["u", "v", "v", "u"] {
            strangers.see(Some(user), "s", "b");
            strangers.see(Some(user), "s", "a");
        }
        assert!(met(&strangers).is_empty() && !strangers.take_grown());
        strangers.see(None, "s", "b");
        assert_eq!(met(&strangers), [("b", 3)]);
        assert!(strangers.take_grown() && !strangers.take_grown());
    }

    #[test]
    fn more_visitors_count_when_there_are_twice_as_many() {
        let mut strangers = beyond_a(10);
        let mut steps = Vec::new();
        for n in 1..=100 {
            strangers.see(Some(&format!("u{n}")), "s", "b");
            if strangers.take_grown() {
                steps.push((n, met(&strangers)[0].1));
            }
        }
        assert_eq!(steps, [3, 6, 12, 24, 48].map(|n| (n, n)));
    }

    #[test]
    fn a_session_and_its_user_are_one_visitor() {
        let mut strangers = beyond_a(10);
        strangers.see(None, "s", "b");
        strangers.see(None, "t", "b");
        strangers.link("s", "u");
        strangers.see(Some("u"), "s", "b");
        assert!(met(&strangers).is_empty());
        strangers.see(Some("v"), "w", "b");
        assert_eq!(met(&strangers), [("b", 3)]);
    }

    #[test]
    fn who_invents_items_fills_neither_the_memory_nor_more_than_the_room() {
        let mut strangers = beyond_a(5);
        for n in 0..3 * WAITING {
            strangers.see(None, &format!("s{n}"), &format!("invented {n}"));
        }
        assert!(strangers.young.len() + strangers.old.len() <= 2 * WAITING + 1);
        assert!(strangers.sessions.len() <= 2 * WAITING + 1);
        for item in 0..10 {
            (0..3).for_each(|n| strangers.see(Some(&format!("u{n}")), "s", &format!("item {item}")));
        }
        assert_eq!(strangers.met().count(), 5);
    }
}
