//! "Here is the pack that a page has and the one that it should have; what has to be sent?" (docs/pack-format.md)
//!
//! Made of what packs are made of: rows by item and positions. An item that came between others moves all positions
//! behind it by one, and is still a few bytes. It is not: a way to change a pack. What comes out is another whole pack,
//! which its own checksums vouch for.

mod apply;
mod make;
mod steps;

use alloc::collections::BTreeMap;

pub use apply::{DeltaError, apply};
pub use make::between;

/// Starts every delta.
const MAGIC: [u8; 8] = *b"\x89BDL\r\n\x1a\n";
/// Readers refuse another one.
const VERSION: u16 = 1;
/// Bytes before the moves.
const HEADER: usize = 24;

/// What a step does, by the number in its lowest two bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Bytes that follow.
    New = 0,
    /// Bytes of the old pack.
    Copy = 1,
    /// u32 of the old pack, a number added to each.
    Shift = 2,
    /// Positions of items in the old pack, as what they are in the new one.
    Move = 3,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::New, Kind::Copy, Kind::Shift, Kind::Move];
}

/// Old positions from this one on (up to the next entry) → what is added to them. What has gone is moved like its
/// neighbours, and named by nobody.
type Moves = BTreeMap<u32, i64>;

/// FNV-1a, 32 bits: finds every changed byte, and promises nothing against an attacker.
fn check(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
