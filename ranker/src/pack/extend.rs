//! "Here are items that came since; let them be ranked too." A pack of the items of another one and new ones, in which
//! nothing that training learnt has changed: no code, no scale, no row that takes nothing in. So what a page downloads
//! to follow is small.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::contexts;
use super::layout::{Section, Tag};
use super::write::{
    NewColumn, Rows, assemble, bfloat_bytes, encode_column, quantise, rule, scale_of, strings,
};
use super::{ItemIndex, Pack, PackError};
use crate::kernel::bfloat;

/// What is added. Positions are those of the new pack: of all ids, sorted by their bytes.
#[derive(Clone, Debug, Default)]
pub struct Extension {
    /// The ids of all items, sorted by their bytes: those of the old pack, and new ones.
    pub ids: Vec<String>,
    /// Vectors of the new items in their order, row-major \[new × dim\], finite.
    pub vectors: Vec<f32>,
    /// Popularity of the new items in their order, 0 to 10⁹; empty: they have none.
    pub popularity: Vec<f32>,
    /// Neighbour rows that are other ones now, or that are new; a new item without an entry has an empty one.
    pub neighbours: BTreeMap<ItemIndex, Vec<(ItemIndex, f32)>>,
    /// Metadata of all items, in the place of the old columns.
    pub columns: Vec<NewColumn>,
}

/// Writes the pack of `old` and what is added. New items are not in the Gram matrix, which is that of what training has
/// seen.
///
/// # Errors
/// [`PackError::Contents`] names the field that breaks a rule of the format.
pub fn extend(old: &Pack, extension: &Extension) -> Result<Vec<u8>, PackError> {
    let origins = origins(old, &extension.ids)?;
    let n_new = origins.iter().filter(|origin| origin.is_none()).count();
    if extension.vectors.len() != n_new * old.dim || !extension.vectors.iter().all(|x| x.abs() <= 1e3) {
        return Err(rule("vectors", "they are new items × dimensions, finite and at most 1000"));
    }
    let is_prior = |x: &f32| (0.0..=1e9).contains(x);
    if ![0, n_new].contains(&extension.popularity.len()) || !extension.popularity.iter().all(is_prior) {
        return Err(rule("popularity", "one number for each new item or none, 0 to 10⁹"));
    }
    if extension.columns.iter().any(|column| column.cells.len() != origins.len()) {
        return Err(rule("columns", "each has one cell per item"));
    }
    let kept = |section: Section| (section.tag(), old.part(section).to_vec());
    let mut sections = alloc::vec![kept(Section::Recipe), kept(Section::Constants)];
    if !old.part(Section::MoreConstants).is_empty() {
        sections.push(kept(Section::MoreConstants));
    }
    let (ends, ids) = strings(extension.ids.iter().map(String::as_str))?;
    sections.push((Section::IdEnds.tag(), ends));
    sections.push((Section::Ids.tag(), ids));
    sections.push((Section::Popularity.tag(), popularity(old, extension, &origins)));
    if old.dim > 0 {
        vectors(old, extension, &origins, &mut sections);
        sections.push(kept(Section::Gram));
    }
    if !old.part(Section::RowEnds).is_empty() {
        neighbours(old, extension, &origins, &mut sections)?;
    }
    if !old.part(Section::Encoder).is_empty() {
        sections.push(kept(Section::Encoder));
    }
    sections.extend(contexts::moved(old, &origins));
    for column in &extension.columns {
        sections.push(encode_column(column)?);
    }
    assemble([origins.len(), old.dim], &sections)
}

