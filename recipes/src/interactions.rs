//! "Who did something with what, and when": ids as numbers, one time-ordered row per user.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::exposure::{Appeal, Exposures};
use crate::{Contexts, RecipeError};

/// One interaction of a known user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// With which item: an index into [`Interactions::item_ids`].
    pub item: u32,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// How much it counts, ≥ 0; 1 is an ordinary event.
    pub weight: f32,
}

/// Training rows: `user_items` as CSR \[n_users × n_items\], each user's events oldest first (equal times in the order
/// of input). Users are numbered by first appearance, items by the order of their ids' bytes.
#[derive(Clone, Debug)]
pub struct Interactions {
    user_ids: Vec<String>,
    item_ids: Vec<String>,
    /// Where each user's events end, \[n_users\].
    ends: Vec<usize>,
    events: Vec<Event>,
    appeal: Appeal,
    contexts: Arc<Contexts>,
    /// The combination of each event; empty where nothing is known of any.
    combinations: Vec<u32>,
}

/// Collects rows in any order.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    users: Names,
    items: Names,
    rows: Vec<Row>,
    exposures: Exposures,
    contexts: Contexts,
    /// Of the rows up to the last of which anything is known.
    combinations: Vec<u32>,
}

/// One row of input. Its place makes the order of all rows total, so that sorting needs no second copy of them.
#[derive(Clone, Copy, Debug)]
struct Row {
    user: u32,
    place: u32,
    event: Event,
}

#[derive(Clone, Debug, Default)]
struct Names {
    ids: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    fn number(&mut self, id: &str, what: &'static str) -> Result<u32, RecipeError> {
        if let Some(&number) = self.numbers.get(id) {
            return Ok(number);
        }
        let number = u32::try_from(self.ids.len()).ok().filter(|&number| number < u32::MAX);
        let number = number.ok_or(RecipeError::TooMany { what })?;
        self.ids.push(id.to_owned());
        self.numbers.insert(id.to_owned(), number);
        Ok(number)
    }
}

impl Builder {
    /// Adds one interaction.
    ///
    /// # Errors
    /// An empty id, or a weight that is negative or not a finite number.
    pub fn push(&mut self, user: &str, item: &str, at_ms: i64, weight: f32) -> Result<(), RecipeError> {
        let place = u32::try_from(self.rows.len()).map_err(|_| RecipeError::TooMany { what: "events" })?;
        let row = u64::from(place);
        if user.is_empty() || item.is_empty() {
            return Err(RecipeError::Row { row, what: "user id and item id have at least one character" });
        }
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(RecipeError::Row { row, what: "the weight is a finite number of at least 0" });
        }
        let user = self.users.number(user, "users")?;
        let item = self.items.number(item, "items")?;
        self.rows.push(Row { user, place, event: Event { item, at_ms, weight } });
        Ok(())
    }

    /// An item was shown to a user so many times, and chosen so many of them.
    pub fn shown(&mut self, user: &str, item: &str, times: u32, chosen: u32) {
        self.exposures.add(user, item, times, chosen);
    }

    /// Of what was [`shown`](Self::shown) the items that are chosen less often than others, with how many times as often,
    /// below 1: (c + κ r) / (s + κ) / r. Empty where nothing was ever chosen.
    pub fn passed_over(&self) -> BTreeMap<String, f32> {
        self.exposures.passed_over()
    }

    /// Adds one interaction in a combination of these [`contexts`](Self::contexts).
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_in(
        &mut self,
        combination: u32,
        (user, item): (&str, &str),
        at_ms: i64,
        weight: f32,
    ) -> Result<(), RecipeError> {
        self.push(user, item, at_ms, weight)?;
        if combination > 0 {
            self.combinations.resize(self.rows.len(), 0);
            self.combinations[self.rows.len() - 1] = combination;
        }
        Ok(())
    }

    /// What the numbers of combinations mean.
    #[must_use]
    pub fn contexts(self, contexts: Contexts) -> Self {
        Self { contexts, ..self }
    }

    /// Orders the rows.
    ///
    /// # Errors
    /// [`RecipeError::NoInteractions`] without a row.
    pub fn build(self) -> Result<Interactions, RecipeError> {
        if self.rows.is_empty() {
            return Err(RecipeError::NoInteractions);
        }
        let mut order: Vec<u32> = (0..self.items.ids.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| self.items.ids[a as usize].cmp(&self.items.ids[b as usize]));
        let mut place = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(&old, new)| place[old as usize] = new);
        let mut rows = self.rows;
        rows.iter_mut().for_each(|row| row.event.item = place[row.event.item as usize]);
        rows.sort_unstable_by_key(|row| (row.user, row.event.at_ms, row.place));
        let mut combinations = self.combinations;
        if !combinations.is_empty() {
            combinations.resize(rows.len(), 0);
            combinations = rows.iter().map(|row| combinations[row.place as usize]).collect();
        }
        let mut item_ids = self.items.ids;
        item_ids.sort_unstable();
        let mut ends = vec![0; self.users.ids.len()];
        rows.iter().zip(1..).for_each(|(row, end)| ends[row.user as usize] = end);
        let mut events: Vec<Event> = rows.into_iter().map(|row| row.event).collect();
        events.shrink_to_fit();
        let appeal = self.exposures.appeal(&item_ids);
        let (user_ids, contexts) = (self.users.ids, Arc::new(self.contexts));
        Ok(Interactions { user_ids, item_ids, ends, events, appeal, contexts, combinations })
    }
}

