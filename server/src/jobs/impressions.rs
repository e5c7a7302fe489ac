//! "What was shown to whom, and what did they choose of it?" Read where the schema of the interactions has a column
//! IMPRESSION, as the service wants it: then bodies of events are read too, which takes longer than columns do.
//!
//! A visit is a session, of imported rows a user. An item is chosen as often as the visit did something with it since it
//! was shown first there, and at most as often as it was shown: so it makes no difference whether impressions come with
//! the event that chose or, as from a page, by themselves.

use std::collections::HashMap;

use bowerbird_recipes::Builder;
use bowerbird_sdk_server::ingest::Entry;
use bowerbird_store::Offset;

use super::event_rules::EventRules;
use super::replay;
use crate::app::App;
use crate::entities;
use crate::error::ApiError;
use crate::interaction::{Interaction, interaction, who};

/// The column that asks for it. (reference §3.1)
const COLUMN: &str = "IMPRESSION";

/// Visits by session.
#[derive(Default)]
pub(super) struct Shown(HashMap<String, Visit>);

#[derive(Default)]
struct Visit {
    user: Option<String>,
    /// Item → times shown, times chosen.
    items: HashMap<String, (u32, u32)>,
}

impl Shown {
    /// Everything that a group knows.
    pub(super) fn of(app: &App, group: &str, rules: &EventRules) -> Result<Self, ApiError> {
        let mut shown = Self::default();
        let fields = entities::dataset(app, group, "INTERACTIONS")?.map(|(_, fields)| fields);
        if !fields.is_some_and(|fields| fields.iter().any(|field| field.name == COLUMN)) {
            return Ok(shown);
        }
        replay::imported(app, group, &[COLUMN.to_owned()], &mut |interaction| {
            let visitor = interaction.user.unwrap_or_default();
            let impression = interaction.further[0].as_str();
            shown.see(visitor, interaction.user, impression.split('|').filter(|item| !item.is_empty()));
            shown.choose(visitor, &interaction, rules);
        })?;
        replay::recorded(app, group, Offset(0), &mut |entry| shown.take_in(entry, rules))?;
        Ok(shown)
    }

    fn take_in(&mut self, entry: &Entry<'_>, rules: &EventRules) {
        let (Entry::Event { event, .. }, Some((user, session))) = (entry, who(entry)) else { return };
        if event.text().contains("impression") {
            let whole = event.whole();
            self.see(session, user, whole.impression.iter().map(|item| item.as_str()));
        }
        if let Some(interaction) = interaction(entry) {
            self.choose(session, &interaction, rules);
        }
    }

    fn see<'a>(&mut self, visitor: &str, user: Option<&str>, items: impl Iterator<Item = &'a str>) {
        let mut items = items.peekable();
        if items.peek().is_none() {
            return;
        }
        let visit = self.0.entry(visitor.to_owned()).or_default();
        if let Some(user) = user {
            visit.user = Some(user.to_owned());
        }
        items.for_each(|item| visit.items.entry(item.to_owned()).or_default().0 += 1);
    }

    fn choose(&mut self, visitor: &str, interaction: &Interaction<'_>, rules: &EventRules) {
        let shown = self.0.get_mut(visitor).and_then(|visit| visit.items.get_mut(interaction.item));
        if let Some((shown, chosen)) = shown.filter(|_| rules.weight(interaction).is_some()) {
            *chosen = (*chosen + 1).min(*shown);
        }
    }

    /// `owners`: whose each session turned out to be.
    pub(super) fn tell(&self, owners: &HashMap<String, String>, builder: &mut Builder) {
        for (visitor, visit) in &self.0 {
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
        shown.0[visitor].items[item]
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
    fn an_event_that_the_solution_does_not_learn_from_is_no_choice() {
        let rules = EventRules::of("buy", &Value::Null).unwrap();
        let mut shown = Shown::default();
        shown.see("s", None, ["a"].into_iter());
        shown.choose("s", &event("s", "a"), &rules);
        assert_eq!(counts(&shown, "s", "a"), (1, 0));
    }
}
