//! "Which recipe is the best for these data?" Candidates are trained without the newest event of each user and judged
//! by where they put it. It trains nothing to publish: that is [`Recipe::train`] with what was chosen.
//!
//! There is no clock here, so the time that it may take is counted in events, at the pace of one core of 2025. Where
//! that is not enough for everybody's events, all candidates are tried on the same sample of users.

use std::collections::BTreeMap;

use bowerbird_ranker::Pack;

use crate::catalogue::Catalogue;
use crate::kernel::mix;
use crate::metrics::{Split, mean_gain};
use crate::settings::number;
use crate::{Flow, Interactions, Progress, Recipe, RecipeError, Training, find};

/// What is tried unless somebody names others; the cheap ones first, because the first wins a tie.
pub const CANDIDATES: [&str; 5] = [
    "aws-popularity-count",
    "aws-trending-now",
    "aws-sims",
    "aws-similar-items",
    "aws-user-personalization-v2",
];
/// The time that trying may take on one core, in seconds; `automl_seconds` says another.
const SECONDS: u32 = 600;
/// Fewer users than this say nothing, however little time there is.
pub(crate) const USERS_MIN: usize = 500;

/// What became of one candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Its name at Amazon.
    pub recipe: &'static str,
    /// The settings that were tried; empty where there was nothing to choose.
    pub settings: BTreeMap<String, String>,
    /// Mean NDCG@25 of the held-back events.
    pub score: f64,
    /// What share of the users it was tried on, 0 to 1.
    pub share: f64,
    /// What trying it took, counted in events at the pace of one core.
    pub seconds: f64,
    /// Why it was chosen or not, for people.
    pub reason: String,
}

/// What came out best.
#[derive(Clone)]
pub struct Choice {
    /// The recipe.
    pub recipe: &'static dyn Recipe,
    /// The setting that was chosen with it; empty where there was nothing to choose.
    pub settings: BTreeMap<String, String>,
    /// One for each candidate in the order in which they were given, and of one for each setting that was tried.
    pub verdicts: Vec<Verdict>,
}

