//! What speaks for or against an action, as numbers with names. A name that training did not meet says nothing.
//!
//! Each kind of feature has a prior: its weight is expected to lie within so much of zero. Of an action with few answers
//! little more than its category is then learnt, and of one with none at all exactly that.

use std::collections::{BTreeMap, HashMap};

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

/// As many as there may be dimensions.
const TASTE_NAMES: [&str; super::DIM] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"];

/// Standard deviations of the priors, in logits.
const BASE: f64 = 5.0;
const ACTION: f64 = 1.0;
const CATEGORY: f64 = 1.0;
const HABIT: f64 = 1.0;
const PAIR: f64 = 0.5;
/// Of each dimension of taste.
const TASTE: f64 = 0.5;

/// A name as a number: FNV-1a over its bytes, so that names are put together without writing them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn of(name: &str) -> Self {
        Self(0xcbf2_9ce4_8422_2325).then(name.as_bytes())
    }

    fn and(self, name: &str) -> Self {
        let mut between = [0; 4];
        self.then(AND.encode_utf8(&mut between).as_bytes()).then(name.as_bytes())
    }

    fn then(self, bytes: &[u8]) -> Self {
        Self(
            bytes
                .iter()
                .fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)),
        )
    }
}

/// Names and what they mean as numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Features {
    pub(super) places: HashMap<Key, u32>,
    /// By place: the name, and the precision of its prior.
    pub(super) names: Vec<(String, f64)>,
    /// Number column, named with whose it is → mean and standard deviation.
    pub(super) columns: BTreeMap<String, (f64, f64)>,
    /// The mean of the tastes of those who were offered something, \[d\]: who is like everybody has a taste of zeros.
    pub(super) taste: Vec<f32>,
    /// The share of offers that are taken.
    pub(super) base_rate: f32,
}

/// What is the same of a user for every action.
pub(super) struct User<'a> {
    person: &'a Person<'a>,
    facts: Vec<(String, f32)>,
    /// Minus the mean; \[d\], or empty.
    taste: Vec<f32>,
}

/// A feature of a row: its name, the standard deviation of its prior, and its value.
struct Feature<'n> {
    name: [&'n str; 2],
    key: Key,
    deviation: f64,
    x: f32,
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
        Self { columns, taste, base_rate, ..Self::default() }
    }

    /// Gives these names places in their order.
    pub(super) fn with_names(mut self, names: impl Iterator<Item = String>) -> Self {
        for name in names {
            self.places.insert(Key::of(&name), self.names.len() as u32);
            self.names.push((name, 0.0));
        }
        self
    }

    /// A row; names that are new get a place.
    pub(super) fn learn(&mut self, user: &User<'_>, action: (&str, &Attributes)) -> Vec<(u32, f32)> {
        let (mut places, mut names) = (std::mem::take(&mut self.places), std::mem::take(&mut self.names));
        let mut row = Vec::new();
        self.each(user, action, &mut |feature| {
            let place = *places.entry(feature.key).or_insert_with(|| {
                names.push((feature.text(), 1.0 / (feature.deviation * feature.deviation)));
                names.len() as u32 - 1
            });
            row.push((place, feature.x));
        });
        (self.places, self.names) = (places, names);
        row
    }

    /// The sum of what the features weigh; names that are not known weigh nothing.
    pub(super) fn weigh(&self, user: &User<'_>, action: (&str, &Attributes), weights: &[f32]) -> f64 {
        let mut sum = 0.0;
        self.each(user, action, &mut |feature| {
            if let Some(&place) = self.places.get(&feature.key) {
                sum += f64::from(weights[place as usize]) * f64::from(feature.x);
            }
        });
        sum
    }

    /// The precision of the prior of each place.
    pub(super) fn precisions(&self) -> Vec<f64> {
        self.names.iter().map(|&(_, precision)| precision).collect()
    }

    pub(super) fn user<'a>(&self, pack: &Pack, person: &'a Person<'a>) -> User<'a> {
        let mut facts: Vec<(String, f32)> = self.facts("u", person.attributes).collect();
        facts.push(("frequency".to_owned(), person.frequency() / 4.0));
        facts.push(("recency".to_owned(), person.recency() / 4.0));
        let taste = person.taste(pack).into_iter().flatten().zip(&self.taste).map(|(t, mean)| t - mean);
        User { person, facts, taste: taste.collect() }
    }

    /// Hands the features of a row that are not zero to `take`.
    fn each(
        &self,
        user: &User<'_>,
        (action, attributes): (&str, &Attributes),
        take: &mut dyn FnMut(&Feature<'_>),
    ) {
        let mut add = |name: [&str; 2], key: Key, deviation: f64, x: f32| {
            if x != 0.0 {
                take(&Feature { name, key, deviation, x });
            }
        };
        add(["1", ""], Key::of("1"), BASE, 1.0);
        for (name, x) in self.record(user.person, action) {
            add([name, ""], Key::of(name), HABIT, x);
        }
        for (name, x) in &user.facts {
            add([name, ""], Key::of(name), CATEGORY, *x);
        }
        let itself = std::iter::once((format!("a{AND}{action}"), 1.0));
        for (number, (name, x)) in itself.chain(self.facts("a", attributes)).enumerate() {
            let key = Key::of(&name);
            add([&name, ""], key, if number == 0 { ACTION } else { CATEGORY }, x);
            for (of_user, y) in &user.facts {
                add([&name, of_user], key.and(of_user), PAIR, x * y);
            }
            for (dimension, t) in TASTE_NAMES.iter().zip(&user.taste) {
                add([&name, dimension], key.and(dimension), TASTE, x * t);
            }
        }
    }

    /// What the user answered before, to this action and to all.
    fn record(&self, person: &Person<'_>, action: &str) -> [(&'static str, f32); 5] {
        let (taken, not, last) = person.record(action);
        let ((all_taken, all_not), logit) = (person.habit(), |rate: f32| (rate / (1.0 - rate)).ln());
        let usual = RESERVE * self.base_rate;
        let rate = |taken: usize, not: usize| (taken as f32 + usual) / ((taken + not) as f32 + RESERVE);
        let base = logit(self.base_rate);
        [
            ("habit", logit(rate(all_taken, all_not)) - base),
            ("habit with it", logit(rate(taken, not)) - base),
            ("taken before", f32::from(u8::from(taken > 0))),
            ("not taken before", (not as f32).ln_1p()),
            ("seen lately", last.map_or(0.0, |days| 1.0 / (1.0 + days))),
        ]
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

impl Feature<'_> {
    fn text(&self) -> String {
        match self.name {
            [one, ""] => one.to_owned(),
            [one, other] => format!("{one}{AND}{other}"),
        }
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
