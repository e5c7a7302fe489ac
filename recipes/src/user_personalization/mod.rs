//! aws-user-personalization, aws-personalized-ranking and their second versions: what this person will do next.
//!
//! Item vectors by implicit ALS or by a sequence encoder, whichever predicts held-back events better; on the device or
//! the server the recent history becomes a user vector among them, and the neighbour rows of the latest items vote
//! beside it. How the rows are made, decays, the blend and what having been seen is worth are tuned on the newest
//! events of the training users; nothing is tuned on test users.

mod appeal;
mod contexts;
mod objective;
mod query;
mod rows;
mod space;
mod tune;
mod update;

use bowerbird_ranker::Pack;
use bowerbird_ranker::pack::{NewContexts, Notes};

use crate::catalogue::{Catalogue, Model, popularity_prior, prior_by_appeal};
use crate::kernel::mix;
use crate::metrics::{Split, evaluate};
use crate::settings::switch;
use crate::{Earlier, Event, Interactions, Recipe, RecipeError, Trained, Training};
use objective::{Objective, Tilt};
use rows::{KINDS, Kind, Made};
use space::{Learner, Space};
use tune::{Choice, Tuned, tune};

/// The recipe under one of its names.
pub(crate) struct UserPersonalization(pub(crate) &'static str);

/// Tuning learns from the users of so many events, a seeded sample if there are more: what is chosen hangs on which way
/// of learning is better, and that is as clear on these.
const TUNED_EVENTS: f32 = 5e6;
/// So many events tell whether fitted rows are better than counted ones.
const JUDGED_EVENTS: f32 = 4e5;

impl Recipe for UserPersonalization {
    fn name(&self) -> &'static str {
        self.0
    }

    /// Metrics are those of the tuned model, which knows neither test users nor the newest events of the others.
    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError> {
        let work = Work::new(self.0, job)?;
        let split = Split::new(job.interactions);
        let (chosen, held_out) = work.tune(&split.train)?;
        let metrics = evaluate(job, &held_out, &work.catalogue, &split)?;
        let contexts = work.contexts(&split.train, &held_out)?;
        // As large as the interactions, and not needed any more.
        drop((split, held_out));
        let model = Model { contexts, ..work.fit(&chosen)? };
        let step = |done, total| job.step("placing new items", done, total);
        Ok(Trained { pack: work.catalogue.publish_with_newcomers(self.0, &model, &step)?, metrics })
    }

    fn update(&self, job: &Training<'_>, earlier: &Earlier<'_>) -> Result<Vec<u8>, RecipeError> {
        self.go_on(job, earlier)
    }
}

/// One training under way.
struct Work<'a> {
    recipe: &'static str,
    job: &'a Training<'a>,
    catalogue: Catalogue<'a>,
    is_recent: bool,
    objective: Option<Objective>,
}

/// What predicted the held-back events best.
struct Chosen {
    learner: Learner,
    tuned: Tuned,
    /// Learnt without the held-back events.
    space: Space,
    gain: f64,
    /// [`log_most`] of what tuning learnt from.
    log_most: f32,
    /// The rows, made without the held-back events.
    made: Option<Made>,
    /// What the objective adds to the prior.
    tilt: Tilt,
    /// How much of the appeal of items is in the prior, 0 to 1.
    appeal: f32,
}

impl<'a> Work<'a> {
    fn new(recipe: &'static str, job: &'a Training<'a>) -> Result<Self, RecipeError> {
        let is_recent =
            switch(job.settings, "apply_recency_bias", true)? && switch(job.settings, "recency_mask", true)?;
        let catalogue = Catalogue::new(job.interactions, job.items);
        let objective = Objective::of(job, &catalogue)?;
        Ok(Self { recipe, job, catalogue, is_recent, objective })
    }

