//! From contents to bytes. The same contents give the same bytes.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::constants::{self, Constants, FIRST};
use super::contexts::NewContexts;
use super::layout::{
    self, ENTRY, HEADER, MAGIC, SECTIONS_MAX, Section, Tag, VERSION_MAJOR, VERSION_MINOR,
    VERSION_MINOR_WITH_CONTEXTS, VERSION_MINOR_WITH_MORE,
};
use super::network::NewNetwork;
use super::{DIM_MAX, ItemIndex, Notes, PackError};
use crate::cholesky::gram;
use crate::crc32c::Crc32c;

/// What goes into a pack. Item order is the order of `ids` everywhere.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The recipe's name, not empty.
    pub recipe: String,
    /// What training tuned.
    pub constants: Constants,
    /// For a training that goes on from here.
    pub notes: Notes,
    /// Unique, not empty, sorted by their bytes.
    pub ids: Vec<String>,
    /// Popularity prior per item, \[n\], finite and ≥ 0.
    pub popularity: Vec<f32>,
    /// Dimensions of the vectors, 0 to 512.
    pub dim: usize,
    /// Item vectors, row-major \[n × dim\], finite. They are quantised to int8 with one scale per row.
    pub vectors: Vec<f32>,
    /// Per item the items that go with it and how strongly (> 0): \[n\] rows, or none at all.
    pub neighbours: Vec<Vec<(ItemIndex, f32)>>,
    /// What encodes a history; with vectors only.
    pub network: Option<NewNetwork>,
    /// What is chosen in which circumstances.
    pub contexts: Option<NewContexts>,
    /// Metadata.
    pub columns: Vec<NewColumn>,
}

/// A metadata column to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewColumn {
    /// Unique among the columns.
    pub name: String,
    /// One cell per item.
    pub cells: Cells,
}

/// The cells of a column, \[n\].
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// An empty text is null.
    Text(Vec<String>),
    /// An empty list is null.
    Category(Vec<Vec<String>>),
    /// Finite.
    Number(Vec<Option<f64>>),
}

