use std::collections::BTreeMap;
use std::sync::Mutex;

use super::locked;
use crate::{ArtifactStore, Hash, StoreError};

#[derive(Default)]
pub(super) struct MemoryArtifacts(Mutex<BTreeMap<Hash, Vec<u8>>>);

impl ArtifactStore for MemoryArtifacts {
    fn put(&self, bytes: &[u8]) -> Result<Hash, StoreError> {
        let hash = Hash::of(bytes);
        locked(&self.0).entry(hash.clone()).or_insert_with(|| bytes.to_vec());
        Ok(hash)
    }

    fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(locked(&self.0).get(hash).cloned())
    }

    fn delete(&self, hash: &Hash) -> Result<(), StoreError> {
        locked(&self.0).remove(hash);
        Ok(())
    }
}
