//! All five stores in memory: for tests, and for trying things out. Nothing survives the process.

mod artifacts;
mod catalog;
mod entities;
mod event_log;
mod jobs;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Opened, Store};

pub(crate) fn open() -> Store {
    Store {
        events: Arc::new(event_log::MemoryLog::default()),
        catalog: Arc::new(catalog::MemoryCatalog::default()),
        entities: Arc::new(entities::MemoryEntities::default()),
        artifacts: Arc::new(artifacts::MemoryArtifacts::default()),
        jobs: Arc::new(jobs::MemoryJobs::default()),
        opened: Arc::new(Opened::default()),
    }
}

/// A panic of another thread leaves these maps whole: every change to them is one call.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
