//! Bytes ⇄ frames. A frame is one batch: it is stored wholly or not at all.
//!
//! `u32 length of payload | u32 CRC-32C of everything else | u64 offset of the first record | payload`, little endian;
//! the payload is a row of pieces: a record that stands alone, `u8 flags | [u128 key] | i64 at_ms | u32 length | body`;
//! an origin, `u8 flags | i64 at_ms | u32 length | origin`; and behind it the records that share it,
//! `u8 flags | [u128 key] | u32 length | body`.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::{DedupeKey, Record};

/// Bytes in front of the payload.
pub(crate) const FRAME_HEADER: usize = 16;
/// Room for the largest request body (5 MB) many times over; a length beyond it can only be damage.
pub(crate) const MAX_PAYLOAD: usize = 64 << 20;

const HAS_KEY: u8 = 1;
/// The piece is an origin.
const IS_ORIGIN: u8 = 2;
/// The record has the time and the origin of the origin before it.
const IS_SHARING: u8 = 4;

/// Bytes of the payload that a batch becomes, if none of it is a repeat.
pub(crate) fn payload_bytes(batch: &[Record]) -> usize {
    let mut before = None;
    let bytes = batch.iter().map(|record| record_bytes(record, before.replace(record)));
    bytes.sum()
}

fn record_bytes(record: &Record, before: Option<&Record>) -> usize {
    let front = match &record.origin {
        None => 8,
        Some(_) if before.is_some_and(|before| is_shared(record, before)) => 0,
        Some(origin) => 1 + 8 + 4 + origin.len(),
    };
    front + 1 + record.key.map_or(0, |_| 16) + 4 + record.body.len()
}

fn is_shared(record: &Record, before: &Record) -> bool {
    record.at_ms == before.at_ms && record.origin == before.origin
}

/// Appends one frame to `into`. The payload may hold at most [`MAX_PAYLOAD`] bytes.
pub(crate) fn encode<'a>(first: u64, records: impl Iterator<Item = &'a Record>, into: &mut Vec<u8>) {
    let start = into.len();
    into.extend_from_slice(&[0; FRAME_HEADER]);
    let mut before = None;
    for record in records {
        encode_record(record, before.replace(record), into);
    }
    let length = u32::try_from(into.len() - start - FRAME_HEADER).expect("bounded by MAX_PAYLOAD");
    into[start..start + 4].copy_from_slice(&length.to_le_bytes());
    into[start + 8..start + 16].copy_from_slice(&first.to_le_bytes());
    let crc = checksum(&into[start..]);
    into[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

fn encode_record(record: &Record, before: Option<&Record>, into: &mut Vec<u8>) {
    if let Some(origin) =
        record.origin.as_deref().filter(|_| before.is_none_or(|before| !is_shared(record, before)))
    {
        into.push(IS_ORIGIN);
        into.extend_from_slice(&record.at_ms.to_le_bytes());
        encode_text(origin, into);
    }
    let sharing = if record.origin.is_some() { IS_SHARING } else { 0 };
    into.push(sharing | if record.key.is_some() { HAS_KEY } else { 0 });
    if let Some(DedupeKey(key)) = record.key {
        into.extend_from_slice(&key.to_le_bytes());
    }
    if record.origin.is_none() {
        into.extend_from_slice(&record.at_ms.to_le_bytes());
    }
    encode_text(&record.body, into);
}

fn encode_text(text: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(&u32::try_from(text.len()).expect("bounded by MAX_PAYLOAD").to_le_bytes());
    into.extend_from_slice(text);
}

/// Over the frame without the four bytes that hold it.
fn checksum(frame: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[8..])
}

/// A record as it lies in a payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordRef<'a> {
    pub(crate) key: Option<DedupeKey>,
    pub(crate) at_ms: i64,
    pub(crate) origin: Option<&'a [u8]>,
    pub(crate) body: &'a [u8],
}

