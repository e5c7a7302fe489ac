//! "How long does it matter that an item was popular?" News live for days, films for years: the half-life after which a
//! person counts half in the popularity prior, and the weight of that prior, judged on the held-back events, each by
//! what was popular before it.
//!
//! The held-back events are cut into stretches of time. Before each stretch the people until then are counted, as if a
//! training had ended there, and what happens in it is judged by that list: nothing is known of what comes, and the list
//! is as old as a list gets between two trainings. What it has to beat is the prior as it was tuned, which knows the
//! whole future as far as it was not held back, so where popularity lasts nothing changes.

use std::collections::BTreeMap;

use bowerbird_ranker::Pack;
use rayon::prelude::*;

use super::query::Query;
use super::rows::Kind;
use super::tune::{Tuned, held_back_events};
use crate::catalogue::Catalogue;
use crate::prior::{DAY_MS, Prior};
use crate::{Interactions, RecipeError, Training};

/// From news of the day to seasons. What is tried has to pass twice within the data, else it is hardly one.
const HALF_LIVES_DAYS: [f32; 5] = [0.25, 1.0, 4.0, 16.0, 64.0];
const PASSES: f64 = 2.0;
/// Stretches of time with as many held-back events each: in a month of news one is a day long.
const STRETCHES: usize = 32;
/// A half-life has to win so much over none, and by so many standard errors in which all events of one person are one.
const WORTH: f64 = 1.02;
const SURE: f64 = 3.0;

/// What is worth more than popularity for ever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Recency {
    pub(super) half_life_days: f32,
    /// Which of [`Kind::recent`].
    pub(super) weight: usize,
}

