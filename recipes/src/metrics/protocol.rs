//! One user in ten is a test user, chosen by a hash of the id so that runs agree. Of a test user's events the oldest
//! 90 % are the query and the newest 10 % (at least one) the truth. Seen items stay in the lists, as Amazon's do. Of many
//! test users only a sample is judged: a list takes as long as there are items, so lists for a share of the users would
//! grow with the square of the data.
//! Recipes are compared with each other on the newest event of everybody instead.

use bowerbird_ranker::{ItemIndex, Pack, Request, recommend};
use rayon::prelude::*;

use super::Metrics;
use super::rank::{Hits, weighted_ndcg};
use crate::catalogue::Catalogue;
use crate::kernel::mix;
use crate::settings::OBJECTIVE;
use crate::{Interactions, RecipeError, Training};

/// Longest list that any metric looks at.
const LIST: usize = 25;
/// Only where events weigh differently. (reference §5.2, which writes k and not a number)
const WEIGHTED: &str = "normalized_discounted_cumulative_gain_with_event_weights_at_k";
/// Only where there is an objective.
const REWARDS: &str = "average_rewards_at_k";
/// From this share of held-back events that repeat an earlier one, repeats are a habit and not an accident.
pub(crate) const HABIT: f32 = 0.02;
/// Users between two reports: a list takes up to a few milliseconds.
const BLOCK: usize = 64;
/// Of so many test users the mean of a metric, between 0 and 1, strays by 0.005 at most. Their lists of 100,000 items take
/// 4.5 s (2026-11-25, `examples/growth.rs`, 30 million interactions); those of all 60,000 would take 27.
const TEST_USERS_MAX: usize = 10_000;
/// What is trained knows all of the past, and is for those who come now: a list of what is popular today says nothing to
/// those whose newest event is weeks old. So of many users only this part is judged by, those who were here last.
const NOW: usize = 4;
/// But not fewer than so many, as long as there are some.
const NOW_MIN: usize = 1000;
/// More users than this hardly change which recipe is better.
const JUDGES_MAX: usize = 5000;

/// Interactions cut into those of training users and those of test users.
pub(crate) struct Split<'a> {
    /// Training users only; the same numbering of users and items.
    pub(crate) train: Interactions,
    all: &'a Interactions,
    test_users: Vec<usize>,
    /// How many of so many events are the truth.
    newest: fn(usize) -> usize,
    /// Whether what was seen may come back.
    has_repeats: bool,
}

impl<'a> Split<'a> {
    pub(crate) fn new(all: &'a Interactions) -> Self {
        let is_test: Vec<bool> = all.user_ids().iter().map(|id| is_test_user(id)).collect();
        let train = all.keep(|user, sequence| if is_test[user] { 0 } else { sequence.len() });
        let train = train.without_choices_of_test_users();
        // One event cannot be both query and truth.
        let mut test_users: Vec<usize> =
            (0..all.n_users()).filter(|&user| is_test[user] && all.sequence(user).len() > 1).collect();
        if test_users.len() > TEST_USERS_MAX {
            // By id, as they were chosen: other users that come or go leave the sample as it is.
            test_users.sort_by_cached_key(|&user| (mix(hash(&all.user_ids()[user])), user));
            test_users.truncate(TEST_USERS_MAX);
        }
        Self { train, all, test_users, newest: |events| (events / 10).max(1), has_repeats: true }
    }

    /// The newest event of every user of two or more is the truth, of those who were here last if there are many, and of a
    /// seeded sample of them if there are too many; lists leave out what was seen, unless people come back to things.
    pub(crate) fn newest(all: &'a Interactions, seed: u64) -> Self {
        let mut test_users: Vec<usize> =
            (0..all.n_users()).filter(|&user| all.sequence(user).len() > 1).collect();
        let newest_ms = |user: usize| all.sequence(user).last().map_or(0, |event| event.at_ms);
        let now = newest_share(test_users.iter().map(|&user| newest_ms(user)).collect());
        test_users.retain(|&user| newest_ms(user) >= now);
        test_users.sort_by_key(|&user| mix(seed ^ mix(user as u64)));
        test_users.truncate(JUDGES_MAX);
        let mut is_test = vec![false; all.n_users()];
        test_users.iter().for_each(|&user| is_test[user] = true);
        // What others did last is known: the newest day would be thinner than it will be when the model is used.
        let train = all.keep(|user, sequence| sequence.len() - usize::from(is_test[user]));
        let is_repeat = |user: &&usize| {
            let (newest, older) = all.sequence(**user).split_last().expect("there are two");
            older.iter().any(|event| event.item == newest.item)
        };
        let repeats = test_users.iter().filter(is_repeat).count();
        let has_repeats = repeats as f32 >= HABIT * test_users.len().max(1) as f32;
        Self { train, all, test_users, newest: |_| 1, has_repeats }
    }

