//! "What comes next after these items?", learnt: one block of causal self-attention over the latest events, small
//! enough for the page.
//!
//! SASRec (Kang, McAuley 2018) in one block, with what lets a page follow it click by click: ages instead of positions
//! (a bias per age, so that an event's key and value do not change as it gets older) and learnt taps over the three
//! events before (instead of a first block). Trained with the cross-entropy of the next item over sampled
//! candidates (Klenitskiy, Vasilev 2023) and Adam. docs/recipes/aws-user-personalization.md has the formulas.
//!
//! It is not: a general network library; forward and backward are written for this one shape.

mod adam;
mod attention;
mod batch;
mod block;
mod loss;
mod norm;
mod publish;
mod random;
mod weights;

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use crate::{Event, Interactions, RecipeError};
use adam::Adam;
use batch::{Plan, Shard};
use block::forward;
use loss::{Candidates, cross_entropy};
pub use weights::{Part, Shape, Weights};

/// Settings of the training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Encoder {
    /// Sizes.
    pub shape: Shape,
    /// Passes over the data.
    pub epochs: usize,
    /// Events per step.
    pub batch: usize,
    /// Largest learning rate.
    pub rate: f32,
    /// Share of numbers that are zeroed in training.
    pub dropout: f32,
    /// Wrong items that a step compares with; all of them if there are not more.
    pub candidates: usize,
}

/// What was learnt.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Item vectors \[n × d\]: what goes in and what is compared with.
    pub items: Array2<f32>,
    /// Everything else.
    pub weights: Weights,
}

/// Shards of a step: fixed, so that the order of additions does not depend on the number of threads.
const SHARDS: usize = 4;
/// Steps until the learning rate is at its largest.
const WARM_UP: usize = 200;
const HEADS: usize = 2;
/// Fewer than this say too little of what follows what.
const EVENTS_MIN: usize = 500_000;
/// Fewer people than this, of whom two events each are held back, cannot tell whether it predicts better: as few as tuning
/// judges by at least. A million events of one person took minutes of training for nothing.
const USERS_MIN: usize = 100;
/// Events that are looked at in all, each as often as there are epochs: on the validation events of ml-1m 6 epochs of
/// 1 M events give NDCG@10 0.163 and 14 give 0.180.
const EVENTS_ENOUGH: usize = 15_000_000;
/// More epochs only remember the data.
const EPOCHS_MAX: usize = 30;
/// Multiplications and additions that one core of a 2025 server does in a second, measured in training itself.
const SPEED: f64 = 45e9;

impl Encoder {
    /// What is worth the time: `None` where there are too few events to learn from or too little time.
    ///
    /// Time is counted in multiplications, so that the result does not depend on the machine or what else it does.
    pub fn within(seconds: f64, dim: usize, interactions: &Interactions) -> Option<Self> {
        let (events, n_items) = (interactions.n_events(), interactions.n_items());
        if events < EVENTS_MIN || interactions.n_users() < USERS_MIN || !dim.is_multiple_of(HEADS) {
            return None;
        }
        let shape = Shape { dim, heads: HEADS, window: 50, taps: 3, hidden: 4 * dim };
        let encoder = Self::of(shape);
        let epoch = encoder.work_per_event(n_items) * events as f64 / SPEED;
        // A shorter run follows, of a quarter.
        let affordable = (seconds / 1.25 / epoch) as usize;
        let epochs = EVENTS_ENOUGH.div_ceil(events).clamp(2, EPOCHS_MAX).min(affordable);
        (epochs >= 2).then_some(Self { epochs, ..encoder })
    }

    /// To go on from what an earlier training published: one pass over the data, at an eighth of the rate.
    pub fn again(shape: Shape) -> Self {
        let encoder = Self::of(shape);
        Self { rate: encoder.rate / 8.0, ..encoder }
    }

    fn of(shape: Shape) -> Self {
        Self { shape, epochs: 1, batch: 1024, rate: 0.004, dropout: 0.15, candidates: 512 }
    }

    /// Multiplications and additions, forward and twice that backward.
    fn work_per_event(&self, n_items: usize) -> f64 {
        let Shape { dim, window, hidden, .. } = self.shape;
        let candidates = self.candidates.min(n_items);
        (6 * dim * (4 * dim + 2 * hidden + 6 * window + candidates)) as f64
    }

    /// To go on from what was learnt from a part of the same data.
    #[must_use]
    pub fn warm(&self) -> Self {
        Self { epochs: self.epochs.div_ceil(4), rate: self.rate / 4.0, ..*self }
    }

