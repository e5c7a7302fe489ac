use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

use serde_json::Value;
use serde_json::value::RawValue;

use super::blame::malformed;
use super::event::finite;
use crate::limits::{FORBIDDEN_PROPERTIES, MAX_PROPERTIES_CHARS};
use crate::{EventType, Invalid, ItemId};

const FIELD: &str = "properties";

/// What properties hold: two fields of the event that may be given here, and the metadata.
#[derive(Default)]
pub(super) struct Lifted {
    pub(super) item_id: Option<ItemId>,
    pub(super) event_value: Option<f32>,
    /// The other keys, as the text of a JSON object; `None` if there are none.
    pub(super) rest: Option<String>,
}

/// Reads properties, which are a string that holds a JSON object, or that object itself.
pub(super) fn read(raw: &RawValue, event_type: &EventType) -> Result<Lifted, Invalid> {
    let text = match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw.get()).map_err(|_| not_an_object())?,
        _ => String::from(raw.get()),
    };
    if text.is_empty() {
        return Err(Invalid::Empty { field: FIELD });
    }
    if text.len() > MAX_PROPERTIES_CHARS && text.chars().count() > MAX_PROPERTIES_CHARS {
        return Err(Invalid::TooLong { field: FIELD, max: MAX_PROPERTIES_CHARS });
    }
    let mut object: BTreeMap<String, &RawValue> = serde_json::from_str(&text).map_err(|_| not_an_object())?;
    if let Some(key) = object.keys().find(|key| is_forbidden(key, event_type)) {
        return Err(malformed(FIELD, format_args!("leave the reserved key {key} out")));
    }
    let n_sent = object.len();
    let item_id = object.remove("itemId").map(item_id).transpose()?.flatten();
    let event_value = object.remove("eventValue").map(event_value).transpose()?.flatten();
    let rest = match object.len() {
        0 => None,
        // Nothing was lifted: the text is as good as one made anew.
        n_left if n_left == n_sent => Some(text),
        _ => Some(serde_json::to_string(&object).expect("what was read can be written")),
    };
    Ok(Lifted { item_id, event_value, rest })
}

fn is_forbidden(key: &str, event_type: &EventType) -> bool {
    // Amplify v6 sends the Identify event with the user in its properties, among good events.
    let is_identify = event_type.is_identify() && key == "userId";
    !is_identify && FORBIDDEN_PROPERTIES.iter().any(|forbidden| forbidden.eq_ignore_ascii_case(key))
}

fn item_id(raw: &RawValue) -> Result<Option<ItemId>, Invalid> {
    match parsed(raw)? {
        Value::Null => Ok(None),
        Value::String(id) => ItemId::try_from(id).map(Some),
        _ => Err(malformed("properties.itemId", "send a string")),
    }
}

/// A number, or a number as text: the command line of AWS is documented with `"eventValue": "4"`.
fn event_value(raw: &RawValue) -> Result<Option<f32>, Invalid> {
    let number = match &parsed(raw)? {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    number
        .map(finite)
        .transpose()?
        .map(Some)
        .ok_or_else(|| malformed("properties.eventValue", "send a number"))
}

fn parsed(raw: &RawValue) -> Result<Value, Invalid> {
    serde_json::from_str(raw.get()).map_err(|_| not_an_object())
}

fn not_an_object() -> Invalid {
    malformed(FIELD, "send a JSON object, or one as a string (stringified once, not twice)".to_string())
}
