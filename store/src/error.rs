use std::io;
use std::path::Path;

/// What can go wrong below the server. Each arm says who has to act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A resource with this key exists.
    #[error("{key} exists already: choose another name or delete it first")]
    Exists {
        /// The key that collided.
        key: String,
    },
    /// There is no resource with this key.
    #[error("{key} does not exist")]
    Missing {
        /// The key that was looked up.
        key: String,
    },
    /// The disk has no room. Nothing that was acknowledged is lost; intake resumes when there is room again.
    #[error("the disk is full: free some space under {path}; nothing that was acknowledged is lost")]
    Full {
        /// Where room is needed.
        path: String,
    },
    /// Bytes on disk are not what was written.
    #[error("{path} is damaged at byte {at}: {what}; restore the file from a backup")]
    Damaged {
        /// The damaged file.
        path: String,
        /// Where in it.
        at: u64,
        /// What was found.
        what: String,
    },
    /// A write could not be made durable. The log takes nothing more until the process is restarted.
    #[error("intake is closed after a failed write ({cause}): check the disk, then restart")]
    Closed {
        /// The first error.
        cause: String,
    },
    /// More is waiting for the disk than the queue may hold. Nothing of this batch was stored.
    #[error("the disk cannot keep up: send again in a moment")]
    Busy,
    /// A batch that does not fit into one frame. Nothing of it was stored.
    #[error("a batch of {bytes} bytes is too large: split it, at most {max} bytes fit")]
    TooLarge {
        /// What the batch would take.
        bytes: usize,
        /// What fits.
        max: usize,
    },
    /// Another process writes here.
    #[error("{path} is in use by another process: stop it, or choose another directory")]
    Locked {
        /// The lock file.
        path: String,
    },
    /// A later version of this program wrote the file.
    #[error("{path} has format version {found}, this program reads up to {known}: upgrade the program")]
    Newer {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
        /// The latest version that this program reads.
        known: u32,
    },
    /// The URL of the store names no implementation.
    #[error("{url} names no store: write file:DIRECTORY or memory:")]
    Url {
        /// What was given.
        url: String,
    },
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What it said.
        source: std::io::Error,
    },
    /// The metadata database refused.
    #[error("metadata: {0}")]
    Sql(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full { path: "the data directory".into() },
            _ => Self::Sql(error),
        }
    }
}

impl StoreError {
    /// What the operating system said about this path, told apart by who has to act.
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |source| {
            let path = path.display().to_string();
            if is_full(&source) { Self::Full { path } } else { Self::Io { path, source } }
        }
    }
}

/// Whether the error goes away when somebody makes room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
