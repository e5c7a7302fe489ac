//! "Here is a user; what did they do lately?" Every accepted event is written down here before its sender hears of it, and
//! whoever asks sees all that is, so the next GetRecommendations knows it.
//!
//! Useful for: the history that the ranker turns into a user vector. Not useful for: training (it forgets).
//! It is rebuilt from the store at start, so it holds nothing that could be lost: it takes in events meanwhile, and whoever
//! asks waits until it is whole. Its memory is bounded: beyond that, it forgets the visitors that were not seen for the
//! longest time.

mod by_name;
mod generation;
mod place;
mod snapshot;
mod timeline;
mod walk;

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::thread;

use bowerbird_sdk_server::ingest::{Accepted, identified};
use bowerbird_wire::SentEvent;

use self::by_name::Name;
use self::generation::{Coming, Generation};
use self::place::{Place, Todo};
pub(crate) use self::walk::Walked;
use crate::interaction::Interaction;
use crate::jobs::step_aside;

/// The longest history: what `ranker::History` keeps.
const HISTORY: usize = 100;

/// A table that each call looks into, by texts that strangers choose.
type Table<K, V> = HashMap<K, V, ahash::RandomState>;

/// Recent items of users and sessions, by dataset group.
pub(crate) struct LiveView {
    groups: RwLock<Table<String, Arc<Place>>>,
    max_bytes: usize,
    is_whole: OnceLock<()>,
    /// Wakes the thread that takes in what waits; without it, only those do who look or bring too much.
    wake: OnceLock<SyncSender<()>>,
}

/// The visitors of one dataset group: those of late, and those before them. When there are too many of late they become
/// those before, who are forgotten unless they come again in the meantime.
#[derive(Default)]
pub(crate) struct Group {
    young: Generation,
    old: Generation,
    /// How often that happened.
    turns: u64,
    /// Which imports it was rebuilt from, as whoever rebuilt it writes that.
    imported: String,
    /// While a walk goes on: users who got what a session did before, by their numbers.
    joined: Option<Vec<u32>>,
}

/// One interaction of a visitor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) at_ms: i64,
    pub(crate) item: Arc<str>,
    pub(crate) event_type: Arc<str>,
}

impl LiveView {
    /// Each dataset group may take about so many bytes.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { groups: RwLock::default(), max_bytes, is_whole: OnceLock::new(), wake: OnceLock::new() }
    }

    /// All that the store knows is in it: lets those who wait for it go on.
    pub(crate) fn set_whole(&self) {
        let _ = self.is_whole.set(());
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole.get().is_some()
    }

    /// Takes in events of the event log.
    pub(crate) fn observe(&self, accepted: &Accepted<'_>) {
        let &Accepted { dataset_group, user_id, session_id, events } = accepted;
        let group = self.group(dataset_group).unwrap_or_else(|| self.make(dataset_group));
        if user_id.is_some() || !events.iter().any(|event| event.event_type.is_identify()) {
            return self.take_in(&group, user_id, session_id, events);
        }
        // In their order, as a start reads them from the log: the session is another's in the middle of the call.
        for event in events {
            let user = identified(event);
            self.take_in(&group, user.as_deref(), session_id, &[event]);
        }
    }

    fn take_in(&self, place: &Place, user: Option<&str>, session: &str, events: &[&SentEvent<'_>]) {
        let seen = events.iter().filter_map(|event| Interaction::new(user, session, event));
        match place.observe(user, session, seen) {
            Todo::Nothing => {}
            // It is awake already where there is no room to say so.
            Todo::Aside => drop(self.wake.get().map(|wake| wake.try_send(()))),
            Todo::Help => {
                place.take_in_if_free(self.max_bytes);
            }
            Todo::Now => {
                place.take_in(self.max_bytes);
            }
        }
    }

    /// Starts the thread that takes in what was observed. It ends when the view is dropped.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub(crate) fn take_in_aside(self: &Arc<Self>) -> io::Result<()> {
        let (wake, woken) = sync_channel(1);
        let view = Arc::downgrade(self);
        thread::Builder::new().name("live-view".into()).spawn(move || {
            step_aside();
            while woken.recv().is_ok() {
                let Some(view) = Weak::upgrade(&view) else { return };
                let places: Vec<Arc<Place>> = view.places().values().cloned().collect();
                for place in places {
                    while place.take_in(view.max_bytes) {}
                }
            }
        })?;
        let _ = self.wake.set(wake);
        Ok(())
    }

    /// What a user (or a session in its place) did last, as much as the ranker looks at, the latest last.
    pub(crate) fn history(&self, group: &str, user: &str) -> Vec<Seen> {
        let mut seen = self.timeline(group, user);
        seen.split_off(seen.len().saturating_sub(HISTORY))
    }

    /// The recent interactions of a user, up to a hundred of each type, the latest last.
    /// Waits until the view is whole, so it is no call for threads that move bytes.
    pub(crate) fn timeline(&self, group: &str, user: &str) -> Vec<Seen> {
        self.is_whole.wait();
        self.group(group).map_or_else(Vec::new, |place| self.settled(&place).timeline(user))
    }

    /// Puts a rebuilt group in place of what was there.
    pub(crate) fn replace(&self, group: &str, rebuilt: Group) {
        let rebuilt = Arc::new(Place::of(rebuilt));
        self.groups.write().unwrap_or_else(PoisonError::into_inner).insert(group.to_owned(), rebuilt);
    }

    /// A group to be filled aside, up to the size that groups here have. `imported` says which imports it is rebuilt from.
    pub(crate) fn rebuilding(&self, group: Group, imported: &str) -> Rebuilding {
        Rebuilding { group: Group { imported: imported.to_owned(), ..group }, max_bytes: self.max_bytes }
    }

    /// Bytes that each group may take, about.
    pub(crate) fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// Users and sessions of all groups, and about how many bytes they take.
    pub(crate) fn size(&self) -> (usize, usize) {
        let places = self.places();
        let sizes = places.values().map(|place| self.settled(place).size());
        sizes.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    }

    /// Forgets a dataset group.
    pub(crate) fn forget(&self, group: &str) {
        self.groups.write().unwrap_or_else(PoisonError::into_inner).remove(group);
    }

    fn group(&self, group: &str) -> Option<Arc<Place>> {
        self.places().get(group).cloned()
    }

    fn places(&self) -> RwLockReadGuard<'_, Table<String, Arc<Place>>> {
        self.groups.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A group with all that was observed.
    fn settled<'a>(&self, place: &'a Place) -> MutexGuard<'a, Group> {
        place.settled(self.max_bytes)
    }

    fn make(&self, group: &str) -> Arc<Place> {
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        groups.entry(group.to_owned()).or_default().clone()
    }
}

