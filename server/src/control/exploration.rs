//! `itemExplorationConfig` of campaigns and recommenders: its numbers travel as text.

use serde_json::Value;

use super::{Input, invalid};
use crate::error::ApiError;

/// How much a list is to try out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exploration {
    /// 0 to 1.
    pub(crate) weight: f32,
    /// Up to which age in days an item is new.
    pub(crate) age_cut_off_days: f32,
}

impl Exploration {
    /// Refuses a configuration that [`of`](Self::of) could not read.
    pub(crate) fn check(input: &Input, key: &str) -> Result<(), ApiError> {
        input.object(key)?;
        Self::of(input.value(key).unwrap_or(&Value::Null)).map(|_| ())
    }

    /// Reads it out of a `campaignConfig` or `recommenderConfig`; what is not given is the service's default.
    pub(crate) fn of(config: &Value) -> Result<Self, ApiError> {
        let config = &config["itemExplorationConfig"];
        let number = |key: &str, default: f32, fits: &dyn Fn(f32) -> bool, constraint: &str| {
            let text = match &config[key] {
                Value::Null => return Ok(default),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            text.trim().parse().ok().filter(|number| fits(*number)).ok_or_else(|| invalid(key, constraint))
        };
        Ok(Self {
            weight: number("explorationWeight", 0.3, &|x| (0.0..=1.0).contains(&x), "must be from 0 to 1")?,
            age_cut_off_days: number("explorationItemAgeCutOff", 30.0, &|x| x >= 1.0, "must be at least 1")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_come_as_text_and_default_to_those_of_the_service() {
        let config = json!({"itemExplorationConfig": {"explorationWeight": "0.5"}});
        assert_eq!(Exploration::of(&config).unwrap(), Exploration { weight: 0.5, age_cut_off_days: 30.0 });
        assert_eq!(Exploration::of(&Value::Null).unwrap().weight, 0.3);
        for (key, value) in
            [("explorationWeight", "2"), ("explorationItemAgeCutOff", "0"), ("explorationWeight", "a")]
        {
            let refused = Exploration::of(&json!({"itemExplorationConfig": {key: value}})).unwrap_err();
            assert!(refused.to_string().contains(key), "{refused}");
        }
    }
}
