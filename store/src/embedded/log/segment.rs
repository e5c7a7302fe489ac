//! A file of frames. Its name is the offset of its first record, its header says that it is one of ours.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::frame::Seed;

/// `magic 8 | u16 version | u16 flags | u64 first offset | u32 CRC-32C of the twenty bytes before`, little endian.
pub(super) const SEGMENT_HEADER: usize = 24;
const MAGIC: &[u8; 8] = b"BOWERLOG";
/// Version 2 added origins, version 3 numbers that are as short as they can be. What earlier versions wrote is read too.
const VERSION: u16 = 3;
/// The flag of a segment that is written over what was there before, an older one or zeros.
const OVER: u16 = 1;
/// What the kernel writes at least: a part of it that lies within an old file would have to be read before. In tests it is
/// small, so that their segments have several.
pub(super) const PAGE: u64 = if cfg!(test) { 64 } else { 4096 };
/// Zeros that stand behind the last frame of a segment that is written over something; then comes what was there before.
/// No frame begins with them: it would have no length.
const END_BYTES: u64 = 4;

/// A place in a segment where a sound frame starts, so that a reader need not begin at the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Offset of the first record of that frame.
    pub(super) offset: u64,
    /// Byte position of that frame.
    pub(super) at: u64,
}

/// Bytes between two marks: what a reader of one page has to read at most.
const MARK_EVERY: u64 = 256 << 10;

/// What readers know of a segment.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Offset of the first record.
    pub(super) first: u64,
    pub(super) path: PathBuf,
    /// Bytes that are durable; what is behind them is not there yet.
    pub(super) bytes: u64,
    /// Ascending; the first is the front of the segment.
    pub(super) marks: Vec<Mark>,
    /// Whether its header promises what we write: only such a segment may grow.
    pub(super) is_current: bool,
    /// Whether it is written over what was there before: then its end is not that of the file while it grows.
    pub(super) is_over: bool,
}

/// What the front of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// As we write it.
    Current,
    /// As we write it, over what was there before.
    Over,
    /// As an earlier version wrote it; the frames are read alike.
    Older,
    /// Not as it was written. The frames can be read without it: the file name says the same.
    Broken,
}

impl Segment {
    pub(super) fn new(dir: &Path, first: u64) -> Self {
        let front = Mark { offset: first, at: SEGMENT_HEADER as u64 };
        Self {
            first,
            path: dir.join(format!("{first:020}.seg")),
            bytes: front.at,
            marks: vec![front],
            is_current: true,
            is_over: false,
        }
    }

    pub(super) fn seed(&self) -> Seed {
        Seed::of(self.first)
    }

    /// Behind the zeros that follow frames which end here.
    pub(super) fn padded(end: u64) -> u64 {
        (end + END_BYTES).next_multiple_of(PAGE)
    }

    /// Notes a sound frame, where the last mark is far enough away.
    pub(super) fn mark(&mut self, mark: Mark) {
        if self.marks.last().is_none_or(|last| mark.at >= last.at + MARK_EVERY) {
            self.marks.push(mark);
        }
    }
}

/// What a segment without a frame begins with: its header, and zeros where something else may follow.
pub(super) fn front(segment: &Segment) -> Vec<u8> {
    let mut front = Vec::with_capacity(PAGE as usize);
    front.extend_from_slice(MAGIC);
    front.extend_from_slice(&VERSION.to_le_bytes());
    front.extend_from_slice(&(if segment.is_over { OVER } else { 0 }).to_le_bytes());
    front.extend_from_slice(&segment.first.to_le_bytes());
    front.extend_from_slice(&crc32c::crc32c(&front).to_le_bytes());
    if segment.is_over {
        front.resize(Segment::padded(SEGMENT_HEADER as u64) as usize, 0);
    }
    front
}

/// Reads the header.
///
/// # Errors
/// [`StoreError::Newer`] when the header is sound and of a later version.
pub(super) fn check_header(segment: &Segment, bytes: &[u8]) -> Result<Header, StoreError> {
    let Some(header): Option<&[u8; SEGMENT_HEADER]> = bytes.first_chunk() else { return Ok(Header::Broken) };
    let crc = u32::from_le_bytes(*header.last_chunk().expect("longer than four bytes"));
    let [found, flags] = [8, 10].map(|at| u16::from_le_bytes([header[at], header[at + 1]]));
    if !header.starts_with(MAGIC) || crc != crc32c::crc32c(&header[..20]) {
        return Ok(Header::Broken);
    }
    if found > VERSION || flags > OVER {
        let path = segment.path.display().to_string();
        return Err(StoreError::Newer { path, found: found.into(), known: VERSION.into() });
    }
    Ok(match (found, flags) {
        _ if header[12..20] != segment.first.to_le_bytes() => Header::Broken,
        (VERSION, OVER) => Header::Over,
        (VERSION, _) => Header::Current,
        _ => Header::Older,
    })
}

/// The segments of a directory in order of their offsets.
pub(super) fn list(dir: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let first = entry.file_name().to_str().and_then(|name| name.strip_suffix(".seg")?.parse().ok());
        if let Some(first) = first {
            segments.push(Segment { bytes: entry.metadata()?.len(), ..Segment::new(dir, first) });
        }
    }
    segments.sort_by_key(|segment| segment.first);
    Ok(segments)
}
