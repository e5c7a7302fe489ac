//! "What was shown to whom, and what did they choose of it?" Read where the schema of the interactions has a column
//! IMPRESSION, as the service wants it: then bodies of events are read and not their columns, which takes longer.
//!
//! An event says what was shown itself, or by the recommendationId of an answer of ours, whose list counts as shown once.
//! Where it says both, what it says itself counts.
//!
//! A visit is a session, of imported rows a user. An item is chosen as often as the visit did something with it since it
//! was shown first there, and at most as often as it was shown: so it makes no difference whether impressions come with
//! the event that chose or, as from a page, by themselves.

use std::collections::{HashMap, HashSet};

use bowerbird_recipes::Builder;
use bowerbird_sdk_server::ingest::Entry;

use super::event_rules::EventRules;
use super::replay::Owners;
use crate::app::App;
use crate::entities;
use crate::error::ApiError;
use crate::interaction::{Interaction, interaction, who};
use crate::lists::Known;

/// The column that asks for it. (reference §3.1)
pub(super) const COLUMN: &str = "IMPRESSION";

/// Visits by session.
#[derive(Default)]
pub(super) struct Shown {
    visits: HashMap<String, Visit>,
    lists: Known,
    /// Lists that were counted.
    counted: HashSet<String>,
}

#[derive(Default)]
struct Visit {
    user: Option<String>,
    /// Item → times shown, times chosen.
    items: HashMap<String, (u32, u32)>,
}

impl Shown {
    /// Nothing yet, or `None` where the schema does not ask for it.
    pub(super) fn of(app: &App, group: &str) -> Result<Option<Self>, ApiError> {
        let fields = entities::dataset(app, group, "INTERACTIONS")?.map(|(_, fields)| fields);
        if !fields.is_some_and(|fields| fields.iter().any(|field| field.name == COLUMN)) {
            return Ok(None);
        }
        let lists = app.lists.known().unwrap_or_else(|error| {
            tracing::warn!("what was in lists that were answered cannot be read: {error}");
            Known::default()
        });
        Ok(Some(Self { lists, ..Self::default() }))
    }

    /// An imported row and its cell of the column.
    pub(super) fn imported(&mut self, row: &Interaction<'_>, impression: &str, rules: &EventRules) {
        let visitor = row.user.unwrap_or_default();
        self.see(visitor, row.user, impression.split('|').filter(|item| !item.is_empty()));
        self.choose(visitor, row, rules);
    }

    pub(super) fn recorded(&mut self, entry: &Entry<'_>, rules: &EventRules) {
        let (Entry::Event { event, .. }, Some((user, session))) = (entry, who(entry)) else { return };
        if event.text().contains("impression") || event.text().contains("recommendationId") {
            let whole = event.whole();
            let list = whole.recommendation_id.as_ref().map(|id| id.as_str());
            let answered = self.answered(list, !whole.impression.is_empty());
            self.see(session, user, answered.iter().map(String::as_str));
            self.see(session, user, whole.impression.iter().map(|item| item.as_str()));
        }
        if let Some(interaction) = interaction(entry) {
            self.choose(session, &interaction, rules);
        }
    }

    /// The items of a list that was not counted before. One that is shown by other words is counted by these.
    fn answered(&mut self, list: Option<&str>, is_said: bool) -> Vec<String> {
        let Some(items) = list.and_then(|id| self.lists.items(id)) else { return Vec::new() };
        let is_new = list.is_some_and(|id| self.counted.insert(id.to_owned()));
        if is_new && !is_said { items } else { Vec::new() }
    }

    fn see<'a>(&mut self, visitor: &str, user: Option<&str>, items: impl Iterator<Item = &'a str>) {
        let mut items = items.peekable();
        if items.peek().is_none() {
            return;
        }
        let visit = self.visits.entry(visitor.to_owned()).or_default();
        if let Some(user) = user {
            visit.user = Some(user.to_owned());
        }
        items.for_each(|item| visit.items.entry(item.to_owned()).or_default().0 += 1);
    }

    fn choose(&mut self, visitor: &str, interaction: &Interaction<'_>, rules: &EventRules) {
        let shown = self.visits.get_mut(visitor).and_then(|visit| visit.items.get_mut(interaction.item));
        if let Some((shown, chosen)) = shown.filter(|_| rules.weight(interaction).is_some()) {
            *chosen = (*chosen + 1).min(*shown);
        }
    }

    /// `owners`: whose each session turned out to be.
    pub(super) fn tell(&self, owners: &Owners, builder: &mut Builder) {
        for (visitor, visit) in &self.visits {
            let user = visit.user.as_ref().or_else(|| owners.get(visitor)).unwrap_or(visitor);
            for (item, &(shown, chosen)) in &visit.items {
                builder.shown(user, item, shown, chosen);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::lists::{self, Lists};

    fn event<'a>(session: &'a str, item: &'a str) -> Interaction<'a> {
        Interaction {
            user: None,
            session,
            item,
            event_type: "click",
            event_value: None,
            at_ms: 0,
            further: &[],
        }
    }

    fn counts(shown: &Shown, visitor: &str, item: &str) -> (u32, u32) {
        shown.visits[visitor].items[item]
    }

    #[test]
    fn what_a_visit_did_after_it_was_shown_was_chosen_and_no_oftener_than_it_was_shown() {
        let rules = EventRules::of("", &Value::Null).unwrap();
        let mut shown = Shown::default();
        shown.choose("s", &event("s", "a"), &rules);
        shown.see("s", Some("u"), ["a", "b"].into_iter());
        shown.see("t", None, ["a"].into_iter());
        (0..3).for_each(|_| shown.choose("s", &event("s", "a"), &rules));
        shown.choose("s", &event("s", "never shown"), &rules);
        assert_eq!(
            [("s", "a"), ("s", "b"), ("t", "a")].map(|(at, item)| counts(&shown, at, item)),
            [(1, 1), (1, 0), (1, 0)]
        );
    }

    #[test]
    fn a_list_counts_once_and_not_beside_an_event_that_says_what_was_shown() {
        let folder = tempfile::tempdir().unwrap();
        let answers = Lists::new(folder.path().into());
        let [first, second] = [lists::new_id(), lists::new_id()];
        answers.note(&first, ["a", "b"].into_iter());
        answers.note(&second, ["c"].into_iter());
        let mut shown = Shown { lists: answers.known().unwrap(), ..Shown::default() };
        assert_eq!(shown.answered(Some(&first), false), ["a", "b"]);
        assert!(shown.answered(Some(&first), false).is_empty());
        assert!(shown.answered(Some(&second), true).is_empty());
        assert!(shown.answered(Some(&second), false).is_empty());
        assert!(shown.answered(Some("RID-of-somebody-else"), false).is_empty());
        assert!(shown.answered(None, false).is_empty());
    }

    #[test]
    fn an_event_that_the_solution_does_not_learn_from_is_no_choice() {
        let rules = EventRules::of("buy", &Value::Null).unwrap();
        let mut shown = Shown::default();
        shown.see("s", None, ["a"].into_iter());
        shown.choose("s", &event("s", "a"), &rules);
        assert_eq!(counts(&shown, "s", "a"), (1, 0));
    }
}