    /// What is to be chosen from: rows that were fitted with a decay mean nothing without.
    fn kinds(&self) -> Vec<Kind> {
        let is_possible = |kind: &Kind| self.is_recent || !matches!(kind, Kind::Learnt);
        KINDS.into_iter().filter(is_possible).collect()
    }

    /// Holds back the newest events of every user, learns the rest, and looks for what predicts them best. The pack is
    /// of what was learnt of that rest.
    fn tune(&self, train: &Interactions) -> Result<(Chosen, Pack), RecipeError> {
        let older = self.learnt_from(train);
        let (kinds, prior) = (self.kinds(), popularity_prior(&older));
        let choices = self.choices(&kinds, &older, &prior)?;
        let mut best: Option<Chosen> = None;
        for learner in Learner::of(self.job)? {
            let space = learner.fit(self.job, "tuning: vectors", &older, None)?;
            let of = |(choice, &kind): (&Choice, &Kind)| choice.beside(&learner, kind, self.is_recent);
            let choices: Vec<Choice> = choices.iter().zip(&kinds).map(of).collect();
            let constants = choices[0].constants;
            let (vectors, network) = space.contents();
            let popularity = prior.clone();
            let model = Model { constants, popularity, vectors, network, ..Model::default() };
            let pack = self.catalogue.pack(self.recipe, &model)?;
            let ages = learner.ages(self.is_recent);
            let (gain, tuned) = tune(self.job, &self.catalogue, train, &pack, &choices, ages)?;
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Chosen {
                    learner,
                    tuned,
                    space,
                    gain,
                    log_most: log_most(&older),
                    made: None,
                    tilt: Tilt::default(),
                    appeal: 0.0,
                });
            }
        }
        let mut best = best.expect("ALS is always among the learners");
        let choice = choices.into_iter().nth(best.tuned.rows).expect("it was chosen from them");
        let model = best.model(&best.space, prior, choice.made.neighbours.clone());
        let mut pack = self.catalogue.pack(self.recipe, &model)?;
        if !older.appeal().is_empty() {
            best.appeal = appeal::share(self.job, (&self.catalogue, train, &older), (&pack, &best.tuned))?;
            let prior = prior_by_appeal(&older, best.appeal);
            let model = best.model(&best.space, prior, choice.made.neighbours.clone());
            pack = self.catalogue.pack(self.recipe, &model)?;
        }
        if let Some(objective) = &self.objective {
            let (places, judged) = (self.held_back_events(train), (&self.catalogue, train));
            let given = (&places, &choice.popularity[..]);
            best.tilt = objective.weigh(self.job, judged, (&pack, &mut best.tuned), given)?;
            let prior = prior_by_appeal(&older, best.appeal);
            let model = best.model(&best.space, prior, choice.made.neighbours.clone());
            pack = self.catalogue.pack(self.recipe, &model)?;
        }
        best.made = Some(choice.made);
        Ok((best, pack))
    }

    fn held_back_events(&self, train: &Interactions) -> tune::Places {
        tune::held_back_events(self.job.seed, train, self.catalogue.n_items())
    }

    /// What tuning learns from: the same numbering of users, without the events that it is judged by.
    fn learnt_from(&self, train: &Interactions) -> Interactions {
        let share = TUNED_EVENTS / train.n_events().max(1) as f32;
        // Another part of the hash than rows are sampled by.
        let is_one =
            |user| share >= 1.0 || mix(!self.job.seed ^ user as u64) as f32 <= share * u64::MAX as f32;
        let learnt = |sequence: &[Event]| sequence.len() - tune::held_back(sequence, train.n_users());
        train.keep(|user, sequence| if is_one(user) { learnt(sequence) } else { 0 })
    }

    /// Rows of each kind, made of a part of the events.
    fn choices(
        &self,
        kinds: &[Kind],
        older: &Interactions,
        prior: &[f32],
    ) -> Result<Vec<Choice>, RecipeError> {
        let share = (JUDGED_EVENTS / older.n_events().max(1) as f32).min(1.0);
        let log_most = log_most(older);
        let choice = |&kind: &Kind| {
            let constants = kind.constants(log_most);
            let made = kind.rows(self.job, "tuning: neighbours", older, share, None)?;
            let (neighbours, popularity) = (made.neighbours.clone(), prior.to_vec());
            let model = Model { constants, popularity, neighbours, ..Model::default() };
            Ok(Choice {
                pack: self.catalogue.pack(self.recipe, &model)?,
                made,
                decays: kind.decays(self.is_recent),
                vectors: [0.0; 6],
                popularity: kind.popularity(log_most),
                reminders: kind.reminders(),
                constants,
            })
        };
        kinds.iter().map(choice).collect()
    }

    /// What contexts add to scores, where that helps beside what was tuned.
    fn contexts(&self, train: &Interactions, held_out: &Pack) -> Result<Option<NewContexts>, RecipeError> {
        if train.contexts().columns().is_empty() {
            return Ok(None);
        }
        let older = train.keep(|_, sequence| sequence.len() - tune::held_back(sequence, train.n_users()));
        let weights = contexts::tune(self.job, &self.catalogue, train, &older, held_out)?;
        Ok(weights.and_then(|weights| weights.publish(self.job.interactions)))
    }

    /// The model to publish, of all interactions.
    fn fit(&self, chosen: &Chosen) -> Result<Model, RecipeError> {
        let interactions = self.job.interactions;
        let kind = self.kinds()[chosen.tuned.rows];
        let earlier = chosen.made.as_ref();
        let neighbours = kind.rows(self.job, "training: neighbours", interactions, 1.0, earlier)?.neighbours;
        let prior = prior_by_appeal(interactions, chosen.appeal);
        let mut model = if chosen.has_vectors() {
            let space =
                chosen.learner.fit(self.job, "training: vectors", interactions, Some(&chosen.space))?;
            chosen.model(&space, prior, neighbours)
        } else {
            chosen.model(&chosen.space, prior, neighbours)
        };
        // The prior is a share of the logarithm of the most popular item, and that has grown with the data.
        let before = kind.popularity(chosen.log_most)[0];
        if before > 0.0 {
            model.constants.popularity_weight *= kind.popularity(log_most(interactions))[0] / before;
        }
        Ok(model)
    }
}

