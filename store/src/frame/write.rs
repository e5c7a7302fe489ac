use super::pieces::Before;
use super::{Batch, FRAME_HEADER, Seed};

/// A frame that has so many bytes takes no further batch. Its header is nothing beside it, and it is what one flipped bit
/// hides.
const FRAME_BYTES: usize = 64 << 10;

/// Puts batches into frames.
#[derive(Debug, Default)]
pub(crate) struct FrameWriter {
    bytes: Vec<u8>,
    /// Where each frame starts, and the offset of its first record.
    frames: Vec<(usize, u64)>,
    before: Before,
}

impl FrameWriter {
    /// Adds a batch of records, whose first one gets this offset.
    pub(crate) fn add(&mut self, batch: &Batch, first: u64) {
        let is_full = |(at, _): &(usize, u64)| self.bytes.len() - at + batch.bytes() > FRAME_BYTES;
        if self.frames.last().is_none_or(is_full) {
            self.frames.push((self.bytes.len(), first));
            self.bytes.extend_from_slice(&[0; FRAME_HEADER]);
            self.before.clear();
        }
        batch.encode(&mut self.before, &mut self.bytes);
    }

    /// How long the frames are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Where each frame starts, and the offset of its first record.
    pub(crate) fn frames(&self) -> &[(usize, u64)] {
        &self.frames
    }

    /// The frames as they belong into the segment of this seed.
    pub(crate) fn finish(&mut self, seed: Seed) -> &mut Vec<u8> {
        let ends = self.frames.iter().skip(1).map(|(at, _)| *at).chain([self.bytes.len()]);
        for ((at, first), end) in self.frames.iter().zip(ends.collect::<Vec<_>>()) {
            let frame = &mut self.bytes[*at..end];
            let length = u32::try_from(frame.len() - FRAME_HEADER).expect("bounded by MAX_PAYLOAD");
            frame[..4].copy_from_slice(&length.to_le_bytes());
            frame[8..16].copy_from_slice(&first.to_le_bytes());
            let crc = seed.checksum(frame);
            frame[4..8].copy_from_slice(&crc.to_le_bytes());
        }
        &mut self.bytes
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.frames.clear();
    }
}
