//! aws-next-best-action: how likely is this user to take this action, if it is offered now?
//!
//! It is not a [`Recipe`](crate::Recipe): it learns from answers to offers beside interactions, and what it makes is a
//! vector pack, in which a user's taste is a place, and a [`Propensity`] model that reads it. Both are also what
//! answers requests, so training and serving see the same features.

mod arrange;
mod attributes;
mod features;
mod judge;
mod logistic;
mod offers;
mod person;
mod propensity;

pub use arrange::{Candidate, Placed, arrange};
pub use attributes::Attributes;
pub use offers::{Answer, Answered};
pub use person::{Person, Seen};
pub use propensity::Propensity;

use std::collections::BTreeMap;

use bowerbird_ranker::{Constants, Pack};

use crate::catalogue::{Catalogue, Model};
use crate::kernel::Als;
use crate::prior::popularity_prior;
use crate::settings::number;
use crate::{Metrics, RecipeError, Training};
use features::Features;
use offers::{Offer, offers};
use person::People;

/// The name at Amazon.
pub const NAME: &str = "aws-next-best-action";

/// Dimensions of taste: each action has a weight for each of them, and there are few answers for each action.
const DIM: usize = 8;
const SWEEPS: usize = 8;
/// Days within which an offer has to be taken, unless `action_optimization_period` says otherwise. [guide]
const PERIOD_DAYS: i64 = 14;
const DAY_MS: i64 = 86_400_000;
/// Users that must have a word for it to be learnt from.
const USERS_OF_A_WORD: usize = 5;
/// Offers that are learnt from, the newest: as many as fit into 200 MB with a hundred features each.
const OFFERS_MAX: usize = 200_000;

/// What there is to learn from beside interactions.
pub struct Actions<'a> {
    /// What became of offers, in any order.
    pub answers: &'a [Answered],
    /// By action id.
    pub actions: &'a BTreeMap<String, Attributes>,
    /// By user id.
    pub users: &'a BTreeMap<String, Attributes>,
}

/// The result of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedActions {
    /// A vector pack of the items.
    pub pack: Vec<u8>,
    /// What [`Propensity::read`] reads.
    pub propensity: String,
    /// How good it is on the newest offers.
    pub metrics: Metrics,
}

/// Trains and evaluates. Without a single answer the model knows nothing, and says so.
///
/// # Errors
/// A hyperparameter outside its range, or [`RecipeError::Stopped`].
pub fn train(job: &Training<'_>, actions: &Actions<'_>) -> Result<TrainedActions, RecipeError> {
    let days: i64 = number(job.settings, "action_optimization_period", PERIOD_DAYS, 7..=28)?;
    let bytes = taste(job)?;
    let pack = Pack::open(bytes.clone())?;
    let users = attributes::without_rare(actions.users, USERS_OF_A_WORD);
    let actions = &Actions { users: &users, ..*actions };
    let mut offers = offers(actions.answers, days * DAY_MS);
    offers.drain(..offers.len().saturating_sub(OFFERS_MAX));
    let people = People::new(&pack, job.interactions, actions.users, actions.answers);
    let (older, newest) = judge::split(&offers);
    let judged = learn(job, "evaluating", actions, (&pack, &people), older)?;
    let metrics = judge::judge(&judged, actions.actions, (&pack, &people), newest);
    let propensity = learn(job, "training", actions, (&pack, &people), &offers)?;
    Ok(TrainedActions { pack: bytes, propensity: propensity.write(), metrics })
}

/// A pack with item vectors alone.
fn taste(job: &Training<'_>) -> Result<Vec<u8>, RecipeError> {
    let interactions = job.interactions;
    let events_per_user = interactions.n_events() as f32 / interactions.n_users().max(1) as f32;
    let ridge = (events_per_user / 10.0).clamp(0.1, 10.0);
    let dim = DIM.min(interactions.n_items());
    let als = Als { dim, sweeps: SWEEPS, steps: 3, ridge, item_exponent: 0.0, confidence: 1.0 };
    let step = |done, total| job.step("training: vectors", done, total);
    let model = Model {
        constants: Constants { vector_weight: 1.0, vector_window: 50.0, ridge, ..Constants::default() },
        popularity: popularity_prior(interactions),
        vectors: Some(als.fit(interactions, None, job.seed, &step)?),
        ..Model::default()
    };
    Catalogue::new(interactions, job.items).publish(NAME, &model)
}

fn learn(
    job: &Training<'_>,
    phase: &str,
    actions: &Actions<'_>,
    (pack, people): (&Pack, &People<'_>),
    offers: &[Offer],
) -> Result<Propensity, RecipeError> {
    let nothing = Attributes::default();
    let mut features = Features::new(actions, pack, people, offers);
    let mut rows = Vec::with_capacity(offers.len());
    for (done, offer) in offers.iter().enumerate() {
        if done % 1024 == 0 {
            job.step(&format!("{phase}: reading offers"), done as u64, offers.len() as u64)?;
        }
        let person = people.at(&offer.user, offer.at_ms);
        let attributes = actions.actions.get(&offer.action).unwrap_or(&nothing);
        let row = features.learn(&features.user(pack, &person), (&offer.action, attributes));
        rows.push(logistic::Row { features: row, is_taken: offer.is_taken, weight: offer.weight });
    }
    let step = |done, total| job.step(&format!("{phase}: propensities"), done, total);
    let weights = logistic::fit(&rows, &features.precisions(), &step)?;
    Ok(Propensity::new(features, weights, offers))
}
