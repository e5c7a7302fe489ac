//! Closed segments by column: Parquet files that training and everybody's tools read, described in docs/columns.md.
//!
//! A sealed file holds the records of one segment, whole and in order, and beside each what it says. It is written once,
//! under its final name only when all of it is durable and was compared with the segment. It is not: read on the way of
//! an event, or needed for recovery while the segment is there.

mod decode;
mod encode;
mod file;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(super) use self::decode::{Batches, Records};
pub(super) use self::encode::{Encode, Encoded};
pub(super) use self::file::Place;
use super::disk::Disk;

/// What readers know of a sealed file; all of it is in its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    /// Offset of the first record.
    pub(super) first: u64,
    /// Offset behind the last one.
    pub(super) end: u64,
    /// CRC-32C of the footer, which has those of the columns.
    crc: u32,
    pub(super) path: PathBuf,
    /// Length of the file.
    pub(super) bytes: u64,
}

impl Sealed {
    pub(super) fn new(folder: &Path, encoded: &Encoded) -> Self {
        let Encoded { first, end, crc, ref bytes, .. } = *encoded;
        let path = folder.join(format!("{first:020}-{end:020}-{crc:08x}.parquet"));
        Self { first, end, crc, path, bytes: bytes.len() as u64 }
    }

    /// The same file under another name.
    pub(super) fn at(&self, path: PathBuf) -> Self {
        Self { path, ..self.clone() }
    }

    fn parse(path: PathBuf, bytes: u64) -> Option<Self> {
        let mut fields = path.file_name()?.to_str()?.strip_suffix(".parquet")?.split('-');
        let (first, end) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let crc = u32::from_str_radix(fields.next()?, 16).ok()?;
        fields.next().is_none().then_some(Self { first, end, crc, path, bytes })
    }
}

/// The sealed files of a folder in order of their offsets. What an interrupted sealing left behind is removed.
pub(super) fn list(folder: &Path, disk: &dyn Disk) -> io::Result<Vec<Sealed>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|ending| ending == "unfinished") {
            disk.remove(&entry.path())?;
        } else {
            all.extend(Sealed::parse(entry.path(), entry.metadata()?.len()));
        }
    }
    all.sort_by_key(|sealed| sealed.first);
    Ok(all)
}
