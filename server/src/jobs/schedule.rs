//! Trains again by itself when there is something new to learn: recommenders, and solutions with performAutoTraining,
//! which is the default. Looks at the log's growth, not at a calendar alone, and never takes more than a tenth of the time.

use std::collections::HashMap;
use std::time::Duration;

use bowerbird_recipes::next_best_action;
use bowerbird_sdk_server::ingest::Entry;
use bowerbird_store::{Offset, Resource};
use serde_json::Value;

use super::replay;
use crate::app::App;
use crate::arn::{dataset_arn, recipe_name};
use crate::control::{Kind, create_version, is_changing, private, public_text, status, versions};
use crate::error::ApiError;
use crate::interaction::interaction;

/// How often to look. Looking reads a few rows, and new events only once there may be enough of them.
pub(super) const EVERY: Duration = Duration::from_secs(5);
/// New interactions, as a share of those trained on, that are worth another training. Ours: below a tenth the lists of
/// MovieLens hardly change, and until then new events are folded in without any training.
const GROWTH: f64 = 0.1;
/// A solution that nobody trained for so long is trained. (reference §4.5)
const PATIENCE_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Without a schedulingExpression. (reference §4.5)
const DEFAULT_DAYS: i64 = 7;
/// A training is followed by at least so many times its own duration without one.
const REST: i64 = 9;

/// What was counted already, so that no event is read twice.
#[derive(Default)]
pub(super) struct Schedule {
    /// By solution version: up to where the log was read, and how many new interactions there were.
    counted: HashMap<String, (Offset, u64)>,
}

impl Schedule {
    /// Queues a training for every solution that is due.
    pub(super) fn look(&mut self, app: &App) -> Result<(), ApiError> {
        for kind in [Kind::Solution, Kind::Recommender] {
            for owner in app.store.catalog.list(kind.word(), None, None, usize::MAX)? {
                if owner.status == status::ACTIVE
                    && trains_itself(&owner)
                    && has_interactions(app, &owner)?
                    && self.is_due(app, &owner)?
                {
                    let arn = create_version(app, &owner, "AUTOMATIC")?;
                    tracing::info!("{arn} is trained by itself: there is something new to learn");
                }
            }
        }
        Ok(())
    }

    fn is_due(&mut self, app: &App, owner: &Resource) -> Result<bool, ApiError> {
        let versions = versions(app, owner)?;
        let now = app.now();
        let Some(latest) = versions.iter().max_by_key(|version| version.created_at) else {
            return Ok(now - owner.created_at >= PATIENCE_MS);
        };
        let took = latest.updated_at - latest.created_at;
        if versions.iter().any(is_changing) || now - latest.updated_at < REST * took {
            return Ok(false);
        }
        // Who names a rhythm gets it; the others get a training as soon as it is worth it.
        let days = days(&owner.doc["public"]["solutionConfig"]);
        let rhythm_ms = rhythm_ms(days, private(latest, "outOfDateMs").as_i64());
        let least = match (now - latest.created_at >= rhythm_ms, days) {
            (true, _) => 1,
            (false, None) => worth_it(app, latest),
            (false, Some(_)) => return Ok(false),
        };
        Ok(has_new_import(app, latest)? || self.grew(app, latest, least)?)
    }

    /// Whether at least so many interactions were recorded since the latest training began.
    fn grew(&mut self, app: &App, latest: &Resource, least: u64) -> Result<bool, ApiError> {
        let until = private(latest, "until").as_u64().unwrap_or(0);
        // The log holds the events of all groups: there can be no more of this one.
        if app.store.events.end().0.saturating_sub(until) < least {
            return Ok(false);
        }
        let (read, new) = self.counted.entry(latest.arn.clone()).or_insert((Offset(until), 0));
        let group = public_text(latest, "datasetGroupArn");
        let mut count = |entry: &Entry<'_>| *new += u64::from(interaction(entry).is_some());
        let from = *read;
        *read = replay::recorded(app, group, from, &mut count)?;
        let answers = dataset_arn(&app.settings, group, "ACTION_INTERACTIONS");
        if learns_from_answers(latest) && app.store.catalog.get(&answers)?.is_some() {
            replay::recorded(app, &answers, from, &mut count)?;
        }
        Ok(*new >= least)
    }
}

/// Recommenders always do.
fn trains_itself(owner: &Resource) -> bool {
    owner.kind == Kind::Recommender.word() || owner.doc["public"]["performAutoTraining"] == true
}

/// Answers to offers are as new to next best action as interactions are.
fn learns_from_answers(version: &Resource) -> bool {
    recipe_name(public_text(version, "recipeArn")).is_ok_and(|name| name == next_best_action::NAME)
}

fn has_interactions(app: &App, owner: &Resource) -> Result<bool, ApiError> {
    let group = public_text(owner, "datasetGroupArn");
    Ok(app.store.catalog.get(&dataset_arn(&app.settings, group, "INTERACTIONS"))?.is_some())
}

/// After how long anything new is worth a training: what is out of date sooner does not wait for a rhythm, as the service's
/// own lists for people and of trends do not. (reference §2.4)
fn rhythm_ms(days: Option<i64>, out_of_date_ms: Option<i64>) -> i64 {
    let rhythm = days.unwrap_or(DEFAULT_DAYS) * DAY_MS;
    out_of_date_ms.map_or(rhythm, |after| after.min(rhythm))
}

/// N of `rate(N days)`, if the solution names one.
fn days(solution_config: &Value) -> Option<i64> {
    let expression = solution_config["autoTrainingConfig"]["schedulingExpression"].as_str()?;
    let inner = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    inner.split_whitespace().next()?.parse().ok()
}

fn worth_it(app: &App, latest: &Resource) -> u64 {
    let rows = private(latest, "rows").as_u64().unwrap_or(0);
    ((rows as f64 * GROWTH) as u64).max(app.settings.min_interactions as u64).max(1)
}

/// Whether rows were imported that the latest training did not see.
fn has_new_import(app: &App, latest: &Resource) -> Result<bool, ApiError> {
    let group = public_text(latest, "datasetGroupArn");
    let dataset = app.store.catalog.get(&dataset_arn(&app.settings, group, "INTERACTIONS"))?;
    let bulk = dataset.map_or(Value::Null, |dataset| private(&dataset, "bulk").clone());
    Ok(bulk != *private(latest, "bulk"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_out_of_date_sooner_does_not_wait_for_a_rhythm() {
        assert_eq!(rhythm_ms(None, None), DEFAULT_DAYS * DAY_MS);
        assert_eq!(rhythm_ms(Some(2), None), 2 * DAY_MS);
        assert_eq!(rhythm_ms(Some(2), Some(DAY_MS / 4)), DAY_MS / 4);
        assert_eq!(rhythm_ms(Some(1), Some(64 * DAY_MS)), DAY_MS);
    }

    #[test]
    fn a_rhythm_is_read_in_days() {
        let config = |expression: &str| json!({"autoTrainingConfig": {"schedulingExpression": expression}});
        for (expression, expected) in
            [("rate(7 days)", Some(7)), ("rate(1 day)", Some(1)), ("cron(0 0)", None), ("", None)]
        {
            assert_eq!(days(&config(expression)), expected, "{expression}");
        }
    }
}
