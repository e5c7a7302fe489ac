//! aws-user-personalization, aws-personalized-ranking and their second versions: what this person will do next.
//!
//! Item factors by implicit ALS; on the device or the server the recent history is folded in with a decay, and the
//! neighbour rows of the latest items vote beside it. Window, decays and the blend are tuned on the newest events of
//! the training users; nothing is tuned on test users.

mod tune;

use ndarray::Array2;

use crate::catalogue::{Catalogue, Model, popularity_prior};
use crate::kernel::{Als, Transitions};
use crate::metrics::{Split, evaluate};
use crate::settings::{number, switch};
use crate::{Interactions, Recipe, RecipeError, Trained, Training};
use tune::{Decays, Tuned, tune};

/// The recipe under one of its names.
pub(crate) struct UserPersonalization(pub(crate) &'static str);

/// Sweeps from a random start. NDCG@10 on the validation events of ml-100k and ml-latest-small stays within 0.003
/// from 6 to 15.
const SWEEPS: usize = 8;
/// Sweeps from the factors of a part of the same data.
const SWEEPS_WARM: usize = 3;
/// Neighbours kept per item. On the validation events of ml-100k 20 lose 5 % NDCG@10 against 50, and 30 nothing; on
/// those of ml-1m 30 lose 4 % of the neighbour part alone. A row of 30 is 90 bytes that every visitor downloads.
const ROW_LENGTH: usize = 30;

/// The two ways of counting that tuning chooses from: a short and a long memory.
const COUNTINGS: [Transitions; 2] = [counting(10, 0.75), counting(30, 0.9)];

const fn counting(window: usize, gap_decay: f32) -> Transitions {
    Transitions {
        window,
        gap_decay,
        backward: 0.5,
        source_exponent: 0.5,
        target_exponent: 0.5,
        shrinkage: 10.0,
        min_count: 1,
        row_length: ROW_LENGTH,
    }
}

impl Recipe for UserPersonalization {
    fn name(&self) -> &'static str {
        self.0
    }

    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError> {
        let work = Work::new(self.0, job)?;
        let split = Split::new(job.interactions);
        let (tuned, factors) = work.tune(&split.train)?;
        let (held_out, factors) = work.fit("evaluating", &split.train, Some(factors), &tuned)?;
        let metrics = evaluate(&work.catalogue.pack(self.0, &held_out)?, &work.catalogue, &split);
        let (model, _) = work.fit("training", job.interactions, Some(factors), &tuned)?;
        Ok(Trained { pack: work.catalogue.publish(self.0, &model)?, metrics })
    }
}

/// One training under way.
struct Work<'a> {
    recipe: &'static str,
    job: &'a Training<'a>,
    catalogue: Catalogue<'a>,
    als: Als,
    decays: Decays,
}

impl<'a> Work<'a> {
    fn new(recipe: &'static str, job: &'a Training<'a>) -> Result<Self, RecipeError> {
        let interactions = job.interactions;
        let dim: usize = number(job.settings, "hidden_dimension", 64, 4..=256)?;
        let recency =
            switch(job.settings, "apply_recency_bias", true)? && switch(job.settings, "recency_mask", true)?;
        let events_per_user = interactions.n_events() as f32 / interactions.n_users() as f32;
        let als = Als {
            // More dimensions than items could only store noise.
            dim: dim.min(interactions.n_items()),
            sweeps: SWEEPS,
            // From 0.1 to 30 the result on ml-100k and ml-latest-small hardly changes; short histories need less.
            ridge: (events_per_user / 10.0).clamp(0.1, 10.0),
            confidence: 1.0,
        };
        let decays = if recency { Decays::recent() } else { Decays::none() };
        Ok(Self { recipe, job, catalogue: Catalogue::new(interactions, job.items), als, decays })
    }

    /// Holds back the newest events of every user, learns the rest, and looks for what predicts them best.
    fn tune(&self, train: &Interactions) -> Result<(Tuned, Array2<f32>), RecipeError> {
        let older = train.keep(|_, sequence| sequence.len() - tune::held_back(sequence));
        let factors = self.factors("tuning: vectors", &older, None)?;
        let popularity = popularity_prior(&older);
        let mut packs = Vec::new();
        for counting in &COUNTINGS {
            let neighbours = self.neighbours("tuning: neighbours", &older, counting)?;
            // One pack with vectors is enough.
            let vectors = packs.is_empty().then(|| factors.clone());
            let constants = self.constants();
            let model = Model { constants, popularity: popularity.clone(), vectors, neighbours };
            packs.push(self.catalogue.pack(self.recipe, &model)?);
        }
        let tuned = tune(self.job, &self.catalogue, train, &packs, &self.decays)?;
        Ok((tuned, factors))
    }

    fn fit(
        &self,
        phase: &str,
        interactions: &Interactions,
        start: Option<Array2<f32>>,
        tuned: &Tuned,
    ) -> Result<(Model, Array2<f32>), RecipeError> {
        let factors = self.factors(&format!("{phase}: vectors"), interactions, start)?;
        let neighbours =
            self.neighbours(&format!("{phase}: neighbours"), interactions, &COUNTINGS[tuned.counting])?;
        let model = Model {
            constants: tuned.constants,
            popularity: popularity_prior(interactions),
            vectors: Some(factors.clone()),
            neighbours,
        };
        Ok((model, factors))
    }

    /// A start of zeros says nothing (a part of the data without events), so it is replaced by a random one.
    fn factors(
        &self,
        phase: &str,
        interactions: &Interactions,
        start: Option<Array2<f32>>,
    ) -> Result<Array2<f32>, RecipeError> {
        let start = start.filter(|start| start.iter().any(|&x| x != 0.0));
        let sweeps = if start.is_some() { SWEEPS_WARM } else { SWEEPS };
        let als = Als { sweeps, ..self.als };
        als.fit(interactions, start.as_ref(), self.job.seed, &|done, total| self.job.step(phase, done, total))
    }

    fn neighbours(
        &self,
        phase: &str,
        interactions: &Interactions,
        counting: &Transitions,
    ) -> Result<Vec<Vec<(u32, f32)>>, RecipeError> {
        counting.rows(interactions, &|done, total| self.job.step(phase, done, total))
    }

    /// The constants that tuning starts from.
    fn constants(&self) -> bowerbird_ranker::Constants {
        bowerbird_ranker::Constants {
            ridge: self.als.ridge,
            confidence: self.als.confidence,
            ..tune::start(&self.decays)
        }
    }
}
