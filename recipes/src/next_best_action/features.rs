//! What speaks for or against an action, as numbers with names. A name that training did not meet says nothing.
//!
//! Each kind of feature has a prior: its weight is expected to lie within so much of zero. Of an action with few answers
//! little more than its category is then learnt, and of one with none at all exactly that.

use std::collections::BTreeMap;

use bowerbird_ranker::Pack;

use super::offers::Offer;
use super::person::{People, Person};
use super::{Actions, Attributes};

/// Between the parts of a name: no id or column has it by accident.
const AND: char = '\u{1f}';
/// What a user's own record counts less than as many answers of theirs. Ours.
const RESERVE: f32 = 4.0;

/// Offers whose mean taste is that of all.
const TASTES: usize = 1000;

/// Standard deviations of the priors, in logits.
const BASE: f64 = 5.0;
const ACTION: f64 = 1.0;
const CATEGORY: f64 = 1.0;
const HABIT: f64 = 1.0;
const PAIR: f64 = 0.5;
/// Of each dimension of taste.
const TASTE: f64 = 0.5;

/// Names and what they mean as numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Features {
    /// Name → place in the row, and the precision of its prior.
    pub(super) places: BTreeMap<String, (u32, f64)>,
    /// Number column, named with whose it is → mean and standard deviation.
    pub(super) columns: BTreeMap<String, (f64, f64)>,
    /// The mean of the tastes of those who were offered something, \[d\]: who is like everybody has a taste of zeros.
    pub(super) taste: Vec<f32>,
    /// The share of offers that are taken.
    pub(super) base_rate: f32,
}

impl Features {
    pub(super) fn new(actions: &Actions<'_>, pack: &Pack, people: &People<'_>, offers: &[Offer]) -> Self {
        let mut columns = scales("u", actions.users.values());
        columns.extend(scales("a", actions.actions.values()));
        let taken: f64 = offers.iter().filter(|offer| offer.is_taken).map(|offer| offer.weight).sum();
        let all: f64 = offers.iter().map(|offer| offer.weight).sum();
        let sampled = offers.iter().step_by(offers.len().div_ceil(TASTES).max(1));
        let tastes = sampled.filter_map(|offer| people.at(&offer.user, offer.at_ms).taste(pack));
        let (mut taste, mut n) = (vec![0.0; pack.dim()], 0.0f32);
        for one in tastes {
            taste.iter_mut().zip(one).for_each(|(sum, x)| *sum += x);
            n += 1.0;
        }
        taste.iter_mut().for_each(|sum| *sum /= n.max(1.0));
        // One half more of each: a rate of exactly 0 or 1 has no logit.
        let base_rate = ((taken + 0.5) / (all + 1.0)) as f32;
        Self { places: BTreeMap::new(), columns, taste, base_rate }
    }

    /// A row; names that are new get a place.
    pub(super) fn learn(
        &mut self,
        pack: &Pack,
        person: &Person<'_>,
        action: (&str, &Attributes),
    ) -> Vec<(u32, f32)> {
        let named = self.named(pack, person, action);
        let place = |(name, deviation, x): (String, f64, f32)| {
            let next = self.places.len() as u32;
            (self.places.entry(name).or_insert((next, 1.0 / (deviation * deviation))).0, x)
        };
        named.into_iter().map(place).collect()
    }

    /// The precision of the prior of each place.
    pub(super) fn precisions(&self) -> Vec<f64> {
        let mut precisions = vec![0.0; self.places.len()];
        self.places.values().for_each(|&(place, precision)| precisions[place as usize] = precision);
        precisions
    }

