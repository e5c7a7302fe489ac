//! Checks the content of every section once, so that reading never has to.

use core::ops::Range;

use super::columns::{Column, Kind};
use super::layout::{self, Tag, index_width};
use super::open::malformed;
use super::read::{bfloat, f32_at, f64_at, span, u32_at};
use super::{Pack, PackError};
use crate::cholesky::triangle;

/// Far above anything that training makes, far below what could overflow an f32 in scoring.
const NUMBER_MAX: f32 = 1e9;

pub(super) fn verify(pack: &Pack) -> Result<(), PackError> {
    if pack.recipe.is_empty() {
        return Err(malformed(layout::RECIPE, "it is missing or empty"));
    }
    if let Some(what) = pack.constants.fault() {
        return Err(malformed(layout::TUNED, what));
    }
    ids(pack)?;
    numbers(pack, layout::POPULARITY, pack.at.popularity.clone(), pack.n_items, 0.0)?;
    vectors(pack)?;
    neighbours(pack)?;
    pack.columns.iter().try_for_each(|column| cells(pack, column))
}

fn ids(pack: &Pack) -> Result<(), PackError> {
    let places = &pack.at;
    offsets(pack, layout::ID_ENDS, places.id_ends.clone(), pack.n_items, places.ids.len())?;
    strings(pack, layout::IDS, places.id_ends.clone(), places.ids.clone())?;
    for item in 0..pack.n_items {
        let id = pack.id_bytes(item);
        if id.is_empty() || item > 0 && pack.id_bytes(item - 1) >= id {
            return Err(malformed(layout::IDS, "ids are not sorted, not unique or empty"));
        }
    }
    Ok(())
}

fn vectors(pack: &Pack) -> Result<(), PackError> {
    let places = &pack.at;
    if places.vectors.len() != pack.n_items * pack.dim {
        return Err(malformed(layout::VECTORS, "its length is not items × dimensions"));
    }
    let n_scales = if pack.dim == 0 { 0 } else { pack.n_items };
    scales(pack, layout::VECTOR_SCALES, places.vector_scales.clone(), n_scales)?;
    numbers(pack, layout::GRAM, places.gram.clone(), triangle(pack.dim), -NUMBER_MAX)
}

fn neighbours(pack: &Pack) -> Result<(), PackError> {
    let places = &pack.at;
    let n_entries = places.row_weights.len();
    if places.row_items.len() != n_entries * index_width(pack.n_items) {
        return Err(malformed(layout::ROW_ITEMS, "its length does not fit the weights"));
    }
    if places.row_ends.is_empty() && places.row_scales.is_empty() && n_entries == 0 {
        return Ok(());
    }
    offsets(pack, layout::ROW_ENDS, places.row_ends.clone(), pack.n_items, n_entries)?;
    scales(pack, layout::ROW_SCALES, places.row_scales.clone(), pack.n_items)?;
    for item in pack.items() {
        if pack.neighbours(item).any(|(other, _)| other.at() >= pack.n_items || other == item) {
            return Err(malformed(layout::ROW_ITEMS, "a neighbour is no other item of the pack"));
        }
        let weights = &pack.bytes[places.row_weights.clone()][pack.row(item.at())];
        if weights.contains(&0) || !weights.is_sorted_by(|a, b| a >= b) {
            return Err(malformed(layout::ROW_WEIGHTS, "weights are zero or not sorted"));
        }
    }
    Ok(())
}

fn cells(pack: &Pack, column: &Column) -> Result<(), PackError> {
    let at = &column.at;
    match column.kind {
        Kind::Text => {
            offsets(pack, layout::COLUMN_TEXT, at.ends.clone(), pack.n_items, at.cells.len())?;
            strings(pack, layout::COLUMN_TEXT, at.ends.clone(), at.cells.clone())
        }
        Kind::Category => {
            let tag = layout::COLUMN_CATEGORY;
            offsets(pack, tag, at.word_ends.clone(), column.n_words(), at.words.len())?;
            strings(pack, tag, at.word_ends.clone(), at.words.clone())?;
            offsets(pack, tag, at.ends.clone(), pack.n_items, column.n_entries())?;
            let whole = column.n_entries() * index_width(column.n_words()) == at.cells.len();
            let known = (0..column.n_entries())
                .all(|entry| column.word_number(&pack.bytes, entry) < column.n_words());
            if whole && known { Ok(()) } else { Err(malformed(tag, "a word is not in the dictionary")) }
        }
        Kind::Number => {
            let cells = &pack.bytes[at.cells.clone()];
            let sized = cells.len() == pack.n_items * 8;
            let sound = sized && (0..pack.n_items).all(|item| !f64_at(cells, item).is_infinite());
            if sound {
                Ok(())
            } else {
                Err(malformed(layout::COLUMN_NUMBER, "not one finite number per item"))
            }
        }
    }
}

/// n + 1 offsets that start at 0, never fall, and end at `last`.
fn offsets(pack: &Pack, tag: Tag, at: Range<usize>, n: usize, last: usize) -> Result<(), PackError> {
    let offsets = &pack.bytes[at];
    let sized = offsets.len() == (n + 1) * 4;
    let sound = sized
        && u32_at(offsets, 0) == 0
        && u32_at(offsets, n) as usize == last
        && (0..n).all(|row| u32_at(offsets, row) <= u32_at(offsets, row + 1));
    if sound { Ok(()) } else { Err(malformed(tag, "its offsets do not fit")) }
}

/// UTF-8 as a whole and at every cut; the offsets are sound already.
fn strings(pack: &Pack, tag: Tag, ends: Range<usize>, at: Range<usize>) -> Result<(), PackError> {
    let text = core::str::from_utf8(&pack.bytes[at]).map_err(|_| malformed(tag, "it is not UTF-8"))?;
    let offsets = &pack.bytes[ends];
    let cut = |row: usize| text.is_char_boundary(span(offsets, row).end);
    if (0..offsets.len() / 4 - 1).all(cut) { Ok(()) } else { Err(malformed(tag, "a cut splits a character")) }
}

fn numbers(pack: &Pack, tag: Tag, at: Range<usize>, n: usize, low: f32) -> Result<(), PackError> {
    let numbers = &pack.bytes[at];
    let sound = numbers.len() == n * 4
        && (0..n).all(|entry| {
            let x = f32_at(numbers, entry);
            x >= low && x <= NUMBER_MAX
        });
    if sound { Ok(()) } else { Err(malformed(tag, "a number is missing or out of bounds")) }
}

fn scales(pack: &Pack, tag: Tag, at: Range<usize>, n: usize) -> Result<(), PackError> {
    let scales = &pack.bytes[at];
    let sound = scales.len() == n * 2
        && (0..n).all(|entry| {
            let x = bfloat(scales, entry);
            (0.0..=1e4).contains(&x)
        });
    if sound { Ok(()) } else { Err(malformed(tag, "a scale is missing or out of bounds")) }
}
