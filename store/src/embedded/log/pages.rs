//! A file that is written over by whole pages, which go past the kernel's memory of files where the file system lets them: a
//! group of batches costs a quarter less processor time then, and needs no memory that other files could use. [docs/measurements.md]
//!
//! It is not: a file that can be written anywhere. A write goes on where bytes of the one before ended, or repeats it.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use super::disk::Tail;
use super::segment::PAGE;

/// What such a write must be aligned to in memory; file systems ask for less.
const ALIGNED: usize = 4096;
/// Groups of the busiest server that was measured take a tenth; the room grows for larger ones.
const ROOM: usize = 1 << 20;

pub(super) struct Pages {
    file: File,
    is_direct: bool,
    /// What was written last; its pages begin at `front`.
    room: Vec<u8>,
    front: usize,
    /// Where its first page lies in the file.
    at: u64,
}

impl Pages {
    /// Writes whole pages over the beginning of a file, and makes them durable.
    pub(super) fn begin(mut file: File, start: &[u8]) -> io::Result<Self> {
        file.write_all(start)?;
        file.sync_all()?;
        let is_direct = set_direct(&file, true).is_ok();
        let mut pages = Self { file, is_direct, room: Vec::new(), front: 0, at: 0 };
        pages.make_room(ROOM.max(start.len()));
        pages.room[pages.front..][..start.len()].copy_from_slice(start);
        Ok(pages)
    }

    fn make_room(&mut self, bytes: usize) {
        if self.room.len() < self.front + bytes {
            let mut room = vec![0; bytes + ALIGNED];
            let front = room.as_ptr().align_offset(ALIGNED);
            let before = &self.room[self.front..];
            room[front..][..before.len()].copy_from_slice(before);
            (self.room, self.front) = (room, front);
        }
    }

    fn put(&mut self, bytes: usize) -> io::Result<()> {
        let pages = &self.room[self.front..][..bytes];
        match Tail::write(&mut self.file, self.at, pages) {
            // The file system wants them otherwise, which it says only now.
            Err(error) if self.is_direct && error.kind() == ErrorKind::InvalidInput => {
                set_direct(&self.file, false)?;
                self.is_direct = false;
                Tail::write(&mut self.file, self.at, pages)
            }
            written => written,
        }
    }
}

impl Tail for Pages {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        // The page in which it begins is written again, with what is in it already.
        let page = at / PAGE * PAGE;
        let (from, before) = (self.front + (page - self.at) as usize, (at - page) as usize);
        self.room.copy_within(from..from + before, self.front);
        self.at = page;
        self.make_room(before + bytes.len());
        self.room[self.front + before..][..bytes.len()].copy_from_slice(bytes);
        self.put(before + bytes.len())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.file.truncate(bytes)
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
    use std::fs;

    use super::super::segment::Segment;
    use super::*;

    /// A file of an earlier life.
    fn old(path: &std::path::Path, bytes: usize) -> File {
        fs::write(path, vec![b'o'; bytes]).unwrap();
        File::options().write(true).open(path).unwrap()
    }

    /// As the log writes: zeros up to the end of a page.
    fn write(pages: &mut Pages, at: u64, piece: &[u8]) -> io::Result<()> {
        let mut padded = piece.to_vec();
        padded.resize((Segment::padded(at + piece.len() as u64) - at) as usize, 0);
        pages.write(at, &padded)
    }

    #[test]
    fn what_is_written_piece_by_piece_stands_in_a_row_with_zeros_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let bytes = 8 * ROOM;
        let mut pages = Pages::begin(old(&path, bytes), &[b's'; PAGE as usize]).unwrap();
        let mut expected = b"sssss".to_vec();
        // Up to a page, over it, of many pages, and more than there is room for.
        for (n, length) in
            [1, 57, 1, 60, 64, 200, 5_000, ROOM - 64, ROOM, 3 * ROOM + 7, 60].into_iter().enumerate()
        {
            let piece = vec![n as u8 + 1; length];
            write(&mut pages, expected.len() as u64, &piece).unwrap();
            pages.sync().unwrap();
            expected.extend_from_slice(&piece);
            let found = fs::read(&path).unwrap();
            let (written, rest) = found.split_at(expected.len());
            let (zeros, rest) = rest.split_at(Segment::padded(written.len() as u64) as usize - written.len());
            assert!(written == expected, "after {length} bytes");
            assert!(zeros.iter().all(|byte| *byte == 0) && rest.iter().all(|byte| *byte == b'o'));
        }
        pages.truncate(expected.len() as u64).unwrap();
        assert!(fs::read(&path).unwrap() == expected);
    }

    #[test]
    fn a_write_that_failed_can_be_taken_back_and_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut pages = Pages::begin(old(&path, 4 * ROOM), &[b's'; PAGE as usize]).unwrap();
        write(&mut pages, 5, &[b'1'; 100]).unwrap();
        for length in [1_000, 3 * ROOM] {
            // Nothing can be written to a file that is open for reading only.
            let file = std::mem::replace(&mut pages.file, File::open(&path).unwrap());
            assert!(write(&mut pages, 105, &vec![b'x'; length]).is_err());
            pages.file = file;
            pages.truncate(105).unwrap();
        }
        write(&mut pages, 105, b", again").unwrap();
        pages.truncate(112).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [&b"sssss"[..], &[b'1'; 100], b", again"].concat());
    }
}
