use std::sync::Arc;

use crate::{ArtifactStore, Hash};

/// The contract of [`ArtifactStore`].
pub fn artifacts(fresh: &dyn Fn() -> Arc<dyn ArtifactStore>) {
    bytes_come_back_under_their_hash(&*fresh());
    deleting_is_idempotent(&*fresh());
}

fn bytes_come_back_under_their_hash(store: &dyn ArtifactStore) {
    for bytes in [&b""[..], b"a vector pack", &[7; 100_000]] {
        let hash = store.put(bytes).expect("put");
        assert_eq!(hash, Hash::of(bytes));
        assert_eq!(store.put(bytes).expect("put again"), hash);
        assert_eq!(store.get(&hash).expect("get").as_deref(), Some(bytes));
    }
    assert_eq!(store.get(&Hash::of(b"never stored")).expect("get"), None);
}

fn deleting_is_idempotent(store: &dyn ArtifactStore) {
    let hash = store.put(b"old pack").expect("put");
    store.delete(&hash).expect("delete");
    store.delete(&hash).expect("delete again");
    assert_eq!(store.get(&hash).expect("get"), None);
}
