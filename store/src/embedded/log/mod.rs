//! The event log: our own segmented write-ahead log, described in docs/log-format.md.
//!
//! A batch waits in the [`queue`]; the [`committer`] turns all that wait into one write and one fdatasync; readers see
//! them through the [`view`]. Opening goes through [`recover`]. It is not: a database, a message broker, a place where
//! anything is ever changed.

mod committer;
mod disk;
mod frame;
mod queue;
mod recover;
mod scan;
mod segment;
#[cfg(test)]
mod tests;
mod view;
mod window;

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use self::committer::Committer;
use self::disk::{Disk, RealDisk};
use self::queue::{Pending, Queue};
use self::segment::{Segment, header};
use self::view::View;
use crate::{Appending, EventLog, Offset, Opened, Record, StoreError};

/// Sizes that tests make small.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// A segment is closed before it grows beyond this.
    segment_bytes: u64,
    /// What may wait for the disk.
    queue_bytes: usize,
}

impl Default for Sizes {
    /// 64 MiB read back in a fraction of a second, and as many in the queue are half a second of this disk. [measured:
    /// 148 MB/s at 2 MiB a commit]
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, queue_bytes: 64 << 20 }
    }
}

pub(super) struct FileLog {
    queue: Arc<Queue>,
    view: Arc<View>,
    committer: Option<JoinHandle<()>>,
    /// Freed after the committer has ended.
    _lock: File,
}

impl FileLog {
    /// Opens the log in `dir`; `lock` is the proof that nobody else writes there.
    pub(super) fn open(dir: &Path, lock: File) -> Result<(Self, Opened), StoreError> {
        Self::open_with(dir, lock, Box::new(RealDisk), Sizes::default())
    }

    fn open_with(
        dir: &Path,
        lock: File,
        mut disk: Box<dyn Disk>,
        sizes: Sizes,
    ) -> Result<(Self, Opened), StoreError> {
        let log = dir.join("log");
        fs::create_dir_all(&log).map_err(StoreError::io(&log))?;
        let mut found = recover::recover(&log, &dir.join("quarantine"))?;
        let newest = found.segments.last().filter(|newest| newest.is_current);
        let (segment, tail) = match newest {
            Some(last) => (last.clone(), disk.reopen(&last.path).map_err(StoreError::io(&last.path))?),
            None => {
                let next = Segment::new(&log, found.end);
                let tail =
                    disk.create(&next.path, &header(next.first)).map_err(StoreError::io(&next.path))?;
                found.segments.push(next.clone());
                (next, tail)
            }
        };
        let queue = Arc::new(Queue::new(sizes.queue_bytes));
        let view = Arc::new(View::new(found.segments.into_iter().map(Arc::new).collect(), found.end));
        let committer = Committer {
            dir: log,
            disk,
            queue: queue.clone(),
            view: view.clone(),
            window: found.window,
            tail,
            segment,
            end: found.end,
            segment_bytes: sizes.segment_bytes,
            buffer: Vec::new(),
            closed: None,
        };
        let committer = thread::Builder::new()
            .name("event-log".into())
            .spawn(move || committer.run())
            .map_err(StoreError::io(dir))?;
        let log = Self { queue, view, committer: Some(committer), _lock: lock };
        Ok((log, Opened { findings: found.findings }))
    }
}

impl EventLog for FileLog {
    fn append(&self, batch: Vec<Record>) -> Appending {
        let (answer, appending) = oneshot::channel();
        self.queue.push(Pending { batch, answer });
        appending
    }

    fn scan(
        &self,
        from: Offset,
    ) -> Box<dyn Iterator<Item = Result<(Offset, Record), StoreError>> + Send + '_> {
        Box::new(scan::Scan::new(&self.view.now(), from))
    }

    fn health(&self) -> Result<(), StoreError> {
        self.queue.health()
    }

    fn end(&self) -> Offset {
        Offset(self.view.end())
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