/// The half-life that surely wins, if one does. `pack` knows nothing of the held-back events; people are counted of those
/// users of `train` that `is_counted` says.
pub(super) fn choose(
    job: &Training<'_>,
    (catalogue, train): (&Catalogue<'_>, &Interactions),
    is_counted: &dyn Fn(usize) -> bool,
    (pack, tuned, kind): (&Pack, &Tuned, Kind),
) -> Result<Option<Recency>, RecipeError> {
    let half_lives = half_lives(train);
    let mut places = held_back_events(job.seed, train, catalogue.n_items());
    if half_lives.is_empty() || places.is_empty() {
        return Ok(None);
    }
    let at_ms = |&(user, at): &(usize, usize)| train.sequence(user)[at].at_ms;
    places.sort_by_key(|place| (at_ms(place), *place));
    let stretches: Vec<&[(usize, usize)]> = places.chunks(places.len().div_ceil(STRETCHES)).collect();
    let starts: Vec<i64> = stretches.iter().map(|stretch| at_ms(&stretch[0])).collect();
    let mut crowds = Crowds::new(train, is_counted, starts, &half_lives);
    let for_ever: Vec<f32> = pack.items().map(|item| pack.popularity(item)).collect();
    let mut gains: Vec<(usize, Vec<f64>)> = Vec::with_capacity(places.len());
    for stretch in stretches {
        job.step("tuning: recency", gains.len() as u64, places.len() as u64)?;
        crowds.go_on();
        let priors = crowds.priors(catalogue);
        let weighed = priors.iter().flat_map(|(prior, log_most)| {
            kind.recent(*log_most as f32).map(|weight| (weight, prior.as_slice()))
        });
        let variants: Vec<(f32, &[f32])> =
            std::iter::once((tuned.constants.popularity_weight, &for_ever[..])).chain(weighed).collect();
        let gains_of = |&(user, at): &(usize, usize)| {
            (user, Query::new(catalogue, train, user, at).with_priors(pack, tuned, &variants))
        };
        gains.par_extend(stretch.par_iter().map(gains_of));
    }
    let weights = kind.recent(1.0).len();
    let of =
        |at: usize| Recency { half_life_days: half_lives[(at - 1) / weights], weight: (at - 1) % weights };
    Ok(best(&gains).map(of))
}

fn half_lives(train: &Interactions) -> Vec<f32> {
    let times = || train.sequences().flatten().map(|event| event.at_ms);
    let days =
        times().max().zip(times().min()).map_or(0.0, |(newest, oldest)| (newest - oldest) as f64 / DAY_MS);
    HALF_LIVES_DAYS.into_iter().filter(|&half_life| PASSES * f64::from(half_life) <= days).collect()
}

/// The variant with the largest sum, if it surely beats the first one. `gains`: by event the user, and the gain under each
/// variant.
fn best(gains: &[(usize, Vec<f64>)]) -> Option<usize> {
    let n = gains.first().map_or(0, |(_, gains)| gains.len());
    let total = |at: usize| gains.iter().map(|(_, gains)| gains[at]).sum::<f64>();
    let totals: Vec<f64> = (0..n).map(total).collect();
    let best = (1..n).rev().max_by(|&a, &b| totals[a].total_cmp(&totals[b]))?;
    let mut by_user: BTreeMap<usize, f64> = BTreeMap::new();
    for (user, gains) in gains {
        *by_user.entry(*user).or_default() += gains[best] - gains[0];
    }
    let error = by_user.values().map(|difference| difference.powi(2)).sum::<f64>().sqrt();
    let is_sure = totals[best] - totals[0] > SURE * error && totals[best] >= WORTH * totals[0];
    is_sure.then_some(best)
}

/// How many people count for each item at one moment after another.
struct Crowds {
    starts: Vec<i64>,
    priors: Vec<Prior>,
    /// By stretch the meetings that are known when it begins and were not before.
    meetings: Vec<Vec<Meeting>>,
    /// How many stretches have begun.
    begun: usize,
    /// By half-life. \[n_items\]
    people: Vec<Vec<f64>>,
}

/// Somebody did something with an item.
struct Meeting {
    item: u32,
    at_ms: i64,
    /// When they had last done so.
    before_ms: Option<i64>,
}

impl Crowds {
    fn new(
        train: &Interactions,
        is_counted: &dyn Fn(usize) -> bool,
        starts: Vec<i64>,
        half_lives: &[f32],
    ) -> Self {
        let mut meetings: Vec<Vec<Meeting>> = starts.iter().map(|_| Vec::new()).collect();
        let mut last: Vec<Option<(usize, i64)>> = vec![None; train.n_items()];
        for user in (0..train.n_users()).filter(|&user| is_counted(user)) {
            for event in train.sequence(user) {
                let known = last[event.item as usize].replace((user, event.at_ms));
                let before_ms = known.filter(|&(other, _)| other == user).map(|(_, before_ms)| before_ms);
                // Only what is older than the first event that is judged: in one moment nobody knows who came first.
                let stretch = starts.partition_point(|&start| start <= event.at_ms);
                if let Some(meetings) = meetings.get_mut(stretch) {
                    meetings.push(Meeting { item: event.item, at_ms: event.at_ms, before_ms });
                }
            }
        }
        let prior = |&half_life_days: &f32| Prior { half_life_days, ..Prior::default() };
        let people = vec![vec![0.0; train.n_items()]; half_lives.len()];
        Self { starts, priors: half_lives.iter().map(prior).collect(), meetings, begun: 0, people }
    }

    /// On to the beginning of the next stretch.
    fn go_on(&mut self) {
        let now = self.starts[self.begun];
        let passed = now - self.starts[self.begun.saturating_sub(1)];
        let meetings = std::mem::take(&mut self.meetings[self.begun]);
        for (prior, people) in self.priors.iter().zip(&mut self.people) {
            let left = prior.left_after(passed);
            people.iter_mut().for_each(|people| *people *= left);
            for meeting in &meetings {
                let again = meeting.before_ms.map_or(0.0, |before_ms| prior.left_after(now - before_ms));
                people[meeting.item as usize] += prior.left_after(now - meeting.at_ms) - again;
            }
        }
        self.begun += 1;
    }

    /// By half-life the prior of now, by position, and ln(1 + people) of the most popular item.
    fn priors(&self, catalogue: &Catalogue<'_>) -> Vec<(Vec<f32>, f64)> {
        let prior = |people: &Vec<f64>| {
            let log_most = people.iter().copied().fold(f64::MIN_POSITIVE, f64::max).ln_1p();
            let mut prior = vec![0.0; catalogue.n_items()];
            for (item, people) in (0..).zip(people) {
                prior[catalogue.position(item).at()] = (people.max(0.0).ln_1p() / log_most) as f32;
            }
            (prior, log_most)
        };
        self.people.iter().map(prior).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ItemTable;

    const DAY: i64 = 86_400_000;

    /// (user, item, day)
    fn interactions(rows: &[(&str, &str, i64)]) -> Interactions {
        let mut builder = Interactions::builder();
        for (user, item, day) in rows {
            builder.push(user, item, day * DAY, 1.0).unwrap();
        }
        builder.build().unwrap()
    }

    #[test]
    fn at_each_moment_people_count_as_in_a_training_that_knows_what_came_before() {
        let rows = [("u", "a", 0), ("u", "a", 3), ("v", "a", 1), ("v", "b", 2), ("w", "b", 4), ("w", "a", 5)];
        let (train, half_lives) = (interactions(&rows), [1.0, 4.0]);
        let (starts, items) = (vec![2 * DAY, 4 * DAY, 6 * DAY], ItemTable::default());
        let catalogue = Catalogue::new(&train, &items);
        let mut crowds = Crowds::new(&train, &|_| true, starts.clone(), &half_lives);
        for start in starts {
            crowds.go_on();
            let known: Vec<_> = rows.iter().copied().filter(|&(_, _, day)| day * DAY < start).collect();
            // Somebody who stands for the moment: a training counts as of its newest event.
            let with_now = interactions(&[&known[..], &[("now", "z", start / DAY)]].concat());
            let catalogue_then = |item: &str| with_now.item_ids().iter().position(|id| id == item);
            for (at, &half_life_days) in half_lives.iter().enumerate() {
                let then = Prior { half_life_days, ..Prior::default() }.of(&with_now);
                let most = Prior { half_life_days, ..Prior::default() }.most(&with_now);
                for (item, id) in (0..).zip(train.item_ids()) {
                    let expected =
                        catalogue_then(id).map_or(0.0, |item| f64::from(then[item]) * most.ln_1p());
                    let (prior, log_most) = &crowds.priors(&catalogue)[at];
                    let found = f64::from(prior[catalogue.position(item).at()]) * log_most;
                    assert!((found - expected).abs() < 1e-6, "{id} on {start}: {found}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn a_half_life_fits_twice_into_the_data_and_data_without_times_have_none() {
        assert_eq!(half_lives(&interactions(&[("u", "a", 7), ("v", "b", 7)])), Vec::<f32>::new());
        assert_eq!(half_lives(&interactions(&[("u", "a", 0), ("v", "b", 8)])), [0.25, 1.0, 4.0]);
    }

    #[test]
    fn what_one_person_did_many_times_is_not_sure() {
        let gains = |users: usize| -> Vec<(usize, Vec<f64>)> {
            (0..100).map(|event| (event % users, vec![0.1, 0.2, 0.3])).collect()
        };
        assert_eq!(best(&gains(100)), Some(2));
        assert_eq!(best(&gains(2)), None);
        assert_eq!(best(&[]), None);
    }
}