/// The best candidate. A setting that is [worth trying](Recipe::worth_trying) is tried with each of its values, unless the
/// job says which.
///
/// `seconds` of a training that tries an encoder are not spent on trying: user personalization is judged without, and
/// uses one afterwards only if that is better still.
///
/// # Errors
/// A hyperparameter outside its range, or [`RecipeError::Stopped`].
///
/// # Panics
/// Without a candidate.
pub fn choose(job: &Training<'_>, candidates: &[&'static dyn Recipe]) -> Result<Choice, RecipeError> {
    let budget = f64::from(number(job.settings, "automl_seconds", SECONDS, 1..=1_000_000)?);
    let tried: Vec<(&'static dyn Recipe, BTreeMap<String, String>)> = candidates
        .iter()
        .flat_map(|&recipe| variants(recipe, job).map(move |settings| (recipe, settings)))
        .collect();
    let cost: f64 = tried.iter().map(|(recipe, _)| seconds(recipe.name(), job.interactions.n_events())).sum();
    let trial = Trial::new(job, budget / cost);
    let mut scores = Vec::new();
    for (recipe, settings) in &tried {
        scores.push(trial.score(*recipe, settings)?);
    }
    let best = best(&scores);
    let (recipe, settings) = tried[best].clone();
    let name = label(recipe.name(), &settings);
    let verdict =
        |(at, (recipe, settings)): (usize, (&'static dyn Recipe, BTreeMap<String, String>))| Verdict {
            recipe: recipe.name(),
            settings,
            score: scores[at],
            share: trial.share,
            seconds: seconds(recipe.name(), trial.sample.n_events()),
            reason: trial.reason(&scores, at, &name),
        };
    let verdicts = tried.into_iter().enumerate().map(verdict).collect();
    Ok(Choice { recipe, settings, verdicts })
}

/// A recipe and its settings, for people.
pub fn label(recipe: &str, settings: &BTreeMap<String, String>) -> String {
    let settings: Vec<String> = settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if settings.is_empty() { recipe.to_owned() } else { format!("{recipe} ({})", settings.join(", ")) }
}

/// The settings to try a recipe with.
fn variants(
    recipe: &dyn Recipe,
    job: &Training<'_>,
) -> impl Iterator<Item = BTreeMap<String, String>> + use<> {
    let open = recipe.worth_trying().filter(|(name, _)| !job.settings.contains_key(*name));
    let variants = match open {
        Some((name, values)) => {
            values.into_iter().map(|value| BTreeMap::from([(name.to_owned(), value.to_owned())])).collect()
        }
        None => vec![BTreeMap::new()],
    };
    variants.into_iter()
}

/// The recipes of these names.
///
/// # Errors
/// The first name that is none.
pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Vec<&'static dyn Recipe>, &'a str> {
    names.into_iter().map(|name| find(name).ok_or(name)).collect()
}

/// Held-back events of a sample of the users, to compare on.
pub(crate) struct Trial<'a> {
    job: &'a Training<'a>,
    sample: Interactions,
    pub(crate) share: f64,
}

impl<'a> Trial<'a> {
    /// Of this share of the users, but not of too few; the same users for the same seed.
    pub(crate) fn new(job: &'a Training<'a>, share: f64) -> Self {
        let n_users = job.interactions.n_users();
        let share = share.max(USERS_MIN as f64 / n_users as f64).min(1.0);
        let is_sampled = |user: usize| mix(job.seed ^ mix(user as u64)) as f64 <= share * u64::MAX as f64;
        Self { job, sample: job.interactions.of_users(is_sampled), share }
    }

    /// NDCG@25 of the newest events, which the recipe does not know.
    pub(crate) fn score(
        &self,
        recipe: &dyn Recipe,
        tried: &BTreeMap<String, String>,
    ) -> Result<f64, RecipeError> {
        let split = Split::newest(&self.sample, self.job.seed);
        if split.train.n_events() == 0 {
            return Ok(0.0);
        }
        let mut settings = self.job.settings.clone();
        // Judged without what takes minutes and can only add to it.
        settings.insert("encoder_seconds".to_owned(), "0".to_owned());
        settings.extend(tried.clone());
        let progress = Named { of: self.job.progress, name: recipe.name() };
        let job =
            Training { interactions: &split.train, settings: &settings, progress: &progress, ..*self.job };
        let pack = Pack::open(recipe.train(&job)?.pack)?;
        mean_gain(self.job, &pack, &Catalogue::new(&self.sample, self.job.items), &split)
    }

    /// Why the candidate with this score is the best, or is not.
    fn reason(&self, scores: &[f64], at: usize, best_name: &str) -> String {
        let best = best(scores);
        let score = scores[at];
        if at == best {
            return format!(
                "chosen: it put the newest events highest (NDCG@25 {score:.4}, tried on {:.0} % of the users)",
                self.share * 100.0
            );
        }
        if score == scores[best] {
            return format!("not chosen: as good as {best_name}, which comes first");
        }
        format!(
            "not chosen: NDCG@25 {score:.4}, {:.0} % below {best_name}",
            100.0 * (1.0 - score / scores[best])
        )
    }
}

/// Tells whose progress it is.
struct Named<'a> {
    of: &'a dyn Progress,
    name: &'a str,
}

impl Progress for Named<'_> {
    fn step(&self, phase: &str, done: u64, total: u64) -> Flow {
        self.of.step(&format!("trying {}: {phase}", self.name), done, total)
    }
}

/// The first on a tie.
pub(crate) fn best(scores: &[f64]) -> usize {
    (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0)
}

/// What a training takes on one core of 2025, from the trainings of docs/recipes.md (2026-11-25), generously.
pub(crate) fn seconds(recipe: &str, n_events: usize) -> f64 {
    let per_event = match recipe {
        "aws-popularity-count" | "aws-trending-now" => 1e-6,
        "aws-sims" | "aws-similar-items" | "aws-semantic-similarity" => 4e-6,
        _ => 4e-5,
    };
    per_event * n_events as f64
}
