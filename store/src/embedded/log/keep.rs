//! Housekeeping of closed segments: seal them, remove what their sealed files replaced, remove what nobody wants to keep.
//!
//! Off the way of events: it takes no lock that the committer waits for longer than a list is copied. It is not: told
//! when to work (the server's housekeeper is), or in need of a clock (time is a parameter).

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::chunks::{Chunks, damaged};
use super::keys::Closed;
use super::scan::Source;
use super::sealed::{Encode, Encoded, Place, Records, Sealed};
use super::segment::{Header, SEGMENT_HEADER, Segment, check_header};
use super::spares::Spares;
use super::view::Part;
use super::window;
use crate::{Reading, Retired, Sealing, StoreError};

/// Of so many bytes of a segment a sealed file takes one, or less. [measured: four to six, docs/measurements.md]
const ABOUT: u64 = 3;

pub(super) struct Keeper {
    pub(super) folder: PathBuf,
    /// Where the keys of closed segments are kept.
    pub(super) keys: PathBuf,
    pub(super) source: Source,
    pub(super) spares: Arc<Spares>,
    /// Segments that cannot be sealed, as they were when that was found. One at a time keeps house.
    pub(super) unfit: Mutex<HashSet<u64>>,
}

impl Keeper {
    /// Seals the oldest closed segment that can be.
    pub(super) fn seal(&self, reading: Reading) -> Result<Option<Sealing>, StoreError> {
        let mut unfit = self.unfit.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = self.source.view.parts();
        let closed = parts.windows(2).map(|pair| (&pair[0], pair[1].first));
        let open = |part: &Part| part.sealed.is_none() && !unfit.contains(&part.first);
        let next =
            closed.filter(|(part, _)| open(part)).find_map(|(part, end)| Some((part.segment.clone()?, end)));
        let Some((segment, end)) = next else { return Ok(None) };
        let sealed = self.write(&segment, end, reading).inspect_err(|error| {
            // What is wrong with the bytes is no better the next time; a full disk may be.
            if matches!(error, StoreError::Damaged { .. }) {
                unfit.insert(segment.first);
            }
        })?;
        let sealing = Sealing { records: sealed.end - sealed.first, from: segment.bytes, to: sealed.bytes };
        self.source.view.seal(sealed);
        Ok(Some(sealing))
    }

    /// Writes the sealed file of a segment, reads it back, and gives it its name when it is the same.
    fn write(&self, segment: &Arc<Segment>, end: u64, reading: Reading) -> Result<Sealed, StoreError> {
        let encoded = self.encode(segment, end, reading)?;
        let sealed = Sealed::new(&self.folder, &encoded);
        let unfinished = sealed.at(sealed.path.with_extension("unfinished"));
        let disk = &self.source.disk;
        let written = disk
            .write(&unfinished.path, &encoded.bytes)
            .map_err(StoreError::io(&unfinished.path))
            .and_then(|()| self.read_back(segment, &unfinished, &encoded.bytes))
            .and_then(|()| disk.rename(&unfinished.path, &sealed.path).map_err(StoreError::io(&sealed.path)));
        if written.is_err() {
            // What is left behind is removed by the next start.
            let _ = disk.remove(&unfinished.path);
        }
        written.map(|()| sealed)
    }

    fn encode(&self, segment: &Arc<Segment>, end: u64, reading: Reading) -> Result<Encoded, StoreError> {
        let unfit = |what: String| damaged(segment.path.display(), 0, format!("it cannot be sealed: {what}"));
        let mut encode =
            Encode::new(reading, segment.bytes / ABOUT).map_err(|error| unfit(error.to_string()))?;
        let mut expected = segment.first;
        self.chunks(segment).visit(|first, records| {
            expected = first + records.len() as u64;
            encode.push(first, records).map_err(|error| unfit(error.to_string()))
        })?;
        if expected != end {
            return Err(unfit(format!("{} records at its end are missing", end - expected)));
        }
        encode.finish().map_err(|error| unfit(error.to_string()))
    }

    /// Whether a file that was just written holds these bytes, and they give back the segment. They are in memory: from
    /// there they are taken again.
    fn read_back(&self, segment: &Arc<Segment>, sealed: &Sealed, bytes: &Bytes) -> Result<(), StoreError> {
        if !sealed.holds(&*self.source.disk, bytes)? {
            let what = "it does not hold what was written into it".into();
            return Err(damaged(sealed.path.display(), 0, what));
        }
        self.compare_at(Place::Memory(bytes), segment, sealed)
    }

    /// Whether a sealed file is as it was written and gives back every record of its segment, bit for bit.
    fn compare(&self, segment: &Arc<Segment>, sealed: &Sealed) -> Result<(), StoreError> {
        sealed.check(&*self.source.disk)?;
        self.compare_at(Place::Disk(&*self.source.disk), segment, sealed)
    }

