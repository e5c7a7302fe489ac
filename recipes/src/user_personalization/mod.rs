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
mod recency;
mod rows;
mod space;
mod tune;
mod update;

use std::collections::BTreeMap;

use bowerbird_ranker::Pack;
use bowerbird_ranker::pack::{NewContexts, Notes};

use crate::catalogue::{Catalogue, Model};
use crate::kernel::mix;
use crate::metrics::{Split, evaluate};
use crate::prior::{DAY_MS, Prior};
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
        let contexts = work.contexts(&split.train, &held_out, chosen.prior)?;
        // As large as the interactions, and not needed any more.
        drop((split, held_out));
        let model = Model { contexts, ..work.fit(&chosen)? };
        let step = |done, total| job.step("placing new items", done, total);
        Ok(Trained { pack: work.catalogue.publish_with_newcomers(self.0, &model, &step)?, metrics })
    }

    /// The list of a moment, once people fade, is out of date when another half-life has passed.
    fn out_of_date_after(&self, _settings: &BTreeMap<String, String>, pack: &Pack) -> Option<i64> {
        let days = pack.notes().half_life_days;
        (days > 0.0).then(|| (f64::from(days) * DAY_MS) as i64)
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
    /// [`log_most`] of what tuning learnt from, with this prior.
    log_most: f32,
    /// The rows, made without the held-back events.
    made: Option<Made>,
    /// What the objective adds to the prior.
    tilt: Tilt,
    /// How people are counted.
    prior: Prior,
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
        let (kinds, prior) = (self.kinds(), Prior::default().of(&older));
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
                    log_most: log_most(&older, Prior::default()),
                    made: None,
                    tilt: Tilt::default(),
                    prior: Prior::default(),
                });
            }
        }
        let mut best = best.expect("ALS is always among the learners");
        let choice = choices.into_iter().nth(best.tuned.rows).expect("it was chosen from them");
        let mut pack = self.pack_of(&best, &older, &choice)?;
        if let Some((prior, weight)) = self.recency(train, &pack, &best.tuned, kinds[best.tuned.rows])? {
            best.log_most = log_most(&older, prior);
            best.prior = prior;
            best.tuned.constants.popularity_weight = kinds[best.tuned.rows].recent(best.log_most)[weight];
            pack = self.pack_of(&best, &older, &choice)?;
        }
        if !older.appeal().is_empty() {
            let judged = (&pack, &best.tuned, best.prior);
            best.prior.appeal = appeal::share(self.job, (&self.catalogue, train, &older), judged)?;
            pack = self.pack_of(&best, &older, &choice)?;
        }
        if let Some(objective) = &self.objective {
            let (places, judged) = (self.held_back_events(train), (&self.catalogue, train));
            let given = (&places, &choice.popularity[..]);
            best.tilt = objective.weigh(self.job, judged, (&pack, &mut best.tuned), given)?;
            pack = self.pack_of(&best, &older, &choice)?;
        }
        best.made = Some(choice.made);
        Ok((best, pack))
    }

    /// The pack of what was chosen, of the events that are not held back.
    fn pack_of(&self, chosen: &Chosen, older: &Interactions, choice: &Choice) -> Result<Pack, RecipeError> {
        let most_people = most_people(chosen.prior, older);
        let model =
            chosen.model(&chosen.space, chosen.prior.of(older), choice.made.neighbours.clone(), most_people);
        self.catalogue.pack(self.recipe, &model)
    }

    /// The prior in which people fade, and which of the weights it has, if that is surely better.
    fn recency(
        &self,
        train: &Interactions,
        pack: &Pack,
        tuned: &Tuned,
        kind: Kind,
    ) -> Result<Option<(Prior, usize)>, RecipeError> {
        if !self.is_recent {
            return Ok(None);
        }
        let (judged, is_learnt) = ((&self.catalogue, train), self.is_learnt(train));
        let found = recency::choose(self.job, judged, &is_learnt, (pack, tuned, kind))?;
        let prior = |half_life_days| Prior { half_life_days, ..Prior::default() };
        Ok(found.map(|found| (prior(found.half_life_days), found.weight)))
    }

    fn held_back_events(&self, train: &Interactions) -> tune::Places {
        tune::held_back_events(self.job.seed, train, self.catalogue.n_items())
    }

    /// What tuning learns from: the same numbering of users, without the events that it is judged by.
    fn learnt_from(&self, train: &Interactions) -> Interactions {
        let is_learnt = self.is_learnt(train);
        let learnt = |sequence: &[Event]| sequence.len() - tune::held_back(sequence, train.n_users());
        train.keep(|user, sequence| if is_learnt(user) { learnt(sequence) } else { 0 })
    }

    /// Whether tuning learns from a user.
    fn is_learnt(&self, train: &Interactions) -> impl Fn(usize) -> bool + use<> {
        let (share, seed) = (TUNED_EVENTS / train.n_events().max(1) as f32, self.job.seed);
        // Another part of the hash than rows are sampled by.
        move |user| share >= 1.0 || mix(!seed ^ user as u64) as f32 <= share * u64::MAX as f32
    }

    /// Rows of each kind, made of a part of the events.
    fn choices(
        &self,
        kinds: &[Kind],
        older: &Interactions,
        prior: &[f32],
    ) -> Result<Vec<Choice>, RecipeError> {
        let share = (JUDGED_EVENTS / older.n_events().max(1) as f32).min(1.0);
        let log_most = log_most(older, Prior::default());
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
    fn contexts(
        &self,
        train: &Interactions,
        held_out: &Pack,
        prior: Prior,
    ) -> Result<Option<NewContexts>, RecipeError> {
        if train.contexts().columns().is_empty() {
            return Ok(None);
        }
        let older = train.keep(|_, sequence| sequence.len() - tune::held_back(sequence, train.n_users()));
        let judged = (held_out, log_most(&older, prior));
        let weights = contexts::tune(self.job, &self.catalogue, train, &older, judged)?;
        Ok(weights.and_then(|weights| weights.publish(self.job.interactions)))
    }

    /// The model to publish, of all interactions.
    fn fit(&self, chosen: &Chosen) -> Result<Model, RecipeError> {
        let interactions = self.job.interactions;
        let kind = self.kinds()[chosen.tuned.rows];
        let earlier = chosen.made.as_ref();
        let neighbours = kind.rows(self.job, "training: neighbours", interactions, 1.0, earlier)?.neighbours;
        let (prior, most_people) = (chosen.prior.of(interactions), most_people(chosen.prior, interactions));
        let mut model = if chosen.has_vectors() {
            let space =
                chosen.learner.fit(self.job, "training: vectors", interactions, Some(&chosen.space))?;
            chosen.model(&space, prior, neighbours, most_people)
        } else {
            chosen.model(&chosen.space, prior, neighbours, most_people)
        };
        // The prior is a share of the logarithm of the most popular item, and that has grown with the data.
        let before = kind.popularity(chosen.log_most)[0];
        if before > 0.0 {
            model.constants.popularity_weight *=
                kind.popularity(log_most(interactions, chosen.prior))[0] / before;
        }
        Ok(model)
    }
}

impl Chosen {
    fn has_vectors(&self) -> bool {
        self.tuned.constants.vector_weight > 0.0
    }

    /// Vectors that nobody reads are left out.
    fn model(
        &self,
        space: &Space,
        popularity: Vec<f32>,
        neighbours: Vec<Vec<(u32, f32)>>,
        most_people: f32,
    ) -> Model {
        let (vectors, network) = if self.has_vectors() { space.contents() } else { (None, None) };
        let tilt = self.tilt.added.clone();
        // Where a kind is not possible it is the last.
        let row_window = KINDS[self.tuned.rows].window();
        let Prior { appeal: impressions, half_life_days } = self.prior;
        let objective = self.tilt.ratio;
        let notes = Notes { row_window, objective, impressions, half_life_days, most_people };
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

/// ln(1 + people) of the item with the most people.
fn log_most(interactions: &Interactions, prior: Prior) -> f32 {
    (prior.most(interactions) as f32).ln_1p()
}

/// The note of it; 0 where nobody fades, since then they are the users.
fn most_people(prior: Prior, interactions: &Interactions) -> f32 {
    if prior.half_life_days > 0.0 { prior.most(interactions) as f32 } else { 0.0 }
}
