//! What the thread of newcomers knows of the events since each training: read from the log as it grows, off the path of
//! events, so that nothing here costs their senders time, and a restart only reads it again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bowerbird_ranker::Pack;
use bowerbird_recipes::Met;
use bowerbird_sdk_server::ingest::HISTORY;
use bowerbird_store::{Hash, Offset, Resource};

use super::strangers::Strangers;
use crate::app::App;
use crate::control::private;
use crate::error::ApiError;
use crate::interaction::Interaction;
use crate::jobs::{EventRules, Taking, interactions};
use crate::live::Seen;

/// What events bring makes a pack at most so often. Ours: pages follow by deltas from the eight packs before, which are
/// those of eight minutes then.
const PAUSE: Duration = Duration::from_secs(60);
/// New items may be a tenth of what was trained with, as much as makes automatic training due, but …
const SHARE: usize = 10;
/// … a small catalogue can take in so many, …
const ROOM_MIN: usize = 100;
/// … and a large one no more than these, whose visitors are 5 MB.
const ROOM_MAX: usize = 2_000;
/// Interactions of a visitor before and after that say where an item stands: the window that rows are counted with.
const WINDOW: usize = 10;

/// By version, what its events were found to say.
#[derive(Default)]
pub(super) struct Watch {
    versions: HashMap<String, Watched>,
    end: Offset,
}

struct Watched {
    strangers: Strangers,
    rules: EventRules,
    read: Offset,
    /// When what it found was last put into a pack.
    told: Option<Instant>,
    is_due: bool,
}

impl Watch {
    /// Whether the log has grown, or something waits for its time.
    pub(super) fn is_behind(&self, app: &App) -> bool {
        app.store.events.end() > self.end || self.versions.values().any(Watched::is_due)
    }

    /// Reads what was recorded since the last call. Answers whether one of these versions, of one group, is to be made anew.
    pub(super) fn look(&mut self, app: &App, group: &str, versions: &[Resource]) -> Result<bool, ApiError> {
        let mut is_due = false;
        for version in versions {
            if !self.versions.contains_key(&version.arn)
                && let Some(watched) = Watched::begin(app, version)?
            {
                self.versions.insert(version.arn.clone(), watched);
            }
            if let Some(watched) = self.versions.get_mut(&version.arn) {
                watched.read_on(app, group)?;
                is_due |= watched.is_due();
            }
        }
        Ok(is_due)
    }

    /// Everything up to here was looked at, of these versions and no others.
    pub(super) fn looked(&mut self, end: Offset, is_served: impl Fn(&str) -> bool) {
        self.end = end;
        self.versions.retain(|arn, _| is_served(arn));
    }

    /// The items that enough people met since the training of this version.
    pub(super) fn met(&mut self, app: &App, group: &str, version: &Resource) -> Vec<Met> {
        let Some(watched) = self.versions.get_mut(&version.arn) else { return Vec::new() };
        if std::mem::take(&mut watched.is_due) {
            watched.told = Some(Instant::now());
        }
        let met = watched.strangers.met().map(|(id, visitors)| Met {
            id: id.to_owned(),
            visits: visitors.iter().map(|visitor| around(&app.live.timeline(group, visitor), id)).collect(),
        });
        met.collect()
    }
}

impl Watched {
    /// `None` for a version without items of its own.
    fn begin(app: &App, version: &Resource) -> Result<Option<Self>, ApiError> {
        let trained = private(version, "pack").as_str().and_then(Hash::parse);
        let Some(bytes) = trained.map(|hash| app.store.artifacts.get(&hash)).transpose()?.flatten() else {
            return Ok(None);
        };
        // Actions are offered, not met.
        let is_of_actions = private(version, "propensity").is_string();
        let Some(trained) = Pack::open(bytes).ok().filter(|_| !is_of_actions) else { return Ok(None) };
        let room = (trained.n_items() / SHARE).clamp(ROOM_MIN, ROOM_MAX);
        Ok(Some(Self {
            strangers: Strangers::beyond(trained.items().map(|item| trained.id(item)), room),
            rules: EventRules::of_version(version)?,
            read: Offset(private(version, "until").as_u64().unwrap_or(0)),
            told: None,
            is_due: false,
        }))
    }

    fn read_on(&mut self, app: &App, group: &str) -> Result<(), ApiError> {
        let goes_on = || !app.board.is_closing();
        let mut reading = Reading { rules: &self.rules, strangers: &mut self.strangers };
        self.read = interactions(app, group, self.read, &HISTORY, &goes_on, &mut reading)?;
        self.is_due |= self.strangers.take_grown();
        Ok(())
    }

    fn is_due(&self) -> bool {
        self.is_due && self.told.is_none_or(|told| told.elapsed() >= PAUSE)
    }
}

/// What a visitor met shortly before and after an item.
fn around(timeline: &[Seen], item: &str) -> Vec<Arc<str>> {
    let places = timeline.iter().enumerate().filter(|(_, seen)| *seen.item == *item).map(|(at, _)| at);
    let near = |at: usize| &timeline[at.saturating_sub(WINDOW)..(at + WINDOW + 1).min(timeline.len())];
    let mut items: Vec<Arc<str>> =
        places.flat_map(|at| near(at).iter().map(|seen| seen.item.clone())).collect();
    items.sort_unstable();
    items.dedup();
    items
}

struct Reading<'a> {
    rules: &'a EventRules,
    strangers: &'a mut Strangers,
}

impl Taking for Reading<'_> {
    fn link(&mut self, session: &str, user: &str) {
        self.strangers.link(session, user);
    }

    fn take(&mut self, visit: &[Interaction<'_>]) {
        for interaction in visit {
            if self.rules.weight(interaction).is_some_and(|weight| weight > 0.0) {
                self.strangers.see(interaction.user, interaction.session, interaction.item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_an_item_is_near_it_in_time() {
        let seen = |at: i64| Seen { at_ms: at, item: at.to_string().into(), event_type: "watch".into() };
        let timeline: Vec<Seen> = (0..30).map(seen).collect();
        let near: Vec<i64> = around(&timeline, "12").iter().map(|item| item.parse().unwrap()).collect();
        assert_eq!((near.len(), near.iter().min(), near.iter().max()), (21, Some(&2), Some(&22)));
        assert!(around(&timeline, "nowhere").is_empty());
    }
}
