//! aws-trending-now: what is gaining interest fastest. The same list for everybody, new every few hours.
//!
//! Of each item the events of the last interval are compared with what its own past lets one expect: the number of
//! standard deviations of a Poisson count by which it is above. Both counts fade instead of ending at a border, so
//! that the list does not jump, and is never empty where an interval had no events.

use std::collections::BTreeMap;

use bowerbird_ranker::{Constants, Pack};

use crate::catalogue::{Catalogue, Model};
use crate::metrics::{Split, evaluate};
use crate::prior::popularity_prior;
use crate::{Event, Interactions, Recipe, RecipeError, Trained, Training};

pub(crate) struct TrendingNow;

/// The length of the interval.
const FREQUENCY: &str = "trend_discovery_frequency";
/// What it may be, in milliseconds. (Amazon's page of the recipe)
const FREQUENCIES: [(&str, f64); 5] = [
    ("30 minutes", 30.0 * MINUTE),
    ("1 hour", 60.0 * MINUTE),
    ("2 hours", 120.0 * MINUTE),
    ("3 hours", 180.0 * MINUTE),
    ("1 day", 1440.0 * MINUTE),
];
const MINUTE: f64 = 60_000.0;
const DEFAULT: &str = "2 hours";
/// So many intervals are an item's own past. Ours: a day of two-hour intervals, so that the hour of the day is in it.
const PAST: f64 = 12.0;
/// Events that every item is expected to have in an interval, so that the first click on a forgotten one is no trend.
const EXPECTED: f64 = 1.0;
/// How well the newest interval is foretold. (reference §5.2)
const ACCURACY: &str = "trend_prediction_accuracy";
/// How long the list is that it looks at.
const LIST: usize = 25;
/// What popularity counts among items without a trend: less than any trend that is worth a place.
const POPULARITY: f32 = 1e-3;

impl Recipe for TrendingNow {
    fn name(&self) -> &'static str {
        "aws-trending-now"
    }

    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError> {
        let interval = interval(job.settings)?;
        let catalogue = Catalogue::new(job.interactions, job.items);
        let split = Split::new(job.interactions);
        let metrics =
            evaluate(job, &catalogue.pack(self.name(), &model(&split.train, interval))?, &catalogue, &split)?;
        let metrics = metrics.and(ACCURACY, foresight(job.interactions, interval));
        let pack = catalogue.publish(self.name(), &model(job.interactions, interval))?;
        Ok(Trained { pack, metrics })
    }

    fn out_of_date_after(&self, settings: &BTreeMap<String, String>, _pack: &Pack) -> Option<i64> {
        interval(settings).ok().map(|interval| interval as i64)
    }

    /// What lives for hours trends in another interval than what lives for weeks.
    fn worth_trying(&self) -> Option<(&'static str, Vec<&'static str>)> {
        let others = FREQUENCIES.iter().map(|&(name, _)| name).filter(|&name| name != DEFAULT);
        Some((FREQUENCY, std::iter::once(DEFAULT).chain(others).collect()))
    }

    fn prior_counts_users(&self) -> bool {
        false
    }
}

fn interval(settings: &BTreeMap<String, String>) -> Result<f64, RecipeError> {
    let text = settings.get(FREQUENCY).map_or(DEFAULT, String::as_str);
    let known = FREQUENCIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    known.map(|&(_, interval)| interval).ok_or_else(|| RecipeError::Setting {
        name: FREQUENCY.to_owned(),
        value: text.to_owned(),
        expected: format!("give one of {}", FREQUENCIES.map(|(name, _)| name).join(", ")),
    })
}

/// How much of what rose in the newest interval is in the list that was made at its beginning.
fn foresight(interactions: &Interactions, interval: f64) -> f64 {
    let now = newest(interactions);
    let [then, before] = [1, 2].map(|intervals| now - intervals * interval as i64);
    let (mut earlier, mut later) = (vec![0.0; interactions.n_items()], vec![0.0; interactions.n_items()]);
    for event in interactions.sequences().flatten().filter(|event| event.at_ms > before) {
        let counts = if event.at_ms > then { &mut later } else { &mut earlier };
        counts[event.item as usize] += f64::from(event.weight);
    }
    let known = interactions.keep(|_, sequence| sequence.partition_point(|event| event.at_ms <= then));
    let scores = model(&known, interval).popularity;
    let mut list: Vec<usize> = (0..scores.len()).collect();
    list.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    list.truncate(LIST);
    accuracy(&list, &earlier, &later)
}

/// The summed rise of the items of a list ÷ that of as many as rose most; what falls does not count. 0 where nothing rose.
fn accuracy(list: &[usize], before: &[f64], now: &[f64]) -> f64 {
    let mut rises: Vec<f64> = before.iter().zip(now).map(|(before, now)| (now - before).max(0.0)).collect();
    let found: f64 = list.iter().map(|&item| rises[item]).sum();
    rises.sort_by(|a, b| b.total_cmp(a));
    let most: f64 = rises.iter().take(LIST).sum();
    if most > 0.0 { found / most } else { 0.0 }
}

