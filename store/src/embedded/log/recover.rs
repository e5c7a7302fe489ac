//! Opening: find the end, cut what a crash left half written, learn the keys of the last days again.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::frame::{Frame, Frames, Piece};
use super::segment::{Header, Mark, SEGMENT_HEADER, Segment, check_header, header, list};
use super::window::Window;
use crate::{Finding, StoreError};

pub(super) struct Recovered {
    /// In order of their offsets; never empty after the first start.
    pub(super) segments: Vec<Segment>,
    pub(super) window: Window,
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

/// Reads the newest segment wholly and older ones as far back as the window of keys reaches. Damage in segments that
/// are older still is found when they are scanned.
pub(super) fn recover(log: &Path, quarantine: &Path, disk: &dyn Disk) -> Result<Recovered, StoreError> {
    let mut segments = list(log).map_err(StoreError::io(log))?;
    let mut walk = Walk { quarantine, window: Window::default(), findings: Vec::new() };
    let mut end = 0;
    let mut behind = None;
    for segment in segments.iter_mut().rev() {
        let bytes = disk.read(&segment.path, 0, segment.bytes).map_err(StoreError::io(&segment.path))?;
        let met = walk.segment(segment, &bytes, behind)?;
        if behind.is_none() {
            end = met.end;
        }
        behind = Some(segment.first);
        if met.oldest_ms.is_some_and(|oldest| oldest < walk.window.start_ms()) {
            break;
        }
    }
    Ok(Recovered { segments, window: walk.window, end, findings: walk.findings })
}

struct Walk<'a> {
    quarantine: &'a Path,
    window: Window,
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
    /// `behind` is the first offset of the next segment; `None` for the newest one.
    fn segment(
        &mut self,
        segment: &mut Segment,
        bytes: &[u8],
        behind: Option<u64>,
    ) -> Result<Met, StoreError> {
        let front = check_header(segment, bytes)?;
        segment.is_current = front == Header::Current;
        let frames = Frames::new(bytes, SEGMENT_HEADER, segment.first);
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
            (None, None) if front == Header::Older => renew(segment)?,
            _ if front == Header::Broken => {
                self.findings.push(Finding::Header { path: segment.path.clone() })
            }
            _ => {}
        }
        if let (Some(at), true) = (torn, segment.bytes > SEGMENT_HEADER as u64) {
            self.cut(segment, at, &bytes[at..])?;
        }
        Ok(met)
    }

    fn learn(&mut self, frame: &Frame<'_>) {
        for record in &frame.records {
            if let (Some(key), true) = (record.key, record.at_ms >= self.window.start_ms()) {
                self.window.insert(key, record.at_ms);
            }
        }
    }

    fn damage(&mut self, segment: &Segment, at: usize, bytes: &[u8]) -> Result<(), StoreError> {
        let kept_in = if bytes.is_empty() { None } else { Some(self.keep(segment, at, bytes)?) };
        let (path, at, bytes) = (segment.path.clone(), at as u64, bytes.len() as u64);
        self.findings.push(Finding::Damage { path, at, bytes, kept_in });
        Ok(())
    }

    /// Removes an unfinished write from the newest segment.
    fn cut(&mut self, segment: &mut Segment, at: usize, bytes: &[u8]) -> Result<(), StoreError> {
        let kept_in = self.keep(segment, at, bytes)?;
        truncate(&segment.path, at as u64).map_err(StoreError::io(&segment.path))?;
        segment.bytes = at as u64;
        let (path, at, bytes) = (segment.path.clone(), segment.bytes, bytes.len() as u64);
        self.findings.push(Finding::TornTail { path, at, bytes, kept_in });
        Ok(())
    }

    /// A segment without a header and without a frame: the process died while it made the file.
    fn start_over(&mut self, segment: &mut Segment, bytes: &[u8]) -> Result<(), StoreError> {
        let kept_in = self.keep(segment, 0, bytes)?;
        let bytes = bytes.len() as u64;
        renew(segment)?;
        segment.bytes = SEGMENT_HEADER as u64;
        self.findings.push(Finding::TornTail { path: segment.path.clone(), at: 0, bytes, kept_in });
        Ok(())
    }

    /// Copies bytes aside. The same place of the same segment keeps one copy: damage is met again on every start.
    fn keep(&self, segment: &Segment, at: usize, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let crc = crc32c::crc32c(bytes);
        let path = self.quarantine.join(format!("{:020}-{at}-{crc:08x}.bytes", segment.first));
        if !path.exists() {
            fs::create_dir_all(self.quarantine)
                .and_then(|()| write_durably(&path, bytes))
                .and_then(|()| super::super::sync_dir(self.quarantine))
                .map_err(StoreError::io(&path))?;
        }
        Ok(path)
    }
}

/// Makes a segment without a frame one of ours.
fn renew(segment: &mut Segment) -> Result<(), StoreError> {
    write_durably(&segment.path, &header(segment.first)).map_err(StoreError::io(&segment.path))?;
    segment.is_current = true;
    Ok(())
}

fn truncate(path: &Path, bytes: u64) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_len(bytes)?;
    file.sync_all()
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
