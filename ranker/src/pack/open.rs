//! From bytes to a pack: header, section table, then every section.

use alloc::vec::Vec;

use super::columns::{Column, Kind, Parts};
use super::constants::{Constants, FIRST, rule, wrong};
#[cfg(feature = "dials")]
use super::contexts::Contexts;
use super::layout::{
    self, CONSTANTS, ENTRY, HEADER, MAGIC, SECTIONS, SECTIONS_MAX, Section, Tag, VERSION_MAJOR,
};
use super::network::Network;
use super::read::{Place, f32_at, f32s, u16_at, u32_at};
use super::text::is_text;
use super::verify::verify;
use super::{DIM_MAX, Pack, PackError, Part};
use crate::crc32c::Crc32c;
use crate::fold_in::Space;

pub(super) fn open<E: From<PackError>>(bytes: Vec<u8>) -> Result<Pack, E> {
    let crc32c = Crc32c::new();
    let n_sections = header::<E>(&bytes, &crc32c)?;
    let mut pack = Pack {
        n_items: u32_at(&bytes, 4) as usize,
        dim: u32_at(&bytes, 5) as usize,
        constants: Constants::default(),
        columns: Vec::new(),
        at: [Place::default(); SECTIONS],
        bytes,
        space: None,
        network: None,
        #[cfg(feature = "dials")]
        contexts: None,
    };
    read::<E>(&mut pack, n_sections, &crc32c)?;
    if pack.dim > 0 {
        pack.space = Space::new(f32s(pack.part(Section::Gram)), pack.dim, pack.constants.ridge);
    }
    Ok(pack)
}

/// Something that was written wrongly, and what. The page shows the part alone, so there the text stays away.
#[inline(always)]
pub(super) fn fault<E: From<PackError>>(tag: Tag, what: &'static str) -> E {
    malformed(tag, if cfg!(target_arch = "wasm32") { "" } else { what })
}

impl Section {
    /// The same of a section that is there at most once. Not inline: its number is shorter than its name.
    #[inline(never)]
    pub(super) fn fault<E: From<PackError>>(self, what: &'static str) -> E {
        fault(self.tag(), what)
    }
}

#[inline(never)]
fn malformed<E: From<PackError>>(tag: Tag, what: &'static str) -> E {
    E::from(PackError::Malformed { part: Part(tag), what })
}

#[inline(never)]
fn damaged<E: From<PackError>>(tag: Tag) -> E {
    E::from(PackError::Damaged { part: Part(tag) })
}

/// Checks all that comes before the sections and answers how many there are.
fn header<E: From<PackError>>(bytes: &[u8], crc32c: &Crc32c) -> Result<usize, E> {
    let magic = bytes.len().min(MAGIC.len());
    if bytes[..magic] != MAGIC[..magic] {
        return Err(E::from(PackError::NotAPack));
    }
    let length = |expected: u64| E::from(PackError::Length { expected, found: bytes.len() as u64 });
    if bytes.len() < HEADER {
        return Err(length(HEADER as u64));
    }
    // The version comes before the checksum: a later version may keep it elsewhere.
    let version = u16_at(bytes, 4);
    if version != VERSION_MAJOR {
        return Err(E::from(PackError::Version { found: version, known: VERSION_MAJOR }));
    }
    if crc32c.of(&bytes[..60]) != u32_at(bytes, 15) {
        return Err(damaged(*b"HEAD"));
    }
    let total = wide(bytes, 12);
    if total != bytes.len() as u64 {
        return Err(length(total));
    }
    let (n_items, dim, n_sections) = (u32_at(bytes, 4), u32_at(bytes, 5), u32_at(bytes, 6) as usize);
    let table = HEADER + n_sections.min(SECTIONS_MAX) * ENTRY;
    if n_sections > SECTIONS_MAX
        || dim as usize > DIM_MAX
        || n_items as usize > bytes.len()
        || table > bytes.len()
    {
        return Err(fault(*b"HEAD", "a count is out of bounds"));
    }
    if crc32c.of(&bytes[HEADER..table]) != u32_at(bytes, 14) {
        return Err(damaged(*b"TABL"));
    }
    Ok(n_sections)
}

