//! From bytes to a pack: header, section table, then every section.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use super::columns::{Column, Kind, Parts};
use super::constants::Constants;
use super::layout::{self, CONSTANTS, ENTRY, HEADER, MAGIC, SECTIONS_MAX, Tag, VERSION_MAJOR};
use super::read::{f32_at, u16_at, u32_at};
use super::verify::verify;
use super::{DIM_MAX, Pack, PackError, Part, Places};
use crate::crc32c::Crc32c;
use crate::fold_in::Space;

struct Header {
    n_items: usize,
    dim: usize,
    n_sections: usize,
    basis: [u8; 16],
}

struct Section {
    tag: Tag,
    range: Range<usize>,
}

pub(super) fn open(bytes: Vec<u8>) -> Result<Pack, PackError> {
    let crc32c = Crc32c::new();
    let header = header(&bytes, &crc32c)?;
    let sections = sections(&bytes, header.n_sections, &crc32c)?;
    let mut pack = Pack {
        n_items: header.n_items,
        dim: header.dim,
        basis: header.basis,
        recipe: String::new(),
        constants: Constants::default(),
        columns: Vec::new(),
        at: Places::default(),
        bytes: Vec::new(),
        space: None,
    };
    for (number, section) in sections.iter().enumerate() {
        let is_column = section.tag.starts_with(b"COL");
        if !is_column && sections[..number].iter().any(|other| other.tag == section.tag) {
            return Err(malformed(section.tag, "it is there twice"));
        }
        place(&mut pack, &bytes, section)?;
    }
    pack.bytes = bytes;
    verify(&pack)?;
    if pack.dim > 0 {
        pack.space = Space::new(pack.gram().collect(), pack.dim, pack.constants.ridge);
    }
    Ok(pack)
}

pub(super) fn malformed(tag: Tag, what: &'static str) -> PackError {
    PackError::Malformed { part: Part(tag), what }
}

fn header(bytes: &[u8], crc32c: &Crc32c) -> Result<Header, PackError> {
    let magic = bytes.len().min(MAGIC.len());
    if bytes[..magic] != MAGIC[..magic] {
        return Err(PackError::NotAPack);
    }
    let length = |expected: u64| PackError::Length { expected, found: bytes.len() as u64 };
    if bytes.len() < HEADER {
        return Err(length(HEADER as u64));
    }
    // The version comes before the checksum: a later version may keep it elsewhere.
    let version = u16_at(bytes, 4);
    if version != VERSION_MAJOR {
        return Err(PackError::Version { found: version, known: VERSION_MAJOR });
    }
    if crc32c.of(&bytes[..60]) != u32_at(bytes, 15) {
        return Err(PackError::Damaged { part: Part(*b"HEAD") });
    }
    let total = u64::from(u32_at(bytes, 12)) | u64::from(u32_at(bytes, 13)) << 32;
    if total != bytes.len() as u64 {
        return Err(length(total));
    }
    let (n_items, dim, n_sections) =
        (u32_at(bytes, 4) as usize, u32_at(bytes, 5) as usize, u32_at(bytes, 6) as usize);
    let table = HEADER + n_sections.min(SECTIONS_MAX) * ENTRY;
    if n_sections > SECTIONS_MAX || dim > DIM_MAX || n_items > bytes.len() || table > bytes.len() {
        return Err(malformed(*b"HEAD", "a count is out of bounds"));
    }
    if crc32c.of(&bytes[HEADER..table]) != u32_at(bytes, 14) {
        return Err(PackError::Damaged { part: Part(*b"TABL") });
    }
    let basis = *bytes[32..].first_chunk().expect("the header is longer");
    Ok(Header { n_items, dim, n_sections, basis })
}

/// The rows of the section table, each checked against the bytes it names.
fn sections(bytes: &[u8], n_sections: usize, crc32c: &Crc32c) -> Result<Vec<Section>, PackError> {
    let mut end = HEADER + n_sections * ENTRY;
    let mut sections = Vec::with_capacity(n_sections);
    for entry in bytes[HEADER..end].chunks_exact(ENTRY) {
        let tag = [entry[0], entry[1], entry[2], entry[3]];
        let wide = |word: usize| u64::from(u32_at(entry, word)) | u64::from(u32_at(entry, word + 1)) << 32;
        let (offset, length) = (wide(2), wide(4));
        // In order and without a hole beyond the alignment, so that every byte is under some check.
        let start = layout::align(end);
        let last = offset.checked_add(length).filter(|&last| last <= bytes.len() as u64);
        let (true, Some(last)) = (offset == start as u64, last) else {
            return Err(malformed(tag, "it lies outside of its place"));
        };
        let range = start..last as usize;
        let padding = bytes[end..start].iter().all(|&byte| byte == 0);
        if !padding || crc32c.of(&bytes[range.clone()]) != u32_at(entry, 6) {
            return Err(PackError::Damaged { part: Part(tag) });
        }
        end = range.end;
        sections.push(Section { tag, range });
    }
    if end != bytes.len() {
        return Err(malformed(*b"HEAD", "there are bytes behind the last section"));
    }
    Ok(sections)
}

