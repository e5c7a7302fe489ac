//! "Where do the item vectors come from, and what makes a user vector of a history?" Two answers: factors by implicit
//! ALS, into which a history is folded; or the encoder's own vectors and its network.

use bowerbird_ranker::pack::NewNetwork;
use bowerbird_ranker::{Constants, Pack};
use ndarray::Array2;

use super::rows::Kind;
use crate::encoder::{Encoded, Encoder};
use crate::kernel::Als;
use crate::settings::number;
use crate::{Interactions, RecipeError, Training};

/// Sweeps from a random start. NDCG@10 on the validation events of ml-100k and ml-latest-small stays within 0.003
/// from 6 to 15.
const SWEEPS: usize = 6;
/// Sweeps from the factors of a part of the same data.
const SWEEPS_WARM: usize = 3;
/// Sweeps from the factors of an earlier training.
const SWEEPS_AGAIN: usize = 1;

/// Steps of conjugate gradients per row and sweep. One is enough where everybody did a thing once; the second is for those
/// who did it a hundred times.
const STEPS: usize = 2;
/// On the validation events of ml-1m the factors alone predict 1.5 % better than with 0, and 1 loses what 0.5 wins.
const ITEM_EXPONENT: f32 = 0.5;

/// Time that the encoder may take on one core of 2025, in seconds. On ml-1m it takes half of it.
const SECONDS: u32 = 600;

/// Decays and memories of the user vector to choose from: beside a memory of what is long past, what is recent may fade
/// faster. On the validation visits of ml-100k a memory wins 1.5 % NDCG@10 over five orders, on the validation events of
/// ml-1m 1.3 %: without one the factors win nothing there beside learnt rows. In the middle stands where tuning begins.
const AGES: &[[f32; 2]] =
    &[[0.8, 0.0], [0.9, 0.0], [0.95, 0.0], [0.8, 0.1], [0.9, 0.1], [0.8, 0.2], [0.9, 0.2]];

/// From so many items on, vectors have 32 dimensions instead of 64: with ids and rows of 30 neighbours a pack of 43,000
/// items is then below 130 bytes per item.
const LARGE: usize = 20_000;

/// A way to learn item vectors, with its settings.
#[derive(Clone, Copy, Debug)]
pub(super) enum Learner {
    Als(Als),
    Encoder(Encoder),
}

/// What was learnt.
#[derive(Clone, Debug)]
pub(super) enum Space {
    Factors(Array2<f32>),
    Encoded(Encoded),
}

impl Learner {
    /// Those that this job can afford: ALS always, the encoder where the data are enough for it.
    pub(super) fn of(job: &Training<'_>) -> Result<Vec<Self>, RecipeError> {
        let interactions = job.interactions;
        let large = interactions.n_items() > LARGE;
        let dim: usize = number(job.settings, "hidden_dimension", if large { 32 } else { 64 }, 4..=256)?;
        // More dimensions than items could only store noise.
        let dim = dim.min(interactions.n_items());
        let events_per_user = interactions.n_events() as f32 / interactions.n_users() as f32;
        // From 0.1 to 30 the result on ml-100k and ml-latest-small hardly changes; short histories need less.
        let ridge = (events_per_user / 10.0).clamp(0.1, 10.0);
        let als =
            Als { dim, sweeps: SWEEPS, steps: STEPS, ridge, item_exponent: ITEM_EXPONENT, confidence: 1.0 };
        let seconds: u32 = number(job.settings, "encoder_seconds", SECONDS, 0..=1_000_000)?;
        let encoder = Encoder::within(f64::from(seconds), dim, interactions).map(Self::Encoder);
        Ok([Some(Self::Als(als)), encoder].into_iter().flatten().collect())
    }

