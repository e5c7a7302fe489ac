//! "Which window, which decays, which blend?" Two passes over held-back events: first counting and decays with a
//! middling blend, then the blend. Judged by NDCG@25: less noisy than NDCG@10, and without a cut-off the choice would
//! serve places that nobody looks at.

use bowerbird_ranker::{Constants, History, ItemIndex, Pack, Parts, Scorer};
use rayon::prelude::*;

use crate::catalogue::Catalogue;
use crate::metrics::gain;
use crate::{Event, Interactions, RecipeError, Training};

/// What tuning decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuned {
    /// Which of the countings.
    pub(super) counting: usize,
    pub(super) constants: Constants,
}

/// What to choose from.
#[derive(Clone, Debug)]
pub(super) struct Decays {
    vector: Vec<f32>,
    vector_weights: &'static [f32],
    neighbour: Vec<f32>,
}

impl Decays {
    pub(super) fn recent() -> Self {
        let (vector, neighbour) = (vec![0.8, 0.9, 0.95], vec![0.6, 0.7, 0.8, 0.9]);
        Self { vector, neighbour, vector_weights: &VECTOR_WEIGHTS }
    }

    pub(super) fn none() -> Self {
        Self { vector: vec![1.0], neighbour: vec![1.0], vector_weights: &VECTOR_WEIGHTS }
    }

    /// The encoder has learnt itself what age does.
    pub(super) fn of_encoder(&self) -> Self {
        Self { vector: vec![1.0], vector_weights: &ENCODER_WEIGHTS, ..self.clone() }
    }
}

/// Weights of the vector part beside 1 for the neighbours. On the validation events of ml-1m 2.5 loses 3 % NDCG@10
/// against 1.5; it wins nothing on those of ml-100k and 0.002 on those of ml-latest-small.
const VECTOR_WEIGHTS: [f32; 6] = [0.0, 0.3, 0.5, 0.7, 1.0, 1.5];
/// The encoder alone is stronger than the neighbours, and knows itself what is popular.
const ENCODER_WEIGHTS: [f32; 6] = [0.0, 1.0, 2.5, 5.0, 10.0, 20.0];
/// Weights of the popularity prior; its values lie between 0 and 1, those of the other parts around 1.
const POPULARITY_WEIGHTS: [f32; 4] = [0.03, 0.1, 0.5, 2.0];
/// Events older than the 30th have no say with any decay up to 0.9.
const WINDOW: f32 = 30.0;
/// More held-back events than this do not change the choice.
const QUERIES_MAX: usize = 1500;
/// Bounds the time of tuning on large catalogues: held-back events times items.
const WORK_MAX: usize = 6_000_000;
/// But fewer say nothing at all.
const QUERIES_MIN: usize = 100;
/// The longest list that the metrics look at.
const CUT_OFF: usize = 25;
/// Queries between two reports.
const BLOCK: usize = 100;

/// One held-back event and what came before it.
struct Query {
    history: History,
    /// Everything that may be the answer: all items but those seen before; the right one comes first.
    candidates: Vec<ItemIndex>,
}

/// The constants that tuning starts from, and keeps where there is nothing to learn from.
pub(super) fn start(decays: &Decays) -> Constants {
    let middle = |decays: &[f32]| decays[decays.len() / 2];
    Constants {
        vector_weight: 0.7,
        neighbour_weight: 1.0,
        popularity_weight: 0.1,
        vector_decay: middle(&decays.vector),
        vector_window: WINDOW,
        neighbour_decay: middle(&decays.neighbour),
        neighbour_window: WINDOW,
        ..Constants::default()
    }
}

/// How many of a user's newest events tuning may not learn from.
pub(super) fn held_back(sequence: &[Event]) -> usize {
    if sequence.len() >= 4 { 2 } else { 0 }
}

/// The best, and its summed gain. `packs`: one per counting, trained without what [`held_back`] says; the first has the vectors.
pub(super) fn tune(
    job: &Training<'_>,
    catalogue: &Catalogue<'_>,
    train: &Interactions,
    packs: &[Pack],
    decays: &Decays,
) -> Result<(f64, Tuned), RecipeError> {
    let places = held_back_events(job.seed, train, catalogue.n_items());
    let base = *packs[0].constants();
    let mut variants = Vec::new();
    for &vector_decay in &decays.vector {
        for counting in 0..packs.len() {
            for &neighbour_decay in &decays.neighbour {
                variants
                    .push(Tuned { counting, constants: Constants { vector_decay, neighbour_decay, ..base } });
            }
        }
    }
    let judge = |phase: &str, variants: &[Tuned]| {
        let mut totals = vec![0.0; variants.len()];
        for (number, block) in places.chunks(BLOCK).enumerate() {
            job.step(phase, (number * BLOCK) as u64, places.len() as u64)?;
            let gains: Vec<Vec<f64>> = block
                .par_iter()
                .filter_map(|&(user, at)| Query::new(catalogue, train.sequence(user), at))
                .map(|query| query.gains(packs, variants))
                .collect();
            gains
                .iter()
                .for_each(|gains| totals.iter_mut().zip(gains).for_each(|(total, gain)| *total += gain));
        }
        Ok::<_, RecipeError>(best(variants, &totals))
    };
    let start = Tuned { counting: packs.len() - 1, constants: base };
    variants.insert(0, start);
    let (_, recency) = judge("tuning: decays", &variants)?;
    let mut blends = vec![recency];
    for &vector_weight in decays.vector_weights {
        for popularity_weight in POPULARITY_WEIGHTS {
            let constants = Constants { vector_weight, popularity_weight, ..recency.constants };
            blends.push(Tuned { constants, ..recency });
        }
    }
    judge("tuning: blend", &blends)
}