/// The ids of a pack and those of `more`, sorted, each once.
pub fn all_ids<'a>(old: &'a Pack, more: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut ids: Vec<String> = more.chain(old.items().map(|item| old.id(item))).map(str::to_string).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Where each item was in the old pack.
fn origins(old: &Pack, ids: &[String]) -> Result<Vec<Option<ItemIndex>>, PackError> {
    let origins: Vec<Option<ItemIndex>> = ids.iter().map(|id| old.index_of(id)).collect();
    let is_whole = origins.iter().flatten().count() == old.n_items();
    if is_whole && ids.is_sorted_by(|a, b| a < b) && ids.first().is_none_or(|id| !id.is_empty()) {
        Ok(origins)
    } else {
        Err(rule("ids", "they are those of the old pack and new ones, sorted, unique and not empty"))
    }
}

/// Rows of so many bytes in their new places; those of new items are zero.
pub(super) fn spread(rows: &[u8], bytes: usize, origins: &[Option<ItemIndex>]) -> Vec<u8> {
    let mut spread = Vec::with_capacity(origins.len() * bytes);
    for origin in origins {
        match origin {
            Some(item) => spread.extend_from_slice(&rows[item.at() * bytes..][..bytes]),
            None => spread.resize(spread.len() + bytes, 0),
        }
    }
    spread
}

fn popularity(old: &Pack, extension: &Extension, origins: &[Option<ItemIndex>]) -> Vec<u8> {
    let mut all = spread(old.part(Section::Popularity), 4, origins);
    let places = origins.iter().zip(all.chunks_exact_mut(4)).filter(|(origin, _)| origin.is_none());
    for ((_, place), popularity) in places.zip(&extension.popularity) {
        place.copy_from_slice(&popularity.to_le_bytes());
    }
    all
}

fn vectors(
    old: &Pack,
    extension: &Extension,
    origins: &[Option<ItemIndex>],
    sections: &mut Vec<(Tag, Vec<u8>)>,
) {
    let mut codes = Vec::with_capacity(origins.len() * old.dim);
    let mut scales = spread(old.part(Section::VectorScales), 2, origins);
    let mut new = extension.vectors.chunks_exact(old.dim);
    for (item, origin) in origins.iter().enumerate() {
        if let Some(origin) = origin {
            codes.extend_from_slice(old.vector(origin.at()).0);
        } else {
            let scale = quantise(new.next().unwrap_or_default(), &mut codes);
            scales[2 * item..][..2].copy_from_slice(&bfloat_bytes(scale));
        }
    }
    sections.push((Section::Vectors.tag(), codes));
    sections.push((Section::VectorScales.tag(), scales));
}

/// A row keeps its scale where that still fits, so that weights keep their codes.
fn neighbours(
    old: &Pack,
    extension: &Extension,
    origins: &[Option<ItemIndex>],
    sections: &mut Vec<(Tag, Vec<u8>)>,
) -> Result<(), PackError> {
    let mut places = alloc::vec![ItemIndex(0); old.n_items()];
    for (item, origin) in (0..).zip(origins) {
        if let Some(origin) = origin {
            places[origin.at()] = ItemIndex(item);
        }
    }
    let is_sound = |(item, row): (&ItemIndex, &Vec<(ItemIndex, f32)>)| {
        row.iter().all(|&(other, weight)| {
            other.at() < origins.len() && other != *item && weight > 0.0 && weight <= 1e3
        })
    };
    if !extension.neighbours.iter().all(is_sound) {
        return Err(rule("neighbours", "a row names other items, with weights above 0 up to 1000"));
    }
    let mut rows = Rows::new(origins.len());
    for (item, origin) in (0..).zip(origins) {
        let had = origin.map_or(0.0, |origin| bfloat(old.part(Section::RowScales), origin.at()));
        match (extension.neighbours.get(&ItemIndex(item)), origin) {
            (Some(row), _) => {
                let least = scale_of(row);
                rows.push(row, if least <= had { had } else { least })?;
            }
            (None, Some(origin)) => {
                let row = old.neighbours(*origin).map(|(other, weight)| (places[other.at()], weight));
                rows.push(&row.collect::<Vec<_>>(), had)?;
            }
            (None, None) => rows.push(&[], 0.0)?,
        }
    }
    rows.finish(sections);
    Ok(())
}
