//! A segment of the event log: any bytes, any payload under a checksum that holds, and sound frames with one that is hurt.
#![no_main]

use std::ops::Range;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

// The crate that they belong to brings a database and Parquet along.
#[path = "../../store/src/frame/mod.rs"]
#[allow(dead_code, unused_imports)]
mod frame;
#[path = "../../store/src/record.rs"]
#[allow(dead_code)]
mod record;

use bytes::Bytes;
use frame::{Batch, FRAME_HEADER, FrameWriter, Frames, MAX_PAYLOAD, Piece, Seed};
use record::{DedupeKey, Record};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Bytes { bytes: &'a [u8], expected: u8 },
    Payload(&'a [u8]),
    Hurt { frames: Vec<Vec<Wanted>>, at: u16, bit: u8 },
}

#[derive(Arbitrary, Debug)]
struct Wanted {
    key: Option<u128>,
    at_ms: i64,
    origin: Option<String>,
    body: String,
}

impl Wanted {
    fn record(&self) -> Record {
        // JSON has no zero byte: by that a frame inside a body is told from a frame.
        let text = |text: &str| text.replace('\0', "0").into_bytes();
        Record {
            key: self.key.map(DedupeKey::of),
            at_ms: self.at_ms,
            origin: self.origin.as_deref().map(|origin| text(origin).into()),
            body: text(&self.body).into(),
        }
    }
}

/// What a walk over the frames of a segment meets.
#[derive(Debug, PartialEq)]
enum Met {
    Frame { bytes: Range<usize>, first: u64, records: Vec<Record> },
    Damage(Range<usize>),
}

/// The offset of the first record of the segment.
const SEGMENT: u64 = 5;

fn walk(bytes: &[u8], expected: u64) -> Vec<Met> {
    let bytes = Bytes::copy_from_slice(bytes);
    let met = |piece| match piece {
        Piece::Frame { at, frame } => Met::Frame {
            bytes: at..at + frame.bytes,
            first: frame.first,
            records: frame.records.iter().map(|record| record.to_record(&bytes)).collect(),
        },
        Piece::Damage(range) => Met::Damage(range),
    };
    Frames::new(&bytes, 0, expected, Seed::of(SEGMENT)).map(met).collect()
}

fn frame(first: u64, records: &[Record]) -> Vec<u8> {
    let batch: Batch = records.iter().collect();
    let bytes = written(first, &batch);
    assert_eq!(batch.heads().len(), records.len());
    assert!(batch.fits() && bytes.len() <= FRAME_HEADER + batch.bytes());
    assert!(written(first, &batch.only(|_| true)) == bytes, "nothing was left out of it");
    assert!(batch.records() == records);
    bytes
}

fn written(first: u64, batch: &Batch) -> Vec<u8> {
    let mut frames = FrameWriter::default();
    frames.add(batch, first);
    assert_eq!(frames.frames(), [(0, first)]);
    let bytes = frames.finish(Seed::of(SEGMENT)).clone();
    assert_eq!(frames.len(), bytes.len());
    frames.clear();
    bytes
}

/// A frame with any payload, under a checksum that holds. See docs/log-format.md.
fn frame_of_payload(first: u64, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() <= MAX_PAYLOAD);
    let length = (payload.len() as u32).to_le_bytes();
    let rest = [&first.to_le_bytes(), payload].concat();
    let crc = crc32c::crc32c(&[&SEGMENT.to_le_bytes()[..], &length, &rest].concat()).to_le_bytes();
    [&length[..], &crc, &rest].concat()
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Bytes { bytes, expected } => tiles(bytes, expected.into()),
    Input::Payload(payload) => any_payload(payload),
    Input::Hurt { frames, at, bit } => hurt(&frames, at, bit),
});

/// Whatever the bytes are: all of them are accounted for, in order, and offsets only grow.
fn tiles(bytes: &[u8], mut expected: u64) {
    let mut at = 0;
    for met in walk(bytes, expected) {
        let (range, first, end) = match met {
            Met::Frame { bytes, first, records } => (bytes, first, first + records.len() as u64),
            Met::Damage(range) => (range, expected, expected),
        };
        assert_eq!(range.start, at);
        assert!(first >= expected);
        (at, expected) = (range.end, end.max(expected));
    }
    assert_eq!(at, bytes.len());
}

/// A payload that nobody wrote, under a checksum that holds: it is refused, or what it says can be written and read.
fn any_payload(payload: &[u8]) {
    let bytes = frame_of_payload(7, payload);
    tiles(&bytes, 7);
    if let Some(Met::Frame { records, .. }) = walk(&bytes, 7).into_iter().next() {
        let again = walk(&frame(7, &records), 7);
        assert!(matches!(&again[..], [Met::Frame { records: read, .. }] if *read == records));
    }
}

/// One flipped bit hides the frame that it is in and no other.
fn hurt(frames: &[Vec<Wanted>], at: u16, bit: u8) {
    let (mut bytes, mut places, mut next) = (Vec::new(), Vec::new(), 0);
    for wanted in frames.iter().filter(|wanted| !wanted.is_empty()) {
        let records: Vec<Record> = wanted.iter().map(Wanted::record).collect();
        let frame = frame(next, &records);
        places.push((bytes.len()..bytes.len() + frame.len(), next, records));
        next += wanted.len() as u64;
        bytes.extend(frame);
    }
    if bytes.is_empty() {
        return;
    }
    let at = usize::from(at) % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    let found: Vec<Met> = walk(&bytes, 0);
    for (range, first, records) in places.into_iter().filter(|(range, ..)| !range.contains(&at)) {
        assert!(
            found.contains(&Met::Frame { bytes: range.clone(), first, records }),
            "the frame at {range:?} is hidden"
        );
    }
    assert!(found.iter().any(|met| matches!(met, Met::Damage(_))), "nothing is reported");
}
