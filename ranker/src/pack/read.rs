//! Little-endian arrays read in place. Callers have checked the lengths.

use alloc::vec;
use alloc::vec::Vec;
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

/// Row `index` of an offset array of n + 1 entries.
pub(super) fn span(offsets: &[u8], index: usize) -> Range<usize> {
    u32_at(offsets, index) as usize..u32_at(offsets, index + 1) as usize
}

/// All of an array of f32.
#[inline(never)]
pub(super) fn f32s(bytes: &[u8]) -> Vec<f32> {
    let mut numbers = vec![0.0; bytes.len() / 4];
    numbers.iter_mut().enumerate().for_each(|(at, number)| *number = f32_at(bytes, at));
    numbers
}