impl Cells {
    /// How many cells there are.
    pub fn len(&self) -> usize {
        match self {
            Cells::Text(cells) => cells.len(),
            Cells::Category(cells) => cells.len(),
            Cells::Number(cells) => cells.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Writes a pack that [`Pack::open`](super::Pack::open) accepts.
///
/// # Errors
/// [`PackError::Contents`] names the field that breaks a rule of the format.
pub fn write(contents: &Contents) -> Result<Vec<u8>, PackError> {
    check(contents)?;
    let mut sections: Vec<(Tag, Vec<u8>)> = Vec::new();
    sections.push((Section::Recipe.tag(), contents.recipe.clone().into_bytes()));
    constants(contents.constants, contents.notes, &mut sections);
    let (ends, ids) = strings(contents.ids.iter().map(String::as_str))?;
    sections.push((Section::IdEnds.tag(), ends));
    sections.push((Section::Ids.tag(), ids));
    sections.push((Section::Popularity.tag(), f32s(&contents.popularity)));
    if contents.dim > 0 {
        vectors(contents, &mut sections);
    }
    if !contents.neighbours.is_empty() {
        neighbours(contents, &mut sections)?;
    }
    if let Some(network) = &contents.network {
        sections.push(network.encode(contents.dim));
    }
    if let Some(contexts) = &contents.contexts {
        sections.push(contexts.encode()?);
    }
    for column in &contents.columns {
        sections.push(encode_column(column)?);
    }
    assemble([contents.ids.len(), contents.dim], &sections)
}

pub(super) fn rule(field: &'static str, what: &'static str) -> PackError {
    PackError::Contents { field, what }
}

/// The second section only where it says anything: without it a pack is what it was.
pub(super) fn constants(constants: Constants, notes: Notes, sections: &mut Vec<(Tag, Vec<u8>)>) {
    let tuned = constants.to_array();
    let mut slots = tuned[..FIRST].to_vec();
    slots.extend(notes.to_array());
    sections.push((Section::Constants.tag(), f32s(&slots)));
    let mut more = tuned[FIRST..].to_vec();
    if notes.half_life_days > 0.0 {
        more.extend(notes.to_more());
    }
    if more.iter().any(|&slot| slot > 0.0) {
        sections.push((Section::MoreConstants.tag(), f32s(&more)));
    }
}

fn check(contents: &Contents) -> Result<(), PackError> {
    let n = contents.ids.len();
    let sorted =
        contents.ids.is_sorted_by(|a, b| a < b) && contents.ids.first().is_none_or(|id| !id.is_empty());
    let names = |name: &str| contents.columns.iter().filter(|column| column.name == name).count();
    if contents.recipe.is_empty() {
        Err(rule("recipe", "it has a name"))
    } else if let Some(slot) = constants::wrong(&contents.constants.to_array()) {
        Err(rule("constants", constants::rule(slot)))
    } else if !sorted || n >= u32::MAX as usize {
        Err(rule("ids", "they are sorted by their bytes, unique, not empty, and fewer than 2^32"))
    } else if contents.popularity.len() != n || !contents.popularity.iter().all(|x| (0.0..=1e9).contains(x)) {
        Err(rule("popularity", "it is one number from 0 to 1e9 per item"))
    } else if contents.dim > DIM_MAX || contents.vectors.len() != n * contents.dim {
        Err(rule("vectors", "they are items × dimensions, at most 512 dimensions"))
    } else if !contents.vectors.iter().all(|x| x.abs() <= 1e3) {
        Err(rule("vectors", "every number is finite and at most 1000"))
    } else if !contents.neighbours.is_empty() && contents.neighbours.len() != n {
        Err(rule("neighbours", "there is one row per item, or none at all"))
    } else if !contents.neighbours.iter().enumerate().all(|(item, row)| row_is_sound(item, row, n)) {
        Err(rule("neighbours", "a row names other items once, with weights above 0 up to 1000"))
    } else if let Some(what) = contents.network.as_ref().and_then(|network| network.fault(contents.dim)) {
        Err(rule("network", what))
    } else if let Some(what) = contents.contexts.as_ref().and_then(|contexts| contexts.fault(n)) {
        Err(rule("contexts", what))
    } else if contents.columns.len() > 100 || contents.columns.iter().any(|c| names(&c.name) > 1) {
        Err(rule("columns", "there are at most 100 and each has a name of its own"))
    } else if contents.columns.iter().any(|column| column.cells.len() != n) {
        Err(rule("columns", "each has one cell per item"))
    } else {
        Ok(())
    }
}

fn row_is_sound(item: usize, row: &[(ItemIndex, f32)], n: usize) -> bool {
    let mut others: Vec<ItemIndex> = row.iter().map(|&(other, _)| other).collect();
    others.sort_unstable();
    others.is_sorted_by(|a, b| a < b)
        && row
            .iter()
            .all(|&(other, weight)| other.at() < n && other.at() != item && weight > 0.0 && weight <= 1e3)
}

/// int8 rows, each with a scale that maps its largest number to 127; and the Gram matrix of what is really stored,
/// so that fold-in on the device solves the system it sees.
fn vectors(contents: &Contents, sections: &mut Vec<(Tag, Vec<u8>)>) {
    let mut codes = Vec::with_capacity(contents.vectors.len());
    let mut scales = Vec::with_capacity(contents.ids.len() * 2);
    let mut stored = Vec::with_capacity(contents.vectors.len());
    for row in contents.vectors.chunks_exact(contents.dim) {
        let scale = quantise(row, &mut codes);
        scales.extend_from_slice(&bfloat_bytes(scale));
        let new = &codes[codes.len() - row.len()..];
        stored.extend(new.iter().map(|&code| f32::from(code as i8) * scale));
    }
    let gram = gram(stored.chunks_exact(contents.dim), contents.dim);
    sections.push((Section::Vectors.tag(), codes));
    sections.push((Section::VectorScales.tag(), scales));
    sections.push((Section::Gram.tag(), f32s(&gram)));
}

/// Adds the codes of a row and answers their scale.
pub(super) fn quantise(row: &[f32], codes: &mut Vec<u8>) -> f32 {
    let largest = row.iter().fold(0.0f32, |max, x| max.max(x.abs()));
    let scale = bfloat_above(largest / 127.0);
    codes.extend(row.iter().map(|&x| quantise_by(x, scale)));
    scale
}

/// An i8.
pub(super) fn quantise_by(x: f32, scale: f32) -> u8 {
    if scale > 0.0 { round(x / scale).clamp(-127, 127) as i8 as u8 } else { 0 }
}

/// One row after the other, strongest first; a weight too weak for its row's scale is dropped.
fn neighbours(contents: &Contents, sections: &mut Vec<(Tag, Vec<u8>)>) -> Result<(), PackError> {
    let mut rows = Rows::new(contents.ids.len());
    for row in &contents.neighbours {
        rows.push(row, scale_of(row))?;
    }
    rows.finish(sections);
    Ok(())
}

/// The smallest scale with which every weight of a row has a code.
pub(super) fn scale_of(row: &[(ItemIndex, f32)]) -> f32 {
    bfloat_above(row.iter().fold(0.0f32, |max, &(_, weight)| max.max(weight)) / 255.0)
}

/// The four sections of the neighbour rows under construction.
pub(super) struct Rows {
    index_width: usize,
    ends: Vec<u8>,
    scales: Vec<u8>,
    items: Vec<u8>,
    weights: Vec<u8>,
}

impl Rows {
    pub(super) fn new(n_items: usize) -> Self {
        let ends = 0u32.to_le_bytes().to_vec();
        let [scales, items, weights] = [const { Vec::new() }; 3];
        Self { index_width: layout::index_width(n_items), ends, scales, items, weights }
    }

    /// The row of the next item.
    pub(super) fn push(&mut self, row: &[(ItemIndex, f32)], scale: f32) -> Result<(), PackError> {
        let code = |weight: f32| round(weight / scale).clamp(0, 255) as u8;
        let coded = row.iter().map(|&(item, weight)| (code(weight), item));
        let mut coded: Vec<(u8, ItemIndex)> = coded.filter(|&(weight, _)| weight > 0).collect();
        coded.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (weight, item) in coded {
            self.items.extend_from_slice(&item.0.to_le_bytes()[..self.index_width]);
            self.weights.push(weight);
        }
        self.ends.extend_from_slice(&end_of(&self.weights)?);
        self.scales.extend_from_slice(&bfloat_bytes(scale));
        Ok(())
    }

    pub(super) fn finish(self, sections: &mut Vec<(Tag, Vec<u8>)>) {
        sections.push((Section::RowEnds.tag(), self.ends));
        sections.push((Section::RowScales.tag(), self.scales));
        sections.push((Section::RowItems.tag(), self.items));
        sections.push((Section::RowWeights.tag(), self.weights));
    }
}

pub(super) fn encode_column(column: &NewColumn) -> Result<(Tag, Vec<u8>), PackError> {
    let mut bytes = (column.name.len() as u32).to_le_bytes().to_vec();
    let tag = match &column.cells {
        Cells::Text(cells) => {
            let (ends, text) = strings(cells.iter().map(String::as_str))?;
            bytes.extend_from_slice(column.name.as_bytes());
            bytes.extend(ends.into_iter().chain(text));
            layout::COLUMN_TEXT
        }
        Cells::Category(cells) => {
            category(&mut bytes, &column.name, cells)?;
            layout::COLUMN_CATEGORY
        }
        Cells::Number(cells) => {
            if cells.iter().flatten().any(|x| !x.is_finite()) {
                return Err(rule("columns", "numbers are finite"));
            }
            bytes.extend_from_slice(column.name.as_bytes());
            cells.iter().for_each(|cell| bytes.extend_from_slice(&cell.unwrap_or(f64::NAN).to_le_bytes()));
            layout::COLUMN_NUMBER
        }
    };
    Ok((tag, bytes))
}

/// The dictionary is sorted, so the same cells give the same bytes.
fn category(bytes: &mut Vec<u8>, name: &str, cells: &[Vec<String>]) -> Result<(), PackError> {
    let mut numbers: BTreeMap<&str, u32> = cells.iter().flatten().map(|word| (word.as_str(), 0)).collect();
    numbers.values_mut().zip(0..).for_each(|(number, next)| *number = next);
    let (word_ends, words) = strings(numbers.keys().copied())?;
    let width = layout::index_width(numbers.len());
    bytes.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(words.len() as u32).to_le_bytes());
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend(word_ends.into_iter().chain(words));
    let (mut ends, mut entries, mut n_entries) = (0u32.to_le_bytes().to_vec(), Vec::new(), 0u32);
    for cell in cells {
        cell.iter()
            .for_each(|word| entries.extend_from_slice(&numbers[word.as_str()].to_le_bytes()[..width]));
        n_entries += cell.len() as u32;
        ends.extend_from_slice(&n_entries.to_le_bytes());
    }
    bytes.extend(ends.into_iter().chain(entries));
    Ok(())
}

/// Offsets (u32 × (n + 1)) and the text they cut.
pub(super) fn strings<'a>(all: impl Iterator<Item = &'a str>) -> Result<(Vec<u8>, Vec<u8>), PackError> {
    let (mut ends, mut text) = (0u32.to_le_bytes().to_vec(), Vec::new());
    for one in all {
        text.extend_from_slice(one.as_bytes());
        ends.extend_from_slice(&end_of(&text)?);
    }
    Ok((ends, text))
}

fn end_of(bytes: &[u8]) -> Result<[u8; 4], PackError> {
    u32::try_from(bytes.len()).map(u32::to_le_bytes).map_err(|_| rule("a section", "it stays below 4 GiB"))
}

/// The file of these sections, for so many items and dimensions.
pub(super) fn assemble(
    [n_items, dim]: [usize; 2],
    sections: &[(Tag, Vec<u8>)],
) -> Result<Vec<u8>, PackError> {
    if sections.len() > SECTIONS_MAX {
        return Err(rule("columns", "there are too many"));
    }
    let crc32c = Crc32c::new();
    let (mut table, mut body) = (Vec::new(), Vec::new());
    let body_start = HEADER + sections.len() * ENTRY;
    for (tag, section) in sections {
        body.resize(layout::align(body_start + body.len()) - body_start, 0);
        table.extend_from_slice(tag);
        table.extend_from_slice(&[0; 4]);
        table.extend_from_slice(&((body_start + body.len()) as u64).to_le_bytes());
        table.extend_from_slice(&(section.len() as u64).to_le_bytes());
        table.extend_from_slice(&crc32c.of(section).to_le_bytes());
        table.extend_from_slice(&[0; 4]);
        body.extend_from_slice(section);
    }
    let mut bytes = Vec::with_capacity(body_start + body.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION_MAJOR.to_le_bytes());
    let has = |wanted: Tag| sections.iter().any(|(tag, _)| *tag == wanted);
    let minor = match (has(Section::MoreConstants.tag()), has(layout::CONTEXTS)) {
        (true, _) => VERSION_MINOR_WITH_MORE,
        (false, true) => VERSION_MINOR_WITH_CONTEXTS,
        (false, false) => VERSION_MINOR,
    };
    bytes.extend_from_slice(&minor.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    for count in [n_items, dim, sections.len(), 0] {
        bytes.extend_from_slice(&(count as u32).to_le_bytes());
    }
    bytes.extend_from_slice(&basis(sections));
    bytes.extend_from_slice(&((body_start + body.len()) as u64).to_le_bytes());
    bytes.extend_from_slice(&crc32c.of(&table).to_le_bytes());
    let header_crc = crc32c.of(&bytes);
    bytes.extend_from_slice(&header_crc.to_le_bytes());
    bytes.extend(table.into_iter().chain(body));
    Ok(bytes)
}

/// FNV-1a, 128 bits, of ids and vectors: names the item space, promises nothing against an attacker.
fn basis(sections: &[(Tag, Vec<u8>)]) -> [u8; 16] {
    const SPACE: [Tag; 4] =
        [Section::IdEnds.tag(), Section::Ids.tag(), Section::Vectors.tag(), Section::VectorScales.tag()];
    let space = sections.iter().filter(|(tag, _)| SPACE.contains(tag)).flat_map(|(_, bytes)| bytes);
    let hash = space.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, &byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    hash.to_le_bytes()
}

pub(super) fn f32s(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The smallest number ≥ `x` whose lower half is zero; rounding up keeps codes within their range.
pub(super) fn bfloat_above(x: f32) -> f32 {
    f32::from_bits((x.to_bits().saturating_add(0xffff)) & 0xffff_0000)
}

pub(super) fn bfloat_bytes(x: f32) -> [u8; 2] {
    ((x.to_bits() >> 16) as u16).to_le_bytes()
}

/// To the nearest, halves away from zero.
pub(super) fn round(x: f32) -> i32 {
    (x + if x < 0.0 { -0.5 } else { 0.5 }) as i32
}