impl Chosen {
    fn has_vectors(&self) -> bool {
        self.tuned.constants.vector_weight > 0.0
    }

    /// Vectors that nobody reads are left out.
    fn model(&self, space: &Space, popularity: Vec<f32>, neighbours: Vec<Vec<(u32, f32)>>) -> Model {
        let (vectors, network) = if self.has_vectors() { space.contents() } else { (None, None) };
        let tilt = self.tilt.added.clone();
        // Where a kind is not possible it is the last.
        let row_window = KINDS[self.tuned.rows].window();
        let notes = Notes { row_window, objective: self.tilt.ratio, impressions: self.appeal };
        let constants = self.tuned.constants;
        Model { constants, notes, popularity, tilt, vectors, network, neighbours, contexts: None }
    }
}

impl Choice {
    /// The same rows beside the vectors of a learner.
    fn beside(&self, learner: &Learner, kind: Kind, is_recent: bool) -> Self {
        let vectors = learner.weights(kind);
        let ages = learner.ages(is_recent);
        let [vector_decay, vector_memory] = ages[ages.len() / 2];
        let constants = learner.constants(bowerbird_ranker::Constants {
            vector_weight: vectors[3],
            vector_decay,
            vector_memory,
            neighbour_decay: self.decays[self.decays.len() / 2],
            ..self.constants
        });
        Self { vectors, constants, ..self.clone() }
    }
}

/// ln(1 + users) of the item with the most users.
fn log_most(interactions: &Interactions) -> f32 {
    interactions.users_per_item().into_iter().max().map_or(0.0, |most| (most as f32).ln_1p())
}