    /// For how many users lists are judged.
    pub(crate) fn n_users(&self) -> usize {
        self.test_users.len()
    }
}

/// From when on the newest [`NOW`]th of these times is, or as many as say something. Where all are the same it is all.
fn newest_share(mut times: Vec<i64>) -> i64 {
    let wanted = (times.len() / NOW).max(NOW_MIN).min(times.len());
    times.sort_unstable_by(|a, b| b.cmp(a));
    wanted.checked_sub(1).map_or(i64::MIN, |last| times[last])
}

/// Mean NDCG@25, not rounded.
///
/// # Errors
/// [`RecipeError::Stopped`].
pub(crate) fn mean_gain(
    job: &Training<'_>,
    pack: &Pack,
    catalogue: &Catalogue<'_>,
    split: &Split<'_>,
) -> Result<f64, RecipeError> {
    let gains =
        each(job, "trying: judging", split, |user| test(pack, catalogue, split, user).hits.ndcg(LIST))?;
    // A sum of nothing is −0.
    Ok((gains.iter().sum::<f64>() / gains.len().max(1) as f64).abs())
}

/// What `one` says of every test user, with a report between blocks of them: on a large catalogue they take minutes.
fn each<T: Send>(
    job: &Training<'_>,
    phase: &str,
    split: &Split<'_>,
    one: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>, RecipeError> {
    let total = split.n_users() as u64;
    let mut all = Vec::with_capacity(split.n_users());
    for users in split.test_users.chunks(BLOCK) {
        job.step(phase, all.len() as u64, total)?;
        all.par_extend(users.par_iter().map(|&user| one(user)));
    }
    job.step(phase, total, total)?;
    Ok(all)
}

/// Ranks for every test user with a pack that was trained without them. Without test users all metrics are 0.
///
/// # Errors
/// [`RecipeError::Stopped`].
pub(crate) fn evaluate(
    job: &Training<'_>,
    pack: &Pack,
    catalogue: &Catalogue<'_>,
    split: &Split<'_>,
) -> Result<Metrics, RecipeError> {
    let lists: Vec<Tested> = each(job, "evaluating", split, |user| test(pack, catalogue, split, user))?;
    let mean = |value: &dyn Fn(&Hits) -> f64| {
        lists.iter().map(|tested| value(&tested.hits)).sum::<f64>() / lists.len().max(1) as f64
    };
    let mut shown: Vec<ItemIndex> = lists.iter().flat_map(|tested| tested.list.iter().copied()).collect();
    shown.sort_unstable();
    shown.dedup();
    let mut metrics = vec![
        ("coverage", shown.len() as f64 / catalogue.n_items().max(1) as f64),
        ("mean_reciprocal_rank_at_25", mean(&|hits| hits.reciprocal_rank(25))),
        ("normalized_discounted_cumulative_gain_at_5", mean(&|hits| hits.ndcg(5))),
        ("normalized_discounted_cumulative_gain_at_10", mean(&|hits| hits.ndcg(10))),
        ("normalized_discounted_cumulative_gain_at_25", mean(&|hits| hits.ndcg(25))),
        ("precision_at_5", mean(&|hits| hits.precision(5))),
        ("precision_at_10", mean(&|hits| hits.precision(10))),
        ("precision_at_25", mean(&|hits| hits.precision(25))),
    ];
    if split.all.has_weights() {
        let sum: f64 = lists.iter().map(Tested::weighted_ndcg).sum();
        metrics.push((WEIGHTED, sum / lists.len().max(1) as f64));
    }
    if let Some(values) = job.settings.get(OBJECTIVE).and_then(|column| catalogue.numbers(column)) {
        let shares: Vec<f64> = lists.iter().filter_map(|tested| tested.reward(&values)).collect();
        metrics.push((REWARDS, shares.iter().sum::<f64>() / shares.len().max(1) as f64));
    }
    Ok(Metrics::rounded(metrics))
}

/// One test user.
struct Tested {
    list: Vec<ItemIndex>,
    /// Each item once, sorted, with the largest weight of its events.
    truth: Vec<(ItemIndex, f32)>,
    hits: Hits,
}

impl Tested {
    /// `truth`: items of events with their weights.
    fn new(list: Vec<ItemIndex>, mut truth: Vec<(ItemIndex, f32)>) -> Self {
        truth.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        truth.dedup_by_key(|(item, _)| *item);
        let is_hit = |item: &ItemIndex| truth.binary_search_by_key(item, |&(item, _)| item).is_ok();
        let places =
            list.iter().enumerate().filter(|(_, item)| is_hit(item)).map(|(place, _)| place).collect();
        let hits = Hits { places, n_relevant: truth.len() };
        Self { list, truth, hits }
    }

    fn weighted_ndcg(&self) -> f64 {
        let weight = |item: ItemIndex| {
            let at = self.truth.binary_search_by_key(&item, |&(item, _)| item);
            at.map_or(0.0, |at| f64::from(self.truth[at].1))
        };
        let hits: Vec<(usize, f64)> =
            self.hits.places.iter().map(|&place| (place, weight(self.list[place]))).collect();
        weighted_ndcg(&hits, self.truth.iter().map(|&(_, weight)| f64::from(weight)).collect(), LIST)
    }

    /// Which share of what the truth is worth is in the list; `None` where it is worth nothing. What would cost instead of
    /// bringing something is worth nothing too.
    fn reward(&self, values: &[Option<f64>]) -> Option<f64> {
        let worth = |item: ItemIndex| values[item.at()].unwrap_or(0.0).max(0.0);
        let all: f64 = self.truth.iter().map(|&(item, _)| worth(item)).sum();
        let found: f64 = self.hits.places.iter().map(|&place| worth(self.list[place])).sum();
        (all > 0.0).then(|| found / all)
    }
}

fn test(pack: &Pack, catalogue: &Catalogue<'_>, split: &Split<'_>, user: usize) -> Tested {
    let sequence = split.all.sequence(user);
    let (query, newest) = sequence.split_at(sequence.len() - (split.newest)(sequence.len()));
    let truth = newest.iter().map(|event| (catalogue.position(event.item), event.weight)).collect();
    let mut seen: Vec<ItemIndex> = query.iter().map(|event| catalogue.position(event.item)).collect();
    seen.sort_unstable();
    let exclude = |item: ItemIndex| !split.has_repeats && seen.binary_search(&item).is_ok();
    let request = Request { exclude: &exclude, ..Request::top(LIST) };
    let ranked = recommend(pack, &catalogue.history(query), &request);
    let list: Vec<ItemIndex> = ranked.into_iter().map(|ranked| ranked.item).collect();
    Tested::new(list, truth)
}

/// One in ten.
pub(crate) fn is_test_user(id: &str) -> bool {
    hash(id).is_multiple_of(10)
}

/// FNV-1a with its high bits mixed in, because ids that count upwards differ in their last byte only.
fn hash(id: &str) -> u64 {
    let fnv = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (fnv ^ (fnv >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Written by tests/aws/test_metric_cases.py.
    #[test]
    fn metrics_are_those_of_another_program() {
        let cases: Value = serde_json::from_str(include_str!("../../tests/metrics.json")).unwrap();
        let item = |value: &Value| ItemIndex(value.as_u64().unwrap() as u32);
        for case in cases["users"].as_array().unwrap() {
            let events = case["events"].as_array().unwrap();
            let truth =
                events.iter().map(|event| (item(&event[0]), event[1].as_f64().unwrap() as f32)).collect();
            let tested = Tested::new(case["list"].as_array().unwrap().iter().map(item).collect(), truth);
            let close = |name: &str, found: f64, expected: &Value| {
                assert!((found - expected.as_f64().unwrap()).abs() < 1e-9, "{name}: {found} {expected}");
            };
            close("reciprocal rank", tested.hits.reciprocal_rank(25), &case["reciprocal_rank"]);
            for k in [5, 10, 25] {
                close("ndcg", tested.hits.ndcg(k), &case["ndcg"][k.to_string()]);
                close("precision", tested.hits.precision(k), &case["precision"][k.to_string()]);
            }
            close("weighted ndcg", tested.weighted_ndcg(), &case["weighted_ndcg"]);
            let values: Vec<Option<f64>> =
                case["values"].as_array().unwrap().iter().map(Value::as_f64).collect();
            match tested.reward(&values) {
                Some(found) => close("reward", found, &case["reward"]),
                None => assert!(case["reward"].is_null()),
            }
        }
    }
}
