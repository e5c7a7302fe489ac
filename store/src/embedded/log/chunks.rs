//! Reads one segment chunk by chunk: the bytes between two marks, so that damage can never hide more than one chunk.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;

use super::disk::Disk;
use super::segment::{Header, Mark, SEGMENT_HEADER, Segment, check_header};
use crate::frame::{Frame, Frames, Piece, RecordRef};
use crate::{Offset, Record, StoreError};

pub(super) type Item = Result<(Offset, Record), StoreError>;

pub(super) struct Chunks {
    disk: Arc<dyn Disk>,
    segment: Arc<Segment>,
    ahead: VecDeque<Chunk>,
    /// The chunk that is being read, and its bytes.
    open: Option<(Chunk, Bytes)>,
    /// Where in the open chunk to go on.
    at: usize,
    expected: u64,
    /// The last thing met was damage, so a gap behind it is known already.
    is_reported: bool,
    ready: VecDeque<Item>,
}

struct Chunk {
    start: Mark,
    bytes: u64,
}

impl Chunks {
    /// Reads from the frame on that holds the record `from`; a few records before it may come too.
    pub(super) fn new(disk: Arc<dyn Disk>, segment: Arc<Segment>, from: u64) -> Self {
        let ends = segment.marks.iter().skip(1).map(|mark| mark.at).chain([segment.bytes]);
        let parts = segment.marks.iter().zip(ends);
        let mut ahead: VecDeque<Chunk> =
            parts.map(|(&start, end)| Chunk { start, bytes: end.saturating_sub(start.at) }).collect();
        let before = ahead.partition_point(|chunk| chunk.start.offset <= from);
        ahead.drain(..before.saturating_sub(1));
        let expected = ahead.front().map_or(segment.first, |chunk| chunk.start.offset);
        Self { disk, segment, ahead, open: None, at: 0, expected, is_reported: false, ready: VecDeque::new() }
    }

    /// Hands out the records frame by frame, as they lie there: cheaper than one after the other.
    ///
    /// # Errors
    /// The first damage, or what `each` says; nothing is handed out behind it.
    pub(super) fn visit(
        mut self,
        mut each: impl FnMut(u64, &[RecordRef<'_>]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut visited = Ok(());
        while visited.is_ok()
            && let Some(met) = self.visit_next(&mut |first, records| visited = each(first, records))
        {
            met?;
        }
        visited
    }

    /// Hands out the records of the next frame; or damage. `None` at the end.
    pub(super) fn visit_next(
        &mut self,
        each: &mut dyn FnMut(u64, &[RecordRef<'_>]),
    ) -> Option<Result<(), StoreError>> {
        let mut is_met = false;
        while !is_met {
            if let Some(problem) = self.ready.pop_front() {
                return Some(problem.map(drop));
            }
            let goes_on = self.advance(|_, frame, _| {
                is_met = true;
                each(frame.first, &frame.records);
            });
            if !goes_on {
                return None;
            }
        }
        Some(Ok(()))
    }

    /// Reads one more piece: a sound frame is handed out, damage goes into `ready`. False at the end.
    fn advance(&mut self, sound: impl FnOnce(&mut VecDeque<Item>, &Frame<'_>, &Bytes)) -> bool {
        let Some((chunk, bytes)) = self.open.take() else { return self.open_next() };
        let mut frames = Frames::new(&bytes, self.at, self.expected, self.segment.seed());
        let piece = frames.next();
        (self.at, self.expected) = (frames.at, frames.expected);
        match piece {
            Some(Piece::Frame { frame, .. }) => {
                self.is_reported = false;
                sound(&mut self.ready, &frame, &bytes);
            }
            Some(Piece::Damage(range)) => {
                let what = format!("{} bytes are not as they were written", range.len());
                self.report(chunk.start.at + range.start as u64, what);
            }
            None => return true,
        }
        self.open = Some((chunk, bytes));
        true
    }

    fn open_next(&mut self) -> bool {
        let Some(chunk) = self.ahead.pop_front() else { return false };
        let missing = chunk.start.offset.saturating_sub(self.expected);
        if missing > 0 && !self.is_reported {
            self.report(chunk.start.at, format!("{missing} records before this place are missing"));
        }
        self.at = 0;
        self.expected = chunk.start.offset;
        self.is_reported = false;
        self.check_header(&chunk);
        match self.disk.read(&self.segment.path, chunk.start.at, chunk.bytes) {
            Ok(bytes) => {
                let read = bytes.len() as u64;
                if read < chunk.bytes {
                    let what = format!("the file ends {} bytes early", chunk.bytes - read);
                    self.report(chunk.start.at + read, what);
                }
                self.open = Some((chunk, bytes.into()));
            }
            Err(error) => {
                self.is_reported = true;
                self.ready.push_back(Err(StoreError::io(&self.segment.path)(error)));
            }
        }
        true
    }

    /// Frames are read without it, but no damage goes unreported. What cannot be read at all is met again with the chunk.
    fn check_header(&mut self, chunk: &Chunk) {
        let front = SEGMENT_HEADER as u64;
        if chunk.start.at > front {
            return;
        }
        match self.disk.read(&self.segment.path, 0, front).map(|bytes| check_header(&self.segment, &bytes)) {
            Ok(Ok(Header::Broken)) => {
                let what = "the header is not as it was written".into();
                self.ready.push_back(Err(damaged(self.segment.path.display(), 0, what)));
            }
            Ok(Err(newer)) => self.ready.push_back(Err(newer)),
            Ok(Ok(_)) | Err(_) => {}
        }
    }

    fn report(&mut self, at: u64, what: String) {
        self.is_reported = true;
        self.ready.push_back(Err(damaged(self.segment.path.display(), at, what)));
    }
}

impl Iterator for Chunks {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        while self.ready.is_empty() {
            if !self.advance(take_records) {
                return None;
            }
        }
        self.ready.pop_front()
    }
}

fn take_records(ready: &mut VecDeque<Item>, frame: &Frame<'_>, bytes: &Bytes) {
    let records = frame.records.iter().map(|record| record.to_record(bytes));
    ready.extend((frame.first..).map(Offset).zip(records).map(Ok));
}

pub(super) fn damaged(path: impl Display, at: u64, what: String) -> StoreError {
    StoreError::Damaged { path: path.to_string(), at, what }
}
