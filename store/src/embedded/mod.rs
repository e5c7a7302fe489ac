//! One directory on one machine: `log/` (events), `meta.sqlite` (resources, rows, jobs), `artifacts/` (files).

mod artifacts;
mod catalog;
mod entities;
mod jobs;
mod log;
mod sqlite;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::{Sizes, Store, StoreError};

pub(crate) fn open(dir: &Path, sizes: Sizes) -> Result<Store, StoreError> {
    fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
    let lock = lock(&dir.join("lock"))?;
    let meta = Arc::new(sqlite::Sqlite::open(&dir.join("meta.sqlite"))?);
    let artifacts = artifacts::Files::open(&dir.join("artifacts"))?;
    let (log, opened) = log::FileLog::open(dir, lock, sizes)?;
    Ok(Store {
        events: Arc::new(log),
        catalog: meta.clone(),
        entities: meta.clone(),
        artifacts: Arc::new(artifacts),
        jobs: meta,
        opened: Arc::new(opened),
    })
}

/// Held as long as the file is open: the operating system frees it even after kill -9.
fn lock(path: &Path) -> Result<File, StoreError> {
    let file =
        File::options().create(true).truncate(false).write(true).open(path).map_err(StoreError::io(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.display().to_string() }),
        Err(TryLockError::Error(source)) => Err(StoreError::io(path)(source)),
    }
}

/// A new name in a directory is durable only after the directory was synced too.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
