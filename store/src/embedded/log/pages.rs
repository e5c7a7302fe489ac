//! A file that grows by whole pages, which go past the kernel's memory of files where the file system lets them: a sync costs
//! a third less then, and what is written once and seldom read takes no room from what is read. [measured:
//! docs/measurements.md]
//!
//! It is not: a file that can be written anywhere. The last page is written again with what follows.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

use super::disk::Tail;
use super::segment::{PAGE, Segment};

/// What such a write must be aligned to in memory; file systems ask for less.
const ALIGNED: usize = 4096;
/// What is written at a time. [a group of the busiest server that was measured takes a tenth]
const ROOM: usize = 1 << 20;

pub(super) struct Pages {
    file: File,
    is_direct: bool,
    /// Room for a write; its pages begin at `front`.
    bytes: Vec<u8>,
    front: usize,
    /// Where the page lies that the next write begins in; what is in it already is at the front of the room.
    page_at: u64,
}

impl Pages {
    /// Writes what the file begins with, within one page, and makes it durable.
    pub(super) fn begin(mut file: File, start: &[u8]) -> io::Result<Self> {
        file.write_all(start)?;
        file.sync_all()?;
        Self::at(file, 0)
    }

    /// Goes on at the end of a file.
    pub(super) fn reopen(mut file: File) -> io::Result<Self> {
        let end = file.seek(SeekFrom::End(0))?;
        Self::at(file, end)
    }

    fn at(file: File, at: u64) -> io::Result<Self> {
        let bytes = vec![0; ROOM + PAGE as usize + ALIGNED];
        let front = bytes.as_ptr().align_offset(ALIGNED);
        let mut pages = Self { file, is_direct: false, bytes, front, page_at: 0 };
        pages.go_to(at)?;
        Ok(pages)
    }

    /// Reads the page in which the next write begins. That is no whole page to read, so it goes through the kernel's memory.
    fn go_to(&mut self, at: u64) -> io::Result<()> {
        self.page_at = at / PAGE * PAGE;
        if self.is_direct {
            set_direct(&self.file, false)?;
        }
        self.file.seek(SeekFrom::Start(self.page_at))?;
        let mut page = Vec::with_capacity(PAGE as usize);
        Read::by_ref(&mut self.file).take(PAGE).read_to_end(&mut page)?;
        self.bytes[self.front..self.front + page.len()].copy_from_slice(&page);
        self.is_direct = set_direct(&self.file, true).is_ok();
        Ok(())
    }

    /// Writes the first bytes of the room, whole pages.
    fn put(&mut self, length: usize) -> io::Result<()> {
        let pages = &self.bytes[self.front..self.front + length];
        self.file.seek(SeekFrom::Start(self.page_at))?;
        match self.file.write_all(pages) {
            // It wants them otherwise, which it says only now.
            Err(error) if self.is_direct && error.kind() == ErrorKind::InvalidInput => {
                set_direct(&self.file, false)?;
                self.is_direct = false;
                self.file.seek(SeekFrom::Start(self.page_at))?;
                self.file.write_all(pages)
            }
            written => written,
        }
    }
}

impl Tail for Pages {
    fn write(&mut self, mut at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let before = (at - self.page_at) as usize;
            let (now, later) = rest.split_at(rest.len().min(ROOM - before));
            let end = before + now.len();
            let length = if later.is_empty() { Segment::padded(end as u64) as usize } else { end };
            let room = &mut self.bytes[self.front..];
            room[before..end].copy_from_slice(now);
            room[end..length].fill(0);
            self.put(length)?;
            let page = end / PAGE as usize * PAGE as usize;
            self.bytes.copy_within(self.front + page..self.front + end, self.front);
            (self.page_at, at, rest) = (self.page_at + page as u64, at + now.len() as u64, later);
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)?;
        self.file.sync_all()?;
        self.go_to(bytes)
    }
}

/// Whether writes go past the kernel's memory from now on.
#[cfg(target_os = "linux")]
fn set_direct(file: &File, is_direct: bool) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, is_direct);
    Ok(fcntl_setfl(file, flags)?)
}

#[cfg(not(target_os = "linux"))]
fn set_direct(_: &File, is_direct: bool) -> io::Result<()> {
    if is_direct { Err(ErrorKind::Unsupported.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};

    use super::*;

    fn open(path: &std::path::Path) -> File {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap()
    }

    #[test]
    fn what_is_written_piece_by_piece_stands_in_a_row_with_zeros_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut pages = Pages::begin(open(&path), b"start").unwrap();
        let mut expected = b"start".to_vec();
        // Up to a page, over it, of many pages, and more than fits into the room.
        for (n, length) in
            [1, 57, 1, 0, 64, 200, 5_000, ROOM - 64, ROOM, 3 * ROOM + 7, 60].into_iter().enumerate()
        {
            let piece = vec![n as u8 + 1; length];
            pages.write(expected.len() as u64, &piece).unwrap();
            pages.sync().unwrap();
            expected.extend_from_slice(&piece);
            let found = fs::read(&path).unwrap();
            let (written, zeros) = found.split_at(expected.len());
            assert!(written == expected, "after {length} bytes");
            assert!(
                length == 0 || written.len() + zeros.len() == Segment::padded(written.len() as u64) as usize
            );
            assert!(zeros.iter().all(|byte| *byte == 0));
            if n % 3 == 0 {
                pages.truncate(expected.len() as u64).unwrap();
                pages = Pages::reopen(open(&path)).unwrap();
            }
        }
    }

    #[test]
    fn a_write_that_failed_can_be_taken_back_and_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut pages = Pages::begin(open(&path), b"start").unwrap();
        pages.write(5, b" and so on").unwrap();
        for length in [1_000, 3 * ROOM] {
            // Nothing can be written to a file that is open for reading only.
            let file = std::mem::replace(&mut pages.file, File::open(&path).unwrap());
            assert!(pages.write(15, &vec![b'x'; length]).is_err());
            pages.file = file;
            pages.page_at += 7 * PAGE; // as if more had been written before
            pages.truncate(15).unwrap();
        }
        pages.write(15, b", again").unwrap();
        pages.truncate(22).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"start and so on, again");
    }
}