impl Interactions {
    /// An empty collection of rows.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// How many users there are.
    pub fn n_users(&self) -> usize {
        self.user_ids.len()
    }

    /// How many items there are.
    pub fn n_items(&self) -> usize {
        self.item_ids.len()
    }

    /// How many interactions there are.
    pub fn n_events(&self) -> usize {
        self.events.len()
    }

    /// Whether some events count more than others.
    pub(crate) fn has_weights(&self) -> bool {
        self.events.iter().any(|event| event.weight != self.events[0].weight)
    }

    /// When the newest event happened; the epoch if there is none.
    pub fn newest_ms(&self) -> i64 {
        self.events.iter().map(|event| event.at_ms).max().unwrap_or(0)
    }

    /// By user number.
    pub fn user_ids(&self) -> &[String] {
        &self.user_ids
    }

    /// By item number; sorted by their bytes.
    pub fn item_ids(&self) -> &[String] {
        &self.item_ids
    }

    /// What one user did, oldest first.
    pub fn sequence(&self, user: usize) -> &[Event] {
        &self.events[self.places(user)]
    }

    /// The combinations of contexts that events are in.
    pub fn contexts(&self) -> &Contexts {
        &self.contexts
    }

    /// In which combination one event of a user happened.
    pub(crate) fn combination(&self, user: usize, at: usize) -> u32 {
        self.combinations.get(self.places(user).start + at).copied().unwrap_or(0)
    }

    /// Where the events of a user are.
    fn places(&self, user: usize) -> Range<usize> {
        let start = if user == 0 { 0 } else { self.ends[user - 1] };
        start..self.ends[user]
    }

    /// All sequences, by user number.
    pub fn sequences(&self) -> impl ExactSizeIterator<Item = &[Event]> {
        (0..self.n_users()).map(|user| self.sequence(user))
    }

    /// The same users and items with only a part of each sequence. The result may be empty.
    pub(crate) fn keep(&self, part: impl Fn(usize, &[Event]) -> usize) -> Self {
        let mut kept = Self { ends: Vec::with_capacity(self.n_users()), events: Vec::new(), ..self.names() };
        for (user, sequence) in self.sequences().enumerate() {
            let events = part(user, sequence);
            kept.events.extend_from_slice(&sequence[..events]);
            kept.combinations.extend_from_slice(self.combinations_of(user, events));
            kept.ends.push(kept.events.len());
        }
        kept
    }

    /// The same events without what test users chose of what they were shown.
    pub(crate) fn without_choices_of_test_users(self) -> Self {
        Self { appeal: self.appeal.of_training_users(), ..self }
    }

    /// How many times oftener than others items are chosen when they are shown; empty where nobody knows. \[n_items\]
    pub(crate) fn appeal(&self) -> &[f32] {
        self.appeal.values()
    }

    /// The events of some users, with the same items.
    pub(crate) fn of_users(&self, is_one: impl Fn(usize) -> bool) -> Self {
        let users: Vec<usize> = (0..self.n_users()).filter(|&user| is_one(user)).collect();
        let user_ids = users.iter().map(|&user| self.user_ids[user].clone()).collect();
        let mut some =
            Self { user_ids, ends: Vec::with_capacity(users.len()), events: Vec::new(), ..self.names() };
        for user in users {
            some.events.extend_from_slice(self.sequence(user));
            some.combinations.extend_from_slice(self.combinations_of(user, self.sequence(user).len()));
            some.ends.push(some.events.len());
        }
        some
    }

    /// The same events with more items, those that nobody has done anything with.
    pub(crate) fn with_items<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Self {
        let mut item_ids: Vec<String> = ids.map(str::to_owned).collect();
        item_ids.extend_from_slice(&self.item_ids);
        item_ids.sort_unstable();
        item_ids.dedup();
        let place = |id: &String| item_ids.binary_search(id).expect("just put there") as u32;
        let places: Vec<u32> = self.item_ids.iter().map(place).collect();
        let moved = |event: &Event| Event { item: places[event.item as usize], ..*event };
        let events = self.events.iter().map(moved).collect();
        let appeal = self.appeal.moved(&places, item_ids.len());
        Self { item_ids, events, appeal, ..self.clone() }
    }

