//! What the event log keeps, apart from how and where: `fuzz/` compiles this file and the one of frames without the rest.

use std::sync::Arc;

use bytes::Bytes;

/// 128 bits that are equal for two sendings of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DedupeKey(pub u128);

/// What the log keeps: bytes that it does not look into, the time they came in, and a key where repeats may occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Records with equal keys are stored once within the window of at least seven days. `None` is always stored.
    pub key: Option<DedupeKey>,
    /// When the server took it in: milliseconds since the epoch, given by the caller's clock.
    pub at_ms: i64,
    /// What the records of a call have in common, if anything: stored once for a row of records that share it (and the
    /// time). Opaque to the log.
    pub origin: Option<Arc<[u8]>>,
    /// Opaque to the log. A part of the request that it came in, say: nothing is copied before the disk.
    pub body: Bytes,
}

impl Record {
    /// A record that shares nothing with its neighbours and may be stored twice.
    pub fn new(at_ms: i64, body: impl Into<Vec<u8>>) -> Self {
        Self { key: None, at_ms, origin: None, body: Bytes::from(body.into()) }
    }
}
