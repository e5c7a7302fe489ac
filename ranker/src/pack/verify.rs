//! Checks the content of every section once, so that reading never has to.

use super::columns::{Column, Kind};
use super::layout::{Section, index_width, is_wide};
use super::open::fault;
use super::read::{f32_at, f64_at, span, u16_at, u32_at};
use super::text::{is_boundary, is_text};
use super::{Pack, PackError};
use crate::cholesky::triangle;
use crate::kernel::bfloat;

/// Far above anything that training makes, far below what could overflow an f32 in scoring.
const NUMBER_MAX: f32 = 1e9;

pub(super) fn verify<E: From<PackError>>(pack: &Pack) -> Result<(), E> {
    let recipe = pack.part(Section::Recipe);
    must::<E>(!recipe.is_empty(), Section::Recipe, "it is missing or empty")?;
    must::<E>(is_text(recipe), Section::Recipe, "it is not UTF-8")?;
    ids::<E>(pack)?;
    let popularity = numbers(pack.part(Section::Popularity), pack.n_items, 0.0);
    must::<E>(popularity, Section::Popularity, "a number is missing or out of bounds")?;
    vectors::<E>(pack)?;
    neighbours::<E>(pack)?;
    pack.columns.iter().try_for_each(|column| cells(pack, column))
}

fn must<E: From<PackError>>(sound: bool, section: Section, what: &'static str) -> Result<(), E> {
    if sound { Ok(()) } else { Err(section.fault(what)) }
}

fn ids<E: From<PackError>>(pack: &Pack) -> Result<(), E> {
    let (ends, ids) = (pack.part(Section::IdEnds), pack.part(Section::Ids));
    must::<E>(offsets(ends, pack.n_items, ids.len()), Section::IdEnds, "its offsets do not fit")?;
    must::<E>(is_cut_well(ends, ids), Section::Ids, "it is not UTF-8, or a cut splits a character")?;
    let mut before: &[u8] = &[];
    let rising = (0..pack.n_items).all(|item| {
        let id = pack.id_bytes(item);
        core::mem::replace(&mut before, id) < id
    });
    must::<E>(rising, Section::Ids, "ids are not sorted, not unique or empty")
}

fn vectors<E: From<PackError>>(pack: &Pack) -> Result<(), E> {
    let sized = pack.part(Section::Vectors).len() == pack.n_items * pack.dim;
    must::<E>(sized, Section::Vectors, "its length is not items × dimensions")?;
    let n_scales = if pack.dim == 0 { 0 } else { pack.n_items };
    let scales = scales(pack.part(Section::VectorScales), n_scales);
    must::<E>(scales, Section::VectorScales, "a scale is missing or out of bounds")?;
    let gram = numbers(pack.part(Section::Gram), triangle(pack.dim), -NUMBER_MAX);
    must::<E>(gram, Section::Gram, "a number is missing or out of bounds")
}

fn neighbours<E: From<PackError>>(pack: &Pack) -> Result<(), E> {
    let (items, weights) = (pack.part(Section::RowItems), pack.part(Section::RowWeights));
    let sized = items.len() == weights.len() * index_width(pack.n_items);
    must::<E>(sized, Section::RowItems, "its length does not fit the weights")?;
    let (ends, row_scales) = (pack.part(Section::RowEnds), pack.part(Section::RowScales));
    if ends.is_empty() && row_scales.is_empty() && weights.is_empty() {
        return Ok(());
    }
    must::<E>(offsets(ends, pack.n_items, weights.len()), Section::RowEnds, "its offsets do not fit")?;
    let sound = scales(row_scales, pack.n_items);
    must::<E>(sound, Section::RowScales, "a scale is missing or out of bounds")?;
    for item in 0..pack.n_items {
        let mut strongest = u8::MAX;
        for entry in span(ends, item) {
            let other = index_at(items, is_wide(pack.n_items), entry);
            let other_sound = other < pack.n_items && other != item;
            must::<E>(other_sound, Section::RowItems, "a neighbour is no other item of the pack")?;
            let weight = weights[entry];
            let falling = weight > 0 && weight <= strongest;
            must::<E>(falling, Section::RowWeights, "weights are zero or not sorted")?;
            strongest = weight;
        }
    }
    Ok(())
}

fn cells<E: From<PackError>>(pack: &Pack, column: &Column) -> Result<(), E> {
    let (at, tag) = (&column.at, column.kind.tag());
    let cells = at.cells.of(&pack.bytes);
    let ends = at.ends.of(&pack.bytes);
    let sound = match column.kind {
        Kind::Text => offsets(ends, pack.n_items, cells.len()) && is_cut_well(ends, cells),
        Kind::Category => {
            let (word_ends, words) = (at.word_ends.of(&pack.bytes), at.words.of(&pack.bytes));
            let n_words = column.n_words();
            let n_entries = cells.len() / index_width(n_words);
            offsets(word_ends, n_words, words.len())
                && is_cut_well(word_ends, words)
                && offsets(ends, pack.n_items, n_entries)
                && n_entries * index_width(n_words) == cells.len()
                && (0..n_entries).all(|entry| index_at(cells, is_wide(n_words), entry) < n_words)
        }
        Kind::Number => {
            cells.len() == pack.n_items * 8
                && (0..pack.n_items).all(|item| !f64_at(cells, item).is_infinite())
        }
    };
    if sound { Ok(()) } else { Err(fault(tag, "its offsets, its texts or its numbers do not fit")) }
}

pub(super) fn index_at(bytes: &[u8], wide: bool, entry: usize) -> usize {
    if wide { u32_at(bytes, entry) as usize } else { usize::from(u16_at(bytes, entry)) }
}

/// n + 1 offsets that start at 0, never fall, and end at `last`.
pub(super) fn offsets(offsets: &[u8], n: usize, last: usize) -> bool {
    let mut before = 0;
    offsets.len() == (n + 1) * 4
        && u32_at(offsets, 0) == 0
        && (0..=n).all(|row| core::mem::replace(&mut before, u32_at(offsets, row)) <= before)
        && before as usize == last
}

/// UTF-8 as a whole and at every cut; the offsets are sound already.
pub(super) fn is_cut_well(offsets: &[u8], text: &[u8]) -> bool {
    is_text(text) && (0..offsets.len() / 4).all(|row| is_boundary(text, u32_at(offsets, row) as usize))
}

pub(super) fn numbers(numbers: &[u8], n: usize, low: f32) -> bool {
    numbers.len() == n * 4 && (0..n).all(|entry| (low..=NUMBER_MAX).contains(&f32_at(numbers, entry)))
}

fn scales(scales: &[u8], n: usize) -> bool {
    scales.len() == n * 2 && (0..n).all(|entry| (0.0..=1e4).contains(&bfloat(scales, entry)))
}
