//! Which events a solution learns from, and how much each counts: `eventType` and `eventValueThreshold` of its
//! configuration, or `eventsConfig`, which has both for each type and a weight. The weights count in histories too.

use std::collections::BTreeMap;

use bowerbird_store::Resource;
use serde_json::Value;

use crate::control::public_text;
use crate::error::ApiError;
use crate::interaction::Interaction;

/// The rules of one solution version.
#[derive(Debug, PartialEq)]
pub(crate) struct EventRules(Vec<Rule>);

#[derive(Debug, PartialEq)]
struct Rule {
    /// Empty: any.
    event_type: String,
    least: Option<f64>,
    weight: f32,
}

impl EventRules {
    /// What a version learns from.
    pub(crate) fn of_version(version: &Resource) -> Result<Self, ApiError> {
        Self::of(public_text(version, "eventType"), &version.doc["public"]["solutionConfig"])
    }

    /// `event_type`: that of the solution, empty for any.
    pub(super) fn of(event_type: &str, config: &Value) -> Result<Self, ApiError> {
        let listed = config["eventsConfig"]["eventParametersList"].as_array();
        let Some(listed) = listed.filter(|listed| !listed.is_empty()) else {
            let least = config["eventValueThreshold"].as_str().map(threshold).transpose()?;
            return Ok(Self(vec![Rule { event_type: event_type.to_owned(), least, weight: 1.0 }]));
        };
        let weight = |rule: &Value| rule["weight"].as_f64().unwrap_or(1.0).max(0.0);
        // Only the ratio of weights matters (reference §4.5): with a mean of 1 an ordinary event stays an ordinary one.
        let mean = listed.iter().map(weight).sum::<f64>() / listed.len() as f64;
        let rule = |rule: &Value| Rule {
            event_type: rule["eventType"].as_str().unwrap_or_default().to_owned(),
            least: rule["eventValueThreshold"].as_f64(),
            weight: if mean > 0.0 { (weight(rule) / mean) as f32 } else { 1.0 },
        };
        Ok(Self(listed.iter().map(rule).collect()))
    }

    /// How much an interaction counts; `None` if it does not. The first rule that fits decides.
    pub(crate) fn weight(&self, interaction: &Interaction<'_>) -> Option<f32> {
        let fits = |rule: &&Rule| {
            let is_type =
                rule.event_type.is_empty() || interaction.event_type.eq_ignore_ascii_case(&rule.event_type);
            let value = interaction.event_value.map(f64::from);
            is_type && rule.least.is_none_or(|least| value.is_some_and(|value| value >= least))
        };
        self.0.iter().find(fits).map(|rule| rule.weight)
    }
}

/// What events weigh in the history of a visitor, by type in lower case. Without an `eventsConfig` all weigh 1. Values are not
/// looked at: neither a page nor the live view keeps them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct EventWeights(Option<BTreeMap<String, f32>>);

impl EventWeights {
    /// Those that a version was trained with.
    pub(crate) fn of(version: &Resource) -> Result<Self, ApiError> {
        let config = &version.doc["public"]["solutionConfig"];
        if config["eventsConfig"]["eventParametersList"].as_array().is_none_or(Vec::is_empty) {
            return Ok(Self(None));
        }
        let EventRules(rules) = EventRules::of("", config)?;
        // The first rule of a type decides, as in training.
        let weights = rules.into_iter().rev().map(|rule| (rule.event_type.to_lowercase(), rule.weight));
        Ok(Self(Some(weights.collect())))
    }

    /// An event of a type that was not trained on weighs nothing: it is seen, and that is all.
    pub(crate) fn weight(&self, event_type: &str) -> f32 {
        let Some(weights) = &self.0 else { return 1.0 };
        weights.get(&event_type.to_lowercase()).copied().unwrap_or(0.0)
    }

    /// For a page; nothing where all weigh 1. Only ASCII, as it goes into a header.
    pub(crate) fn json(&self) -> Option<String> {
        let text = serde_json::to_string(self.0.as_ref()?).ok()?;
        let escaped = |c: char| match c {
            ' '..='~' => c.to_string(),
            _ => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        Some(text.chars().map(escaped).collect())
    }
}

fn threshold(text: &str) -> Result<f64, ApiError> {
    // As events have it: an event of exactly 0.1 is enough for "0.1".
    let number: Result<f32, _> = text.parse();
    number
        .map(f64::from)
        .map_err(|_| ApiError::Invalid(format!("eventValueThreshold {text:?} is not a number")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(event_type: &str, event_value: Option<f32>) -> Interaction<'_> {
        Interaction { user: None, session: "s", item: "i", event_type, event_value, at_ms: 0, further: &[] }
    }

    #[test]
    fn one_type_and_one_threshold_let_through_what_fits_both() {
        let rules = EventRules::of("watch", &json!({ "eventValueThreshold": "0.1" })).unwrap();
        assert_eq!(rules.weight(&event("Watch", Some(0.1))), Some(1.0));
        assert_eq!(rules.weight(&event("watch", None)), None);
        assert_eq!(rules.weight(&event("click", Some(1.0))), None);
        assert_eq!(EventRules::of("", &json!({})).unwrap().weight(&event("click", None)), Some(1.0));
    }

    #[test]
    fn listed_types_count_in_the_ratio_of_their_weights_and_others_do_not() {
        let list = json!([
            { "eventType": "buy", "weight": 0.3 },
            { "eventType": "view", "weight": 0.1, "eventValueThreshold": 5.0 },
        ]);
        let rules = EventRules::of("", &json!({ "eventsConfig": { "eventParametersList": list } })).unwrap();
        assert_eq!(rules.weight(&event("buy", None)), Some(1.5));
        assert_eq!(rules.weight(&event("view", Some(5.0))), Some(0.5));
        assert_eq!(rules.weight(&event("view", Some(4.0))), None);
        assert_eq!(rules.weight(&event("share", Some(9.0))), None);
    }

    #[test]
    fn in_histories_types_weigh_what_they_weigh_in_training_and_others_nothing() {
        let version = |config: Value| Resource {
            arn: String::new(),
            kind: String::new(),
            parent: String::new(),
            status: String::new(),
            created_at: 0,
            updated_at: 0,
            doc: json!({ "public": { "solutionConfig": config } }),
        };
        let list = json!([{ "eventType": "Köp", "weight": 0.3 }, { "eventType": "view", "weight": 0.1 }]);
        let weights =
            EventWeights::of(&version(json!({ "eventsConfig": { "eventParametersList": list } }))).unwrap();
        assert_eq!(["KÖP", "view", "share"].map(|name| weights.weight(name)), [1.5, 0.5, 0.0]);
        assert_eq!(weights.json().unwrap(), r#"{"k\u00f6p":1.5,"view":0.5}"#);
        let plain = EventWeights::of(&version(json!({}))).unwrap();
        assert_eq!((plain.weight("anything"), plain.json()), (1.0, None));
    }

    #[test]
    fn a_threshold_that_is_no_number_is_refused() {
        assert!(EventRules::of("", &json!({ "eventValueThreshold": "much" })).is_err());
    }
}
