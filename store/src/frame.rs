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

/// Records on their way to the log, written down as they will lie there: by many threads at once, so that the one that
/// waits for the disk has little left to do.
#[derive(Debug, Default)]
pub struct Batch {
    payload: Vec<u8>,
    heads: Vec<Head>,
    /// The call that was begun last: its time, and where in the payload its origin stands.
    call: Option<(i64, Range<usize>)>,
    /// The last record stands alone.
    is_interrupted: bool,
}

/// What decides the fate of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) key: Option<DedupeKey>,
    pub(crate) at_ms: i64,
}

impl Batch {
    /// With room for so many records, whose bodies and origins have so many bytes.
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        let payload = Vec::with_capacity(bytes + records * (1 + 16 + 4) + 1 + 8 + 4);
        Self { payload, heads: Vec::with_capacity(records), ..Self::default() }
    }

    /// Begins a call: what the records that [share](Batch::share) it have in common.
    pub fn begin(&mut self, at_ms: i64, origin: &[u8]) {
        self.payload.push(IS_ORIGIN);
        self.payload.extend_from_slice(&at_ms.to_le_bytes());
        encode_text(origin, &mut self.payload);
        self.call = Some((at_ms, self.payload.len() - origin.len()..self.payload.len()));
        self.is_interrupted = false;
    }

    /// Adds a record of the call that was begun last.
    ///
    /// # Panics
    /// When none was begun.
    pub fn share(&mut self, key: Option<DedupeKey>, body: &[u8]) {
        let (at_ms, _) = *self.call.as_ref().expect("a call was begun");
        self.add(IS_SHARING, Head { key, at_ms }, body);
    }

    /// Adds any record. If it has an origin and the one before has the same, and the same time, they share it.
    pub fn push(&mut self, record: &Record) {
        self.push_ref(&record.into());
    }

    fn push_ref(&mut self, record: &RecordRef<'_>) {
        let RecordRef { key, at_ms, origin, body } = *record;
        let Some(origin) = origin else {
            self.is_interrupted = true;
            return self.add(0, Head { key, at_ms }, body);
        };
        let is_of_call = |(call_at, range): &(i64, Range<usize>)| {
            *call_at == at_ms && self.payload[range.clone()] == *origin
        };
        if self.is_interrupted || !self.call.as_ref().is_some_and(is_of_call) {
            self.begin(at_ms, origin);
        }
        self.share(key, body);
    }

    fn add(&mut self, sharing: u8, head: Head, body: &[u8]) {
        self.payload.push(sharing | if head.key.is_some() { HAS_KEY } else { 0 });
        if let Some(DedupeKey(key)) = head.key {
            self.payload.extend_from_slice(&key.to_le_bytes());
        }
        if sharing == 0 {
            self.payload.extend_from_slice(&head.at_ms.to_le_bytes());
        }
        encode_text(body, &mut self.payload);
        self.heads.push(head);
    }

    pub(crate) fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Of the payload.
    pub(crate) fn bytes(&self) -> usize {
        self.payload.len()
    }

    pub(crate) fn records(&self) -> Vec<RecordRef<'_>> {
        decode_records(&self.payload).expect("it was written here")
    }

    /// Appends it as one frame to `into`. It may have at most [`MAX_PAYLOAD`] bytes, and has a record.
    pub(crate) fn encode(&self, first: u64, into: &mut Vec<u8>) {
        let start = into.len();
        into.extend_from_slice(&[0; FRAME_HEADER]);
        into.extend_from_slice(&self.payload);
        let length = u32::try_from(self.payload.len()).expect("bounded by MAX_PAYLOAD");
        into[start..start + 4].copy_from_slice(&length.to_le_bytes());
        into[start + 8..start + 16].copy_from_slice(&first.to_le_bytes());
        let crc = checksum(&into[start..]);
        into[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    }

    /// The same without those of its records that are not wanted.
    pub(crate) fn only(&self, mut is_wanted: impl FnMut(usize) -> bool) -> Self {
        let mut only = Self::with_capacity(self.heads.len(), self.payload.len());
        let records = self.records();
        records
            .iter()
            .enumerate()
            .filter(|(at, _)| is_wanted(*at))
            .for_each(|(_, record)| only.push_ref(record));
        only
    }
}

impl<'a> FromIterator<&'a Record> for Batch {
    fn from_iter<I: IntoIterator<Item = &'a Record>>(records: I) -> Self {
        let mut batch = Self::default();
        records.into_iter().for_each(|record| batch.push(record));
        batch
    }
}

impl From<Vec<Record>> for Batch {
    fn from(records: Vec<Record>) -> Self {
        records.iter().collect()
    }
}

fn encode_text(text: &[u8], into: &mut Vec<u8>) {
    // A text that is longer makes a payload that is refused.
    into.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
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

impl<'a> From<&'a Record> for RecordRef<'a> {
    fn from(record: &'a Record) -> Self {
        let Record { key, at_ms, origin, body } = record;
        Self { key: *key, at_ms: *at_ms, origin: origin.as_deref(), body }
    }
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
