//! The four things that the log asks of a disk, so that tests can let each of them fail.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Files that grow at their end.
pub(super) trait Disk: Send {
    /// A new file with these bytes in it; both its content and its name are durable on return.
    fn create(&mut self, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>>;

    /// An existing file, to go on at its end.
    fn reopen(&mut self, path: &Path) -> io::Result<Box<dyn Tail>>;
}

/// The end of the newest segment.
pub(super) trait Tail: Send {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// fdatasync: content and length, not the times. [measured: three times as fast as fsync]
    fn sync(&mut self) -> io::Result<()>;

    /// Takes back what was written behind `bytes`.
    fn truncate(&mut self, bytes: u64) -> io::Result<()>;
}

pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn create(&mut self, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>> {
        let created = create(path, start);
        if created.is_err() {
            // Half a header would only be reported as torn on the next start.
            let _ = fs::remove_file(path);
        }
        Ok(Box::new(created?))
    }

    fn reopen(&mut self, path: &Path) -> io::Result<Box<dyn Tail>> {
        Ok(Box::new(File::options().append(true).open(path)?))
    }
}

fn create(path: &Path, start: &[u8]) -> io::Result<File> {
    let mut file = File::options().append(true).create_new(true).open(path)?;
    file.write_all(start)?;
    file.sync_all()?;
    super::super::sync_dir(path.parent().unwrap_or(Path::new(".")))?;
    Ok(file)
}

impl Tail for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }
}
