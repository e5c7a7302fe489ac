//! What a payload consists of, one after the other:
//!
//! - an origin, `number: 4 × length | number: bytes that it begins with as the origin before it does | number: time less
//!   that of the origin before it | the other bytes`, which `length` counts;
//! - a record that shares the origin and the time before it, `number: 4 × length + 1 or 2 | [key] | body`; with 1 there is a
//!   key;
//! - a record that stands alone, `number: 4 × length + 3 | number: time | u8: 1 with a key, 0 without | [key] | body`.
//!
//! Numbers take seven bits a byte, the lowest first, with the highest bit set in all but the last; those of times are signed,
//! and so doubled with their sign in the lowest bit. Keys take nine bytes.

use std::sync::Arc;

use super::{RecordRef, take, take_text};
use crate::DedupeKey;

const ORIGIN: u64 = 0;
const SHARING_WITH_KEY: u64 = 1;
const SHARING: u64 = 2;
const ALONE: u64 = 3;
/// Bits of the first number of a piece that tell what it is.
const KIND_BITS: u32 = 2;

/// What an origin is written down against: the one before it in the same frame.
#[derive(Debug, Default)]
pub(super) struct Before {
    at_ms: i64,
    origin: Vec<u8>,
}

impl Before {
    /// Nothing stands before the first origin of a frame.
    pub(super) fn clear(&mut self) {
        self.at_ms = 0;
        self.origin.clear();
    }

    pub(super) fn encode(&mut self, at_ms: i64, origin: &[u8], into: &mut Vec<u8>) {
        let alike = self.origin.iter().zip(origin).take_while(|(one, other)| one == other).count();
        put(ORIGIN | ((origin.len() - alike) as u64) << KIND_BITS, into);
        put(alike as u64, into);
        put(zigzag(at_ms.wrapping_sub(self.at_ms)), into);
        into.extend_from_slice(&origin[alike..]);
        self.at_ms = at_ms;
        self.origin.truncate(alike);
        self.origin.extend_from_slice(&origin[alike..]);
    }

    fn decode(&mut self, length: usize, payload: &mut &[u8]) -> Option<Arc<[u8]>> {
        let alike = usize::try_from(number(payload)?).ok().filter(|alike| *alike <= self.origin.len())?;
        self.at_ms = self.at_ms.wrapping_add(unzigzag(number(payload)?));
        self.origin.truncate(alike);
        self.origin.extend_from_slice(take_text(payload, length)?);
        Some(self.origin.as_slice().into())
    }
}

pub(super) fn share(key: Option<DedupeKey>, body: &[u8], into: &mut Vec<u8>) {
    let kind = if key.is_some() { SHARING_WITH_KEY } else { SHARING };
    put(kind | (body.len() as u64) << KIND_BITS, into);
    put_key(key, into);
    into.extend_from_slice(body);
}

pub(super) fn stand_alone(key: Option<DedupeKey>, at_ms: i64, body: &[u8], into: &mut Vec<u8>) {
    put(ALONE | (body.len() as u64) << KIND_BITS, into);
    put(zigzag(at_ms), into);
    into.push(u8::from(key.is_some()));
    put_key(key, into);
    into.extend_from_slice(body);
}

pub(super) fn decode(mut payload: &[u8]) -> Option<Vec<RecordRef<'_>>> {
    let payload = &mut payload;
    let mut records = Vec::new();
    let mut before = Before::default();
    let mut shared: Option<Arc<[u8]>> = None;
    while !payload.is_empty() {
        let head = number(payload)?;
        let length = usize::try_from(head >> KIND_BITS).ok()?;
        let kind = head & ((1 << KIND_BITS) - 1);
        if kind == ORIGIN {
            shared = Some(before.decode(length, payload)?);
            continue;
        }
        let (at_ms, origin, has_key) = if kind == ALONE {
            (unzigzag(number(payload)?), None, flag(payload)?)
        } else {
            (before.at_ms, Some(shared.as_ref()?.clone()), kind == SHARING_WITH_KEY)
        };
        let key = if has_key { Some(take_key(payload)?) } else { None };
        records.push(RecordRef { key, at_ms, origin, body: take_text(payload, length)? });
    }
    Some(records)
}

fn put(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn number(payload: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let [byte] = take(payload)?;
        let bits = u64::from(byte & 0x7f);
        let shifted = bits << shift;
        // One way to write each number, and none that does not fit.
        if shifted >> shift != bits || (byte == 0 && shift > 0) {
            return None;
        }
        number |= shifted;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

fn flag(payload: &mut &[u8]) -> Option<bool> {
    match take(payload)? {
        [0] => Some(false),
        [1] => Some(true),
        [_] => None,
    }
}

fn put_key(key: Option<DedupeKey>, into: &mut Vec<u8>) {
    if let Some(key) = key {
        into.extend_from_slice(&key.to_bytes());
    }
}

fn take_key(payload: &mut &[u8]) -> Option<DedupeKey> {
    Some(DedupeKey::from_bytes(take(payload)?))
}
