//! "This page takes gzip; give it the whole pack so." Packed once for all pages that ask for it.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use bowerbird_store::Hash;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::ApiError;

/// So many are kept: those of a few campaigns. Of the largest pack that is sent as a whole, 16 MB, they take 64 MB at most.
const KEPT: usize = 4;

/// Whole packs in gzip, the latest ones.
#[derive(Default)]
pub(crate) struct Packed(Mutex<Kept>);

type Kept = VecDeque<(Hash, Bytes)>;

impl Packed {
    pub(super) fn find(&self, hash: &Hash) -> Option<Bytes> {
        find(&self.lock(), hash)
    }

    /// Packs it, unless somebody has done so at the same time.
    pub(super) fn pack(&self, hash: &Hash, pack: &[u8]) -> Result<Bytes, ApiError> {
        let mut kept = self.lock();
        if let Some(packed) = find(&kept, hash) {
            return Ok(packed);
        }
        // The usual level makes it one part in a hundred smaller, in twice the time.
        let packed = Bytes::from(gzip(pack, Compression::fast())?);
        kept.truncate(KEPT - 1);
        kept.push_front((hash.clone(), packed.clone()));
        Ok(packed)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(kept: &Kept, hash: &Hash) -> Option<Bytes> {
    kept.iter().find(|(known, _)| known == hash).map(|(_, packed)| packed.clone())
}

pub(super) fn gzip(bytes: &[u8], level: Compression) -> Result<Vec<u8>, ApiError> {
    let mut gzip = GzEncoder::new(Vec::new(), level);
    let packed = gzip.write_all(bytes).and_then(|()| gzip.finish());
    packed.map_err(|error| ApiError::Internal(format!("compressing what a page asked for: {error}")))
}
