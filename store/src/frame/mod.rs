//! Bytes ⇄ frames. A frame is one batch or some that were written together: each is stored wholly or not at all.
//!
//! `u32 length of payload | u32 CRC-32C of the seed and everything else | u64 offset of the first record | payload`, little
//! endian; the [payload](pieces) is a row of records and of what those of a call have in common. What earlier versions
//! wrote is [read](earlier) by its checksum.

mod batch;
mod earlier;
mod pieces;
mod walk;
mod write;

use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;

pub use self::batch::Batch;
pub(crate) use self::batch::Head;
pub(crate) use self::walk::{Frames, Piece};
pub(crate) use self::write::FrameWriter;
use crate::{DedupeKey, Record};

/// Bytes in front of the payload.
pub(crate) const FRAME_HEADER: usize = 16;
/// Room for the largest request body (5 MB) many times over; a length beyond it can only be damage.
pub(crate) const MAX_PAYLOAD: usize = 64 << 20;

/// What every checksum of a segment begins with: the offset of its first record. A segment may be written over an older
/// one, and no frame of that can pass for one of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed(u32);

impl Seed {
    pub(crate) fn of(first: u64) -> Self {
        Self(crc32c::crc32c(&first.to_le_bytes()))
    }

    /// Over the frame without the four bytes that hold it.
    fn checksum(self, frame: &[u8]) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c_append(self.0, &frame[..4]), &frame[8..])
    }
}

/// A record as it lies in a payload.
#[derive(Clone, Debug)]
pub(crate) struct RecordRef<'a> {
    pub(crate) key: Option<DedupeKey>,
    pub(crate) at_ms: i64,
    /// Made once for all records of a call.
    pub(crate) origin: Option<Arc<[u8]>>,
    pub(crate) body: &'a [u8],
}

impl RecordRef<'_> {
    /// `bytes` are those that the frame was read from: nothing is copied.
    pub(crate) fn to_record(&self, bytes: &Bytes) -> Record {
        let Self { key, at_ms, ref origin, body } = *self;
        Record { key, at_ms, origin: origin.clone(), body: bytes.slice_ref(body) }
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
    /// The frame at the start of `bytes`, if there is one whose first offset is one of these.
    fn decode(bytes: &'a [u8], offsets: &RangeInclusive<u64>, seed: Seed) -> Option<Self> {
        let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
        let crc = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
        let first = u64::from_le_bytes(*bytes.get(8..)?.first_chunk()?);
        // The comparisons come first: they turn nearly every wrong position away without a checksum.
        if length > MAX_PAYLOAD || !offsets.contains(&first) {
            return None;
        }
        let frame = bytes.get(..FRAME_HEADER + length)?;
        let payload = &frame[FRAME_HEADER..];
        let records = if crc == seed.checksum(frame) {
            pieces::decode(payload)?
        } else if crc == earlier::checksum(frame) {
            earlier::decode(payload)?
        } else {
            return None;
        };
        // None is ever written without a record, and one would fit into a key.
        (!records.is_empty()).then_some(Self { first, records, bytes: frame.len() })
    }

    /// The offset behind the last record.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.records.len() as u64
    }
}

fn take<const N: usize>(payload: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = payload.split_first_chunk()?;
    *payload = rest;
    Some(*taken)
}

fn take_text<'a>(payload: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (text, rest) = payload.split_at_checked(length)?;
    *payload = rest;
    Some(text)
}
