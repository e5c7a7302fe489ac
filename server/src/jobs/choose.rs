//! Which recipe with which hyperparameters a solution version is trained with: as its solution says, or found out by
//! `performAutoML` and `performHPO`. The version says what was tried and why the others were not chosen.

use std::collections::BTreeMap;

use bowerbird_recipes::automl::{self, Choice, Verdict};
use bowerbird_recipes::hpo::{self, Range};
use bowerbird_recipes::{Recipe, RecipeError, Training};
use bowerbird_store::Resource;
use serde_json::{Value, json};

use crate::arn::{recipe_arn, recipe_name};
use crate::control::public_text;
use crate::error::ApiError;

/// Trainings of a search that does not say how many; the service allows up to 40. [model]
const TRAININGS: usize = 8;
const TRAININGS_MAX: usize = 40;

/// What a version is trained with.
pub(super) struct Chosen {
    pub(super) recipe: &'static dyn Recipe,
    /// Those of the solution and those that were found.
    pub(super) settings: BTreeMap<String, String>,
    /// Those that were found, if any were looked for.
    tuned: Option<BTreeMap<String, String>>,
    verdicts: Vec<Verdict>,
}

/// Refuses a configuration that cannot be meant, when it is given and not an hour later.
pub(crate) fn check(config: &Value) -> Result<(), ApiError> {
    listed(config)?;
    ranges(config)?;
    trainings(config).map(|_| ())
}

/// The recipe of the solution, or those that it is to be chosen from.
pub(super) fn candidates(version: &Resource) -> Result<Vec<&'static dyn Recipe>, ApiError> {
    let public = &version.doc["public"];
    if public["performAutoML"] != true {
        return Ok(vec![recipe(public_text(version, "recipeArn"))?]);
    }
    let listed = listed(&public["solutionConfig"])?;
    if listed.is_empty() { automl::named(automl::CANDIDATES).map_err(unknown) } else { Ok(listed) }
}

