//! What the log asks of a disk, so that tests can let each of it fail.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::pages::Pages;

/// Files that grow at their end, and files that are written once.
pub(super) trait Disk: Send + Sync {
    /// A new file with these bytes in it; both its content and its name are durable on return.
    fn create(&self, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>>;

    /// A new file of so many zeros, whose place on the disk is taken. Not every disk can do that, and it need not be durable.
    fn reserve(&self, path: &Path, bytes: u64) -> io::Result<()>;

    /// Gives a file that nobody needs another name, and writes its first bytes over: both are durable on return, the bytes
    /// before the name is.
    fn reuse(&self, spare: &Path, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>>;

    /// An existing file, to go on with.
    fn reopen(&self, path: &Path) -> io::Result<Box<dyn Tail>>;

    /// Bytes of a file from a place on; fewer where it ends before.
    fn read(&self, path: &Path, from: u64, bytes: u64) -> io::Result<Vec<u8>>;

    /// Where the last bytes of a file end that were ever written, as far as it is known; what is behind reads as zeros.
    fn written(&self, path: &Path) -> io::Result<u64>;

    /// A file of these bytes, in place of what was there. They are durable on return, the name is not.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name in its folder, which is durable on return.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Cuts a file that nobody has open; it is that long on return and after a power cut.
    fn truncate(&self, path: &Path, bytes: u64) -> io::Result<()>;

    /// A file of these bytes under its name, or what was there before: never a part of it.
    fn write_whole(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let unfinished = path.with_extension("unfinished");
        let written = self.write(&unfinished, bytes).and_then(|()| self.rename(&unfinished, path));
        if written.is_err() {
            // What is left of it is in nobody's way, but it takes room.
            let _ = self.remove(&unfinished);
        }
        written
    }
}

/// The end of the newest segment.
pub(super) trait Tail: Send {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// fdatasync: content and length, not the times. [measured: three times as fast as fsync]
    fn sync(&mut self) -> io::Result<()>;

    /// Takes away what is behind `bytes`; the file is that long on return and after a power cut.
    fn truncate(&mut self, bytes: u64) -> io::Result<()>;
}

pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>> {
        let created = create(path, start);
        if created.is_err() {
            // Half a header would only be reported as torn on the next start.
            let _ = fs::remove_file(path);
        }
        Ok(Box::new(created?))
    }

    fn reserve(&self, path: &Path, bytes: u64) -> io::Result<()> {
        take_place(&File::options().write(true).create_new(true).open(path)?, bytes)
    }

    fn reopen(&self, path: &Path) -> io::Result<Box<dyn Tail>> {
        Ok(Box::new(File::options().write(true).open(path)?))
    }

    fn reuse(&self, spare: &Path, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>> {
        let pages = Pages::begin(File::options().write(true).open(spare)?, start)?;
        self.rename(spare, path)?;
        Ok(Box::new(pages))
    }

    fn read(&self, path: &Path, from: u64, bytes: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut read = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
        file.take(bytes).read_to_end(&mut read)?;
        Ok(read)
    }

    fn written(&self, path: &Path) -> io::Result<u64> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        // A file system that cannot tell calls all of it written, or says that it cannot.
        Ok(last_data(&file, bytes).unwrap_or(bytes))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        sync_folder(to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn truncate(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let file = File::options().write(true).open(path)?;
        file.set_len(bytes)?;
        file.sync_all()
    }
}

fn create(path: &Path, start: &[u8]) -> io::Result<File> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(start)?;
    file.sync_all()?;
    sync_folder(path)?;
    Ok(file)
}

/// What is not written then reads as zeros. Nothing is written for it but which place that is.
#[cfg(target_os = "linux")]
fn take_place(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    Ok(fallocate(file, FallocateFlags::empty(), 0, bytes)?)
}

#[cfg(not(target_os = "linux"))]
fn take_place(_: &File, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn last_data(file: &File, bytes: u64) -> io::Result<u64> {
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;
    let mut end = 0;
    while end < bytes {
        match seek(file, SeekFrom::Data(end)) {
            Ok(data) => end = seek(file, SeekFrom::Hole(data))?,
            Err(Errno::NXIO) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(end)
}

#[cfg(not(target_os = "linux"))]
fn last_data(_: &File, bytes: u64) -> io::Result<u64> {
    Ok(bytes)
}

/// Takes what a file holds out of the kernel's memory of files, since nobody will read it: a write past that memory would have
/// to do so page by page.
#[cfg(target_os = "linux")]
pub(super) fn forget(path: &Path) {
    use rustix::fs::{Advice, fadvise};
    // Advice that is not taken changes nothing.
    let _ = File::open(path).map(|file| fadvise(&file, 0, None, Advice::DontNeed));
}

#[cfg(not(target_os = "linux"))]
pub(super) fn forget(_: &Path) {}

fn sync_folder(path: &Path) -> io::Result<()> {
    super::super::sync_dir(path.parent().unwrap_or(Path::new(".")))
}

impl Tail for File {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(at))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)?;
        self.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_written_is_not_counted_and_what_lies_behind_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        RealDisk.reserve(&path, 1 << 20).unwrap();
        let mut file = File::options().write(true).open(&path).unwrap();
        for at in [0, 5_000, 300_000] {
            Tail::write(&mut file, at, b"some").unwrap();
            file.sync_all().unwrap();
            let written = RealDisk.written(&path).unwrap();
            assert!((at + 4..=at + (64 << 10)).contains(&written) || written == 1 << 20, "{written}");
        }
        RealDisk.truncate(&path, 300_002).unwrap();
        assert_eq!(RealDisk.written(&path).unwrap(), 300_002);
    }
}
