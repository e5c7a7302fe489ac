//! "Which hyperparameters?" Seeded random search with successive halving (Jamieson, Talwalkar 2016): many settings on
//! few users, a third of them on three times as many, and so on.

use std::collections::BTreeMap;

use crate::automl::{Trial, USERS_MIN, Verdict, best, seconds};
use crate::kernel::mix;
use crate::{Recipe, RecipeError, Training};

/// What a hyperparameter may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// A whole number, both ends included.
    Integer(i64, i64),
    /// A number, both ends included.
    Continuous(f64, f64),
    /// One of these texts.
    Categorical(Vec<String>),
}

/// Each round keeps one in so many and gives it so many times the users.
const HALVING: usize = 3;

/// What a recipe is searched for unless somebody says otherwise: the tunable ones of Amazon's that mean something here.
pub fn default_ranges(recipe: &str) -> BTreeMap<String, Range> {
    let ranges: &[(&str, Range)] = match recipe {
        "aws-sims" | "aws-similar-items" => &[
            ("popularity_discount_factor", Range::Continuous(0.0, 1.0)),
            ("min_cointeraction_count", Range::Integer(0, 10)),
        ],
        "aws-popularity-count" | "aws-trending-now" | "aws-semantic-similarity" => &[],
        _ => &[("hidden_dimension", Range::Integer(16, 128))],
    };
    ranges.iter().map(|(name, range)| ((*name).to_owned(), range.clone())).collect()
}

/// The best settings out of `ranges`, and a verdict for each that was tried. At most `trainings` are trained; what the
/// job says already is the first, so the search does not end below it. Empty settings: that one was the best.
///
/// # Errors
/// A hyperparameter outside its range, or [`RecipeError::Stopped`].
pub fn search(
    job: &Training<'_>,
    recipe: &'static dyn Recipe,
    ranges: &BTreeMap<String, Range>,
    trainings: usize,
) -> Result<(BTreeMap<String, String>, Vec<Verdict>), RecipeError> {
    let shares = shares(trainings, job.interactions.n_users());
    // n settings in the first round, and a third of those before in each after it, are at most so many trainings.
    let of_first: f64 = (0..shares.len()).map(|round| (HALVING as f64).powi(-(round as i32))).sum();
    let n = if ranges.is_empty() { 1 } else { ((trainings as f64 / of_first) as usize).max(1) };
    let mut verdicts: Vec<Verdict> = (0..n).map(|number| start(recipe, job.seed, ranges, number)).collect();
    let mut alive: Vec<usize> = (0..n).collect();
    for (round, &share) in shares.iter().enumerate() {
        let trial = Trial::new(job, share);
        for &at in &alive {
            let verdict = &mut verdicts[at];
            verdict.score = trial.score(recipe, &verdict.settings)?;
            verdict.share = trial.share;
            verdict.seconds +=
                seconds(recipe.name(), (job.interactions.n_events() as f64 * trial.share) as usize);
            verdict.reason = format!("not chosen: out in round {} of {}", round + 1, shares.len());
        }
        alive.sort_by(|&a, &b| verdicts[b].score.total_cmp(&verdicts[a].score).then(a.cmp(&b)));
        if round + 1 < shares.len() {
            alive.truncate((alive.len() / HALVING).max(1));
        }
    }
    let of_last: Vec<f64> = alive.iter().map(|&at| verdicts[at].score).collect();
    let chosen = alive[best(&of_last)];
    let reason = format!("chosen: the best of those that were left (NDCG@25 {:.4})", verdicts[chosen].score);
    verdicts[chosen].reason = reason;
    Ok((verdicts[chosen].settings.clone(), verdicts))
}

/// The shares of the users in each round: the last has everybody, the first not too few.
fn shares(trainings: usize, n_users: usize) -> Vec<f64> {
    let mut shares = vec![1.0];
    let mut settings = HALVING;
    while settings <= trainings && shares[0] * n_users as f64 / HALVING as f64 >= USERS_MIN as f64 {
        shares.insert(0, shares[0] / HALVING as f64);
        settings *= HALVING;
    }
    shares
}

/// The settings of this number; number 0 is what the job says already.
fn start(recipe: &dyn Recipe, seed: u64, ranges: &BTreeMap<String, Range>, number: usize) -> Verdict {
    let draw = |(at, (name, range)): (usize, (&String, &Range))| {
        let bits = mix(seed ^ mix(((number as u64) << 32) | at as u64));
        // The upper 53 bits are a number below 1.
        (name.clone(), range.at((bits >> 11) as f64 / (1_u64 << 53) as f64))
    };
    let settings = if number == 0 { BTreeMap::new() } else { ranges.iter().enumerate().map(draw).collect() };
    Verdict { recipe: recipe.name(), settings, score: 0.0, share: 0.0, seconds: 0.0, reason: String::new() }
}

impl Range {
    /// The value at this place, 0 ≤ place < 1.
    fn at(&self, place: f64) -> String {
        match self {
            Self::Integer(min, max) => {
                let steps = (*max as f64 - *min as f64 + 1.0).max(1.0);
                min.saturating_add((place * steps) as i64).min(*max.max(min)).to_string()
            }
            Self::Continuous(min, max) => (min + place * (max - min)).to_string(),
            Self::Categorical(values) => {
                values.get((place * values.len() as f64) as usize).cloned().unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_their_range_and_reach_its_ends() {
        assert_eq!((Range::Integer(2, 4).at(0.0), Range::Integer(2, 4).at(0.999)), ("2".into(), "4".into()));
        assert_eq!(Range::Continuous(0.5, 1.0).at(0.5), "0.75");
        assert_eq!(Range::Categorical(vec!["a".into(), "b".into()]).at(0.999), "b");
        assert_eq!(Range::Categorical(Vec::new()).at(0.5), "");
    }

    #[test]
    fn rounds_grow_threefold_to_everybody_and_never_ask_too_few() {
        assert_eq!(shares(40, 600), [1.0]);
        assert_eq!(shares(2, 1_000_000), [1.0]);
        assert_eq!(shares(9, 1_000_000).len(), 3);
        assert!(shares(40, 1600)[0] * 1600.0 >= USERS_MIN as f64);
    }
}
