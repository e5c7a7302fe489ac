//! The event log: our own segmented write-ahead log, described in docs/log-format.md.
//!
//! A batch waits in the [`queue`]; the [`committer`] turns all that wait into one write and one fdatasync; readers see
//! them through the [`view`]. Opening goes through [`recover`]. What was closed is [`sealed`] by column when the [`keep`]er
//! is told to. It is not: a database, a message broker, a place where
//! anything is ever changed.

mod chunks;
mod columns;
mod committer;
mod disk;
mod keep;
mod keys;
mod pages;
mod prompt;
mod queue;
mod recover;
mod scan;
mod sealed;
mod segment;
mod spares;
#[cfg(test)]
mod tests;
mod view;
mod window;

use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use self::columns::ColumnScan;
use self::committer::{Committer, Growing};
use self::disk::{Disk, RealDisk};
use self::keep::Keeper;
use self::keys::KeyKeeper;
use self::queue::{Pending, Queue};
use self::recover::Folders;
use self::scan::{Scan, Source};
use self::spares::Spares;
use self::view::View;
use crate::frame::FrameWriter;
use crate::{
    Appending, Batch, Column, Columns, EventLog, Offset, Opened, Reading, Record, Retired, Sealing, Sizes,
    StoreError,
};

pub(super) struct FileLog {
    queue: Arc<Queue>,
    source: Source,
    keeper: Keeper,
    committer: Option<JoinHandle<()>>,
    /// Freed after the committer has ended.
    _lock: File,
}

impl FileLog {
    /// Opens the log in `dir`; `lock` is the proof that nobody else writes there.
    pub(super) fn open(dir: &Path, lock: File, sizes: Sizes) -> Result<(Self, Opened), StoreError> {
        Self::open_with(dir, lock, Arc::new(RealDisk), sizes)
    }

    fn open_with(
        dir: &Path,
        lock: File,
        disk: Arc<dyn Disk>,
        sizes: Sizes,
    ) -> Result<(Self, Opened), StoreError> {
        let (log, folder, keys) = (dir.join("log"), dir.join("columns"), dir.join("keys"));
        for folder in [&log, &folder, &keys] {
            fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        }
        let key_keeper =
            KeyKeeper::start(&keys, disk.clone(), sizes.segment_bytes).map_err(StoreError::io(&keys))?;
        let sealed = sealed::list(&folder, &*disk).map_err(StoreError::io(&folder))?;
        let folders = Folders { log: &log, keys: &keys, quarantine: &dir.join("quarantine") };
        let mut found = recover::recover(folders, &sealed, &*disk, &key_keeper)?;
        found.go_on_behind(sealed.last().map_or(0, |sealed| sealed.end));
        let newest = found.segments.last().filter(|newest| newest.is_current);
        let spares = Spares::open(&log, disk.clone(), sizes).map_err(StoreError::io(&log))?;
        let spares = Arc::new(spares);
        let (segment, tail) = match newest {
            Some(last) => (last.clone(), disk.reopen(&last.path).map_err(StoreError::io(&last.path))?),
            None => {
                // What an earlier version wrote is closed now, and read again at the next start.
                found.growing = Growing { oldest_ms: None, keys: key_keeper.room() };
                let (next, tail) = spares.begin(found.end).map_err(StoreError::io(&log))?;
                found.segments.push(next.clone());
                (next, tail)
            }
        };
        let queue = Arc::new(Queue::new(sizes.queue_bytes));
        let view = Arc::new(View::new(found.segments, sealed, found.end));
        view.set_key_bytes(found.window.bytes());
        let source = Source { view: view.clone(), disk };
        let committer = Committer {
            dir: log,
            spares: spares.clone(),
            queue: queue.clone(),
            view,
            window: found.window,
            tail,
            segment,
            growing: found.growing,
            key_keeper,
            end: found.end,
            segment_bytes: sizes.segment_bytes,
            frames: FrameWriter::default(),
            closed: None,
        };
        let committer = thread::Builder::new()
            .name("event-log".into())
            .spawn(move || committer.run())
            .map_err(StoreError::io(dir))?;
        let keeper = Keeper { folder, keys, source: source.clone(), spares, unfit: Mutex::default() };
        let log = Self { queue, source, keeper, committer: Some(committer), _lock: lock };
        Ok((log, Opened { findings: found.findings }))
    }
}

impl EventLog for FileLog {
    fn append(&self, batch: Batch) -> Appending {
        let (teller, appending) = Appending::new();
        self.queue.push(Pending { batch, teller });
        appending
    }

    fn scan(
        &self,
        from: Offset,
    ) -> Box<dyn Iterator<Item = Result<(Offset, Record), StoreError>> + Send + '_> {
        Box::new(Scan::new(self.source.clone(), from.0, self.source.view.end()))
    }

    fn columns(
        &self,
        records: Range<Offset>,
        wanted: &[Column],
        reading: Reading,
    ) -> Box<dyn Iterator<Item = Result<Columns, StoreError>> + Send + '_> {
        let end = records.end.0.min(self.source.view.end());
        Box::new(ColumnScan::new(self.source.clone(), records.start.0, end, wanted, reading))
    }

    fn parts_behind(&self, from: Offset) -> Vec<Offset> {
        let parts = self.source.view.parts();
        parts.iter().map(|part| Offset(part.first)).filter(|first| *first > from).collect()
    }

    fn seal(&self, reading: Reading) -> Result<Option<Sealing>, StoreError> {
        self.keeper.seal(reading)
    }

    fn unsealed(&self) -> usize {
        self.source.view.unsealed()
    }

    fn retire(&self, now_ms: i64, keep_ms: Option<i64>) -> Result<Retired, StoreError> {
        self.keeper.retire(now_ms, keep_ms)
    }

    fn health(&self) -> Result<(), StoreError> {
        self.queue.health()
    }

    fn key_bytes(&self) -> u64 {
        self.source.view.key_bytes()
    }

    fn end(&self) -> Offset {
        Offset(self.source.view.end())
    }
}

impl Drop for FileLog {
    fn drop(&mut self) {
        self.queue.end();
        if let Some(committer) = self.committer.take() {
            // A panic over there was reported when it happened; everybody who waited got an error.
            let _ = committer.join();
        }
    }
}
