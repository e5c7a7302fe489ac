use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{ArtifactStore, Catalog, EntityStore, EventLog, JobQueue, StoreError, embedded, memory};

/// Everything that the server keeps. Cloning it is cheap and shares the same data.
#[derive(Clone)]
pub struct Store {
    /// Events.
    pub events: Arc<dyn EventLog>,
    /// Resources of the control plane.
    pub catalog: Arc<dyn Catalog>,
    /// Items, users, actions.
    pub entities: Arc<dyn EntityStore>,
    /// Vector packs and imported rows.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// Imports and trainings.
    pub jobs: Arc<dyn JobQueue>,
    /// What was found when the files were opened; the server logs it.
    pub opened: Arc<Opened>,
}

/// What opening the files brought to light.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// In the order in which they were found; empty after a clean shutdown.
    pub findings: Vec<Finding>,
}

/// Bytes of the event log that are not as they were written. They are never thrown away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A write that was cut short by a crash: never acknowledged, removed from the segment.
    TornTail {
        /// The segment.
        path: PathBuf,
        /// Where the cut was made.
        at: u64,
        /// How many bytes were removed.
        bytes: u64,
        /// Where they are kept.
        kept_in: PathBuf,
    },
    /// Damage with valid frames behind it: left where it is, skipped and reported by every scan.
    Damage {
        /// The segment.
        path: PathBuf,
        /// The first damaged byte.
        at: u64,
        /// How many bytes cannot be read; 0 where records are missing between two frames.
        bytes: u64,
        /// A copy of them.
        kept_in: Option<PathBuf>,
    },
    /// The header of a segment is damaged; its frames are not.
    Header {
        /// The segment.
        path: PathBuf,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TornTail { path, at, bytes, kept_in } => write!(
                f,
                "{}: {bytes} bytes of an unfinished write were cut at byte {at} and kept in {}",
                path.display(),
                kept_in.display()
            ),
            Self::Damage { path, at, bytes, .. } => write!(
                f,
                "{}: {bytes} bytes are damaged at byte {at}; the rest is readable; restore the file from a backup",
                path.display()
            ),
            Self::Header { path } => {
                write!(f, "{}: the header is damaged; the events behind it are readable", path.display())
            }
        }
    }
}

/// Sizes of the event log in files.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// A segment is closed before it grows beyond so many bytes.
    pub segment_bytes: u64,
    /// Bytes that may wait for the disk.
    pub queue_bytes: usize,
    /// Old segments that lie ready to be written over; 0 removes them.
    pub spare_segments: usize,
}

impl Default for Sizes {
    /// 64 MiB read back in a fraction of a second, and as many in the queue are half a second of this disk. [measured:
    /// 148 MB/s at 2 MiB a commit] Four spares last for the few seconds between two looks for more.
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, queue_bytes: 64 << 20, spare_segments: 4 }
    }
}

/// Opens the store that a URL names: `file:DIRECTORY` (created if it is not there) or `memory:`.
///
/// # Errors
/// [`StoreError::Url`] for another scheme, [`StoreError::Locked`] while another process has the directory,
/// [`StoreError::Newer`] for files of a later version.
pub fn open(url: &str) -> Result<Store, StoreError> {
    open_with(url, Sizes::default())
}

/// As [`open`], with other sizes than the default ones.
///
/// # Errors
/// As [`open`].
pub fn open_with(url: &str, sizes: Sizes) -> Result<Store, StoreError> {
    match url.split_once(':') {
        Some(("file", dir)) if !dir.is_empty() => embedded::open(Path::new(dir), sizes),
        Some(("memory", "")) => Ok(memory::open()),
        _ => Err(StoreError::Url { url: url.into() }),
    }
}
