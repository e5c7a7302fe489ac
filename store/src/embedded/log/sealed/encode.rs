use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::file::{CHECKSUMS, FOOTER_END, NEWEST, VERSION};
use crate::columns::{Build, schema};
use crate::{Offset, Reading, Record};

/// Records that are handed to the writer in one go: small beside a segment, large beside the cost of the call.
const ROWS: usize = 16_384;
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
    pub(in super::super) bytes: Vec<u8>,
}

impl Encode {
    pub(in super::super) fn new(reading: Reading) -> Result<Self, ParquetError> {
        let writer = ArrowWriter::try_new(Vec::new(), schema(), Some(properties()?))?;
        Ok(Self { writer, build: Build::new(reading), first: None, end: 0, newest_ms: i64::MIN })
    }

    /// Adds the next record.
    pub(in super::super) fn push(&mut self, offset: Offset, record: &Record) -> Result<(), ParquetError> {
        let first = *self.first.get_or_insert(offset.0);
        if offset.0 != self.end && first != offset.0 {
            return Err(ParquetError::General(format!(
                "{} records before {} are missing",
                offset.0 - self.end,
                offset.0
            )));
        }
        self.build.push_whole(offset, record).map_err(|_| {
            ParquetError::General(format!("record {} holds bytes that are no text", offset.0))
        })?;
        self.end = offset.0 + 1;
        self.newest_ms = self.newest_ms.max(record.at_ms);
        if self.build.len() == ROWS { self.write() } else { Ok(()) }
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
        Ok(Encoded { first: self.first.unwrap_or_default(), end: self.end, crc, bytes })
    }
}

fn properties() -> Result<WriterProperties, ParquetError> {
    let column = ColumnPath::from;
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("bowerbird ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
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
