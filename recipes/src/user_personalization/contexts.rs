//! "What do people choose in which circumstances, and is that worth anything beside all else that is known?" The lift of an
//! item in a value of a column of context, and how much it counts: judged on the newest events of the training users.

use std::collections::{BTreeMap, HashMap};

use bowerbird_ranker::pack::{NewContexts, context_key};
use bowerbird_ranker::{ItemIndex, Pack, Scorer};

use super::query::Query;
use super::tune::{at_each, held_back_events};
use crate::catalogue::Catalogue;
use crate::metrics::gain;
use crate::{Interactions, RecipeError, Training};

/// Values of a column that have lifts, the most frequent ones. A value is a byte per item in every pack.
const VALUES_MAX: usize = 16;
/// Of more columns than this only the first are looked at: Amazon takes five columns of metadata.
const COLUMNS_MAX: usize = 5;
/// What is added to observed and expected counts. On the receipts of a grocer (docs) 1 and 20 are no better.
const SHRINKAGE: f64 = 5.0;
/// What lifts may be multiplied with; beside fitted rows, which are log odds too, 1 is natural.
const WEIGHTS: [f32; 5] = [0.03, 0.1, 0.3, 1.0, 3.0];
/// The same beside the logarithm of popularity alone.
const COLD_WEIGHTS: [f32; 4] = [0.25, 0.5, 1.0, 2.0];
/// So small that beside a history lifts do nothing.
const COLD_ONLY: f32 = 1e-3;
/// A column has to win so much.
const WORTH: f64 = 1.01;
/// By so many standard errors: several weights are tried, and with 2 hours of the day were taken that lost on later
/// receipts.
const SURE: f64 = 3.0;
/// The longest list that the metrics look at.
const CUT_OFF: usize = 25;

/// How much each column counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    /// By column; 0: not at all.
    columns: Vec<f32>,
    /// Of the popularity prior beside lifts where a history says nothing.
    cold_popularity: f32,
}

/// The values of a column that are looked at, with their lifts.
struct Lifts {
    values: Vec<String>,
    /// Row-major \[n_items × values\].
    lifts: Vec<f32>,
}

/// How much the columns are worth; `None` if nothing. `pack` and `older` know nothing of the events that are held back;
/// the prior is the logarithm of the popularity over `log_most`.
pub(super) fn tune(
    job: &Training<'_>,
    catalogue: &Catalogue<'_>,
    train: &Interactions,
    older: &Interactions,
    (pack, log_most): (&Pack, f32),
) -> Result<Option<Weights>, RecipeError> {
    let n_columns = train.contexts().columns().len().min(COLUMNS_MAX);
    if n_columns == 0 {
        return Ok(None);
    }
    let columns: Vec<Lifts> = (0..n_columns).map(|column| Lifts::of(older, column)).collect();
    let places = held_back_events(job.seed, train, catalogue.n_items());
    let judge = Judge { job, catalogue, train, pack, columns, places };
    let mut weights = vec![0.0; n_columns];
    for column in 0..n_columns {
        weights[column] = judge.choose(Who::Known, &weights, 1.0, column, &WEIGHTS)?;
    }
    if weights.iter().all(|&weight| weight == 0.0) {
        for column in 0..n_columns {
            weights[column] = judge.choose(Who::Anybody, &weights, log_most, column, &COLD_WEIGHTS)?;
        }
        weights.iter_mut().for_each(|weight| *weight *= COLD_ONLY);
        let is_any = weights.iter().any(|&weight| weight > 0.0);
        return Ok(is_any.then_some(Weights { columns: weights, cold_popularity: COLD_ONLY * log_most }));
    }
    let most = weights.iter().copied().fold(0.0, f32::max);
    let variants: Vec<(f32, Vec<f32>)> =
        COLD_WEIGHTS.iter().map(|weight| (log_most * most / weight, weights.clone())).collect();
    let gains = judge.gains(Who::Anybody, &variants, |_| true)?;
    let best = (0..variants.len()).rev().max_by(|&a, &b| sum(&gains, a).total_cmp(&sum(&gains, b)));
    let cold_popularity = variants[best.unwrap_or_default()].0;
    Ok(Some(Weights { columns: weights, cold_popularity }))
}

