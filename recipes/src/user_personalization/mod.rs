//! aws-user-personalization, aws-personalized-ranking and their second versions: what this person will do next.
//!
//! Item vectors by implicit ALS or by a sequence encoder, whichever predicts held-back events better; on the device or
//! the server the recent history becomes a user vector among them, and the neighbour rows of the latest items vote
//! beside it. Window, decays and the blend are tuned on the newest events of the training users; nothing is tuned on
//! test users.

mod space;
mod tune;

use crate::catalogue::{Catalogue, Model, popularity_prior};
use crate::kernel::Transitions;
use crate::metrics::{Split, evaluate};
use crate::settings::switch;
use crate::{Interactions, Recipe, RecipeError, Trained, Training};
use space::{Learner, Space};
use tune::{Decays, Tuned, tune};

/// The recipe under one of its names.
pub(crate) struct UserPersonalization(pub(crate) &'static str);

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
        let chosen = work.tune(&split.train)?;
        let (held_out, space) = work.fit("evaluating", &split.train, &chosen, &chosen.space)?;
        let metrics = evaluate(&work.catalogue.pack(self.0, &held_out)?, &work.catalogue, &split);
        let (model, _) = work.fit("training", job.interactions, &chosen, &space)?;
        Ok(Trained { pack: work.catalogue.publish(self.0, &model)?, metrics })
    }
}

/// One training under way.
struct Work<'a> {
    recipe: &'static str,
    job: &'a Training<'a>,
    catalogue: Catalogue<'a>,
    decays: Decays,
}

/// What predicted the held-back events best.
struct Chosen {
    learner: Learner,
    tuned: Tuned,
    /// Learnt without the held-back events.
    space: Space,
    gain: f64,
}

impl<'a> Work<'a> {
    fn new(recipe: &'static str, job: &'a Training<'a>) -> Result<Self, RecipeError> {
        let recency =
            switch(job.settings, "apply_recency_bias", true)? && switch(job.settings, "recency_mask", true)?;
        let decays = if recency { Decays::recent() } else { Decays::none() };
        Ok(Self { recipe, job, catalogue: Catalogue::new(job.interactions, job.items), decays })
    }

    /// Holds back the newest events of every user, learns the rest, and looks for what predicts them best.
    fn tune(&self, train: &Interactions) -> Result<Chosen, RecipeError> {
        let older = train.keep(|_, sequence| sequence.len() - tune::held_back(sequence));
        let popularity = popularity_prior(&older);
        let mut countings = Vec::new();
        for counting in &COUNTINGS {
            countings.push(self.neighbours("tuning: neighbours", &older, counting)?);
        }
        let mut best: Option<Chosen> = None;
        for learner in Learner::of(self.job)? {
            let space = learner.fit(self.job, "tuning: vectors", &older, None)?;
            let decays = learner.decays(&self.decays);
            let constants = learner.constants(tune::start(&decays));
            let mut packs = Vec::new();
            for neighbours in countings.iter().cloned() {
                // One pack with vectors is enough.
                let (vectors, network) = if packs.is_empty() { space.contents() } else { (None, None) };
                let popularity = popularity.clone();
                let model = Model { constants, popularity, vectors, network, neighbours };
                packs.push(self.catalogue.pack(self.recipe, &model)?);
            }
            let (gain, tuned) = tune(self.job, &self.catalogue, train, &packs, &decays)?;
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Chosen { learner, tuned, space, gain });
            }
        }
        Ok(best.expect("ALS is always among the learners"))
    }

    fn fit(
        &self,
        phase: &str,
        interactions: &Interactions,
        chosen: &Chosen,
        start: &Space,
    ) -> Result<(Model, Space), RecipeError> {
        let space = chosen.learner.fit(self.job, &format!("{phase}: vectors"), interactions, Some(start))?;
        let counting = &COUNTINGS[chosen.tuned.counting];
        let neighbours = self.neighbours(&format!("{phase}: neighbours"), interactions, counting)?;
        let (vectors, network) = space.contents();
        let popularity = popularity_prior(interactions);
        let model = Model { constants: chosen.tuned.constants, popularity, vectors, network, neighbours };
        Ok((model, space))
    }

    fn neighbours(
        &self,
        phase: &str,
        interactions: &Interactions,
        counting: &Transitions,
    ) -> Result<Vec<Vec<(u32, f32)>>, RecipeError> {
        counting.rows(interactions, &|done, total| self.job.step(phase, done, total))
    }
}