    /// What a pack was learnt with, to go on for a little, and where it goes on from.
    pub(super) fn again(pack: &Pack, vectors: Array2<f32>) -> (Self, Space) {
        let &Constants { ridge, confidence, .. } = pack.constants();
        let dim = pack.dim();
        let Some(network) = pack.to_network() else {
            let als = Als {
                dim,
                sweeps: SWEEPS_AGAIN,
                steps: STEPS,
                ridge,
                item_exponent: ITEM_EXPONENT,
                confidence,
            };
            return (Self::Als(als), Space::Factors(vectors));
        };
        let encoded = Encoded::again(vectors, &network);
        (Self::Encoder(Encoder::again(encoded.weights.shape())), Space::Encoded(encoded))
    }

    /// Learns from random numbers, or goes on from what was learnt from a part of the same data.
    pub(super) fn fit(
        &self,
        job: &Training<'_>,
        phase: &str,
        interactions: &Interactions,
        start: Option<&Space>,
    ) -> Result<Space, RecipeError> {
        let step = |done, total| job.step(phase, done, total);
        match self {
            Self::Als(als) => {
                // A start of zeros says nothing (a part of the data without events).
                let start = start.and_then(Space::factors).filter(|start| start.iter().any(|&x| x != 0.0));
                let sweeps = if start.is_some() { als.sweeps.min(SWEEPS_WARM) } else { als.sweeps };
                let als = Als { sweeps, ..*als };
                als.fit(interactions, start, job.seed, &step).map(Space::Factors)
            }
            Self::Encoder(encoder) => {
                let start = start.and_then(Space::encoded);
                // One pass is what is left to do where an earlier training goes on.
                let encoder = if start.is_some() && encoder.epochs > 1 { encoder.warm() } else { *encoder };
                encoder.fit(interactions, start, job.seed, &step).map(Space::Encoded)
            }
        }
    }

    /// Decays and memories of the user vector to choose from; the encoder has learnt itself what age does.
    pub(super) fn ages(&self, is_recent: bool) -> &'static [[f32; 2]] {
        match self {
            Self::Als(_) if is_recent => AGES,
            _ => &[[1.0, 0.0]],
        }
    }

    /// Weights of the vector part to choose from, beside 1 for the neighbours. Fitted rows are log odds, of which
    /// factors may only move a little. The encoder alone is stronger than the neighbours.
    pub(super) fn weights(&self, rows: Kind) -> [f32; 6] {
        match (self, rows) {
            // On the validation events of ml-1m 2.5 loses 3 % NDCG@10 against 1.5; it wins nothing on those of ml-100k.
            (Self::Als(_), Kind::Counted(..)) => [0.0, 0.3, 0.5, 0.7, 1.0, 1.5],
            (Self::Als(_), Kind::Learnt) => [0.0, 0.05, 0.1, 0.2, 0.4, 0.8],
            (Self::Encoder(_), Kind::Counted(..)) => [0.0, 1.0, 2.5, 5.0, 10.0, 20.0],
            (Self::Encoder(_), Kind::Learnt) => [0.0, 0.3, 0.7, 1.5, 3.0, 6.0],
        }
    }

    /// The constants that tuning starts from.
    pub(super) fn constants(&self, start: Constants) -> Constants {
        match self {
            Self::Als(als) => Constants { ridge: als.ridge, confidence: als.confidence, ..start },
            Self::Encoder(encoder) => Constants { vector_window: encoder.shape.window as f32, ..start },
        }
    }
}

impl Space {
    /// Item vectors \[n_items × d\], and the network that goes with them.
    pub(super) fn contents(&self) -> (Option<Array2<f32>>, Option<NewNetwork>) {
        match self {
            Self::Factors(factors) => (Some(factors.clone()), None),
            Self::Encoded(encoded) => (Some(encoded.items.clone()), Some(encoded.network())),
        }
    }

    fn factors(&self) -> Option<&Array2<f32>> {
        if let Self::Factors(factors) = self { Some(factors) } else { None }
    }

    fn encoded(&self) -> Option<&Encoded> {
        if let Self::Encoded(encoded) = self { Some(encoded) } else { None }
    }
}