pub(super) fn choose(
    version: &Resource,
    candidates: &[&'static dyn Recipe],
    job: &Training<'_>,
) -> Result<Chosen, RecipeError> {
    let public = &version.doc["public"];
    let Choice { recipe, settings: found, mut verdicts } = match candidates {
        [only] => Choice { recipe: *only, settings: BTreeMap::new(), verdicts: Vec::new() },
        _ => automl::choose(job, candidates)?,
    };
    let mut settings = job.settings.clone();
    settings.extend(found);
    let mut tuned = None;
    if public["performHPO"] == true {
        let config = &public["solutionConfig"];
        // Both were checked when the solution was made.
        let given = ranges(config).unwrap_or_default();
        let ranges = if given.is_empty() { hpo::default_ranges(recipe.name()) } else { given };
        let (found, tried) = hpo::search(job, recipe, &ranges, trainings(config).unwrap_or(TRAININGS))?;
        // Where what was given was best, that is the result.
        let given = job.settings.iter().filter(|(name, _)| ranges.contains_key(*name));
        let mut result: BTreeMap<_, _> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
        result.extend(found);
        settings.extend(result.clone());
        tuned = Some(result);
        verdicts.extend(tried);
    }
    Ok(Chosen { recipe, settings, tuned, verdicts })
}

impl Chosen {
    /// Writes into a version what was found out. `trials` is a member that AWS does not have; its clients pass it over.
    pub(super) fn note(&self, public: &mut Value) {
        public["recipeArn"] = recipe_arn(self.recipe.name()).into();
        if let Some(tuned) = &self.tuned {
            public["tunedHPOParams"] = json!({ "algorithmHyperParameters": tuned });
        }
        if !self.verdicts.is_empty() {
            public["trials"] = self.verdicts.iter().map(trial).collect();
        }
    }
}

fn trial(verdict: &Verdict) -> Value {
    json!({
        "recipeArn": recipe_arn(verdict.recipe),
        "hyperParameters": verdict.settings,
        "normalizedDiscountedCumulativeGainAt25": (verdict.score * 1e4).round() / 1e4,
        "shareOfUsers": (verdict.share * 1e4).round() / 1e4,
        "estimatedSeconds": (verdict.seconds * 1e3).round() / 1e3,
        "reason": verdict.reason,
    })
}

fn recipe(arn: &str) -> Result<&'static dyn Recipe, ApiError> {
    let name = recipe_name(arn)?;
    bowerbird_recipes::find(name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> ApiError {
    ApiError::Missing(format!(
        "The given recipe does not exist: {name}. ListRecipes has those of this version."
    ))
}

/// `autoMLConfig.recipeList`: ARNs of recipes.
fn listed(config: &Value) -> Result<Vec<&'static dyn Recipe>, ApiError> {
    let list = config["autoMLConfig"]["recipeList"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|arn| recipe(arn.as_str().unwrap_or_default())).collect()
}

/// Reads one kind of range; `None` if it cannot be meant.
type Reader = fn(&Value) -> Option<Range>;

/// `hpoConfig.algorithmHyperParameterRanges`.
fn ranges(config: &Value) -> Result<BTreeMap<String, Range>, ApiError> {
    let ranges = &config["hpoConfig"]["algorithmHyperParameterRanges"];
    let mut all = BTreeMap::new();
    let kinds: [(&str, Reader); 3] = [
        ("integerHyperParameterRanges", |range| {
            let (min, max) = (range["minValue"].as_i64()?, range["maxValue"].as_i64()?);
            (min <= max).then_some(Range::Integer(min, max))
        }),
        ("continuousHyperParameterRanges", |range| {
            let (min, max) = (range["minValue"].as_f64()?, range["maxValue"].as_f64()?);
            (min <= max).then_some(Range::Continuous(min, max))
        }),
        ("categoricalHyperParameterRanges", |range| {
            let values = range["values"].as_array()?;
            let texts: Option<Vec<String>> =
                values.iter().map(|value| Some(value.as_str()?.to_owned())).collect();
            texts.filter(|texts| !texts.is_empty()).map(Range::Categorical)
        }),
    ];
    for (key, read) in kinds {
        for range in ranges[key].as_array().into_iter().flatten() {
            let entry = range["name"].as_str().map(str::to_owned).zip(read(range));
            let (name, range) = entry.ok_or_else(|| {
                ApiError::Invalid(format!(
                    "hpoConfig: {key} has a range without a name, or without values: {range}"
                ))
            })?;
            all.insert(name, range);
        }
    }
    Ok(all)
}

/// `hpoConfig.hpoResourceConfig.maxNumberOfTrainingJobs`: a number as text.
fn trainings(config: &Value) -> Result<usize, ApiError> {
    let given = &config["hpoConfig"]["hpoResourceConfig"]["maxNumberOfTrainingJobs"];
    let Some(text) = given.as_str() else { return Ok(TRAININGS) };
    text.parse().ok().filter(|number| (1..=TRAININGS_MAX).contains(number)).ok_or_else(|| {
        ApiError::Invalid(format!(
            "maxNumberOfTrainingJobs {text:?} is not a number from 1 to {TRAININGS_MAX}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_api_has_them() {
        let config = json!({ "hpoConfig": {
            "hpoResourceConfig": { "maxNumberOfTrainingJobs": "4" },
            "algorithmHyperParameterRanges": {
                "integerHyperParameterRanges": [{ "name": "a", "minValue": 1, "maxValue": 3 }],
                "continuousHyperParameterRanges": [{ "name": "b", "minValue": 0.5, "maxValue": 1.0 }],
                "categoricalHyperParameterRanges": [{ "name": "c", "values": ["true", "false"] }],
            },
        }});
        let read = ranges(&config).unwrap();
        assert_eq!(read["a"], Range::Integer(1, 3));
        assert_eq!(read["b"], Range::Continuous(0.5, 1.0));
        assert_eq!(read["c"], Range::Categorical(vec!["true".into(), "false".into()]));
        assert_eq!((trainings(&config).unwrap(), trainings(&json!({})).unwrap()), (4, TRAININGS));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_when_it_is_given() {
        let range = json!([{ "name": "a", "minValue": 3, "maxValue": 1 }]);
        for config in [
            json!({ "hpoConfig": { "algorithmHyperParameterRanges": { "integerHyperParameterRanges": range }}}),
            json!({ "hpoConfig": { "hpoResourceConfig": { "maxNumberOfTrainingJobs": "41" }}}),
            json!({ "autoMLConfig": { "recipeList": ["arn:aws:personalize:::recipe/aws-magic"] }}),
        ] {
            assert!(check(&config).is_err(), "{config}");
        }
        assert!(check(&Value::Null).is_ok());
    }
}