    /// Trains from random numbers, or on from `start`. `step(done, total)` is called after every step of the descent.
    ///
    /// # Errors
    /// What `step` returns.
    pub fn fit(
        &self,
        interactions: &Interactions,
        start: Option<&Encoded>,
        seed: u64,
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<Encoded, RecipeError> {
        let sequences: Vec<Vec<u32>> = interactions.sequences().map(counting).collect();
        let n_items = interactions.n_items();
        let mut model = start.cloned().unwrap_or_else(|| Encoded {
            items: random::normal(n_items, self.shape.dim, 0.02, seed),
            weights: Weights::new(self.shape, seed),
        });
        let mut adam = Adam::new(&model);
        let plan = Plan { batch: self.batch, window: self.shape.window, length: self.shape.window * 2 };
        let total: usize = (0..self.epochs).map(|epoch| plan.steps(&sequences, seed, epoch)).sum();
        let mut done = 0;
        for epoch in 0..self.epochs {
            for shards in plan.epoch(&sequences, seed, epoch, SHARDS) {
                step(done as u64, total as u64)?;
                let key = random::mix(seed ^ random::mix(done as u64 + 1));
                let candidates = Candidates::new(n_items, self.candidates, key);
                let n: usize = shards.iter().map(|shard| shard.targets.len()).sum();
                let shards = shards.par_iter().enumerate();
                let gradients: Vec<Gradient> = shards
                    .map(|(at, shard)| {
                        self.gradient(&model, shard, &candidates, n, random::mix(key ^ at as u64))
                    })
                    .collect();
                gradients.iter().for_each(|gradient| adam.add(gradient, &candidates));
                adam.step(&mut model, self.rate_at(done, total));
                done += 1;
            }
        }
        Ok(model)
    }

    /// Rises, then falls in a straight line almost to nothing.
    fn rate_at(&self, done: usize, total: usize) -> f32 {
        let rise = ((done + 1) as f32 / WARM_UP as f32).min(1.0);
        self.rate * rise * (1.0 - done as f32 / total as f32).max(0.02)
    }

    fn gradient(
        &self,
        model: &Encoded,
        shard: &Shard,
        candidates: &Candidates,
        n: usize,
        key: u64,
    ) -> Gradient {
        let rows: Vec<usize> = shard.items.iter().map(|&item| item as usize).collect();
        let mut x = model.items.select(Axis(0), &rows);
        let keep = random::mask(x.dim(), self.dropout, key ^ 1);
        if let Some(keep) = &keep {
            x *= keep;
        }
        let masks =
            [2, 3].map(|salt| random::mask((shard.queries.len(), self.shape.dim), self.dropout, key ^ salt));
        let tape = forward(&model.weights, x, shard, masks);
        let out = cross_entropy(&tape.h, &model.items, &shard.targets, candidates, n);
        let (weights, mut dx) = tape.backward(&model.weights, shard, out.dh);
        if let Some(keep) = &keep {
            dx *= keep;
        }
        Gradient {
            loss: out.loss,
            weights,
            inputs: (shard.items.clone(), dx),
            candidates: out.candidates,
            targets: (shard.targets.clone(), out.targets),
        }
    }
}

/// The items of the events that count.
fn counting(sequence: &[Event]) -> Vec<u32> {
    sequence.iter().filter(|event| event.weight > 0.0).map(|event| event.item).collect()
}

impl Encoded {
    /// What follows each history, \[histories × d\].
    pub fn encode(&self, histories: &[&[u32]]) -> Array2<f32> {
        let shard = Shard::of_histories(histories, self.weights.shape().window);
        let rows: Vec<usize> = shard.items.iter().map(|&item| item as usize).collect();
        forward(&self.weights, self.items.select(Axis(0), &rows), &shard, [None, None]).h
    }
}

/// What one shard contributes to a step.
struct Gradient {
    #[cfg_attr(not(test), expect(dead_code, reason = "gradients are checked against it"))]
    loss: f64,
    weights: Weights,
    inputs: (Vec<u32>, Array2<f32>),
    candidates: Array2<f32>,
    targets: (Vec<u32>, Array2<f32>),
}

#[cfg(test)]
mod tests {
    use bowerbird_ranker::pack::{Contents, write};
    use bowerbird_ranker::{Constants, History, ItemIndex, Pack, Scorer};

    use super::*;

    const SMALL: Encoder = Encoder {
        shape: Shape { dim: 8, heads: 2, window: 5, taps: 2, hidden: 12 },
        epochs: 1,
        batch: 64,
        rate: 0.01,
        dropout: 0.0,
        candidates: 9,
    };

    /// Everybody goes around the same circle of 20 items, from different starts.
    fn circle() -> Interactions {
        let mut builder = Interactions::builder();
        for user in 0..60 {
            for at in 0..12 {
                builder.push(&format!("u{user}"), &format!("i{:02}", (user * 7 + at) % 20), at, 1.0).unwrap();
            }
        }
        builder.build().unwrap()
    }

