//! "And what is in it for us?" The optimisation objective: lists lean to items with much of a number column (a price,
//! minutes watched), as far as the relevance that may be lost for it allows.
//!
//! score(i) + w · z(i), z the column in standard deviations from its mean, within ±3. As that is the same for every visitor
//! it becomes a part of the popularity prior, which the page and the server have already.
//!
//! It is not: a model of what people pay. That a dearer item is chosen less often is in the held-back events.

use bowerbird_ranker::{ItemIndex, Pack};

use super::query::{CUT_OFF, Query};
use super::tune::{Places, Tuned, at_each, summed};
use crate::catalogue::Catalogue;
use crate::metrics::gain;
use crate::settings::OBJECTIVE;
use crate::{Interactions, RecipeError, Training};

/// The setting that says how much the column counts.
const SENSITIVITY: &str = "objective_sensitivity";
/// The share of NDCG@25 of held-back events that may be lost. Ours: the service does not say what its words mean.
const LOSSES: [(&str, f64); 4] = [("OFF", 0.0), ("LOW", 0.02), ("MEDIUM", 0.05), ("HIGH", 0.15)];
/// Further from the mean than this a value counts as if it stood here: one castle among houses must not be the scale.
const Z_MAX: f64 = 3.0;
/// The weights w that are tried, by standard deviation: 0.01, and 36 times a quarter more, up to 25. Scores of the other
/// parts lie within about ten.
const WEIGHTS: usize = 36;
const LEAST: f64 = 0.01;
const STEP: f64 = 1.25;
/// What the relevance for somebody of whom nothing is known counts beside that for those who are known: as if one visitor in
/// five were a stranger. Ours.
const STRANGERS: f64 = 0.25;

/// What a solution wants beside relevance.
pub(super) struct Objective {
    /// By position in the pack, in standard deviations. \[n\]
    z: Vec<f32>,
    loss: f64,
}

/// What is added to the popularity prior.
#[derive(Clone, Debug, Default)]
pub(super) struct Tilt {
    /// For one standard deviation.
    pub(super) ratio: f32,
    /// By position in the pack; empty where nothing is wanted. \[n\]
    pub(super) added: Vec<f32>,
}

impl Objective {
    /// As the settings of the job say; `None` where they want nothing.
    ///
    /// # Errors
    /// A column that the items do not have or that holds no numbers, or an unknown sensitivity.
    pub(super) fn of(job: &Training<'_>, catalogue: &Catalogue<'_>) -> Result<Option<Self>, RecipeError> {
        let Some(attribute) = job.settings.get(OBJECTIVE) else { return Ok(None) };
        let word = job.settings.get(SENSITIVITY).map_or("MEDIUM", String::as_str);
        let refused = |name: &str, value: &str, expected: &str| RecipeError::Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            expected: expected.to_owned(),
        };
        let loss = LOSSES.iter().find(|(name, _)| *name == word).map(|&(_, loss)| loss);
        let loss = loss.ok_or_else(|| refused(SENSITIVITY, word, "give OFF, LOW, MEDIUM or HIGH"))?;
        let values = catalogue.numbers(attribute);
        let values = values
            .ok_or_else(|| refused(OBJECTIVE, attribute, "give a column of the items that holds numbers"))?;
        Ok((loss > 0.0).then(|| Self { z: standardised(&values), loss }))
    }

    /// The largest weight that loses no more relevance of the held-back events than allowed. As w / c is what the
    /// objective counts in the list for strangers, larger weights c of the prior are tried too.
    pub(super) fn weigh(
        &self,
        job: &Training<'_>,
        (catalogue, train): (&Catalogue<'_>, &Interactions),
        (pack, tuned): (&Pack, &mut Tuned),
        (places, popularity): (&Places, &[f32]),
    ) -> Result<Tilt, RecipeError> {
        let before = tuned.constants.popularity_weight;
        let more = popularity.iter().copied().filter(|&weight| weight > before);
        let weights: Vec<f32> = std::iter::once(before).chain(more).collect();
        let steps: Vec<f32> = (0..WEIGHTS as i32).map(|step| (LEAST * STEP.powi(step)) as f32).collect();
        let mut variants = vec![(before, 0.0)];
        variants.extend(weights.iter().flat_map(|&c| steps.iter().map(move |&w| (c, w))));
        let gains = |user, at| Query::new(catalogue, train, user, at).tilted(pack, tuned, &self.z, &variants);
        let mut totals = summed(variants.len(), &at_each(job, "tuning: objective", places, gains)?);
        for (total, &(c, w)) in totals.iter_mut().zip(&variants) {
            let ratio = if c > 0.0 { f64::from(w / c) } else { 0.0 };
            *total += STRANGERS * self.for_strangers((catalogue, train), pack, places, ratio);
        }
        let least = (1.0 - self.loss) * totals[0];
        let (mut c, mut weight) = (before, 0.0);
        for (variants, totals) in variants[1..].chunks(WEIGHTS).zip(totals[1..].chunks(WEIGHTS)) {
            let fits = variants.iter().zip(totals).take_while(|&(_, &total)| total >= least).last();
            if let Some((&(other, found), _)) = fits.filter(|&(&(_, found), _)| found > weight) {
                (c, weight) = (other, found);
            }
        }
        tuned.constants.popularity_weight = c;
        Ok(self.tilt(if c > 0.0 { weight / c } else { 0.0 }))
    }

    /// Priors are not negative: the least of all stands at 0, which changes no order.
    pub(super) fn tilt(&self, ratio: f32) -> Tilt {
        let least = self.z.iter().copied().fold(f32::INFINITY, f32::min);
        Tilt { ratio, added: self.z.iter().map(|z| ratio * (z - least)).collect() }
    }

    /// The summed gain of the same events if nothing were known of anybody, with w / c in this ratio.
    fn for_strangers(
        &self,
        (catalogue, train): (&Catalogue<'_>, &Interactions),
        pack: &Pack,
        places: &Places,
        ratio: f64,
    ) -> f64 {
        let score =
            |at: usize| f64::from(pack.popularity(ItemIndex(at as u32))) + ratio * f64::from(self.z[at]);
        let mut order: Vec<usize> = (0..self.z.len()).collect();
        order.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
        let mut gains = vec![0.0; order.len()];
        order.iter().take(CUT_OFF).enumerate().for_each(|(place, &at)| gains[at] = gain(place));
        let answer = |&(user, at): &(usize, usize)| catalogue.position(train.sequence(user)[at].item).at();
        places.iter().map(|place| gains[answer(place)]).sum()
    }
}

/// Items without a value stand at the mean.
fn standardised(values: &[Option<f64>]) -> Vec<f32> {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let n = known.len().max(1) as f64;
    let mean = known.iter().sum::<f64>() / n;
    let deviation = (known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    let z =
        |value: f64| if deviation > 0.0 { ((value - mean) / deviation).clamp(-Z_MAX, Z_MAX) } else { 0.0 };
    values.iter().map(|value| value.map_or(0.0, z) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_in_standard_deviations_and_what_has_none_stands_at_the_mean() {
        assert_eq!(standardised(&[Some(1.0), None, Some(3.0)]), [-1.0, 0.0, 1.0]);
        assert_eq!(standardised(&[Some(5.0), Some(5.0), None]), [0.0; 3]);
        let castle: Vec<Option<f64>> = (0..100).map(|n| Some(if n == 0 { 1e9 } else { 1.0 })).collect();
        assert_eq!(standardised(&castle)[0], 3.0);
    }
}
