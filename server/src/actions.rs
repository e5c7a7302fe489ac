//! Rows of the Actions and the Users dataset, as next best action knows them: what is learnt from, and what steers when an
//! action is offered.

use std::collections::BTreeMap;

use bowerbird_recipes::next_best_action::Attributes;
use bowerbird_store::Entity;
use serde_json::{Map, Value};

use crate::app::App;
use crate::control::{Field, FieldType};
use crate::entities;
use crate::error::ApiError;
use crate::interaction::milliseconds;

/// Columns that say when an action is offered, and are not learnt from. (reference §3.1)
const STEERING: [&str; 5] = [
    "VALUE",
    "CREATION_TIMESTAMP",
    "EXPIRATION_TIMESTAMP",
    "ACTION_EXPIRATION_TIMESTAMP",
    "REPEAT_FREQUENCY",
];
const DAY_MS: i64 = 86_400_000;

/// One action.
pub(crate) struct Action {
    pub(crate) id: String,
    pub(crate) attributes: Attributes,
    pub(crate) columns: Map<String, Value>,
    /// Decides between equal propensities; 0 where it is not given.
    pub(crate) value: f64,
    created_at_ms: Option<i64>,
    expires_at_ms: Option<i64>,
    repeat_days: Option<i64>,
}

impl Action {
    fn of(fields: &[Field], entity: Entity) -> Self {
        let number = |name: &str| entity.columns.get(name).and_then(Value::as_f64);
        let time = |name: &str| number(name).map(|at| milliseconds(at as i64));
        Self {
            attributes: attributes(fields, &entity.columns),
            value: number("VALUE").unwrap_or(0.0),
            created_at_ms: time("CREATION_TIMESTAMP"),
            expires_at_ms: time("EXPIRATION_TIMESTAMP").or(time("ACTION_EXPIRATION_TIMESTAMP")),
            repeat_days: number("REPEAT_FREQUENCY").map(|days| days as i64),
            columns: entity.columns,
            id: entity.id,
        }
    }

    /// Whether it may be offered: it has not expired, and the user's last answer to it is not too recent.
    pub(crate) fn is_due(&self, answered_at_ms: Option<i64>, now_ms: i64) -> bool {
        let is_over = self.expires_at_ms.is_some_and(|end| end <= now_ms);
        let rests =
            self.repeat_days.zip(answered_at_ms).is_some_and(|(days, at)| now_ms - at < days * DAY_MS);
        !is_over && !rests
    }

    /// Whether it came at most so many days ago.
    pub(crate) fn is_newer_than(&self, days: f32, now_ms: i64) -> bool {
        self.created_at_ms.is_some_and(|at| (now_ms - at) as f64 <= f64::from(days) * DAY_MS as f64)
    }
}

/// The actions of a group in order of id; none without an Actions dataset.
pub(crate) fn actions(app: &App, group: &str) -> Result<Vec<Action>, ApiError> {
    let mut actions = Vec::new();
    each(app, group, "ACTIONS", &mut |fields, entity| actions.push(Action::of(fields, entity)))?;
    Ok(actions)
}

/// What is known of all users of a group.
pub(crate) fn users(app: &App, group: &str) -> Result<BTreeMap<String, Attributes>, ApiError> {
    let mut users = BTreeMap::new();
    each(app, group, "USERS", &mut |fields, entity| {
        let known = attributes(fields, &entity.columns);
        users.insert(entity.id, known);
    })?;
    Ok(users)
}

/// What is known of one user: what is learnt from, and the row.
pub(crate) fn user(app: &App, group: &str, id: &str) -> Result<(Attributes, Map<String, Value>), ApiError> {
    let nothing = || (Attributes::default(), Map::new());
    let Some((arn, fields)) = entities::dataset(app, group, "USERS")? else { return Ok(nothing()) };
    let row = app.store.entities.get(&arn, id)?;
    Ok(row.map_or_else(nothing, |row| (attributes(&fields, &row.columns), row.columns)))
}

fn each(
    app: &App,
    group: &str,
    dataset_type: &str,
    take: &mut dyn FnMut(&[Field], Entity),
) -> Result<(), ApiError> {
    let Some((arn, fields)) = entities::dataset(app, group, dataset_type)? else { return Ok(()) };
    entities::each(app, &arn, &mut |entity| {
        take(&fields, entity);
        Ok(())
    })
}

/// Numbers, and words of what is categorical. TYPE of an action is, whatever its schema says.
fn attributes(fields: &[Field], columns: &Map<String, Value>) -> Attributes {
    let mut attributes = Attributes::default();
    for field in fields.iter().filter(|field| !STEERING.contains(&field.name.as_str())) {
        match (field.kind, columns.get(&field.name)) {
            (FieldType::Text, Some(Value::String(text))) if field.categorical || field.name == "TYPE" => {
                attributes.add_words(&field.name, text);
            }
            (FieldType::Integer | FieldType::Decimal, Some(Value::Number(number))) => {
                attributes.add_number(&field.name, number.as_f64().unwrap_or(f64::NAN));
            }
            _ => {}
        }
    }
    attributes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::control::Schema;

    fn action(columns: Value) -> Action {
        let fields = Schema::parse(
            r#"{"type":"record","name":"Actions","fields":[{"name":"ACTION_ID","type":"string"},
            {"name":"TYPE","type":["null","string"]},{"name":"PRICE","type":["null","double"]},
            {"name":"NOTE","type":["null","string"]},{"name":"VALUE","type":["null","long"]}],"version":"1.0"}"#,
        );
        let columns = columns.as_object().cloned().unwrap();
        Action::of(&fields.unwrap().fields, Entity { id: "a".into(), columns })
    }

    #[test]
    fn what_steers_is_not_learnt_from_and_free_text_is_not_either() {
        let mut expected = Attributes::default();
        expected.add_words("TYPE", "upgrade|mail");
        expected.add_number("PRICE", 5.0);
        let action = action(json!({"TYPE": "upgrade|mail", "PRICE": 5.0, "NOTE": "ask Ada", "VALUE": 7}));
        assert_eq!((action.attributes, action.value), (expected, 7.0));
    }

    #[test]
    fn an_action_rests_after_an_answer_and_ends_when_it_says() {
        let now = 100 * DAY_MS;
        let limited = action(json!({"EXPIRATION_TIMESTAMP": 101 * 86_400, "REPEAT_FREQUENCY": 3}));
        assert!(limited.is_due(None, now) && limited.is_due(Some(97 * DAY_MS), now));
        assert!(!limited.is_due(Some(98 * DAY_MS), now));
        assert!(!limited.is_due(None, 101 * DAY_MS));
        assert!(action(json!({})).is_due(Some(now), now));
    }

    #[test]
    fn an_action_is_new_for_as_long_as_it_is_said() {
        let new = action(json!({"CREATION_TIMESTAMP": 90 * 86_400}));
        assert!(new.is_newer_than(10.0, 100 * DAY_MS) && !new.is_newer_than(9.0, 100 * DAY_MS));
        assert!(!action(json!({})).is_newer_than(10.0, 0));
    }
}
