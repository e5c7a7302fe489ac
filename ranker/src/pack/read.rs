//! Little-endian arrays read in place. Callers have checked the lengths.

use core::ops::Range;

/// Where something lies in the bytes of a pack.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Place {
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.end]
    }

    pub(super) fn len(self) -> usize {
        self.end - self.start
    }
}

pub(super) fn u16_at(bytes: &[u8], index: usize) -> u16 {
    u16::from_le_bytes(bytes.as_chunks().0[index])
}

pub(super) fn u32_at(bytes: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(bytes.as_chunks().0[index])
}

pub(super) fn f32_at(bytes: &[u8], index: usize) -> f32 {
    f32::from_bits(u32_at(bytes, index))
}

pub(super) fn f64_at(bytes: &[u8], index: usize) -> f64 {
    let (low, high) = (u32_at(bytes, index * 2), u32_at(bytes, index * 2 + 1));
    f64::from_bits(u64::from(low) | u64::from(high) << 32)
}

/// The upper half of an f32: the same range in two bytes, and a scale needs no more digits.
pub(super) fn bfloat(bytes: &[u8], index: usize) -> f32 {
    f32::from_bits(u32::from(u16_at(bytes, index)) << 16)
}

/// Row `index` of an offset array of n + 1 entries.
pub(super) fn span(offsets: &[u8], index: usize) -> Range<usize> {
    u32_at(offsets, index) as usize..u32_at(offsets, index + 1) as usize
}

/// All of an array of f32.
pub(super) fn f32s(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    let (words, _) = bytes.as_chunks();
    words.iter().map(|&word| f32::from_le_bytes(word))
}
