//! What the event log keeps, apart from how and where: `fuzz/` compiles this file and the one of frames without the rest.

use std::sync::Arc;

use bytes::Bytes;

/// 72 bits that are equal for two sendings of one event. With 100 million keys in the window, one new event in 10^13 is
/// taken for a repeat: n keys and one of 2^72.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DedupeKey(u128);

/// Any large odd number.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl DedupeKey {
    /// How many bytes it takes.
    pub(crate) const BYTES: usize = 9;
    /// Its lower part; above it are twelve more.
    pub(crate) const LOW_BITS: u32 = 60;

    /// The key of a hash. Both halves of it count, so that small numbers, which are not hashes, are told apart too; those
    /// below 2^60 are their own keys.
    pub const fn of(hash: u128) -> Self {
        let (high, low) = ((hash >> 64) as u64, hash as u64);
        let low = (low ^ high.wrapping_mul(SPREAD)) & ((1 << Self::LOW_BITS) - 1);
        Self(((high >> 52) as u128) << Self::LOW_BITS | low as u128)
    }

    /// The key as a number.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// Little endian.
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        *self.0.to_le_bytes().first_chunk().expect("sixteen bytes hold nine")
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let mut all = [0; 16];
        all[..Self::BYTES].copy_from_slice(&bytes);
        Self(u128::from_le_bytes(all))
    }
}

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
