//! The bytes of a sealed file, each checked before anything is made of it: the name has the checksum of the footer, the
//! footer has those of the columns, and together they leave no byte out.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Buf as _;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};

use super::Sealed;
use crate::StoreError;
use crate::embedded::log::chunks::damaged;
use crate::embedded::log::disk::Disk;

/// Keys of the footer.
pub(super) const VERSION: (&str, &str) = ("bowerbird.version", "1");
pub(super) const NEWEST: &str = "bowerbird.newest_ms";
pub(super) const CHECKSUMS: &str = "bowerbird.crc32c";

/// Where the bytes of a sealed file are.
#[derive(Clone, Copy)]
pub(in super::super) enum Place<'a> {
    /// In the file.
    Disk(&'a dyn Disk),
    /// Here, and known to be in the file.
    Memory(&'a Bytes),
}

impl Place<'_> {
    fn read(self, sealed: &Sealed, from: u64, bytes: u64) -> Result<Bytes, StoreError> {
        match self {
            Self::Disk(disk) => {
                disk.read(&sealed.path, from, bytes).map(Bytes::from).map_err(StoreError::io(&sealed.path))
            }
            Self::Memory(all) => {
                let (from, end) = (from.min(sealed.bytes), from.saturating_add(bytes).min(sealed.bytes));
                Ok(all.slice(from as usize..end as usize))
            }
        }
    }
}

const MAGIC: &[u8] = b"PAR1";
/// Behind the footer: its length and the magic.
pub(super) const FOOTER_END: usize = 8;
/// Enough for a footer of thirteen columns, so that it is read in one go.
const FOOTER_GUESS: u64 = 16 << 10;
/// Bytes that are compared at a time: they stay in the cache.
const STEP: usize = 256 << 10;

pub(super) struct Footer {
    metadata: Arc<ParquetMetaData>,
    /// Of the columns, in their order.
    checksums: Vec<u32>,
    pub(super) newest_ms: i64,
}

impl Footer {
    pub(super) fn read(sealed: &Sealed, place: Place<'_>) -> Result<Self, StoreError> {
        let mut tail = place.read(sealed, sealed.bytes.saturating_sub(FOOTER_GUESS), FOOTER_GUESS)?;
        let broken = |what: &str| damaged(sealed.path.display(), sealed.bytes, format!("the footer {what}"));
        let length = match &tail[tail.len().saturating_sub(FOOTER_END)..] {
            [a, b, c, d, magic @ ..] if magic == MAGIC => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
            _ => return Err(broken("is missing")),
        };
        let whole = length + FOOTER_END;
        if whole as u64 > sealed.bytes {
            return Err(broken("has a length that cannot be"));
        }
        if whole > tail.len() {
            tail = place.read(sealed, sealed.bytes - whole as u64, whole as u64)?;
        }
        let footer = &tail[tail.len().saturating_sub(whole)..];
        if crc32c::crc32c(footer) != sealed.crc {
            return Err(broken("is not as it was written"));
        }
        let metadata = ParquetMetaDataReader::decode_metadata(&footer[..length])
            .map_err(|error| broken(&format!("cannot be read: {error}")))?;
        Self::understand(metadata, sealed.bytes - whole as u64).ok_or_else(|| broken("is not one of ours"))
    }

    /// `footer` is where the footer starts: the columns have to fill all before it.
    fn understand(metadata: ParquetMetaData, footer: u64) -> Option<Self> {
        let pairs = metadata.file_metadata().key_value_metadata()?;
        let value = |key: &str| pairs.iter().find(|pair| pair.key == key)?.value.as_deref();
        if value(VERSION.0)? != VERSION.1 {
            return None;
        }
        let newest_ms = value(NEWEST)?.parse().ok()?;
        let checksums: Vec<u32> = value(CHECKSUMS)?
            .split(' ')
            .map(|hex| u32::from_str_radix(hex, 16))
            .collect::<Result<_, _>>()
            .ok()?;
        let [group] = metadata.row_groups() else { return None };
        let filled = group.columns().iter().try_fold(MAGIC.len() as u64, |at, column| {
            let (start, length) = column.byte_range();
            (start == at).then(|| at + length)
        })?;
        let is_whole = filled == footer && checksums.len() == group.columns().len();
        is_whole.then(|| Self { metadata: Arc::new(metadata), checksums, newest_ms })
    }
}

