//! "How likely is this user to take this action?" What a training leaves, written as JSON.

use std::collections::BTreeMap;

use bowerbird_ranker::Pack;
use serde::{Deserialize, Serialize};

use super::features::Features;
use super::logistic::probability;
use super::offers::Offer;
use super::person::Person;
use super::{Attributes, DAY_MS};
use crate::RecipeError;

const FORMAT: &str = "bowerbird-propensity";
const VERSION: u32 = 1;

/// Answers of each kind from which on an action is known, and how far they may be back. [guide]
const KNOWN: f64 = 50.0;
const KNOWN_DAYS: i64 = 42;

/// A model of propensities, calibrated: of offers with a propensity of 0.2 about a fifth are taken.
#[derive(Clone, Debug)]
pub struct Propensity {
    features: Features,
    weights: Vec<f32>,
    /// Action → offers of late that were taken, and that were not.
    counts: BTreeMap<String, (f64, f64)>,
    newest_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    format: String,
    version: u32,
    base_rate: f32,
    taste: Vec<f32>,
    newest_ms: i64,
    columns: BTreeMap<String, (f64, f64)>,
    counts: BTreeMap<String, (f64, f64)>,
    weights: BTreeMap<String, f32>,
}

impl Propensity {
    pub(super) fn new(features: Features, weights: Vec<f64>, offers: &[Offer]) -> Self {
        let newest_ms = offers.iter().map(|offer| offer.at_ms).max().unwrap_or(0);
        let mut counts: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for offer in offers.iter().filter(|offer| newest_ms - offer.at_ms <= KNOWN_DAYS * DAY_MS) {
            let (taken, not) = counts.entry(offer.action.clone()).or_default();
            *(if offer.is_taken { taken } else { not }) += offer.weight;
        }
        let weights = weights.into_iter().map(|weight| weight as f32).collect();
        Self { features, weights, counts, newest_ms }
    }

    /// The propensity, 0 to 1; 0 where there was nobody to learn from.
    pub fn of(&self, pack: &Pack, person: &Person<'_>, action: (&str, &Attributes)) -> f64 {
        self.of_all(pack, person, std::iter::once(action))[0]
    }

    /// The same for several actions: what is known of the user is looked at once.
    pub fn of_all<'a>(
        &self,
        pack: &Pack,
        person: &Person<'_>,
        actions: impl Iterator<Item = (&'a str, &'a Attributes)>,
    ) -> Vec<f64> {
        if self.knows_nothing() {
            return actions.map(|_| 0.0).collect();
        }
        let user = self.features.user(pack, person);
        actions.map(|action| probability(self.features.weigh(&user, action, &self.weights))).collect()
    }

    /// Whether there were no answers at all.
    pub fn knows_nothing(&self) -> bool {
        self.weights.is_empty()
    }

    /// Whether fifty offers of an action were taken and fifty not, in the six weeks before the newest.
    pub fn knows(&self, action: &str) -> bool {
        self.counts.get(action).is_some_and(|&(taken, not)| taken >= KNOWN && not >= KNOWN)
    }

    /// When the newest offer was made, in milliseconds since the epoch; 0 without any.
    pub fn newest_ms(&self) -> i64 {
        self.newest_ms
    }

    /// What share of all offers was taken.
    pub(super) fn base_rate(&self) -> f64 {
        f64::from(self.features.base_rate)
    }

    /// As JSON.
    pub fn write(&self) -> String {
        let weights = self.features.names.iter().zip(&self.weights);
        let stored = Stored {
            format: FORMAT.to_owned(),
            version: VERSION,
            base_rate: self.features.base_rate,
            taste: self.features.taste.clone(),
            newest_ms: self.newest_ms,
            columns: self.features.columns.clone(),
            counts: self.counts.clone(),
            weights: weights.map(|((name, _), weight)| (name.clone(), *weight)).collect(),
        };
        serde_json::to_string(&stored).expect("texts and finite numbers are always valid JSON")
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// [`RecipeError::Propensity`] when it is none, or of a later version.
    pub fn read(json: &[u8]) -> Result<Self, RecipeError> {
        let stored: Stored = serde_json::from_slice(json)
            .map_err(|error| RecipeError::Propensity { what: error.to_string() })?;
        if (stored.format.as_str(), stored.version) != (FORMAT, VERSION) {
            let what = format!("it is {} {}, not {FORMAT} {VERSION}", stored.format, stored.version);
            return Err(RecipeError::Propensity { what });
        }
        let features = Features {
            columns: stored.columns,
            taste: stored.taste,
            base_rate: stored.base_rate,
            ..Features::default()
        };
        let features = features.with_names(stored.weights.keys().cloned());
        let weights = stored.weights.into_values().collect();
        Ok(Self { features, weights, counts: stored.counts, newest_ms: stored.newest_ms })
    }
}
