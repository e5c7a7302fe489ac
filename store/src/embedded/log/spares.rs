//! What new segments are written over, since a sync takes a third to two thirds of the time where a file does not grow:
//! segments whose records are in sealed files alone, and while there are none, room that is reserved.
//!
//! It is not: needed. A spare that is gone, or cannot be written, is as good as none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, Tail, forget};
use super::segment::{Segment, front};
use crate::Sizes;

pub(super) struct Spares {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    sizes: Sizes,
    /// By the offsets that their first records had. Whoever gives a spare its name, or takes that away, holds this meanwhile:
    /// what is opened under a name must be what is renamed.
    ready: Mutex<Vec<u64>>,
}

impl Spares {
    /// Those of a folder, as far as they are wanted; the others are removed.
    pub(super) fn open(folder: &Path, disk: Arc<dyn Disk>, sizes: Sizes) -> io::Result<Self> {
        let mut ready = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            ready.extend(name.to_str().and_then(|name| name.strip_suffix(".spare")?.parse::<u64>().ok()));
        }
        ready.sort_unstable();
        let unwanted = ready.split_off(sizes.spare_segments.min(ready.len()));
        let spares = Self { folder: folder.to_owned(), disk, sizes, ready: Mutex::new(ready) };
        unwanted.into_iter().for_each(|first| spares.remove(first));
        Ok(spares)
    }

    pub(super) fn have_room(&self) -> bool {
        self.lock().len() < self.sizes.spare_segments
    }

    /// Makes a spare of a segment that nobody needs any more.
    pub(super) fn add(&self, segment: &Segment) -> io::Result<()> {
        let path = self.path(segment.first);
        let mut ready = self.lock();
        self.disk.rename(&segment.path, &path)?;
        ready.push(segment.first);
        drop(ready);
        forget(&path);
        Ok(())
    }

    /// A segment without a frame: over a spare, or over room that is reserved, or else in a file that grows.
    pub(super) fn begin(&self, first: u64) -> io::Result<(Segment, Box<dyn Tail>)> {
        let fresh = Segment::new(&self.folder, first);
        let over = Segment { is_over: true, ..fresh.clone() };
        let write_over = |path: &Path| self.disk.reuse(path, &over.path, &front(&over));
        let mut ready = self.lock();
        while let Some(spare) = ready.pop() {
            // Frames of a later life would pass for frames of this one. That is a folder to which an older log was
            // brought back.
            if spare < first
                && let Ok(tail) = write_over(&self.path(spare))
            {
                return Ok((over, tail));
            }
            self.remove(spare);
        }
        let (room, bytes) = (self.path(first), Segment::padded(self.sizes.segment_bytes));
        if let Ok(tail) = self.disk.reserve(&room, bytes).and_then(|()| write_over(&room)) {
            return Ok((over, tail));
        }
        self.remove(first);
        let tail = self.disk.create(&fresh.path, &front(&fresh))?;
        Ok((fresh, tail))
    }

    /// The room that they take is needed.
    pub(super) fn remove_all(&self) {
        self.lock().drain(..).for_each(|first| self.remove(first));
    }

    /// One that stays is met again by the next start.
    fn remove(&self, first: u64) {
        let _ = self.disk.remove(&self.path(first));
    }

    fn path(&self, first: u64) -> PathBuf {
        self.folder.join(format!("{first:020}.spare"))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
