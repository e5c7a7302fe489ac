//! Opening: find the end, cut what a crash left half written, learn the keys of the last days again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::committer::Growing;
use super::disk::Disk;
use super::keys::{self, Closed, KeyKeeper};
use super::sealed::{Place, Records, Sealed};
use super::segment::{Header, Mark, SEGMENT_HEADER, Segment, check_header, front, list};
use super::window::{Noted, Window};
use crate::frame::{FRAME_HEADER, Frame, Frames, MAX_PAYLOAD, Piece};
use crate::{Finding, StoreError};

pub(super) struct Recovered {
    /// In order of their offsets; never empty after the first start.
    pub(super) segments: Vec<Segment>,
    pub(super) window: Window,
    /// What is known of the newest segment.
    pub(super) growing: Growing,
    /// Behind the last record.
    pub(super) end: u64,
    pub(super) findings: Vec<Finding>,
}

impl Recovered {
    /// Sealed files may reach further than the segments, when somebody lost the newest of these: no offset is used twice.
    pub(super) fn go_on_behind(&mut self, sealed_end: u64) {
        if sealed_end > self.end {
            self.end = sealed_end;
            self.segments.iter_mut().for_each(|segment| segment.is_current = false);
        }
    }
}

/// Where the files are.
#[derive(Clone, Copy)]
pub(super) struct Folders<'a> {
    pub(super) log: &'a Path,
    pub(super) keys: &'a Path,
    pub(super) quarantine: &'a Path,
}

/// Reads the newest segment wholly. Of older ones, as far back as the window of keys reaches, it reads what was kept when
/// they were closed, or where that is missing them wholly, or the sealed files that took their places. Damage in others is
/// found when they are scanned.
pub(super) fn recover(
    Folders { log, keys: kept, quarantine }: Folders<'_>,
    sealed: &[Sealed],
    disk: &dyn Disk,
    keeper: &KeyKeeper,
) -> Result<Recovered, StoreError> {
    let mut segments = list(log).map_err(StoreError::io(log))?;
    let mut walk = Walk {
        quarantine,
        disk,
        window: Window::default(),
        keys: Vec::new(),
        learned: HashSet::new(),
        findings: Vec::new(),
    };
    walk.window.reserve(keys::count(kept));
    let (mut end, mut growing) = (0, Growing::default());
    let mut next = None;
    for segment in segments.iter_mut().rev() {
        let behind = next.map(|next| behind(segment, sealed, next));
        let oldest_ms = match behind.and_then(|behind| walk.closed(segment, kept, behind)) {
            Some(oldest_ms) => Some(oldest_ms),
            None => {
                if behind.is_none() {
                    // Room that was reserved for it would take longer to read than what is in it.
                    segment.bytes = disk.written(&segment.path).map_err(StoreError::io(&segment.path))?;
                }
                let bytes =
                    disk.read(&segment.path, 0, segment.bytes).map_err(StoreError::io(&segment.path))?;
                let found = walk.findings.len();
                let met = walk.segment(segment, &bytes, behind)?;
                let keys = std::mem::take(&mut walk.keys);
                let is_sound = walk.findings.len() == found;
                if is_sound {
                    walk.learned.insert(segment.first);
                }
                match (behind, met.oldest_ms) {
                    (None, oldest_ms) => (end, growing) = (met.end, Growing { oldest_ms, keys }),
                    (Some(_), Some(oldest_ms)) if is_sound => {
                        let (first, bytes, marks) = (segment.first, segment.bytes, segment.marks.clone());
                        keeper.keep(Closed { first, end: met.end, bytes, oldest_ms, marks, keys });
                    }
                    _ => {}
                }
                met.oldest_ms
            }
        };
        next = Some(segment.first);
        if oldest_ms.is_some_and(|oldest| oldest < walk.window.start_ms()) {
            break;
        }
    }
    walk.retired(kept, next);
    walk.sealed(kept, sealed)?;
    Ok(Recovered { segments, window: walk.window, growing, end, findings: walk.findings })
}

/// Where the records behind a segment begin: in the `next` one, or in a sealed file whose segment is gone.
fn behind(segment: &Segment, sealed: &[Sealed], next: u64) -> u64 {
    let at = sealed.partition_point(|sealed| sealed.first <= segment.first);
    sealed.get(at).map_or(next, |sealed| sealed.first.min(next))
}