    /// The combinations of the oldest events of a user.
    fn combinations_of(&self, user: usize, events: usize) -> &[u32] {
        let start = self.places(user).start;
        self.combinations.get(start..start + events).unwrap_or_default()
    }

    fn names(&self) -> Self {
        let (user_ids, item_ids) = (self.user_ids.clone(), self.item_ids.clone());
        let (contexts, appeal) = (self.contexts.clone(), self.appeal.clone());
        let (ends, events, combinations) = (Vec::new(), Vec::new(), Vec::new());
        Self { user_ids, item_ids, ends, events, appeal, contexts, combinations }
    }

    /// How many different users the most popular item has.
    pub fn most_users(&self) -> u32 {
        self.users_per_item().into_iter().max().unwrap_or(0)
    }

    /// The number of different users of each item, \[n_items\].
    pub(crate) fn users_per_item(&self) -> Vec<u32> {
        let mut counts = vec![0; self.n_items()];
        self.each_meeting(|_, event| counts[event.item as usize] += 1);
        counts
    }

    /// Of each user and each item that they did something with the newest event, once.
    pub(crate) fn each_meeting(&self, mut one: impl FnMut(usize, &Event)) {
        let mut last = vec![usize::MAX; self.n_items()];
        for (user, sequence) in self.sequences().enumerate() {
            for event in sequence.iter().rev() {
                let last = &mut last[event.item as usize];
                if *last != user {
                    *last = user;
                    one(user, event);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items_of(interactions: &Interactions, user: usize) -> Vec<&str> {
        let name = |event: &Event| interactions.item_ids()[event.item as usize].as_str();
        interactions.sequence(user).iter().map(name).collect()
    }

    #[test]
    fn each_user_is_in_time_order_and_ties_keep_the_order_of_input() {
        let mut builder = Interactions::builder();
        for (user, item, at) in
            [("u", "late", 9), ("v", "x", 1), ("u", "tie-b", 5), ("u", "tie-a", 5), ("u", "early", 1)]
        {
            builder.push(user, item, at, 1.0).unwrap();
        }
        let interactions = builder.build().unwrap();
        assert_eq!(items_of(&interactions, 0), ["early", "tie-b", "tie-a", "late"]);
        assert_eq!(interactions.item_ids(), ["early", "late", "tie-a", "tie-b", "x"]);
        assert_eq!((interactions.n_users(), interactions.n_events()), (2, 5));
    }

    #[test]
    fn an_event_keeps_its_context_wherever_it_goes() {
        let mut contexts = Contexts::new(vec!["DEVICE".into()]);
        let [phone, tv] = ["phone", "tv"].map(|value| contexts.number(&[value.into()]));
        let mut builder = Interactions::builder();
        builder.push("v", "x", 1, 1.0).unwrap();
        for (combination, user, item, at) in
            [(tv, "u", "late", 9), (0, "u", "b", 5), (phone, "u", "early", 1)]
        {
            builder.push_in(combination, (user, item), at, 1.0).unwrap();
        }
        builder.push("w", "x", 1, 1.0).unwrap();
        let all = builder.contexts(contexts).build().unwrap();
        let of = |interactions: &Interactions, user: usize| {
            let events = 0..interactions.sequence(user).len();
            let value = |at| interactions.contexts().value(interactions.combination(user, at), 0);
            events
                .map(value)
                .collect::<Vec<_>>()
                .iter()
                .map(|value| value.unwrap_or("?").to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!([of(&all, 0), of(&all, 1), of(&all, 2)], [vec!["?"], vec!["phone", "?", "tv"], vec!["?"]]);
        let kept = all.keep(|_, sequence| sequence.len().min(2));
        assert_eq!([of(&kept, 1), of(&kept, 2)], [vec!["phone", "?"], vec!["?"]]);
        assert_eq!(of(&all.of_users(|user| user > 0), 0), ["phone", "?", "tv"]);
        assert_eq!(of(&all.with_items(["a"].into_iter()), 1), ["phone", "?", "tv"]);
    }

    #[test]
    fn popularity_counts_people_not_events() {
        let mut builder = Interactions::builder();
        for (user, item) in [("u", "a"), ("u", "a"), ("u", "b"), ("v", "b"), ("u", "a")] {
            builder.push(user, item, 0, 1.0).unwrap();
        }
        assert_eq!(builder.build().unwrap().users_per_item(), [1, 2]);
    }

    #[test]
    fn rows_that_cannot_be_meant_are_refused() {
        assert_eq!(Interactions::builder().build().unwrap_err(), RecipeError::NoInteractions);
        for (user, item, weight) in [("u", "i", f32::NAN), ("u", "i", -1.0), ("", "i", 1.0), ("u", "", 1.0)] {
            let refused = Interactions::builder().push(user, item, 0, weight);
            assert!(matches!(refused, Err(RecipeError::Row { row: 0, .. })));
        }
    }
}
