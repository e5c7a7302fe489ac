//! Reads the log in order, part by part: a part is a segment, or the sealed file that took its place.
//!
//! Parts may be retired while somebody reads. So each is looked up when it is its turn, and again when its file turns out
//! to be gone.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::chunks::{Chunks, Item, damaged};
use super::disk::Disk;
use super::sealed::{Place, Records};
use super::view::{Part, View};
use crate::StoreError;
use crate::columns::{OneByOne, Pieces};
use crate::frame::RecordRef;

/// Where a reader finds parts and gets their bytes.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) view: Arc<View>,
    pub(super) disk: Arc<dyn Disk>,
}

/// What a part is read from.
enum Open {
    Segment(Box<Chunks>),
    Sealed(Box<Records>),
}

impl Open {
    fn next(&mut self) -> Option<Item> {
        match self {
            Self::Segment(chunks) => chunks.next(),
            Self::Sealed(records) => records.next(),
        }
    }

    /// Hands out the next records, as far as their offsets are wanted; answers the offset behind those that were read.
    fn visit(
        &mut self,
        wanted: Range<u64>,
        each: &mut dyn FnMut(u64, &[RecordRef<'_>]),
    ) -> Option<Result<u64, StoreError>> {
        let mut behind = wanted.start;
        let mut visit = |first: u64, records: &[RecordRef<'_>]| {
            behind = first + records.len() as u64;
            let [from, to] = [wanted.start, wanted.end].map(|offset| offset.clamp(first, behind) - first);
            if from < to {
                each(first + from, &records[from as usize..to as usize]);
            }
        };
        let visited = match self {
            Self::Segment(chunks) => chunks.visit_next(&mut visit)?,
            Self::Sealed(records) => OneByOne(records).visit(&mut visit)?,
        };
        Some(visited.map(|()| behind))
    }
}

/// Reads from an offset to another.
pub(super) struct Scan {
    source: Source,
    end: u64,
    /// The offset of the next record.
    expected: u64,
    /// The last thing met was damage, so a gap behind it is known already.
    is_reported: bool,
    /// The part that is being read, or was the last to be.
    part: Option<Part>,
    records: Option<Open>,
    problems: VecDeque<StoreError>,
}

impl Scan {
    pub(super) fn new(source: Source, from: u64, end: u64) -> Self {
        let expected = from.max(source.view.begin());
        Self {
            source,
            end,
            expected,
            is_reported: false,
            part: None,
            records: None,
            problems: VecDeque::new(),
        }
    }

    /// Goes on to the next part; false at the end.
    fn next_part(&mut self) -> bool {
        let view = &self.source.view;
        let next = match &self.part {
            None => view.part_at(self.expected),
            Some(last) => view.part_behind(last.first),
        };
        // What retention took away is no gap.
        self.expected = self.expected.max(view.begin());
        if self.expected >= self.end {
            return false;
        }
        let reaches = next.as_ref().map_or(self.end, |part| part.first.min(self.end));
        if let Some(part) = next.as_ref().or(self.part.as_ref()) {
            let path = part.path();
            self.note_gap(reaches, &path);
        }
        match next.filter(|part| part.first < self.end) {
            Some(part) => self.open(part),
            None => self.expected = self.end,
        }
        true
    }

    fn note_gap(&mut self, until: u64, path: &Path) {
        let missing = until.saturating_sub(self.expected);
        if missing > 0 && !self.is_reported {
            let what = format!("{missing} records before this place are missing");
            self.problems.push_back(damaged(path.display(), 0, what));
        }
        self.expected = self.expected.max(until);
        self.is_reported = false;
    }

    fn open(&mut self, part: Part) {
        let disk = &self.source.disk;
        self.records = match (&part.segment, &part.sealed) {
            (Some(segment), _) => {
                Some(Open::Segment(Box::new(Chunks::new(disk.clone(), segment.clone(), self.expected))))
            }
            (None, Some(sealed)) => match Records::open(sealed, Place::Disk(&**disk), self.expected) {
                Ok(records) => Some(Open::Sealed(Box::new(records))),
                Err(error) => {
                    self.fail(error, part.first);
                    None
                }
            },
            (None, None) => None,
        };
        self.part = Some(part);
    }

    /// Notes what is wrong, unless the part was retired or forgotten under our eyes. Where a segment fails, its sealed
    /// file stands in, if there is one.
    fn fail(&mut self, error: StoreError, first: u64) {
        let now = self.source.view.part_at(first).filter(|now| now.first == first);
        let was_segment =
            self.part.as_ref().is_some_and(|part| part.first == first && part.segment.is_some());
        let is_gone = match &error {
            StoreError::Io { source, .. } => source.kind() == ErrorKind::NotFound,
            // Another segment may be written over it already.
            StoreError::Damaged { .. } => was_segment,
            _ => false,
        };
        let is_retired = now.as_ref().is_none_or(|now| was_segment && now.segment.is_none());
        if !(is_gone && is_retired) {
            self.is_reported = true;
            self.problems.push_back(error);
        }
        match now {
            Some(now) if was_segment && now.sealed.is_some() => self.open(Part { segment: None, ..now }),
            None => self.records = None,
            Some(_) => {}
        }
    }

    fn fail_here(&mut self, error: StoreError) {
        let first = self.part.as_ref().map_or(0, |part| part.first);
        self.fail(error, first);
    }

    /// Goes on behind what was read to its end; true at the end of all.
    fn is_over(&mut self) -> bool {
        if self.is_cut_short() {
            self.stand_in();
            return false;
        }
        self.records = None;
        !self.next_part()
    }

    /// Whether a segment has ended before its sealed file does.
    fn is_cut_short(&self) -> bool {
        let part = self.part.as_ref().filter(|part| self.records.is_some() && part.segment.is_some());
        let sealed = part.and_then(|part| part.sealed.as_ref());
        sealed.is_some_and(|sealed| self.expected < sealed.end.min(self.end))
    }

    /// Goes on in the sealed file of a segment.
    fn stand_in(&mut self) {
        let Some(part) = self.part.take() else { return };
        let what = "records at its end are missing".into();
        self.problems.push_back(damaged(part.path().display(), 0, what));
        self.open(Part { segment: None, ..part });
    }
}

impl Iterator for Scan {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(problem) = self.problems.pop_front() {
                return Some(Err(problem));
            }
            match self.records.as_mut().and_then(Open::next) {
                Some(Ok((offset, _))) if offset.0 < self.expected => {}
                Some(Ok((offset, _))) if offset.0 >= self.end => {
                    self.records = None;
                    self.expected = self.end;
                }
                Some(Ok((offset, record))) => {
                    self.expected = offset.0 + 1;
                    self.is_reported = false;
                    return Some(Ok((offset, record)));
                }
                Some(Err(error)) => self.fail_here(error),
                None if self.is_over() => return self.problems.pop_front().map(Err),
                None => {}
            }
        }
    }
}

impl Pieces for Scan {
    fn visit(&mut self, each: &mut dyn FnMut(u64, &[RecordRef<'_>])) -> Option<Result<(), StoreError>> {
        loop {
            if let Some(problem) = self.problems.pop_front() {
                return Some(Err(problem));
            }
            let wanted = self.expected..self.end;
            match self.records.as_mut().and_then(|records| records.visit(wanted, each)) {
                Some(Ok(behind)) if behind <= self.expected => {}
                Some(Ok(behind)) => {
                    self.expected = behind.min(self.end);
                    self.is_reported = false;
                    if behind >= self.end {
                        self.records = None;
                    }
                    return Some(Ok(()));
                }
                Some(Err(error)) => self.fail_here(error),
                None if self.is_over() => return self.problems.pop_front().map(Err),
                None => {}
            }
        }
    }
}