    #[test]
    fn it_learns_what_comes_next_and_threads_change_nothing() {
        let encoder = Encoder { epochs: 30, ..SMALL };
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| encoder.fit(&circle(), None, 5, &|_, _| Ok(()))).unwrap()
        };
        let (one, three) = (on(1), on(3));
        assert!(one.items == three.items && one.network() == three.network());
        for start in 0..20u32 {
            let history = [start, (start + 1) % 20, (start + 2) % 20];
            let scores = one.encode(&[&history]).dot(&one.items.t());
            let best = (0..20).max_by(|&a, &b| scores[(0, a)].total_cmp(&scores[(0, b)]));
            assert_eq!(best, Some((start as usize + 3) % 20));
        }
    }

    #[test]
    fn a_stop_ends_the_training() {
        let stopped = SMALL.fit(&circle(), None, 5, &|done, _| {
            if done < 2 { Ok(()) } else { Err(RecipeError::Stopped) }
        });
        assert_eq!(stopped.unwrap_err(), RecipeError::Stopped);
    }

    fn model() -> Encoded {
        let mut weights = Weights::new(SMALL.shape, 3);
        for part in [Part::Taps, Part::Ages, Part::WidenBias] {
            let (rows, columns) = SMALL.shape.of(part);
            let values = random::normal(rows, columns, 0.3, part as u64);
            weights.add_to(part, &values);
        }
        Encoded { items: random::normal(20, 8, 0.7, 1), weights }
    }

    /// Central differences of the loss in a direction against the gradient along it.
    #[test]
    fn gradients_are_those_of_the_loss() {
        let sequences: Vec<Vec<u32>> = vec![(0..14).map(|x| x * 7 % 20).collect(), vec![3, 5, 3]];
        let plan = Plan { batch: 64, window: 5, length: 8 };
        let shard = plan.epoch(&sequences, 1, 0, 1).next().unwrap().remove(0);
        let n = shard.targets.len();
        let candidates = Candidates::new(20, 9, 4);
        let loss = |model: &Encoded| SMALL.gradient(model, &shard, &candidates, n, 0).loss / n as f64;
        let base = model();
        let gradient = SMALL.gradient(&base, &shard, &candidates, n, 0);
        let mut adam = Adam::new(&base);
        adam.add(&gradient, &candidates);
        let check = |name: &str, expected: f32, change: &dyn Fn(&mut Encoded, f32)| {
            let [low, high] = [-2e-3, 2e-3].map(|step| {
                let mut moved = base.clone();
                change(&mut moved, step);
                loss(&moved)
            });
            let found = ((high - low) / 4e-3) as f32;
            assert!((found - expected).abs() < 5e-3 + 0.02 * expected.abs(), "{name}: {found} {expected}");
        };
        for part in weights::PARTS {
            let length = base.weights.slice(part).len();
            for at in (0..length).step_by(length.div_ceil(9)) {
                let expected = gradient.weights.slice(part)[at];
                check(&format!("{part:?} {at}"), expected, &|model, step| {
                    model.weights.slice_mut(part)[at] += step
                });
            }
        }
        for item in 0..20 {
            let expected = adam.item_gradient[(item, item % 8)];
            check(&format!("item {item}"), expected, &|model, step| model.items[(item, item % 8)] += step);
        }
    }

    /// Through the pack, int8 and all, the encoder says what training's own forward pass says.
    #[test]
    fn a_pack_encodes_as_training_does() {
        let model = model();
        let pack = Pack::open(
            write(&Contents {
                recipe: "aws-user-personalization".into(),
                constants: Constants {
                    vector_weight: 1.0,
                    popularity_weight: 0.0,
                    vector_decay: 1.0,
                    vector_window: 50.0,
                    ..Constants::default()
                },
                ids: (0..20).map(|item| format!("{item:02}")).collect(),
                popularity: vec![0.0; 20],
                dim: 8,
                vectors: model.items.iter().copied().collect(),
                network: Some(model.network()),
                ..Contents::default()
            })
            .unwrap(),
        )
        .unwrap();
        for items in [&[3][..], &[1, 2, 3], &[9, 9, 4, 0, 17, 4, 2, 11]] {
            let expected = model.encode(&[items]).dot(&model.items.t());
            let again = Encoded::again(model.items.clone(), &pack.to_network().unwrap());
            let again = again.encode(&[items]).dot(&model.items.t());
            assert!(again.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 0.1), "{again} {expected}");
            let mut history = History::new();
            items.iter().for_each(|&item| history.observe(ItemIndex(item), 1.0));
            let scorer = Scorer::new(&pack, &history);
            let found: Vec<f32> = pack.items().map(|item| scorer.parts(&pack, item).vector).collect();
            let norm = |numbers: &[f32]| numbers.iter().map(|x| x * x).sum::<f32>().sqrt();
            let expected = expected.row(0).to_vec();
            let inner: f32 = found.iter().zip(&expected).map(|(a, b)| a * b).sum();
            let cosine = inner / (norm(&found) * norm(&expected));
            assert!(cosine > 0.999, "{items:?}: {cosine} {found:?} {expected:?}");
        }
    }
}
