//! The numbers of docs/pack-format.md.

/// Starts every pack. The first byte is not text and the line ends get changed by whatever mangles text.
pub(super) const MAGIC: [u8; 8] = *b"\x89BOW\r\n\x1a\n";
/// Readers refuse another one.
pub(super) const VERSION_MAJOR: u16 = 1;
/// Readers accept any: sections were only added. 1 added the encoder, 2 the lifts of contexts, 3 more constants.
pub(super) const VERSION_MINOR: u16 = 1;
/// Of a pack with lifts; without, it is what it was.
pub(super) const VERSION_MINOR_WITH_CONTEXTS: u16 = 2;
/// Of a pack with more constants.
pub(super) const VERSION_MINOR_WITH_MORE: u16 = 3;
/// Bytes before the section table.
pub(super) const HEADER: usize = 64;
/// Bytes of one row of the section table.
pub(super) const ENTRY: usize = 32;
/// Sections start at multiples of this: a cache line, and enough for any SIMD load.
pub(super) const ALIGN: usize = 64;
/// 100 metadata columns (Amazon's limit of an Items schema) and room for later sections.
pub(super) const SECTIONS_MAX: usize = 256;
/// Slots of the section of tuned constants, all of which are taken; [`Section::MoreConstants`] goes on.
pub(super) const CONSTANTS: usize = 16;

/// A section's name: four capitals or digits.
pub(super) type Tag = [u8; 4];

/// The sections that are there at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Recipe,
    Constants,
    IdEnds,
    Ids,
    Popularity,
    Vectors,
    VectorScales,
    Gram,
    RowEnds,
    RowScales,
    RowItems,
    RowWeights,
    Encoder,
    MoreConstants,
}

/// How many there are.
pub(super) const SECTIONS: usize = 14;
/// Their names.
static TAGS: [Tag; SECTIONS] = [
    *b"RECP", *b"CONS", *b"IDOF", *b"IDST", *b"POPU", *b"VEC8", *b"VSCL", *b"GRAM", *b"NBOF", *b"NBSC",
    *b"NBIX", *b"NBWT", *b"ENCO", *b"CON2",
];

impl Section {
    pub(super) const fn tag(self) -> Tag {
        TAGS[self as usize]
    }

    /// Which section has this name, as its place among all.
    pub(super) fn place(tag: Tag) -> Option<usize> {
        TAGS.iter().position(|known| *known == tag)
    }
}

pub(super) const CONTEXTS: Tag = *b"CTXT";
pub(super) const COLUMN_TEXT: Tag = *b"COLT";
pub(super) const COLUMN_CATEGORY: Tag = *b"COLC";
pub(super) const COLUMN_NUMBER: Tag = *b"COLN";

/// Whether indices below `n` need four bytes instead of two.
pub(super) const fn is_wide(n: usize) -> bool {
    n > 1 << 16
}

/// Bytes per index below `n`.
pub(super) const fn index_width(n: usize) -> usize {
    if is_wide(n) { 4 } else { 2 }
}

/// The next multiple of [`ALIGN`].
pub(super) const fn align(at: usize) -> usize {
    at.div_ceil(ALIGN) * ALIGN
}
