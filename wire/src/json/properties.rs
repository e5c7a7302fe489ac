use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::blame::malformed;
use super::event::{Text, finite};
use crate::limits::{FORBIDDEN_PROPERTIES, MAX_PROPERTIES_CHARS};
use crate::{EventType, Invalid, ItemId};

const FIELD: &str = "properties";
pub(super) const ITEM_ID: &str = "itemId";
pub(super) const EVENT_VALUE: &str = "eventValue";

/// What properties hold: two fields of the event that may be given here, and the metadata.
#[derive(Default)]
pub(super) struct Lifted<'a> {
    pub(super) item_id: Option<ItemId<Cow<'a, str>>>,
    pub(super) event_value: Option<f32>,
    /// The other keys, as the text of a JSON object; `None` if there are none.
    pub(super) rest: Option<Cow<'a, str>>,
}

/// Properties are a string that holds a JSON object, or that object itself.
pub(super) enum Properties<'a> {
    /// As they were sent.
    Raw(&'a str),
    /// What the string holds.
    Text(Cow<'a, str>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|raw| Self::Raw(raw.get()))
    }
}

pub(super) fn read<'a>(
    properties: Properties<'a>,
    event_type: &EventType<Cow<'_, str>>,
) -> Result<Lifted<'a>, Invalid> {
    let text = match properties {
        Properties::Text(text) => text,
        Properties::Raw(raw) if raw.starts_with('"') => {
            serde_json::from_str::<Text<'a>>(raw).map_err(|_| not_an_object())?.0
        }
        Properties::Raw(raw) => Cow::Borrowed(raw),
    };
    if text.is_empty() {
        return Err(Invalid::Empty { field: FIELD });
    }
    if text.len() > MAX_PROPERTIES_CHARS && text.chars().count() > MAX_PROPERTIES_CHARS {
        return Err(Invalid::TooLong { field: FIELD, max: MAX_PROPERTIES_CHARS });
    }
    let Keys(keys) = serde_json::from_str(&text).map_err(|_| not_an_object())?;
    // Amplify v6 sends the Identify event with the user in its properties, among good events.
    let is_allowed = |key: &str| event_type.is_identify() && key == "userId";
    if let Some(key) = keys.iter().find(|key| is_forbidden(key) && !is_allowed(key)) {
        return Err(malformed(FIELD, format_args!("leave the reserved key {key} out")));
    }
    if keys.is_empty() {
        Ok(Lifted::default())
    } else if keys.iter().any(|key| key == ITEM_ID || key == EVENT_VALUE) {
        lift(&text)
    } else {
        // Nothing to lift: the text is as good as one made anew.
        Ok(Lifted { rest: Some(text), ..Lifted::default() })
    }
}

fn lift<'a>(text: &str) -> Result<Lifted<'a>, Invalid> {
    let mut object: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|_| not_an_object())?;
    let item_id = object.remove(ITEM_ID).map(item_id).transpose()?.flatten();
    let event_value = object.remove(EVENT_VALUE).map(event_value).transpose()?.flatten();
    let rest = || Cow::Owned(serde_json::to_string(&object).expect("what was read can be written"));
    Ok(Lifted { item_id, event_value, rest: (!object.is_empty()).then(rest) })
}

pub(super) fn is_forbidden(key: &str) -> bool {
    FORBIDDEN_PROPERTIES.iter().any(|forbidden| forbidden.eq_ignore_ascii_case(key))
}

fn item_id<'a>(raw: &RawValue) -> Result<Option<ItemId<Cow<'a, str>>>, Invalid> {
    match parsed(raw)? {
        Value::Null => Ok(None),
        Value::String(id) => ItemId::try_from(Cow::Owned(id)).map(Some),
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

/// The keys of an object. Most properties are kept as they are, so their values are only passed over.
struct Keys<'a>(Vec<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Keys<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys<'de>, A::Error> {
        let mut keys = Vec::new();
        while let Some((Text(key), IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Keys(keys))
    }
}