/// Some columns of a file, from a row on, so many rows at a time.
pub(super) fn read_columns(
    sealed: &Sealed,
    place: Place<'_>,
    wanted: &[&str],
    skip: usize,
    rows: usize,
) -> Result<ParquetRecordBatchReader, StoreError> {
    let footer = Footer::read(sealed, place)?;
    let schema = footer.metadata.file_metadata().schema_descr();
    let leaves: Vec<usize> =
        (0..schema.num_columns()).filter(|&at| wanted.contains(&schema.column(at).name())).collect();
    let columns = Columns {
        length: sealed.bytes,
        loaded: leaves.iter().map(|&at| load(sealed, place, &footer, at)).collect::<Result<_, _>>()?,
    };
    let mask = ProjectionMask::leaves(schema, leaves);
    let unreadable = |error: ParquetError| damaged(sealed.path.display(), 0, error.to_string());
    let metadata = ArrowReaderMetadata::try_new(footer.metadata.clone(), ArrowReaderOptions::new());
    ParquetRecordBatchReaderBuilder::new_with_metadata(columns, metadata.map_err(unreadable)?)
        .with_projection(mask)
        .with_batch_size(rows)
        .with_offset(skip)
        .build()
        .map_err(unreadable)
}

fn load(sealed: &Sealed, place: Place<'_>, footer: &Footer, at: usize) -> Result<(u64, Bytes), StoreError> {
    let column = footer.metadata.row_group(0).column(at);
    let (start, length) = column.byte_range();
    let bytes = place.read(sealed, start, length)?;
    if crc32c::crc32c(&bytes) != footer.checksums[at] {
        let what = format!("the column {} is not as it was written", column.column_path().string());
        return Err(damaged(sealed.path.display(), start, what));
    }
    Ok((start, bytes))
}

/// Whether a file holds these bytes.
pub(super) fn holds(path: &Path, disk: &dyn Disk, bytes: &[u8]) -> io::Result<bool> {
    let mut at = 0;
    for part in bytes.chunks(STEP) {
        if disk.read(path, at, STEP as u64)? != part {
            return Ok(false);
        }
        at += part.len() as u64;
    }
    Ok(disk.read(path, at, 1)?.is_empty())
}

/// Whether every byte is as it was written.
pub(super) fn check(sealed: &Sealed, place: Place<'_>) -> Result<(), StoreError> {
    check_front(sealed, place)?;
    let footer = Footer::read(sealed, place)?;
    (0..footer.checksums.len()).try_for_each(|at| load(sealed, place, &footer, at).map(drop))
}

/// The bytes that no column and no footer covers.
pub(super) fn check_front(sealed: &Sealed, place: Place<'_>) -> Result<(), StoreError> {
    if *place.read(sealed, 0, MAGIC.len() as u64)? == *MAGIC {
        return Ok(());
    }
    Err(damaged(sealed.path.display(), 0, "the first bytes are not as they were written".into()))
}

/// The columns that were asked for, where the Parquet reader looks for them.
struct Columns {
    length: u64,
    loaded: Vec<(u64, Bytes)>,
}

impl Columns {
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let holds = |(at, bytes): &&(u64, Bytes)| (*at..=*at + bytes.len() as u64).contains(&start);
        let (at, bytes) = self
            .loaded
            .iter()
            .rev()
            .find(holds)
            .ok_or_else(|| ParquetError::EOF(format!("byte {start} was not asked for")))?;
        Ok(bytes.slice((start - at) as usize..))
    }
}

impl Length for Columns {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Columns {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} go beyond the column")));
        }
        Ok(bytes.slice(..length))
    }
}
