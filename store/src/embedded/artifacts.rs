use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::sync_dir;
use crate::{ArtifactStore, Hash, StoreError};

/// `artifacts/ab/abcd…`: two levels, because some file systems slow down in directories of many thousand files.
pub(super) struct Files {
    dir: PathBuf,
    /// Two threads that store the same bytes must not share a temporary file.
    next_temp: AtomicU64,
}

impl Files {
    pub(super) fn open(dir: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
        remove_leftovers(dir).map_err(StoreError::io(dir))?;
        Ok(Self { dir: dir.into(), next_temp: AtomicU64::new(0) })
    }

    fn place(&self, hash: &Hash) -> (PathBuf, PathBuf) {
        let folder = self.dir.join(&hash.as_str()[..2]);
        let path = folder.join(hash.as_str());
        (folder, path)
    }

    fn write(&self, folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let temp = self.dir.join(format!("temp-{}", self.next_temp.fetch_add(1, Ordering::Relaxed)));
        let written = write_and_sync(&temp, bytes)
            .and_then(|()| fs::create_dir_all(folder))
            .and_then(|()| fs::rename(&temp, path));
        if written.is_err() {
            // A file that did not become an artifact only takes room, which may be what was missing.
            let _ = fs::remove_file(&temp);
        }
        written?;
        sync_dir(folder)?;
        sync_dir(&self.dir)
    }
}

impl ArtifactStore for Files {
    fn put(&self, bytes: &[u8]) -> Result<Hash, StoreError> {
        let hash = Hash::of(bytes);
        let (folder, path) = self.place(&hash);
        // A damaged file is replaced: these are the bytes that it should hold.
        if !matches!(self.get(&hash), Ok(Some(_))) {
            self.write(&folder, &path, bytes).map_err(StoreError::io(&path))?;
        }
        Ok(hash)
    }

    fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
        let (_, path) = self.place(hash);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(StoreError::io(&path))?,
        };
        if Hash::of(&bytes) == *hash {
            Ok(Some(bytes))
        } else {
            let what = "the content does not match its name".into();
            Err(StoreError::Damaged { path: path.display().to_string(), at: 0, what })
        }
    }

    fn delete(&self, hash: &Hash) -> Result<(), StoreError> {
        let (_, path) = self.place(hash);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&path)(error)),
            _ => Ok(()),
        }
    }
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Temporary files of a process that died are of no use to anybody.
fn remove_leftovers(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("temp-") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_artifact_is_an_error_and_storing_it_again_heals_it() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        let hash = files.put(b"a vector pack").unwrap();
        fs::write(files.place(&hash).1, b"a vector pach").unwrap();
        assert!(matches!(files.get(&hash), Err(StoreError::Damaged { .. })));
        files.put(b"a vector pack").unwrap();
        assert_eq!(files.get(&hash).unwrap().as_deref(), Some(&b"a vector pack"[..]));
    }

    #[test]
    fn leftovers_of_a_crash_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("temp-7"), b"half").unwrap();
        Files::open(dir.path()).unwrap();
        assert!(!dir.path().join("temp-7").exists());
    }
}
