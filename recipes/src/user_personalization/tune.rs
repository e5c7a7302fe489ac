//! "Which rows, which decays, which blend?" Three passes over held-back events: decays with a middling blend, then the
//! blend, then what having been seen is worth. Judged by NDCG@25: less noisy than NDCG@10, and without a cut-off the
//! choice would serve places that nobody looks at.

use bowerbird_ranker::{Constants, Pack};
use rayon::prelude::*;

use super::query::Query;
use super::rows::Made;
use crate::catalogue::Catalogue;
use crate::kernel::mix;
use crate::metrics::HABIT;
use crate::{Event, Interactions, RecipeError, Training};

/// What tuning decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuned {
    /// Which of the rows.
    pub(super) rows: usize,
    pub(super) constants: Constants,
}

/// A way to make rows, with what there is to choose for it.
#[derive(Clone)]
pub(super) struct Choice {
    /// Without vectors.
    pub(super) pack: Pack,
    /// What the pack has been made of.
    pub(super) made: Made,
    /// Neighbour decays; with one there is nothing to choose.
    pub(super) decays: Vec<f32>,
    /// Weights of the vector part beside 1 for the neighbours.
    pub(super) vectors: [f32; 6],
    /// Weights of the popularity prior.
    pub(super) popularity: [f32; 4],
    /// Weights of the reminder where repeats occur.
    pub(super) reminders: [f32; 4],
    /// What all variants have in common.
    pub(super) constants: Constants,
}

/// What one step of age does to the reminder.
const REMINDER_DECAYS: [f32; 3] = [0.5, 0.7, 0.9];
/// Nobody repeats: what was seen stays away, however good it is. Scores are far below.
const AWAY: f32 = -1e3;
/// More held-back events than this do not change the choice; on those of amazon-beauty 1,500 still did.
const QUERIES_MAX: usize = 4000;
/// With two from each of 943 users, what is chosen for ml-100k is a matter of chance: with four, NDCG@10 on its validation
/// events is 3 % higher. With ten, what is learnt without them is too far from what is published: that is lost again, and
/// 6 % on the validation events of ml-latest-small.
const HELD_BACK_MAX: usize = 4;
/// All variants are judged on this share of the held-back events, and the better quarter on all: successive halving
/// (Jamieson, Talwalkar 2016) with one round.
const FIRST_ROUND: usize = 4;
/// But on no fewer events than this, where there are so many.
const FIRST_ROUND_MIN: usize = 1000;
/// A sum of independent gains, each at most 1, strays by less than the root of the sum. What lies so many roots behind
/// does not come back.
const ROOTS: f64 = 3.0;
/// Bounds the time of tuning on large catalogues: held-back events times items.
const WORK_MAX: usize = 40_000_000;
/// But fewer say nothing at all.
const QUERIES_MIN: usize = 200;
/// Queries between two reports.
const BLOCK: usize = 32;
/// Vectors are 66 bytes per item that every visitor downloads: they have to win 2 %.
const WORTH: f64 = 1.02;

/// How many of a user's newest events tuning may not learn from: a tenth, at least two; no more than two where there
/// are users enough, no more than [`HELD_BACK_MAX`] where there are few.
pub(super) fn held_back(sequence: &[Event], n_users: usize) -> usize {
    let most = QUERIES_MAX.div_ceil(n_users.max(1)).clamp(2, HELD_BACK_MAX);
    if sequence.len() >= 4 { (sequence.len() / 10).clamp(2, most) } else { 0 }
}

/// The best, and its summed gain. `space`: a pack with vectors; it and those of the `choices` were trained without what
/// [`held_back`] says.
pub(super) fn tune(
    job: &Training<'_>,
    catalogue: &Catalogue<'_>,
    train: &Interactions,
    space: &Pack,
    choices: &[Choice],
    vector_ages: &[[f32; 2]],
) -> Result<(f64, Tuned), RecipeError> {
    let places = held_back_events(job.seed, train, catalogue.n_items());
    let packs: Vec<Pack> = choices.iter().map(|choice| choice.pack.clone()).collect();
    let repeats =
        places.iter().filter(|&&(user, at)| Query::new(catalogue, train, user, at).is_repeat()).count();
    let has_habit = repeats as f32 >= HABIT * places.len().max(1) as f32;
    let judge_on = |phase: &str, variants: &[Tuned], places: &[(usize, usize)]| {
        let gains = |user, at| Query::new(catalogue, train, user, at).gains(space, &packs, variants);
        Ok::<Vec<f64>, RecipeError>(summed(variants.len(), &at_each(job, phase, places, gains)?))
    };
    let judge = |phase: &str, variants: &[Tuned]| {
        let first = (places.len() / FIRST_ROUND).max(FIRST_ROUND_MIN.min(places.len()));
        let mut totals = judge_on(phase, variants, &places[..first])?;
        let kept = promising(variants, &totals, choices.len());
        let others =
            judge_on(phase, &kept.iter().map(|&at| variants[at]).collect::<Vec<_>>(), &places[first..])?;
        let lost = (0..variants.len()).filter(|at| !kept.contains(at)).collect::<Vec<_>>();
        kept.iter().zip(others).for_each(|(&at, more)| totals[at] += more);
        lost.into_iter().for_each(|at| totals[at] = -1.0);
        Ok::<Vec<f64>, RecipeError>(totals)
    };
    let starts: Vec<Tuned> = choices.iter().enumerate().map(|at| start(at, has_habit)).collect();
    let mut variants = Vec::new();
    for (start, choice) in starts.iter().zip(choices) {
        for &[vector_decay, vector_memory] in vector_ages {
            for &neighbour_decay in &choice.decays {
                let constants = Constants { vector_decay, vector_memory, neighbour_decay, ..start.constants };
                variants.push(Tuned { constants, ..*start });
            }
        }
    }
    let totals = judge("tuning: decays", &variants)?;
    let mut blends = Vec::new();
    for (rows, choice) in choices.iter().enumerate() {
        let of_rows: Vec<usize> = (0..variants.len()).filter(|&at| variants[at].rows == rows).collect();
        if of_rows.iter().all(|&at| totals[at] < hopeless(&totals)) {
            continue;
        }
        let best = variants[of_rows[best(&of_rows.iter().map(|&at| totals[at]).collect::<Vec<_>>())]];
        for vector_weight in choice.vectors {
            for popularity_weight in choice.popularity {
                let constants = Constants { vector_weight, popularity_weight, ..best.constants };
                blends.push(Tuned { constants, ..best });
            }
        }
    }
    let totals = judge("tuning: blend", &blends)?;
    let chosen = thrifty(&blends, &totals);
    if !has_habit {
        return Ok((totals[chosen], blends[chosen]));
    }
    let chosen = blends[chosen];
    let mut reminders = Vec::new();
    for reminder_weight in choices[chosen.rows].reminders {
        for reminder_decay in REMINDER_DECAYS {
            let constants = Constants { reminder_weight, reminder_decay, ..chosen.constants };
            reminders.push(Tuned { constants, ..chosen });
        }
    }
    let totals = judge("tuning: reminder", &reminders)?;
    Ok((totals[best(&totals)], reminders[best(&totals)]))
}

