//! "Here is a user; what did they do lately?" Every accepted event is here before its sender hears of it, so the next
//! GetRecommendations knows it.
//!
//! Useful for: the history that the ranker turns into a user vector. Not useful for: training (it forgets).
//! It is rebuilt from the store at start, so it holds nothing that could be lost.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use bowerbird_sdk_server::ingest::Entry;

use crate::interaction::{Interaction, interaction, link};

/// Interactions kept for each user and event type: what filters look back on. [limits]
const CAPACITY: usize = 100;
/// The longest history: what `ranker::History` keeps.
const HISTORY: usize = 50;

/// Recent items of users and sessions, by dataset group.
#[derive(Default)]
pub(crate) struct LiveView(RwLock<HashMap<String, Group>>);

/// The visitors of one dataset group.
#[derive(Default)]
pub(crate) struct Group {
    timelines: HashMap<String, Timeline>,
    /// Sessions that turned out to belong to a user.
    owners: HashMap<String, String>,
    /// One copy of each item id and event type.
    words: HashSet<Arc<str>>,
}

/// Interactions in order of time, the latest last; never the same one at the same moment twice.
#[derive(Default)]
struct Timeline(Vec<Seen>);

/// One interaction of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) at_ms: i64,
    pub(crate) item: Arc<str>,
    pub(crate) event_type: Arc<str>,
}

impl LiveView {
    /// Takes in entries of the event log.
    pub(crate) fn observe(&self, group: &str, entries: &[Entry<'_>]) {
        let mut groups = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !groups.contains_key(group) {
            groups.insert(group.to_owned(), Group::default());
        }
        if let Some(group) = groups.get_mut(group) {
            entries.iter().for_each(|entry| group.observe(entry));
        }
    }

    /// The recent items of a user (or of a session in its place), the latest last.
    pub(crate) fn history(&self, group: &str, user: &str) -> Vec<Arc<str>> {
        let seen = self.timeline(group, user);
        let start = seen.len().saturating_sub(HISTORY);
        seen[start..].iter().map(|seen| seen.item.clone()).collect()
    }

    /// The recent interactions of a user, up to a hundred of each type, the latest last.
    pub(crate) fn timeline(&self, group: &str, user: &str) -> Vec<Seen> {
        let groups = self.0.read().unwrap_or_else(PoisonError::into_inner);
        groups
            .get(group)
            .and_then(|group| group.timeline(user))
            .map_or_else(Vec::new, |timeline| timeline.0.clone())
    }

    /// Puts a rebuilt group in place of what was there.
    pub(crate) fn replace(&self, group: &str, rebuilt: Group) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(group.to_owned(), rebuilt);
    }

    /// Users and sessions of all groups.
    pub(crate) fn visitors(&self) -> usize {
        let groups = self.0.read().unwrap_or_else(PoisonError::into_inner);
        groups.values().map(|group| group.timelines.len()).sum()
    }

    /// Forgets a dataset group.
    pub(crate) fn forget(&self, group: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(group);
    }
}

impl Group {
    /// Takes in an entry of the event log: a session may turn out to be a user's, an item was interacted with.
    pub(crate) fn observe(&mut self, entry: &Entry<'_>) {
        if let Some((session, user)) = link(entry) {
            self.link(session, &user);
        }
        if let Some(interaction) = interaction(entry) {
            self.see(&interaction);
        }
    }

    /// Adds an interaction to the timeline of its user, or of its session while nobody signed in.
    pub(crate) fn see(&mut self, interaction: &Interaction<'_>) {
        let seen = Seen {
            at_ms: interaction.at_ms,
            item: self.intern(interaction.item),
            event_type: self.intern(interaction.event_type),
        };
        let owner = self.owners.get(interaction.session).map_or(interaction.session, String::as_str);
        let visitor = interaction.user.unwrap_or(owner);
        match self.timelines.get_mut(visitor) {
            Some(timeline) => timeline.insert(seen),
            None => self.timelines.entry(visitor.to_owned()).or_default().insert(seen),
        }
    }

    fn intern(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.words.get(word) {
            return known.clone();
        }
        let word: Arc<str> = word.into();
        self.words.insert(word.clone());
        word
    }

    /// What a session did before becomes its user's, and so does what it does from now on.
    fn link(&mut self, session: &str, user: &str) {
        if self.owners.get(session).is_some_and(|owner| owner == user) {
            return;
        }
        self.owners.insert(session.to_owned(), user.to_owned());
        if let Some(before) = self.timelines.remove(session) {
            let timeline = self.timelines.entry(user.to_owned()).or_default();
            before.0.into_iter().for_each(|seen| timeline.insert(seen));
        }
    }