/// Remembers where a known section lies; passes over an unknown one, which a later minor version added.
fn place(pack: &mut Pack, bytes: &[u8], section: &Section) -> Result<(), PackError> {
    let range = section.range.clone();
    match section.tag {
        layout::RECIPE => pack.recipe = text(section.tag, &bytes[range])?,
        layout::TUNED => pack.constants = constants(&bytes[range])?,
        layout::ID_ENDS => pack.at.id_ends = range,
        layout::IDS => pack.at.ids = range,
        layout::POPULARITY => pack.at.popularity = range,
        layout::VECTORS => pack.at.vectors = range,
        layout::VECTOR_SCALES => pack.at.vector_scales = range,
        layout::GRAM => pack.at.gram = range,
        layout::ROW_ENDS => pack.at.row_ends = range,
        layout::ROW_SCALES => pack.at.row_scales = range,
        layout::ROW_ITEMS => pack.at.row_items = range,
        layout::ROW_WEIGHTS => pack.at.row_weights = range,
        layout::COLUMN_TEXT | layout::COLUMN_CATEGORY | layout::COLUMN_NUMBER => {
            let column = column(bytes, section, pack.n_items)?;
            if pack.column(&column.name).is_some() {
                return Err(malformed(section.tag, "two columns have one name"));
            }
            pack.columns.push(column);
        }
        _ => {}
    }
    Ok(())
}

fn text(tag: Tag, bytes: &[u8]) -> Result<String, PackError> {
    let text = core::str::from_utf8(bytes).map_err(|_| malformed(tag, "it is not UTF-8"))?;
    Ok(text.to_string())
}

fn constants(bytes: &[u8]) -> Result<Constants, PackError> {
    if bytes.len() != CONSTANTS * 4 {
        return Err(malformed(layout::TUNED, "it does not hold 16 numbers"));
    }
    Ok(Constants::from_array(&core::array::from_fn(|slot| f32_at(bytes, slot))))
}

/// Cuts a column's section into its arrays: name length and dictionary sizes first, then the arrays.
fn column(bytes: &[u8], section: &Section, n_items: usize) -> Result<Column, PackError> {
    let mut cursor = Cursor { tag: section.tag, bytes, rest: section.range.clone() };
    let ends = (n_items + 1) * 4;
    let name_length = cursor.count()?;
    let mut at = Parts::default();
    let kind = match section.tag {
        layout::COLUMN_TEXT => Kind::Text,
        layout::COLUMN_CATEGORY => Kind::Category,
        _ => Kind::Number,
    };
    let (n_words, words_length) =
        if kind == Kind::Category { (cursor.count()?, cursor.count()?) } else { (0, 0) };
    let name = cursor.take(name_length)?;
    if kind == Kind::Category {
        at.word_ends = cursor.take(n_words.saturating_add(1).saturating_mul(4))?;
        at.words = cursor.take(words_length)?;
    }
    if kind != Kind::Number {
        at.ends = cursor.take(ends)?;
    }
    at.cells = cursor.rest;
    Ok(Column { name: text(section.tag, &bytes[name])?, kind, at })
}

struct Cursor<'a> {
    tag: Tag,
    bytes: &'a [u8],
    rest: Range<usize>,
}

impl Cursor<'_> {
    fn take(&mut self, length: usize) -> Result<Range<usize>, PackError> {
        if length > self.rest.len() {
            return Err(malformed(self.tag, "it is shorter than its own sizes say"));
        }
        let start = self.rest.start;
        self.rest.start += length;
        Ok(start..start + length)
    }

    fn count(&mut self) -> Result<usize, PackError> {
        let range = self.take(4)?;
        Ok(u32_at(&self.bytes[range], 0) as usize)
    }
}
