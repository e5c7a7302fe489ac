use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use super::frame::{Frames, Piece};
use super::segment::{Mark, Segment};
use super::view::State;
use crate::{Offset, Record, StoreError};

type Item = Result<(Offset, Record), StoreError>;

/// Reads chunk by chunk: the bytes between two marks, so that damage can never hide more than one chunk.
pub(super) struct Scan {
    from: u64,
    chunks: VecDeque<Chunk>,
    /// The chunk that is being read, and its bytes.
    open: Option<(Chunk, Vec<u8>)>,
    /// Where in the open chunk to go on.
    at: usize,
    expected: u64,
    /// The last thing met was damage, so a gap behind it is known already.
    is_reported: bool,
    ready: VecDeque<Item>,
}

struct Chunk {
    segment: Arc<Segment>,
    start: Mark,
    bytes: u64,
}

impl Scan {
    pub(super) fn new(state: &State, from: Offset) -> Self {
        let mut chunks: VecDeque<Chunk> = state.segments.iter().flat_map(chunks).collect();
        let before = chunks.partition_point(|chunk| chunk.start.offset <= from.0);
        chunks.drain(..before.saturating_sub(1));
        let expected = chunks.front().map_or(state.end, |chunk| chunk.start.offset);
        Self { from: from.0, chunks, open: None, at: 0, expected, is_reported: false, ready: VecDeque::new() }
    }

    /// Reads one more piece into `ready`; false at the end.
    fn advance(&mut self) -> bool {
        let Some((chunk, bytes)) = self.open.take() else { return self.open_next() };
        let mut frames = Frames::new(&bytes, self.at, self.expected);
        let piece = frames.next();
        (self.at, self.expected) = (frames.at, frames.expected);
        match piece {
            Some(Piece::Frame { frame, .. }) => {
                let offsets = (frame.first..).map(Offset);
                let records = offsets.zip(frame.records).filter(|(offset, _)| offset.0 >= self.from);
                self.is_reported = false;
                self.ready.extend(records.map(|(offset, record)| Ok((offset, record.to_record()))));
            }
            Some(Piece::Damage(range)) => {
                let what = format!("{} bytes are not as they were written", range.len());
                self.ready.push_back(Err(damaged(&chunk, range.start as u64, what)));
                self.is_reported = true;
            }
            None => return true,
        }
        self.open = Some((chunk, bytes));
        true
    }

    fn open_next(&mut self) -> bool {
        let Some(chunk) = self.chunks.pop_front() else { return false };
        let missing = chunk.start.offset.saturating_sub(self.expected);
        if missing > 0 && !self.is_reported {
            let what = format!("{missing} records before this place are missing");
            self.ready.push_back(Err(damaged(&chunk, 0, what)));
        }
        self.at = 0;
        self.expected = chunk.start.offset;
        match read(&chunk) {
            Ok(bytes) => {
                self.is_reported = (bytes.len() as u64) < chunk.bytes;
                if self.is_reported {
                    let what = format!("the file ends {} bytes early", chunk.bytes - bytes.len() as u64);
                    self.ready.push_back(Err(damaged(&chunk, bytes.len() as u64, what)));
                }
                self.open = Some((chunk, bytes));
            }
            Err(error) => {
                self.is_reported = true;
                self.ready.push_back(Err(StoreError::io(&chunk.segment.path)(error)));
            }
        }
        true
    }
}

impl Iterator for Scan {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        while self.ready.is_empty() {
            if !self.advance() {
                return None;
            }
        }
        self.ready.pop_front()
    }
}

fn chunks(segment: &Arc<Segment>) -> impl Iterator<Item = Chunk> {
    let ends = segment.marks.iter().skip(1).map(|mark| mark.at).chain([segment.bytes]);
    let parts = segment.marks.iter().zip(ends);
    parts.map(|(&start, end)| Chunk { segment: segment.clone(), start, bytes: end.saturating_sub(start.at) })
}

fn read(chunk: &Chunk) -> io::Result<Vec<u8>> {
    let mut file = File::open(&chunk.segment.path)?;
    file.seek(SeekFrom::Start(chunk.start.at))?;
    let mut bytes = Vec::with_capacity(usize::try_from(chunk.bytes).unwrap_or(0));
    file.take(chunk.bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn damaged(chunk: &Chunk, at: u64, what: String) -> StoreError {
    StoreError::Damaged { path: chunk.segment.path.display().to_string(), at: chunk.start.at + at, what }
}
