//! Payloads of versions 1 and 2: read for ever, written never.
//!
//! A record that stands alone, `u8 flags | [u128 key] | i64 at_ms | u32 length | body`; an origin,
//! `u8 flags | i64 at_ms | u32 length | origin`; and behind it the records that share it,
//! `u8 flags | [u128 key] | u32 length | body`.

use std::sync::Arc;

use super::{RecordRef, Seed, take, take_text};
use crate::DedupeKey;

const HAS_KEY: u8 = 1;
/// The piece is an origin.
const IS_ORIGIN: u8 = 2;
/// The record has the time and the origin of the origin before it.
const IS_SHARING: u8 = 4;

/// Their checksums had no seed.
pub(super) fn checksum(frame: &[u8]) -> u32 {
    Seed(0).checksum(frame)
}

pub(super) fn decode(mut payload: &[u8]) -> Option<Vec<RecordRef<'_>>> {
    let mut records = Vec::new();
    let mut shared: Option<(i64, Arc<[u8]>)> = None;
    while !payload.is_empty() {
        let flags = take::<1>(&mut payload)?[0];
        if flags == IS_ORIGIN {
            shared = Some((i64::from_le_bytes(take(&mut payload)?), text(&mut payload)?.into()));
            continue;
        }
        let key = match flags & !IS_SHARING {
            0 => None,
            HAS_KEY => Some(DedupeKey::of(u128::from_le_bytes(take(&mut payload)?))),
            _ => return None,
        };
        let (at_ms, origin) = if flags & IS_SHARING == 0 {
            (i64::from_le_bytes(take(&mut payload)?), None)
        } else {
            let (at_ms, origin) = shared.as_ref()?;
            (*at_ms, Some(origin.clone()))
        };
        records.push(RecordRef { key, at_ms, origin, body: text(&mut payload)? });
    }
    Some(records)
}

fn text<'a>(payload: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(take(payload)?) as usize;
    take_text(payload, length)
}