/// The first on a tie, so that without queries the start wins.
fn best(variants: &[Tuned], totals: &[f64]) -> (f64, Tuned) {
    let first_best = (0..variants.len()).rev().max_by(|&a, &b| totals[a].total_cmp(&totals[b]));
    let first_best = first_best.unwrap_or(0);
    (totals[first_best], variants[first_best])
}

/// (user, place in the sequence), a seeded sample if there are too many.
fn held_back_events(seed: u64, train: &Interactions, n_items: usize) -> Vec<(usize, usize)> {
    let newest = |user: usize| {
        let sequence = train.sequence(user);
        (sequence.len() - held_back(sequence)..sequence.len()).map(move |at| (user, at))
    };
    let mut places: Vec<(usize, usize)> = (0..train.n_users()).flat_map(newest).collect();
    let most = (WORK_MAX / n_items.max(1)).clamp(QUERIES_MIN, QUERIES_MAX);
    let key = |&(user, at): &(usize, usize)| {
        let mixed = (seed ^ ((user as u64) << 20) ^ at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    };
    if places.len() > most {
        places.sort_by_key(key);
        places.truncate(most);
    }
    places
}

impl Query {
    /// `None` when the answer had been seen before: repeats are a matter of policy, not of taste.
    fn new(catalogue: &Catalogue<'_>, sequence: &[Event], at: usize) -> Option<Self> {
        let answer = catalogue.position(sequence[at].item);
        let mut is_candidate = vec![true; catalogue.n_items()];
        sequence[..at].iter().for_each(|event| is_candidate[catalogue.position(event.item).at()] = false);
        if !std::mem::replace(&mut is_candidate[answer.at()], false) {
            return None;
        }
        let others = (0..).map(ItemIndex).zip(is_candidate).filter(|(_, keep)| *keep).map(|(item, _)| item);
        let candidates = std::iter::once(answer).chain(others).collect();
        Some(Self { history: catalogue.history(&sequence[..at]), candidates })
    }

    /// The gain of the right answer under each variant.
    fn gains(&self, packs: &[Pack], variants: &[Tuned]) -> Vec<f64> {
        let mut memo = Memo { query: self, packs, vectors: Vec::new(), neighbours: Vec::new() };
        let popularity: Vec<f32> = self.candidates.iter().map(|&item| packs[0].popularity(item)).collect();
        variants
            .iter()
            .map(|variant| {
                let (vector, neighbour) = memo.parts(variant);
                let Constants { vector_weight: a, popularity_weight: c, .. } = variant.constants;
                let parts = memo.vectors[vector].1.iter().zip(&memo.neighbours[neighbour].1).zip(&popularity);
                let mut scores =
                    parts.map(|((vector, neighbour), popularity)| a * vector + neighbour + c * popularity);
                let answer = scores.next().unwrap_or(0.0);
                let place = scores.map(|score| usize::from(score >= answer)).sum();
                if place < CUT_OFF { gain(place) } else { 0.0 }
            })
            .collect()
    }
}

/// Parts that several variants share are computed once per query.
struct Memo<'a> {
    query: &'a Query,
    packs: &'a [Pack],
    /// By decay.
    vectors: Vec<(f32, Vec<f32>)>,
    /// By counting and decay.
    neighbours: Vec<((usize, f32), Vec<f32>)>,
}

impl Memo<'_> {
    /// Where the vector part and the neighbour part of a variant are kept.
    fn parts(&mut self, variant: &Tuned) -> (usize, usize) {
        let constants = &variant.constants;
        let vector = self.vectors.iter().position(|(decay, _)| *decay == constants.vector_decay);
        let vector = vector.unwrap_or_else(|| {
            let only = Constants { vector_weight: 1.0, neighbour_weight: 0.0, ..*constants };
            self.vectors.push((constants.vector_decay, self.of(&self.packs[0], &only, |parts| parts.vector)));
            self.vectors.len() - 1
        });
        let key = (variant.counting, constants.neighbour_decay);
        let neighbour = self.neighbours.iter().position(|(other, _)| *other == key);
        let neighbour = neighbour.unwrap_or_else(|| {
            let only = Constants { vector_weight: 0.0, neighbour_weight: 1.0, ..*constants };
            self.neighbours.push((key, self.of(&self.packs[key.0], &only, |parts| parts.neighbours)));
            self.neighbours.len() - 1
        });
        (vector, neighbour)
    }

    fn of(&self, pack: &Pack, constants: &Constants, part: impl Fn(Parts) -> f32) -> Vec<f32> {
        let scorer = Scorer::with_constants(pack, &self.query.history, constants);
        self.query.candidates.iter().map(|&item| part(scorer.parts(pack, item))).collect()
    }
}
