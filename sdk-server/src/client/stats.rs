/// What became of the events of a client, since it was built. All but the last three grow only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events that `record` took.
    pub recorded: u64,
    /// Events that the server made durable.
    pub accepted: u64,
    /// Events that the server had already: a retry whose first answer was lost.
    pub duplicate: u64,
    /// Events that the server refused for good; `last_error` says why.
    pub refused: u64,
    /// Events that were given up: the queue was full, or `close` could not send them, and there was no spool.
    pub dropped: u64,
    /// Calls that have to be made again.
    pub retries: u64,
    /// Events in memory, also those under way.
    pub queued: u64,
    /// Events in files.
    pub spooled: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
}
