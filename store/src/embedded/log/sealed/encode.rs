use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::file::{CHECKSUMS, FOOTER_END, NEWEST, VERSION};
use crate::Reading;
use crate::columns::{Build, calls, schema};
use crate::frame::RecordRef;

/// Records that are handed to the writer in one go: they fit into the cache of a core, and the cost of the call is small
/// beside them.
const ROWS: usize = 4096;
/// Bytes of a page before they are packed. Those of the usual MiB leave the cache; a log whose events are all alike is packed
/// a tenth better by them, others are not. [measured: docs/measurements.md]
const PAGE_BYTES: usize = 256 << 10;
/// Every text once, however many there are: a column that gives up its dictionary halfway is read many times slower.
const DICTIONARY_BYTES: usize = 1 << 30;
/// Ids seldom repeat within a page, so that more effort finds little. [measured: docs/measurements.md]
const ZSTD_LEVEL: i32 = 1;

/// Turns records into a sealed file, in memory: it is smaller than a segment.
pub(in super::super) struct Encode {
    writer: ArrowWriter<Vec<u8>>,
    build: Build,
    first: Option<u64>,
    end: u64,
    newest_ms: i64,
}

/// A sealed file that is not on the disk yet.
pub(in super::super) struct Encoded {
    pub(in super::super) first: u64,
    pub(in super::super) end: u64,
    pub(in super::super) crc: u32,
    pub(in super::super) bytes: Bytes,
}

impl Encode {
    /// `about`: how long it may get, so that it does not grow there step by step.
    pub(in super::super) fn new(reading: Reading, about: u64) -> Result<Self, ParquetError> {
        let into = Vec::with_capacity(usize::try_from(about).unwrap_or_default());
        let writer = ArrowWriter::try_new(into, schema(), Some(properties()?))?;
        Ok(Self { writer, build: Build::new(reading), first: None, end: 0, newest_ms: i64::MIN })
    }

    /// Adds the records of a frame, the first of which has this offset.
    pub(in super::super) fn push(
        &mut self,
        first: u64,
        records: &[RecordRef<'_>],
    ) -> Result<(), ParquetError> {
        let start = *self.first.get_or_insert(first);
        if first != self.end && first != start {
            return Err(ParquetError::General(format!(
                "{} records before {first} are missing",
                first.saturating_sub(self.end)
            )));
        }
        self.end = first;
        for call in calls(records) {
            self.push_call(call)?;
        }
        Ok(())
    }

    fn push_call(&mut self, call: &[RecordRef<'_>]) -> Result<(), ParquetError> {
        self.build.push(self.end, call).map_err(|_| {
            ParquetError::General(format!("a record from {} on holds bytes that are no text", self.end))
        })?;
        self.end += call.len() as u64;
        self.newest_ms = call.iter().fold(self.newest_ms, |newest, record| newest.max(record.at_ms));
        if self.build.len() >= ROWS { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), ParquetError> {
        self.writer.write(&self.build.take())
    }

    pub(in super::super) fn finish(mut self) -> Result<Encoded, ParquetError> {
        self.write()?;
        self.writer.flush()?;
        self.writer.sync()?;
        let written = self.writer.inner();
        let columns = self.writer.flushed_row_groups().iter().flat_map(|group| group.columns());
        let checksums: Vec<String> = columns
            .map(|column| {
                let (start, length) = column.byte_range();
                format!("{:08x}", crc32c::crc32c(&written[start as usize..(start + length) as usize]))
            })
            .collect();
        let footer = written.len();
        for (key, value) in [
            (VERSION.0, VERSION.1.to_owned()),
            (NEWEST, self.newest_ms.to_string()),
            (CHECKSUMS, checksums.join(" ")),
        ] {
            self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        let bytes = self.writer.into_inner()?;
        debug_assert!(bytes.len() > footer + FOOTER_END);
        let crc = crc32c::crc32c(&bytes[footer..]);
        Ok(Encoded { first: self.first.unwrap_or_default(), end: self.end, crc, bytes: bytes.into() })
    }
}

fn properties() -> Result<WriterProperties, ParquetError> {
    let column = ColumnPath::from;
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("bowerbird ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        // One row group, so that one dictionary holds for the whole file.
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true);
    for name in ["offset", "received_at", "sent_at"] {
        properties = properties
            .set_column_statistics_enabled(column(name), EnabledStatistics::Chunk)
            .set_column_dictionary_enabled(column(name), false)
            .set_column_encoding(column(name), Encoding::DELTA_BINARY_PACKED);
    }
    for name in ["key", "body"] {
        properties = properties.set_column_dictionary_enabled(column(name), false);
    }
    // A key is a part of a cryptographic hash: nothing can make it smaller.
    Ok(properties.set_column_compression(column("key"), Compression::UNCOMPRESSED).build())
}
