//! From an old pack and a delta to the new pack: what `applyDelta` of the page does too.

use alloc::vec::Vec;

use super::{HEADER, Kind, MAGIC, Moves, VERSION, check};
use crate::pack::read::u32_at;

/// Why a delta does not give a new pack. In each case the whole pack is what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// The bytes are something else, or of a later version.
    #[error("this is not a delta of version 1: download the whole pack")]
    NotADelta,
    /// It was made for another pack than this one.
    #[error("the delta is for another pack: download the whole one")]
    AnotherPack,
    /// It says what cannot be done, or what comes out is not what was meant.
    #[error("the delta is damaged: download the whole pack")]
    Damaged,
}

/// The pack that `delta` makes of `old`. Allocates at most four times what it was given.
///
/// # Errors
/// Hostile bytes give an error, never a panic.
pub fn apply(old: &[u8], delta: &[u8]) -> Result<Vec<u8>, DeltaError> {
    let head = delta.get(..HEADER).filter(|head| head[..8] == MAGIC).ok_or(DeltaError::NotADelta)?;
    if u16::from_le_bytes([head[8], head[9]]) != VERSION {
        return Err(DeltaError::NotADelta);
    }
    let widths = [usize::from(head[10]), usize::from(head[11])];
    let (from, length, expected) = (u32_at(head, 3), u32_at(head, 4) as usize, u32_at(head, 5));
    if from as usize != old.len() {
        return Err(DeltaError::AnotherPack);
    }
    if length > 4 * (old.len() + delta.len()) || !widths.iter().all(|width| [2, 4].contains(width)) {
        return Err(DeltaError::Damaged);
    }
    let mut reader = Reader { bytes: &delta[HEADER..], old, widths, out: Vec::with_capacity(length) };
    reader.steps(length).ok_or(DeltaError::Damaged)?;
    if reader.out.len() == length && check(&reader.out) == expected {
        Ok(reader.out)
    } else {
        Err(DeltaError::Damaged)
    }
}

struct Reader<'a> {
    /// What is left of the delta.
    bytes: &'a [u8],
    old: &'a [u8],
    widths: [usize; 2],
    out: Vec<u8>,
}

impl Reader<'_> {
    /// `None` where a step is impossible.
    fn steps(&mut self, length: usize) -> Option<()> {
        let moves = self.moves()?;
        let mut read = 0usize;
        while !self.bytes.is_empty() {
            let word = self.number()?;
            let (count, kind) = (usize::try_from(word >> 2).ok()?, Kind::ALL[(word & 3) as usize]);
            let (taken, given) = match kind {
                Kind::New => (0, 1),
                Kind::Copy => (1, 1),
                Kind::Shift => (4, 4),
                Kind::Move => (self.widths[0], self.widths[1]),
            };
            if count.checked_mul(given)? > length - self.out.len() {
                return None;
            }
            if kind == Kind::New {
                let (new, rest) = self.bytes.split_at_checked(count)?;
                self.out.extend_from_slice(new);
                self.bytes = rest;
                continue;
            }
            let from = usize::try_from(i64::try_from(read).ok()?.checked_add(self.signed()?)?).ok()?;
            read = from.checked_add(count * taken)?;
            let source = self.old.get(from..read)?;
            match kind {
                Kind::Shift => self.shift(source)?,
                Kind::Move => self.positions(source, &moves),
                _ => self.out.extend_from_slice(source),
            }
        }
        Some(())
    }

    fn moves(&mut self) -> Option<Moves> {
        let (mut moves, mut at) = (Moves::new(), 0u32);
        for _ in 0..self.number()? {
            at = at.checked_add(u32::try_from(self.number()?).ok()?)?;
            let by = self.signed()?;
            moves.insert(at, by);
        }
        Some(moves)
    }

    fn shift(&mut self, source: &[u8]) -> Option<()> {
        let added = self.signed()? as u32;
        for &word in source.as_chunks().0 {
            self.out.extend_from_slice(&u32::from_le_bytes(word).wrapping_add(added).to_le_bytes());
        }
        Some(())
    }

    fn positions(&mut self, source: &[u8], moves: &Moves) {
        for entry in source.chunks_exact(self.widths[0]) {
            let position = entry.iter().rev().fold(0u32, |number, &byte| number << 8 | u32::from(byte));
            let by = moves.range(..=position).next_back().map_or(0, |(_, &by)| by);
            let moved = position.wrapping_add(by as u32);
            self.out.extend_from_slice(&moved.to_le_bytes()[..self.widths[1]]);
        }
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..49).step_by(7) {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}