    /// (name, standard deviation of its prior, value).
    pub(super) fn named(
        &self,
        pack: &Pack,
        person: &Person<'_>,
        (action, attributes): (&str, &Attributes),
    ) -> Vec<(String, f64, f32)> {
        let mut row = vec![("1".to_owned(), BASE, 1.0)];
        let mut add = |name: String, deviation: f64, x: f32| {
            if x != 0.0 {
                row.push((name, deviation, x));
            }
        };
        self.record(person, action, &mut add);
        let about_action: Vec<(String, f32)> =
            std::iter::once((format!("a{AND}{action}"), 1.0)).chain(self.facts("a", attributes)).collect();
        let mut about_user: Vec<(String, f32)> = self.facts("u", person.attributes).collect();
        about_user.push(("frequency".to_owned(), person.frequency() / 4.0));
        about_user.push(("recency".to_owned(), person.recency() / 4.0));
        for (number, (name, x)) in about_action.iter().enumerate() {
            add(name.clone(), if number == 0 { ACTION } else { CATEGORY }, *x);
        }
        about_user.iter().for_each(|(name, x)| add(name.clone(), CATEGORY, *x));
        for (of_action, x) in &about_action {
            for (of_user, y) in &about_user {
                add(format!("{of_action}{AND}{of_user}"), PAIR, x * y);
            }
        }
        let taste = person.taste(pack).into_iter().flatten().zip(&self.taste);
        for (dimension, t) in taste.map(|(t, mean)| t - mean).enumerate() {
            for (of_action, x) in &about_action {
                add(format!("{of_action}{AND}t{dimension}"), TASTE, x * t);
            }
        }
        row
    }

    /// What the user answered before, to this action and to all.
    fn record(&self, person: &Person<'_>, action: &str, add: &mut dyn FnMut(String, f64, f32)) {
        let (taken, not, last) = person.record(action);
        let ((all_taken, all_not), logit) = (person.habit(), |rate: f32| (rate / (1.0 - rate)).ln());
        let usual = RESERVE * self.base_rate;
        let rate = |taken: usize, not: usize| (taken as f32 + usual) / ((taken + not) as f32 + RESERVE);
        let base = logit(self.base_rate);
        add("habit".to_owned(), HABIT, logit(rate(all_taken, all_not)) - base);
        add("habit with it".to_owned(), HABIT, logit(rate(taken, not)) - base);
        add("taken before".to_owned(), HABIT, f32::from(u8::from(taken > 0)));
        add("not taken before".to_owned(), HABIT, (not as f32).ln_1p());
        add("seen lately".to_owned(), HABIT, last.map_or(0.0, |days| 1.0 / (1.0 + days)));
    }

    fn facts(&self, whose: &str, attributes: &Attributes) -> impl Iterator<Item = (String, f32)> {
        let words = attributes.words.iter();
        let words = words.map(move |(column, word)| (format!("{whose}{AND}{column}{AND}{word}"), 1.0));
        let numbers = attributes.numbers.iter().filter_map(move |(column, number)| {
            let name = format!("{whose}{AND}{column}");
            let &(mean, deviation) = self.columns.get(&name)?;
            // What lies far outside of what was met says no more than what lies at its edge.
            Some((name, ((number - mean) / deviation).clamp(-3.0, 3.0) as f32))
        });
        words.chain(numbers)
    }
}

/// Mean and standard deviation of each number column that has one.
fn scales<'a>(whose: &str, rows: impl Iterator<Item = &'a Attributes>) -> BTreeMap<String, (f64, f64)> {
    let mut sums: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
    for (column, number) in rows.flat_map(|row| &row.numbers) {
        let (n, sum, squares) = sums.entry(column).or_default();
        *n += 1.0;
        *sum += number;
        *squares += number * number;
    }
    let scale = |(column, (n, sum, squares)): (&str, (f64, f64, f64))| {
        let mean = sum / n;
        let deviation = (squares / n - mean * mean).max(0.0).sqrt();
        (deviation > 0.0 && deviation.is_finite())
            .then(|| (format!("{whose}{AND}{column}"), (mean, deviation)))
    };
    sums.into_iter().filter_map(scale).collect()
}