    fn compare_at(
        &self,
        place: Place<'_>,
        segment: &Arc<Segment>,
        sealed: &Sealed,
    ) -> Result<(), StoreError> {
        let different = |offset: u64| {
            damaged(sealed.path.display(), 0, format!("record {offset} is not what the segment has"))
        };
        let mut records = Records::open(sealed, place, sealed.first)?;
        self.chunks(segment).visit(|first, frame| {
            for (offset, record) in (first..).zip(frame) {
                if !records.next_is(offset, record)? {
                    return Err(different(offset));
                }
            }
            Ok(())
        })?;
        if records.next().is_some() { Err(different(sealed.end)) } else { Ok(()) }
    }

    fn chunks(&self, segment: &Arc<Segment>) -> Chunks {
        Chunks::new(self.source.disk.clone(), segment.clone(), segment.first)
    }

    /// Removes segments that are sealed and whose keys are kept; then, from the front of the log, sealed files whose records
    /// all came in longer ago than they are to be kept.
    pub(super) fn retire(&self, now_ms: i64, keep_ms: Option<i64>) -> Result<Retired, StoreError> {
        let _alone = self.unfit.lock().unwrap_or_else(PoisonError::into_inner);
        let segments = self.retire_segments(now_ms)?;
        let records = keep_ms.map_or(Ok(0), |keep_ms| self.forget(now_ms, keep_ms))?;
        Ok(Retired { segments, records })
    }

    fn retire_segments(&self, now_ms: i64) -> Result<u64, StoreError> {
        let mut retired = 0;
        for part in self.source.view.parts() {
            let (Some(segment), Some(sealed)) = (&part.segment, &part.sealed) else { continue };
            let replaced = self.replace(segment, sealed, now_ms).inspect_err(|error| {
                if names(error, sealed) {
                    // The segment is there: the file can be written again.
                    self.source.view.unseal(part.first);
                }
            });
            if !replaced? {
                break;
            }
            retired += 1;
        }
        Ok(retired)
    }

    /// Lets a sealed file stand alone. False where it is too early for that, and so for all behind it.
    fn replace(&self, segment: &Arc<Segment>, sealed: &Sealed, now_ms: i64) -> Result<bool, StoreError> {
        let newest_ms = sealed.newest_ms(&*self.source.disk)?;
        if self.may_wait(newest_ms, now_ms) {
            return Ok(false);
        }
        let tells_repeats = newest_ms >= window::start_ms(now_ms);
        if tells_repeats && !self.keys_are_kept(sealed) {
            return Ok(false);
        }
        // The file may have been damaged since it was written: it is compared once more before it stands alone.
        self.compare(segment, sealed)?;
        self.source.view.retire(sealed.first);
        self.recycle(segment)?;
        Ok(true)
    }

    /// For a day a segment waits to be written over by a new one: so long there are two of its records.
    fn may_wait(&self, newest_ms: i64, now_ms: i64) -> bool {
        newest_ms >= now_ms.saturating_sub(window::DAY_MS) && !self.spares.have_room()
    }

    /// Whether repeats can be told without the segment.
    fn keys_are_kept(&self, sealed: &Sealed) -> bool {
        Closed::read(&self.keys, sealed.first).is_some_and(|closed| closed.end == sealed.end)
    }

    /// Answers how many records went. Those by which repeats are told stay: the file of their keys may be damaged.
    fn forget(&self, now_ms: i64, keep_ms: i64) -> Result<u64, StoreError> {
        let mut records = 0;
        let wanted_ms = window::start_ms(now_ms).min(now_ms.saturating_sub(keep_ms));
        for part in self.source.view.parts() {
            let (None, Some(sealed)) = (&part.segment, &part.sealed) else { break };
            if sealed.newest_ms(&*self.source.disk)? >= wanted_ms {
                break;
            }
            self.source.view.forget(part.first);
            self.remove(&sealed.path)?;
            records += sealed.end - sealed.first;
        }
        Ok(records)
    }

    fn recycle(&self, segment: &Segment) -> Result<(), StoreError> {
        let front = self.source.disk.read(&segment.path, 0, SEGMENT_HEADER as u64);
        let front = front.ok().and_then(|front| check_header(segment, &front).ok());
        // Of others it is not known that their frames cannot pass for frames of ours.
        let is_ours = matches!(front, Some(Header::Current | Header::Over));
        if is_ours && self.spares.have_room() {
            self.spares.add(segment).map_err(StoreError::io(&segment.path))
        } else {
            self.remove(&segment.path)
        }
    }

    fn remove(&self, path: &Path) -> Result<(), StoreError> {
        self.source.disk.remove(path).map_err(StoreError::io(path))
    }
}

fn names(error: &StoreError, sealed: &Sealed) -> bool {
    matches!(error, StoreError::Damaged { path, .. } if Path::new(path) == sealed.path)
}
