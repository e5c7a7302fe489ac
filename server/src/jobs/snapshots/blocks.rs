//! A file of blocks that is written once and read from the front: each block is checked before anything is made of it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

const MAGIC: &[u8; 8] = b"BOWERNOW";
const VERSION: u32 = 1;
/// A block is a slice of some hundred visitors; a length beyond this can only be damage.
const MAX_BLOCK: usize = 64 << 20;

/// `u32 length | u32 CRC-32C of the length and the payload, going on from that of the block before | payload`, and a block
/// without a payload at the end: so none can be missing.
pub(super) struct Writer {
    file: BufWriter<File>,
    crc: u32,
    bytes: u64,
}

impl Writer {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(MAGIC)?;
        file.write_all(&VERSION.to_le_bytes())?;
        Ok(Self { file, crc: 0, bytes: 12 })
    }

    pub(super) fn write(&mut self, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).expect("a slice is small").to_le_bytes();
        self.crc = checksum(self.crc, length, payload);
        self.bytes += 8 + payload.len() as u64;
        self.file.write_all(&length)?;
        self.file.write_all(&self.crc.to_le_bytes())?;
        self.file.write_all(payload)
    }

    /// Answers how long the file is.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.write(&[])?;
        self.file.into_inner().map_err(|error| error.into_error())?.sync_data()?;
        Ok(self.bytes)
    }
}

pub(super) struct Reader {
    file: BufReader<File>,
    crc: u32,
    payload: Vec<u8>,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let mut file = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
        let mut front = [0; 12];
        file.read_exact(&mut front).map_err(|error| error.to_string())?;
        if !front.starts_with(MAGIC) || front[8..] != VERSION.to_le_bytes() {
            return Err("it is not of this version".into());
        }
        Ok(Self { file, crc: 0, payload: Vec::new() })
    }

    /// The next payload; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, String> {
        let cut = |error: io::Error| format!("it ends too early: {error}");
        let (mut length, mut crc) = ([0; 4], [0; 4]);
        self.file.read_exact(&mut length).map_err(cut)?;
        self.file.read_exact(&mut crc).map_err(cut)?;
        let bytes = u32::from_le_bytes(length) as usize;
        if bytes > MAX_BLOCK {
            return Err("a block is longer than any can be".into());
        }
        self.payload.resize(bytes, 0);
        self.file.read_exact(&mut self.payload).map_err(cut)?;
        self.crc = checksum(self.crc, length, &self.payload);
        if self.crc != u32::from_le_bytes(crc) {
            return Err("a block is not as it was written".into());
        }
        if bytes > 0 {
            return Ok(Some(&self.payload));
        }
        let is_end = self.file.read(&mut [0]).map_err(|error| error.to_string())? == 0;
        if is_end { Ok(None) } else { Err("something stands behind its end".into()) }
    }
}

fn checksum(before: u32, length: [u8; 4], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(before, &length), payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, blocks: &[&[u8]]) -> u64 {
        let mut writer = Writer::create(path).unwrap();
        blocks.iter().for_each(|block| writer.write(block).unwrap());
        writer.finish().unwrap()
    }

    fn read(path: &Path) -> Result<Vec<Vec<u8>>, String> {
        let mut reader = Reader::open(path)?;
        let mut blocks = Vec::new();
        while let Some(block) = reader.next()? {
            blocks.push(block.to_vec());
        }
        Ok(blocks)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("view");
        let bytes = write(&path, &[b"front", b"a slice", b"another"]);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), bytes);
        assert_eq!(read(&path).unwrap(), [&b"front"[..], b"a slice", b"another"]);
    }

    #[test]
    fn whatever_is_not_as_it_was_written_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("view");
        write(&path, &[b"front", b"a slice", b"another"]);
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 4;
            std::fs::write(&path, &bad).unwrap();
            read(&path).unwrap_err();
            std::fs::write(&path, &good[..at]).unwrap();
            read(&path).unwrap_err();
        }
        std::fs::write(&path, [&good[..], b"more"].concat()).unwrap();
        read(&path).unwrap_err();
        // A block that is missing between two sound ones.
        let slice = 12 + 8 + 5..12 + 8 + 5 + 8 + 7;
        std::fs::write(&path, [&good[..slice.start], &good[slice.end..]].concat()).unwrap();
        read(&path).unwrap_err();
    }
}