/// A group that takes the place of another when it is whole.
pub(crate) struct Rebuilding {
    group: Group,
    max_bytes: usize,
}

impl Rebuilding {
    /// Fetches what will be looked at for these visitors. The places of a batch lie all over the memory: asked for one after
    /// the other they are waited for together.
    pub(crate) fn look_ahead<'a>(
        &self,
        sessions: impl Iterator<Item = &'a str>,
        users: impl Iterator<Item = &'a str>,
    ) {
        let young = &self.group.young;
        std::hint::black_box(sessions.chain(users).fold(0, |all, name| all ^ young.look_at(Name::of(name))));
    }

    pub(crate) fn link(&mut self, session: &str, user: &str) {
        self.group.link(Name::of(session), Name::of(user));
    }

    /// Takes in interactions of one visit.
    pub(crate) fn see(&mut self, visit: &[Interaction<'_>]) {
        let Some(&Interaction { user, session, .. }) = visit.first() else { return };
        let visitor = match user {
            Some(user) => self.group.young.find_or_make(Name::of(user)),
            None => self.group.visitor_of(Name::of(session)),
        };
        self.group.see(visitor, visit.iter().map(Coming::of));
        self.group.turn(self.max_bytes);
    }

    pub(crate) fn whole(self) -> Group {
        self.group
    }
}