/// Finds every section, checks it against its checksum, and then their contents.
fn read<E: From<PackError>>(pack: &mut Pack, n_sections: usize, crc32c: &Crc32c) -> Result<(), E> {
    let mut end = HEADER + n_sections * ENTRY;
    for row in 0..n_sections {
        let entry = &pack.bytes[HEADER + row * ENTRY..][..ENTRY];
        let tag = [entry[0], entry[1], entry[2], entry[3]];
        let (offset, length) = (wide(entry, 2), wide(entry, 4));
        // In order and without a hole beyond the alignment, so that every byte is under some check.
        let start = layout::align(end);
        let last = offset.checked_add(length).filter(|&last| last <= pack.bytes.len() as u64);
        let (true, Some(last)) = (offset == start as u64, last) else {
            return Err(fault(tag, "it lies outside of its place"));
        };
        let place = Place { start, end: last as usize };
        let padding = pack.bytes[end..start].iter().all(|&byte| byte == 0);
        if !padding || crc32c.of(place.of(&pack.bytes)) != u32_at(entry, 6) {
            return Err(damaged(tag));
        }
        end = place.end;
        remember::<E>(pack, tag, place)?;
    }
    if end != pack.bytes.len() {
        return Err(fault(*b"HEAD", "there are bytes behind the last section"));
    }
    pack.constants = constants::<E>(pack)?;
    verify(pack)
}

/// Remembers where a known section lies; passes over an unknown one, which a later minor version added.
fn remember<E: From<PackError>>(pack: &mut Pack, tag: Tag, place: Place) -> Result<(), E> {
    if let Some(number) = Section::place(tag) {
        // The header lies at 0.
        if pack.at[number].start > 0 {
            return Err(fault(tag, "it is there twice"));
        }
        pack.at[number] = place;
        if number == Section::Encoder as usize {
            pack.network = Some(Network::open::<E>(&pack.bytes, place, pack.dim)?);
        }
    } else if let Some(kind) = Kind::of(tag) {
        let column = column::<E>(&pack.bytes, tag, kind, place, pack.n_items)?;
        if pack.columns.iter().any(|other| other.name == column.name) {
            return Err(fault(tag, "two columns have one name"));
        }
        pack.columns.push(column);
    }
    #[cfg(feature = "dials")]
    if tag == layout::CONTEXTS {
        if pack.contexts.is_some() {
            return Err(fault(tag, "it is there twice"));
        }
        pack.contexts = Some(Contexts::open::<E>(&pack.bytes, place, pack.n_items)?);
    }
    Ok(())
}

fn constants<E: From<PackError>>(pack: &Pack) -> Result<Constants, E> {
    let (bytes, more) = (pack.part(Section::Constants), pack.part(Section::MoreConstants));
    if bytes.len() != CONSTANTS * 4 {
        return Err(Section::Constants.fault("it does not hold 16 numbers"));
    }
    let more = more.first_chunk().map_or(0.0, |more| f32::from_le_bytes(*more));
    let slots = core::array::from_fn(|slot| if slot < FIRST { f32_at(bytes, slot) } else { more });
    match wrong(&slots) {
        Some(slot) => Err(Section::Constants.fault(rule(slot))),
        None => Ok(Constants::from_array(&slots)),
    }
}

/// Cuts a column's section into its arrays: name length and dictionary sizes first, then the arrays.
fn column<E: From<PackError>>(
    bytes: &[u8],
    tag: Tag,
    kind: Kind,
    place: Place,
    n_items: usize,
) -> Result<Column, E> {
    let mut rest = Cursor { bytes, rest: place };
    let cut = || fault::<E>(tag, "it is shorter than its own sizes say");
    let mut read = || {
        let mut at = Parts::default();
        let name = rest.count()?;
        let (n_words, words) = if kind == Kind::Category { (rest.count()?, rest.count()?) } else { (0, 0) };
        let name = rest.take(name)?;
        if kind == Kind::Category {
            at.word_ends = rest.take(n_words.saturating_add(1).saturating_mul(4))?;
            at.words = rest.take(words)?;
        }
        if kind != Kind::Number {
            at.ends = rest.take((n_items + 1) * 4)?;
        }
        at.cells = rest.rest;
        Some((name, at))
    };
    let (name, at) = read().ok_or_else(cut)?;
    let name = name.of(bytes);
    if is_text(name) {
        Ok(Column { name: name.to_vec(), kind, at })
    } else {
        Err(fault(tag, "it is not UTF-8"))
    }
}

pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) rest: Place,
}

impl Cursor<'_> {
    pub(super) fn take(&mut self, length: usize) -> Option<Place> {
        if length > self.rest.len() {
            return None;
        }
        let start = self.rest.start;
        self.rest.start += length;
        Some(Place { start, end: start + length })
    }

    pub(super) fn count(&mut self) -> Option<usize> {
        Some(u32_at(self.take(4)?.of(self.bytes), 0) as usize)
    }
}

/// The u64 that begins at this u32.
fn wide(bytes: &[u8], word: usize) -> u64 {
    u64::from(u32_at(bytes, word)) | u64::from(u32_at(bytes, word + 1)) << 32
}
