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
    Sql(#[from] rusqlite::Error),
}
