//! Which field is to blame. Events are read in one typed pass; only one that fails is read again, field by field.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Invalid;
use crate::limits::MAX_ID_CHARS;

pub(super) fn malformed(field: &'static str, expected: impl fmt::Display) -> Invalid {
    Invalid::Malformed { field, expected: expected.to_string() }
}

/// Reads one optional value; `null` is the same as absent.
pub(super) fn value<'a, T: Deserialize<'a>>(
    field: &'static str,
    raw: Option<&'a RawValue>,
    expected: &str,
) -> Result<Option<T>, Invalid> {
    let Some(raw) = raw else { return Ok(None) };
    serde_json::from_str(raw.get()).map_err(|_| malformed(field, format_args!("send {expected}")))
}

/// Finds the field of an event whose type is wrong.
pub(super) fn blame(raw: &str) -> Invalid {
    let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw) else {
        return malformed("event", "send an object");
    };
    match first_wrong(&fields) {
        Err(invalid) => invalid,
        Ok(()) => malformed("event", "send each field once"),
    }
}

fn first_wrong(fields: &BTreeMap<String, &RawValue>) -> Result<(), Invalid> {
    let field = |name: &str| fields.get(name).copied();
    for name in ["eventType", "eventId", "itemId", "recommendationId"] {
        value::<String>(name, field(name), "a string")?;
    }
    value::<f64>("sentAt", field("sentAt"), "epoch seconds as a number")?;
    value::<f64>("eventValue", field("eventValue"), "a number")?;
    value::<Vec<String>>("impression", field("impression"), "a list of item ids")?;
    value::<super::event::AttributionJson<'_>>(
        "metricAttribution",
        field("metricAttribution"),
        "an object with eventAttributionSource",
    )?;
    Ok(())
}

/// The event id of an event that was refused for another reason.
pub(super) fn event_id(raw: &str) -> Option<String> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(raw).ok()?;
    let id: String = serde_json::from_str(fields.get("eventId")?.get()).ok()?;
    (id.len() <= MAX_ID_CHARS).then_some(id)
}