impl RecordRef<'_> {
    pub(crate) fn to_record(self) -> Record {
        Record {
            key: self.key,
            at_ms: self.at_ms,
            origin: self.origin.map(Arc::from),
            body: Bytes::copy_from_slice(self.body),
        }
    }
}

/// A frame whose checksum holds.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    /// Offset of the first record.
    pub(crate) first: u64,
    pub(crate) records: Vec<RecordRef<'a>>,
    /// With its header.
    pub(crate) bytes: usize,
}

impl<'a> Frame<'a> {
    /// The frame at the start of `bytes`, if there is one whose first offset is at least `expected`.
    fn decode(bytes: &'a [u8], expected: u64) -> Option<Self> {
        let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
        let crc = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
        let first = u64::from_le_bytes(*bytes.get(8..)?.first_chunk()?);
        // The two comparisons come first: they turn nearly every wrong position away without a checksum.
        if length > MAX_PAYLOAD || first < expected {
            return None;
        }
        let frame = bytes.get(..FRAME_HEADER + length)?;
        if checksum(frame) != crc {
            return None;
        }
        let records = decode_records(&frame[FRAME_HEADER..])?;
        // None is ever written without a record, and one would fit into a key.
        (!records.is_empty()).then_some(Self { first, records, bytes: frame.len() })
    }

    /// The offset behind the last record.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.records.len() as u64
    }
}

fn decode_records(mut payload: &[u8]) -> Option<Vec<RecordRef<'_>>> {
    let mut records = Vec::new();
    let mut shared = None;
    while !payload.is_empty() {
        let flags = take::<1>(&mut payload)?[0];
        if flags == IS_ORIGIN {
            shared = Some((i64::from_le_bytes(take(&mut payload)?), take_text(&mut payload)?));
            continue;
        }
        let key = match flags & !IS_SHARING {
            0 => None,
            HAS_KEY => Some(DedupeKey(u128::from_le_bytes(take(&mut payload)?))),
            _ => return None,
        };
        let (at_ms, origin) = if flags & IS_SHARING == 0 {
            (i64::from_le_bytes(take(&mut payload)?), None)
        } else {
            let (at_ms, origin) = shared?;
            (at_ms, Some(origin))
        };
        records.push(RecordRef { key, at_ms, origin, body: take_text(&mut payload)? });
    }
    Some(records)
}

fn take_text<'a>(payload: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(take(payload)?) as usize;
    let (text, rest) = payload.split_at_checked(length)?;
    *payload = rest;
    Some(text)
}

fn take<const N: usize>(payload: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = payload.split_first_chunk()?;
    *payload = rest;
    Some(*taken)
}

/// What a walk over a row of frames meets.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    Frame {
        /// Where it starts.
        at: usize,
        frame: Frame<'a>,
    },
    /// Bytes that are no frame; an empty range where records are missing between two sound frames.
    Damage(Range<usize>),
}

/// Walks over frames and finds the next sound one behind damage.
///
/// Origins and bodies are JSON text, in which no zero byte occurs, and the offset of a frame always holds some: so the image of a
/// frame inside a body is never taken for one.
#[derive(Debug)]
pub(crate) struct Frames<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
    /// The offset that the next frame should start with.
    pub(crate) expected: u64,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize, expected: u64) -> Self {
        Self { bytes, at: at.min(bytes.len()), expected }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.at == self.bytes.len() {
            return None;
        }
        let start = self.at;
        let found = (start..self.bytes.len())
            .find_map(|at| Some((at, Frame::decode(&self.bytes[at..], self.expected)?)));
        Some(match found {
            Some((at, frame)) if at == start && frame.first == self.expected => {
                self.at = at + frame.bytes;
                self.expected = frame.end();
                Piece::Frame { at, frame }
            }
            Some((at, frame)) => {
                self.at = at;
                self.expected = frame.first;
                Piece::Damage(start..at)
            }
            None => {
                self.at = self.bytes.len();
                Piece::Damage(start..self.bytes.len())
            }
        })
    }
}