impl Group {
    /// Takes in a visit: its session may turn out to be a user's, items were interacted with.
    fn observe<'a>(
        &mut self,
        user: Option<Name<'_>>,
        session: Name<'_>,
        seen: impl Iterator<Item = Coming<'a>>,
    ) {
        let user = user.map(|user| self.link(session, user));
        let mut seen = seen.peekable();
        if seen.peek().is_some() {
            let visitor = user.unwrap_or_else(|| self.visitor_of(session));
            self.see(visitor, seen);
        }
    }

    /// Adds interactions of one visit to the timeline of a visitor.
    fn see<'a>(&mut self, visitor: u32, visit: impl Iterator<Item = Coming<'a>>) {
        self.move_up(visitor);
        self.young.insert(visitor, visit);
    }

    /// The number of the user that a session belongs to, or of the session while nobody signed in.
    fn visitor_of(&mut self, session: Name<'_>) -> u32 {
        let at = self.young.find_or_make(session);
        if let Some(owner) = self.young.owner(at) {
            return owner;
        }
        if let Some(owner) = self.old.owner_of(session) {
            let owner = self.young.find_or_make(Name::of(owner));
            self.young.own(at, owner);
            return owner;
        }
        at
    }

    /// What a session did before becomes its user's, and so does what it does from now on. The number of the user.
    fn link(&mut self, session: Name<'_>, user: Name<'_>) -> u32 {
        if session.text == user.text {
            return self.young.find_or_make(user);
        }
        let at = self.young.find_or_make(session);
        if let Some(owner) = self.young.owner(at).filter(|owner| self.young.is(*owner, user)) {
            return owner;
        }
        let user = self.young.find_or_make(user);
        self.young.own(at, user);
        self.join(session, Some(at), user);
        user
    }

    /// The user gets what a session did before, which is known by this number.
    fn join(&mut self, session: Name<'_>, at: Option<u32>, user: u32) {
        if let Some(before) = self.old.take_of(session) {
            self.move_up(user);
            self.young.bring(user, before, &self.old);
            self.joined.iter_mut().for_each(|joined| joined.push(user));
        }
        if let Some(before) = at.and_then(|at| self.young.take(at)) {
            self.move_up(user);
            self.young.put(user, &before);
            self.joined.iter_mut().for_each(|joined| joined.push(user));
        }
    }

    /// Moves up what is known of a visitor, so that it is not forgotten.
    fn move_up(&mut self, visitor: u32) {
        if self.old.is_empty() || self.young.knows(visitor) {
            return;
        }
        if let Some(before) = self.old.take_of(Name::of(self.young.name(visitor))) {
            self.young.bring(visitor, before, &self.old);
        }
    }

    fn timeline(&self, user: &str) -> Vec<Seen> {
        let user = Name::of(user);
        let owner = self.young.owner_of(user).or_else(|| self.old.owner_of(user)).map(Name::of);
        let known = [Some(user), owner].into_iter().flatten();
        known
            .flat_map(|visitor| [self.young.seen(visitor), self.old.seen(visitor)])
            .flatten()
            .next()
            .unwrap_or_default()
    }

    fn size(&self) -> (usize, usize) {
        (self.young.visitors() + self.old.visitors(), self.young.bytes() + self.old.bytes())
    }

    /// Lets the visitors of late become those before when they take half of the room; returns whom it forgot.
    fn turn(&mut self, max_bytes: usize) -> Option<Generation> {
        if self.young.bytes() <= max_bytes / 2 {
            return None;
        }
        self.turns += 1;
        let before = std::mem::take(&mut self.young);
        Some(std::mem::replace(&mut self.old, before))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Freeing a million timelines takes a tenth of a second, for which no event should wait.
fn drop_aside(forgotten: Option<Generation>) {
    if let Some(forgotten) = forgotten {
        thread::spawn(move || drop(forgotten));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(max_bytes: usize) -> LiveView {
        let view = LiveView::new(max_bytes);
        view.set_whole();
        view
    }

    fn observe(view: &LiveView, group: &str, user_id: Option<&str>, session_id: &str, json: &str) {
        let event = SentEvent::read(json).unwrap();
        view.observe(&Accepted { dataset_group: group, user_id, session_id, events: &[&event] });
    }

    /// Someone watches an item.
    fn watch(view: &LiveView, user: Option<&str>, session: &str, item: &str, at: i64) {
        let json = format!(r#"{{"eventType":"watch","sentAt":{at},"itemId":"{item}"}}"#);
        observe(view, "g", user, session, &json);
    }

    fn items(view: &LiveView, user: &str) -> String {
        view.history("g", user).iter().map(|seen| seen.item.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// Of users and sessions with these numbers.
    fn assert_same(one: &LiveView, other: &LiveView) {
        assert_eq!(one.size(), other.size());
        for n in 0..97 {
            for visitor in [format!("user {n}"), format!("session {n}")] {
                assert_eq!(one.timeline("g", &visitor), other.timeline("g", &visitor));
            }
        }
    }

    #[test]
    fn a_timeline_is_in_order_of_time_and_keeps_repeats_of_other_moments() {
        let view = whole(1 << 20);
        for (item, at) in [("b", 2), ("a", 1), ("c", 3), ("c", 3), ("a", 4)] {
            watch(&view, Some("u"), "s", item, at);
        }
        assert_eq!(items(&view, "u"), "a b c a");
    }

    #[test]
    fn what_a_session_did_becomes_the_users_when_they_sign_in() {
        let view = whole(1 << 20);
        watch(&view, None, "s", "a", 1);
        assert_eq!(items(&view, "s"), "a");
        watch(&view, Some("u"), "s", "b", 2);
        watch(&view, None, "s", "c", 3);
        assert_eq!(items(&view, "u"), "a b c");
        assert_eq!(items(&view, "s"), "a b c");
    }

    #[test]
    fn an_identify_event_of_amplify_links_and_is_no_interaction() {
        let view = whole(1 << 20);
        watch(&view, None, "s", "a", 1);
        let identify = r#"{"eventType":"Identify","sentAt":2,"properties":"{\"userId\":\"u\"}"}"#;
        observe(&view, "g", None, "s", identify);
        assert_eq!(items(&view, "u"), "a");
    }

    #[test]
    fn whoever_asks_before_the_view_is_whole_waits_and_sees_what_came_meanwhile() {
        let view = LiveView::new(1 << 20);
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| items(&view, "u"));
            watch(&view, Some("u"), "s", "a", 1);
            view.set_whole();
            assert_eq!(asked.join().unwrap(), "a");
        });
    }

    #[test]
    fn what_is_taken_in_aside_is_what_is_taken_in_at_once() {
        for max_bytes in [20_000, 1 << 20] {
            let (aside, at_once) = (Arc::new(whole(max_bytes)), whole(max_bytes));
            aside.take_in_aside().unwrap();
            for n in 0..20_000_i64 {
                let (user, session) = (format!("user {}", n * n % 83), format!("session {}", n % 97));
                let user = (n % 3 == 0).then_some(&*user);
                let item = format!("item {}", n % 41);
                for view in [&*aside, &at_once] {
                    watch(view, user, &session, &item, n);
                }
                at_once.size(); // whoever looks takes in what waits
                if n % 1_000 == 0 {
                    assert_eq!(items(&aside, &session), items(&at_once, &session));
                }
            }
            assert_same(&aside, &at_once);
        }
    }

    #[test]
    fn only_the_latest_items_are_kept() {
        let view = whole(1 << 20);
        (0..150).for_each(|at| watch(&view, Some("u"), "s", &at.to_string(), at));
        assert_eq!(view.timeline("g", "u").len(), 100);
        assert_eq!(view.history("g", "u").len(), HISTORY);
        assert_eq!(&*view.history("g", "u")[0].item, "50");
    }

    #[test]
    fn what_is_rebuilt_visit_by_visit_is_what_was_seen() {
        for max_bytes in [4_000, 20_000, 1 << 20] {
            let seen = whole(max_bytes);
            let mut rebuilding = seen.rebuilding(Group::default(), "");
            for n in 0..500_i64 {
                let (user, session) = (format!("user {}", n * n % 83), format!("session {}", n % 97));
                let signed_in = (n % 3 == 0).then_some(&*user);
                let item = format!("item {}", n % 41);
                let sent = format!(r#"{{"eventType":"watch","sentAt":{},"itemId":"{item}"}}"#, 1 + n / 4);
                let event = SentEvent::read(&sent).unwrap();
                let events = [&event, &event, &event];
                seen.observe(&Accepted {
                    dataset_group: "g",
                    user_id: signed_in,
                    session_id: &session,
                    events: &events,
                });
                let one = Interaction::new(signed_in, &session, &event).unwrap();
                signed_in.into_iter().for_each(|user| rebuilding.link(&session, user));
                rebuilding.see(&[one, one, one]);
            }
            let rebuilt = whole(max_bytes);
            rebuilt.replace("g", rebuilding.whole());
            assert_same(&rebuilt, &seen);
        }
    }

    #[test]
    fn groups_do_not_see_each_other() {
        let view = whole(1 << 20);
        observe(&view, "other", Some("u"), "s", r#"{"eventType":"watch","sentAt":1,"itemId":"a"}"#);
        assert_eq!(items(&view, "u"), "");
    }

    #[test]
    fn memory_is_bounded_and_whoever_comes_again_is_not_forgotten() {
        let view = whole(100_000);
        for n in 0..10_000 {
            watch(&view, Some(&format!("user {n}")), "s", &format!("item {n}"), n);
            if n % 100 == 0 {
                watch(&view, Some("again"), "t", &format!("again {n}"), n);
            }
        }
        let (visitors, bytes) = view.size();
        assert!(visitors < 1000 && bytes < 110_000, "{visitors} visitors, {bytes} bytes");
        assert_eq!(items(&view, "user 0"), "");
        assert_eq!(items(&view, "user 9999"), "item 9999");
        assert_eq!(view.timeline("g", "again").len(), 100);
        assert_eq!(view.timeline("g", "t").len(), 100, "the session of a user who came again");
    }

    #[test]
    fn a_user_who_was_nearly_forgotten_gets_what_the_session_did() {
        let view = whole(4_000);
        watch(&view, Some("u"), "before", "a", 1);
        watch(&view, None, "s", "b", 2);
        let others =
            |from: i64| (from..from + 8).for_each(|n| watch(&view, Some(&format!("other {n}")), "o", "x", n));
        others(10);
        watch(&view, Some("u"), "s", "c", 3);
        assert_eq!(items(&view, "u"), "a b c");
        others(20);
        watch(&view, None, "s", "d", 4);
        assert_eq!(items(&view, "u"), "a b c d");
    }
}