fn newest(interactions: &Interactions) -> i64 {
    interactions.sequences().flatten().map(|event| event.at_ms).max().unwrap_or(0)
}

fn model(interactions: &Interactions, interval: f64) -> Model {
    let trends = trends(interactions, interval);
    let most = trends.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let popularity = popularity_prior(interactions);
    let scores = trends.iter().zip(&popularity).map(|(trend, popularity)| {
        // A prior is not negative; who loses interest stands with who has none.
        (trend.max(0.0) / most) as f32 + POPULARITY * popularity
    });
    Model { constants: Constants::default(), popularity: scores.collect(), ..Model::default() }
}

/// Standard deviations above what is expected, \[n_items\].
fn trends(interactions: &Interactions, interval: f64) -> Vec<f64> {
    let now = newest(interactions);
    let recent = faded(interactions, now, interval);
    let past = faded(interactions, now, PAST * interval);
    let trend = |(recent, past): (&f64, &f64)| {
        // `past` is a sum over PAST times as long a time.
        let expected = past / PAST + EXPECTED;
        (recent - expected) / expected.sqrt()
    };
    recent.iter().zip(&past).map(trend).collect()
}

/// Σ weight · e^(−age / time) of the events of each item, \[n_items\].
fn faded(interactions: &Interactions, now: i64, time: f64) -> Vec<f64> {
    let mut sums = vec![0.0; interactions.n_items()];
    let mut add = |event: &Event| {
        let age = (now - event.at_ms) as f64;
        sums[event.item as usize] += f64::from(event.weight) * (-age / time).exp();
    };
    interactions.sequences().flatten().for_each(&mut add);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// (item, hours before now, how many events)
    fn interactions(bursts: &[(&str, i64, usize)]) -> Interactions {
        let mut builder = Interactions::builder();
        for (item, hours, count) in bursts {
            for user in 0..*count {
                builder.push(&format!("u{user}"), item, 1_000 * HOUR - hours * HOUR, 1.0).unwrap();
            }
        }
        builder.build().unwrap()
    }

    fn order(interactions: &Interactions) -> Vec<&str> {
        let scores = model(interactions, 120.0 * MINUTE).popularity;
        let mut items: Vec<usize> = (0..scores.len()).collect();
        items.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        items.into_iter().map(|item| interactions.item_ids()[item].as_str()).collect()
    }

    #[test]
    fn what_rises_comes_before_what_was_always_there_and_before_a_single_click() {
        let steady: Vec<(&str, i64, usize)> = (0..48).map(|hours| ("steady", hours, 10)).collect();
        let bursts =
            [steady, vec![("rising", 20, 3), ("rising", 1, 12), ("once", 0, 1), ("gone", 40, 90)]].concat();
        assert_eq!(order(&interactions(&bursts))[0], "rising");
        assert_eq!(order(&interactions(&bursts))[3], "once", "popularity decides among the rest");
    }

    #[test]
    fn what_began_to_rise_before_the_newest_interval_is_foretold() {
        let names: Vec<String> = (0..30).map(|item| format!("steady {item:02}")).collect();
        let hours = (0..120).flat_map(|hour| names.iter().map(move |name| (name.as_str(), hour, 10)));
        let steady: Vec<(&str, i64, usize)> = hours.collect();
        let with = |more: &[(&'static str, i64, usize)]| {
            foresight(&interactions(&[&steady, more].concat()), 120.0 * MINUTE)
        };
        assert_eq!(with(&[]), 0.0);
        assert_eq!(with(&[("rising", 5, 2), ("rising", 3, 6), ("rising", 1, 20)]), 1.0);
        assert_eq!(
            with(&[("sudden", 1, 20)]),
            0.0,
            "popularity decides among what does not rise, and nobody knew it"
        );
    }

    /// Written by tests/aws/test_metric_cases.py.
    #[test]
    fn accuracy_is_that_of_another_program() {
        let cases: serde_json::Value = serde_json::from_str(include_str!("../tests/metrics.json")).unwrap();
        for case in cases["trends"].as_array().unwrap() {
            let numbers = |name: &str| -> Vec<f64> {
                case[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
            };
            let list: Vec<usize> = numbers("list").into_iter().map(|item| item as usize).collect();
            let found = accuracy(&list, &numbers("before"), &numbers("now"));
            assert!((found - case["accuracy"].as_f64().unwrap()).abs() < 1e-9);
        }
    }

    #[test]
    fn an_interval_that_is_not_offered_is_refused() {
        let settings = BTreeMap::from([(FREQUENCY.to_owned(), "1 week".to_owned())]);
        let refused = interval(&settings).unwrap_err().to_string();
        assert!(refused.contains("30 minutes"), "{refused}");
        assert_eq!(interval(&BTreeMap::new()), Ok(120.0 * MINUTE));
    }
}