impl Weights {
    /// The lifts to publish; `None` if no value of a column that counts is left.
    pub(super) fn publish(&self, interactions: &Interactions) -> Option<NewContexts> {
        let counting = self.columns.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
        let columns: Vec<(usize, f32, Lifts)> =
            counting.map(|(column, &weight)| (column, weight, Lifts::of(interactions, column))).collect();
        let keys = columns.iter().flat_map(|(column, _, lifts)| {
            let name = &interactions.contexts().columns()[*column];
            lifts.values.iter().map(move |value| context_key(name, value))
        });
        let keys: Vec<String> = keys.collect();
        let row = |item: usize| {
            columns
                .iter()
                .flat_map(move |(_, weight, lifts)| lifts.row(item).iter().map(move |lift| weight * lift))
        };
        let lifts = (0..interactions.n_items()).flat_map(row).collect();
        let contexts = NewContexts { cold_popularity: self.cold_popularity, keys, lifts };
        (!contexts.keys.is_empty()).then_some(contexts)
    }
}

impl Lifts {
    /// ln((observed + k) / (expected + k)) of the people who chose an item in a value; expected if the item were chosen
    /// there as often as anywhere (Norén, Hopstadius, Bate 2013).
    fn of(interactions: &Interactions, column: usize) -> Self {
        let contexts = interactions.contexts();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut chosen: Vec<(usize, u32)> = Vec::new();
        for user in 0..interactions.n_users() {
            let start = chosen.len();
            for (at, event) in interactions.sequence(user).iter().enumerate() {
                if let Some(value) = contexts.value(interactions.combination(user, at), column) {
                    let next = numbers.len();
                    chosen.push((*numbers.entry(value).or_insert(next), event.item));
                }
            }
            // People, not events: one who comes back every day is one.
            chosen[start..].sort_unstable();
            let mut kept = start;
            for at in start..chosen.len() {
                if at == start || chosen[at] != chosen[at - 1] {
                    chosen[kept] = chosen[at];
                    kept += 1;
                }
            }
            chosen.truncate(kept);
        }
        let mut counts = vec![0u32; numbers.len()];
        chosen.iter().for_each(|&(value, _)| counts[value] += 1);
        let mut values: Vec<(&str, usize)> = numbers.into_iter().collect();
        values.sort_unstable_by(|a, b| counts[b.1].cmp(&counts[a.1]).then(a.0.cmp(b.0)));
        values.truncate(VALUES_MAX);
        let mut places = vec![None; counts.len()];
        values.iter().enumerate().for_each(|(place, &(_, value))| places[value] = Some(place));
        let (n, n_items) = (values.len(), interactions.n_items());
        let (mut observed, mut of_item) = (vec![0u32; n_items * n], vec![0u32; n_items]);
        for &(value, item) in &chosen {
            of_item[item as usize] += 1;
            if let Some(place) = places[value] {
                observed[item as usize * n + place] += 1;
            }
        }
        let share = |place: usize| f64::from(counts[values[place].1]) / chosen.len().max(1) as f64;
        let shares: Vec<f64> = (0..n).map(share).collect();
        let lift = |at: usize| {
            let expected = f64::from(of_item[at / n]) * shares[at % n];
            ((f64::from(observed[at]) + SHRINKAGE) / (expected + SHRINKAGE)).ln() as f32
        };
        let lifts = (0..observed.len()).map(lift).collect();
        Self { values: values.into_iter().map(|(value, _)| value.to_owned()).collect(), lifts }
    }

    fn row(&self, item: usize) -> &[f32] {
        &self.lifts[item * self.values.len()..][..self.values.len()]
    }

    fn place(&self, value: Option<&str>) -> Option<usize> {
        self.values.iter().position(|known| Some(known.as_str()) == value)
    }
}

/// For whom lists are judged.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    /// Somebody with their history.
    Known,
    /// Somebody of whom nothing is known.
    Anybody,
}

/// Held-back events, and what was learnt without them.
struct Judge<'a> {
    job: &'a Training<'a>,
    catalogue: &'a Catalogue<'a>,
    train: &'a Interactions,
    pack: &'a Pack,
    columns: Vec<Lifts>,
    places: Vec<(usize, usize)>,
}