    fn timeline(&self, user: &str) -> Option<&Timeline> {
        let owner = self.owners.get(user).map_or(user, String::as_str);
        self.timelines.get(user).or_else(|| self.timelines.get(owner))
    }
}

impl Timeline {
    /// `seen` has interned words, so that words are equal where their addresses are.
    fn insert(&mut self, seen: Seen) {
        let end = self.0.partition_point(|other| other.at_ms <= seen.at_ms);
        let same_moment = self.0[..end].iter().rev().take_while(|other| other.at_ms == seen.at_ms);
        if same_moment.into_iter().any(|other| is_same(&other.item, &seen.item) && seen.is_of_type(other)) {
            return;
        }
        self.0.insert(end, seen.clone());
        // Shorter than that, it cannot hold too many of any type.
        if self.0.len() > CAPACITY {
            self.forget_oldest(&seen);
        }
    }

    /// Forgets the oldest interaction of this type if there are too many.
    fn forget_oldest(&mut self, newest: &Seen) {
        let mut of_type = self.0.iter().enumerate().filter(|(_, other)| newest.is_of_type(other));
        let oldest = of_type.next().map(|(at, _)| at);
        if of_type.count() >= CAPACITY {
            oldest.map(|at| self.0.remove(at));
        }
    }
}

impl Seen {
    fn is_of_type(&self, other: &Self) -> bool {
        is_same(&self.event_type, &other.event_type)
    }
}

fn is_same(one: &Arc<str>, other: &Arc<str>) -> bool {
    Arc::ptr_eq(one, other)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use bowerbird_wire::{SentEvent, SessionId, UserId};

    use super::*;

    fn entry<'a>(user: Option<&'a str>, session: &'a str, json: &'a str) -> Entry<'a> {
        Entry::Event {
            dataset_group: "g".into(),
            user_id: user.map(|user| UserId::try_from(Cow::Borrowed(user)).unwrap()),
            session_id: SessionId::try_from(Cow::Borrowed(session)).unwrap(),
            event: SentEvent::read(json).unwrap(),
        }
    }

    /// Someone watches an item.
    fn watch(view: &LiveView, user: Option<&str>, session: &str, item: &str, at: i64) {
        let json = format!(r#"{{"eventType":"watch","sentAt":{at},"itemId":"{item}"}}"#);
        view.observe("g", &[entry(user, session, &json)]);
    }

    fn items(view: &LiveView, user: &str) -> String {
        view.history("g", user).iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_timeline_is_in_order_of_time_and_keeps_repeats_of_other_moments() {
        let view = LiveView::default();
        for (item, at) in [("b", 2), ("a", 1), ("c", 3), ("c", 3), ("a", 4)] {
            watch(&view, Some("u"), "s", item, at);
        }
        assert_eq!(items(&view, "u"), "a b c a");
    }

    #[test]
    fn what_a_session_did_becomes_the_users_when_they_sign_in() {
        let view = LiveView::default();
        watch(&view, None, "s", "a", 1);
        assert_eq!(items(&view, "s"), "a");
        watch(&view, Some("u"), "s", "b", 2);
        watch(&view, None, "s", "c", 3);
        assert_eq!(items(&view, "u"), "a b c");
        assert_eq!(items(&view, "s"), "a b c");
    }

    #[test]
    fn an_identify_event_of_amplify_links_and_is_no_interaction() {
        let view = LiveView::default();
        watch(&view, None, "s", "a", 1);
        let identify = r#"{"eventType":"Identify","sentAt":2,"properties":"{\"userId\":\"u\"}"}"#;
        view.observe("g", &[entry(None, "s", identify)]);
        assert_eq!(items(&view, "u"), "a");
    }

    #[test]
    fn only_the_latest_items_are_kept() {
        let view = LiveView::default();
        (0..150).for_each(|at| watch(&view, Some("u"), "s", &at.to_string(), at));
        assert_eq!(view.timeline("g", "u").len(), CAPACITY);
        assert_eq!(view.history("g", "u").len(), HISTORY);
        assert_eq!(&*view.history("g", "u")[0], "100");
    }

    #[test]
    fn groups_do_not_see_each_other() {
        let view = LiveView::default();
        view.observe("other", &[entry(Some("u"), "s", r#"{"eventType":"watch","sentAt":1,"itemId":"a"}"#)]);
        assert_eq!(items(&view, "u"), "");
    }
}