struct Walk<'a> {
    quarantine: &'a Path,
    disk: &'a dyn Disk,
    window: Window,
    /// Of the segment that is being read.
    keys: Vec<Noted>,
    /// Segments whose keys are known, by their first offsets.
    learned: HashSet<u64>,
    findings: Vec<Finding>,
}

/// What was met in one segment.
struct Met {
    /// The offset behind its last record.
    end: u64,
    /// When its first readable record came in.
    oldest_ms: Option<i64>,
}

impl Walk<'_> {
    /// Learns what was kept of a closed segment: when its first record came in. `None` if the segment has to be read.
    fn closed(&mut self, segment: &mut Segment, kept: &Path, behind: u64) -> Option<i64> {
        let closed = Closed::read(kept, segment.first)?;
        let front = self.disk.read(&segment.path, 0, SEGMENT_HEADER as u64).ok()?;
        // What is not as it was is looked into, and reported.
        let is_sound =
            closed.end == behind && !matches!(check_header(segment, &front), Ok(Header::Broken) | Err(_));
        (is_sound && closed.fits(segment)).then_some(())?;
        self.learn_again(&closed);
        segment.marks = closed.marks;
        Some(closed.oldest_ms)
    }

    /// Keys of segments that are gone from the log count as long as any others; `first` is that of the oldest segment
    /// that was looked at. Those that have left the window are removed.
    fn retired(&mut self, kept: &Path, first: Option<u64>) {
        let firsts = keys::list(kept).unwrap_or_default();
        for older in firsts.into_iter().rev().filter(|older| first.is_none_or(|first| *older < first)) {
            let Some(closed) = Closed::read(kept, older) else { continue };
            let is_young = closed.keys.last().is_some_and(|noted| self.window.reaches(noted));
            if is_young {
                self.learn_again(&closed);
            } else {
                // One that stays is tried again by the next start.
                let _ = self.disk.remove(&keys::path(kept, older));
            }
        }
    }

    /// Learns what is not known yet: the keys of segments that are damaged, or gone while the file of their keys is damaged.
    fn sealed(&mut self, kept: &Path, sealed: &[Sealed]) -> Result<(), StoreError> {
        for sealed in sealed.iter().rev() {
            if self.learned.contains(&sealed.first) {
                continue;
            }
            if let Some(closed) = Closed::read(kept, sealed.first).filter(|closed| closed.end == sealed.end) {
                self.learn_again(&closed);
                continue;
            }
            match self.learn_from(sealed) {
                Ok(true) => {}
                Ok(false) => break,
                Err(StoreError::Damaged { at, .. }) => {
                    let (path, bytes) = (sealed.path.clone(), sealed.bytes.saturating_sub(at));
                    self.findings.push(Finding::Damage { path, at, bytes, kept_in: None });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Learns the keys of a sealed file, unless all of them have left the window.
    fn learn_from(&mut self, sealed: &Sealed) -> Result<bool, StoreError> {
        if sealed.newest_ms(self.disk)? < self.window.start_ms() {
            return Ok(false);
        }
        for item in Records::open(sealed, Place::Disk(self.disk), sealed.first)? {
            let (_, record) = item?;
            if let (Some(key), true) = (record.key, record.at_ms >= self.window.start_ms()) {
                self.window.note(key, record.at_ms);
            }
        }
        Ok(true)
    }

    fn learn_again(&mut self, closed: &Closed) {
        self.window.note_again(&closed.keys);
        self.learned.insert(closed.first);
    }

    /// `behind` is where the records behind it begin; `None` for the newest segment.
    fn segment(
        &mut self,
        segment: &mut Segment,
        bytes: &[u8],
        behind: Option<u64>,
    ) -> Result<Met, StoreError> {
        let front = check_header(segment, bytes)?;
        segment.is_over = front == Header::Over;
        segment.is_current = segment.is_over || front == Header::Current;
        let frames = Frames::new(bytes, SEGMENT_HEADER, segment.first, segment.seed());
        let mut met = Met { end: segment.first, oldest_ms: None };
        let mut torn = None;
        let mut is_end_damaged = false;
        for piece in frames {
            is_end_damaged = matches!(piece, Piece::Damage(_));
            match piece {
                Piece::Frame { at, frame } => {
                    segment.mark(Mark { offset: frame.first, at: at as u64 });
                    met.oldest_ms = met.oldest_ms.or(frame.records.first().map(|record| record.at_ms));
                    met.end = frame.end();
                    self.learn(&frame);
                }
                Piece::Damage(range) if range.end == bytes.len() && !range.is_empty() && behind.is_none() => {
                    torn = Some(range.start);
                }
                Piece::Damage(range) => self.damage(segment, range.start, &bytes[range])?,
            }
        }
        if behind.is_some_and(|behind| met.end < behind) && !is_end_damaged {
            self.damage(segment, bytes.len(), &[])?;
        }
        match (behind, met.oldest_ms) {
            (None, None) if front == Header::Broken => self.start_over(segment, bytes)?,
            (None, None) if front == Header::Older => self.renew(segment)?,
            _ if front == Header::Broken => {
                self.findings.push(Finding::Header { path: segment.path.clone() })
            }
            _ => {}
        }
        if let (Some(at), true) = (torn, segment.bytes > SEGMENT_HEADER as u64) {
            self.cut(segment, at, unfinished(segment, at, bytes))?;
        }
        Ok(met)
    }

    fn learn(&mut self, frame: &Frame<'_>) {
        for record in &frame.records {
            if let (Some(key), true) = (record.key, record.at_ms >= self.window.start_ms()) {
                self.keys.extend(self.window.note(key, record.at_ms));
            }
        }
    }

    fn damage(&mut self, segment: &Segment, at: usize, bytes: &[u8]) -> Result<(), StoreError> {
        let kept_in = if bytes.is_empty() { None } else { Some(self.keep(segment, at, bytes)?) };
        let (path, at, bytes) = (segment.path.clone(), at as u64, bytes.len() as u64);
        self.findings.push(Finding::Damage { path, at, bytes, kept_in });
        Ok(())
    }

    /// Removes an unfinished write from the newest segment, and what is left of the segment that it was written over.
    fn cut(&mut self, segment: &mut Segment, at: usize, bytes: &[u8]) -> Result<(), StoreError> {
        let kept_in = if bytes.is_empty() { None } else { Some(self.keep(segment, at, bytes)?) };
        self.disk.truncate(&segment.path, at as u64).map_err(StoreError::io(&segment.path))?;
        segment.bytes = at as u64;
        let Some(kept_in) = kept_in else { return Ok(()) };
        let (path, at, bytes) = (segment.path.clone(), segment.bytes, bytes.len() as u64);
        self.findings.push(Finding::TornTail { path, at, bytes, kept_in });
        Ok(())
    }

    /// A segment without a header and without a frame: the process died while it made the file.
    fn start_over(&mut self, segment: &mut Segment, bytes: &[u8]) -> Result<(), StoreError> {
        let kept_in = self.keep(segment, 0, bytes)?;
        let bytes = bytes.len() as u64;
        self.renew(segment)?;
        segment.bytes = SEGMENT_HEADER as u64;
        self.findings.push(Finding::TornTail { path: segment.path.clone(), at: 0, bytes, kept_in });
        Ok(())
    }

    /// Copies bytes aside. The same place of the same segment keeps one copy: damage is met again on every start.
    fn keep(&self, segment: &Segment, at: usize, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let crc = crc32c::crc32c(bytes);
        let path = self.quarantine.join(format!("{:020}-{at}-{crc:08x}.bytes", segment.first));
        if !path.exists() {
            std::fs::create_dir_all(self.quarantine).map_err(StoreError::io(self.quarantine))?;
            self.disk.write_whole(&path, bytes).map_err(StoreError::io(&path))?;
        }
        Ok(path)
    }

    /// Makes a segment without a frame one of ours.
    fn renew(&self, segment: &mut Segment) -> Result<(), StoreError> {
        (segment.is_current, segment.is_over) = (true, false);
        self.disk.write_whole(&segment.path, &front(segment)).map_err(StoreError::io(&segment.path))
    }
}

/// Which of the bytes behind the last frame of the newest segment are of an unfinished write.
fn unfinished<'a>(segment: &Segment, at: usize, bytes: &'a [u8]) -> &'a [u8] {
    let rest = &bytes[at..];
    if !segment.is_over {
        return rest;
    }
    let zeros = (Segment::padded(at as u64) as usize).min(bytes.len()) - at;
    if rest[..zeros].iter().all(|byte| *byte == 0) {
        // Nothing was begun: what follows is of the segment before.
        return &[];
    }
    let length = rest.first_chunk().map_or(0, |length| u32::from_le_bytes(*length) as usize);
    let whole = FRAME_HEADER + length;
    if (1..=MAX_PAYLOAD).contains(&length) { &rest[..whole.max(zeros).min(rest.len())] } else { rest }
}