impl Judge<'_> {
    /// The weight of one more column beside those that count already; 0 unless it surely helps.
    fn choose(
        &self,
        who: Who,
        chosen: &[f32],
        base: f32,
        column: usize,
        ladder: &[f32],
    ) -> Result<f32, RecipeError> {
        let variant = |weight: f32| {
            let mut weights = chosen.to_vec();
            weights[column] = weight;
            (base, weights)
        };
        let variants: Vec<(f32, Vec<f32>)> =
            std::iter::once(&0.0).chain(ladder).map(|&weight| variant(weight)).collect();
        let gains = self.gains(who, &variants, |place| place[column].is_some())?;
        let is_sure = |&at: &usize| {
            // What one person does in one visit is no independent evidence.
            let mut by_user: BTreeMap<usize, f64> = BTreeMap::new();
            for (user, gains) in &gains {
                *by_user.entry(*user).or_default() += gains[at] - gains[0];
            }
            let squares: f64 = by_user.values().map(|difference| difference.powi(2)).sum();
            let difference = sum(&gains, at) - sum(&gains, 0);
            difference > SURE * squares.sqrt() && sum(&gains, at) >= WORTH * sum(&gains, 0)
        };
        let sure = (1..variants.len()).filter(is_sure);
        let best = sure.rev().max_by(|&a, &b| sum(&gains, a).total_cmp(&sum(&gains, b)));
        Ok(best.map_or(0.0, |at| variants[at].1[column]))
    }

    /// By held-back event of whose context enough is known: the user, and the gain of the right answer under each variant, which is the
    /// weight of the rest of a score and the weights of the columns.
    fn gains(
        &self,
        who: Who,
        variants: &[(f32, Vec<f32>)],
        is_known: impl Fn(&[Option<usize>]) -> bool + Sync,
    ) -> Result<Vec<(usize, Vec<f64>)>, RecipeError> {
        let gains = |user, at| {
            let values = self.values(user, at);
            is_known(&values).then(|| (user, self.gains_of(who, variants, (user, at), &values)))
        };
        let gains = at_each(self.job, "tuning: contexts", &self.places, gains)?;
        Ok(gains.into_iter().flatten().collect())
    }

    /// By column, which of its values an event happened in.
    fn values(&self, user: usize, at: usize) -> Vec<Option<usize>> {
        let combination = self.train.combination(user, at);
        let value = |column: usize| self.train.contexts().value(combination, column);
        self.columns.iter().enumerate().map(|(column, lifts)| lifts.place(value(column))).collect()
    }

    fn gains_of(
        &self,
        who: Who,
        variants: &[(f32, Vec<f32>)],
        (user, at): (usize, usize),
        values: &[Option<usize>],
    ) -> Vec<f64> {
        let query = Query::new(self.catalogue, self.train, user, at);
        let scorer = Scorer::new(self.pack, query.history());
        let base = |position: ItemIndex| match who {
            Who::Known => scorer.score(self.pack, position),
            Who::Anybody => self.pack.popularity(position),
        };
        // Items without an interaction have no lift, and nobody chose them.
        let base: Vec<f32> =
            (0..self.train.n_items()).map(|item| base(self.catalogue.position(item as u32))).collect();
        let answer = self.train.sequence(user)[at].item as usize;
        let gain_of = |(weight, weights): &(f32, Vec<f32>)| {
            let lift = |item: usize| {
                let columns = self.columns.iter().zip(weights).zip(values);
                columns
                    .map(|((lifts, weight), value)| {
                        value.map_or(0.0, |value| weight * lifts.row(item)[value])
                    })
                    .sum::<f32>()
            };
            let score = |item: usize| weight * base[item] + lift(item);
            let wanted = score(answer);
            let place =
                (0..base.len()).filter(|&item| item != answer && score(item) >= wanted).take(CUT_OFF).count();
            if place < CUT_OFF { gain(place) } else { 0.0 }
        };
        variants.iter().map(gain_of).collect()
    }
}

fn sum(gains: &[(usize, Vec<f64>)], variant: usize) -> f64 {
    gains.iter().map(|(_, gains)| gains[variant]).sum()
}