/// Where the tuning of a choice begins, and stays where there is nothing to learn from.
fn start((rows, choice): (usize, &Choice), has_habit: bool) -> Tuned {
    let (reminder_weight, reminder_decay) =
        if has_habit { (choice.reminders[1], REMINDER_DECAYS[1]) } else { (AWAY, 1.0) };
    let constants = Constants { reminder_weight, reminder_decay, ..choice.constants };
    Tuned { rows, constants }
}

/// The first on a tie.
fn best(totals: &[f64]) -> usize {
    (0..totals.len()).rev().max_by(|&a, &b| totals[a].total_cmp(&totals[b])).unwrap_or(0)
}

/// At or above it there is hope.
fn hopeless(totals: &[f64]) -> f64 {
    let most = totals.iter().copied().fold(0.0, f64::max);
    most - ROOTS * most.sqrt()
}

/// The better quarter of each kind of rows with and without vectors, at least two: what is better on a part is compared
/// on everything only with its like, unless it is far behind.
fn promising(variants: &[Tuned], totals: &[f64], n_rows: usize) -> Vec<usize> {
    let mut kept = Vec::new();
    for rows in 0..n_rows {
        for is_plain in [true, false] {
            let is_like = |at: &usize| {
                variants[*at].rows == rows && (variants[*at].constants.vector_weight == 0.0) == is_plain
            };
            let mut like: Vec<usize> = (0..variants.len()).filter(is_like).collect();
            like.sort_by(|&a, &b| totals[b].total_cmp(&totals[a]));
            like.truncate(like.len().div_ceil(FIRST_ROUND).max(2));
            like.retain(|&at| totals[at] >= hopeless(totals));
            kept.extend(like);
        }
    }
    kept.sort_unstable();
    kept
}

/// The best; without vectors if they win next to nothing.
fn thrifty(variants: &[Tuned], totals: &[f64]) -> usize {
    let plain = |at: &usize| variants[*at].constants.vector_weight == 0.0;
    let without = (0..totals.len()).filter(plain).rev().max_by(|&a, &b| totals[a].total_cmp(&totals[b]));
    let best = best(totals);
    without.filter(|&at| totals[best] <= WORTH * totals[at]).unwrap_or(best)
}

/// Held-back events: (user, place in the sequence).
pub(super) type Places = Vec<(usize, usize)>;

/// What there is to say of each of these events, in their order; on all threads, with reports.
pub(super) fn at_each<T: Send>(
    job: &Training<'_>,
    phase: &str,
    places: &[(usize, usize)],
    one: impl Fn(usize, usize) -> T + Sync,
) -> Result<Vec<T>, RecipeError> {
    let mut all = Vec::with_capacity(places.len());
    for block in places.chunks(BLOCK) {
        job.step(phase, all.len() as u64, places.len() as u64)?;
        all.par_extend(block.par_iter().map(|&(user, at)| one(user, at)));
    }
    Ok(all)
}

/// Of each variant the sum of its gains, one after the other: the same bits on any number of threads.
pub(super) fn summed(variants: usize, gains: &[Vec<f64>]) -> Vec<f64> {
    let mut totals = vec![0.0; variants];
    for gains in gains {
        totals.iter_mut().zip(gains).for_each(|(total, gain)| *total += gain);
    }
    totals
}

/// A seeded sample if there are too many.
pub(super) fn held_back_events(seed: u64, train: &Interactions, n_items: usize) -> Places {
    let newest = |user: usize| {
        let sequence = train.sequence(user);
        (sequence.len() - held_back(sequence, train.n_users())..sequence.len()).map(move |at| (user, at))
    };
    let mut places: Vec<(usize, usize)> = (0..train.n_users()).flat_map(newest).collect();
    let most = (WORK_MAX / n_items.max(1)).clamp(QUERIES_MIN, QUERIES_MAX);
    if places.len() > most {
        places.sort_by_key(|&(user, at)| mix(seed ^ ((user as u64) << 20) ^ at as u64));
        places.truncate(most);
    }
    places
}
