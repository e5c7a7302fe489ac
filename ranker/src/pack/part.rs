//! "Here is a large catalogue; what does a device need that ranks these items?" A valid pack of some of the items, in
//! which they score as in the whole.
//!
//! What the whole has and the part has not is said by two things: the constant that tells how many items the whole has
//! (parts of a score are divided by their root mean square over all of them), and placeholders for neighbours that are
//! not in the part, where that root depends on them.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::contexts;
use super::extend::spread;
use super::layout::{Section, Tag};
use super::write::{Cells, NewColumn, Rows, assemble, encode_column, strings};
use super::{Constants, ItemIndex, Notes, Pack, PackError};
use super::{Kind, Value};
use crate::kernel::bfloat;

/// Begins the ids of placeholders: they come before all others, and nobody has such an id by mistake.
const PLACEHOLDER: &str = "\u{1}";

/// The pack of these items of `whole`; an item given twice is in it once.
///
/// # Errors
/// [`PackError::Contents`] where ids of the whole look like placeholders.
pub fn part(whole: &Pack, items: impl IntoIterator<Item = ItemIndex>) -> Result<Vec<u8>, PackError> {
    let wanted = items.into_iter().filter(|item| item.at() < whole.n_items);
    let mut rows: BTreeMap<ItemIndex, bool> = wanted.map(|item| (item, true)).collect();
    let constants = whole.constants;
    if constants.neighbour_weight > 0.0 && constants.neighbour_scale == 0.0 {
        let near: Vec<ItemIndex> =
            rows.keys().flat_map(|&item| whole.neighbours(item)).map(|(other, _)| other).collect();
        near.into_iter().for_each(|other| {
            rows.entry(other).or_insert(false);
        });
    }
    // Placeholders first, each half in the order of the whole.
    let (known, strange): (Vec<_>, Vec<_>) = rows.into_iter().partition(|&(_, known)| known);
    let places: Vec<ItemIndex> = strange.iter().chain(&known).map(|&(item, _)| item).collect();
    let origins: Vec<Option<ItemIndex>> =
        strange.iter().map(|_| None).chain(known.iter().map(|&(item, _)| Some(item))).collect();
    let id = |(item, origin): (&ItemIndex, &Option<ItemIndex>)| match origin {
        Some(item) => whole.id(*item).to_string(),
        None => alloc::format!("{PLACEHOLDER}{:08x}", item.0),
    };
    let ids: Vec<String> = places.iter().zip(&origins).map(id).collect();
    if !ids.is_sorted_by(|a, b| a < b) {
        return Err(super::write::rule("ids", "none begins like a placeholder"));
    }
    let constants = Constants { catalogue: whole.catalogue(), ..constants };
    let kept = |section: Section| (section.tag(), whole.part(section).to_vec());
    let (ends, texts) = strings(ids.iter().map(String::as_str))?;
    let mut sections = alloc::vec![kept(Section::Recipe)];
    super::write::constants(constants, Notes::default(), &mut sections);
    sections.extend([
        (Section::IdEnds.tag(), ends),
        (Section::Ids.tag(), texts),
        (Section::Popularity.tag(), spread(whole.part(Section::Popularity), 4, &origins)),
    ]);
    if whole.dim > 0 {
        let (codes, scales) = whole.vectors();
        sections.push((Section::Vectors.tag(), spread(codes, whole.dim, &origins)));
        sections.push((Section::VectorScales.tag(), spread(scales, 2, &origins)));
        sections.push(kept(Section::Gram));
    }
    if !whole.part(Section::RowEnds).is_empty() {
        neighbours(whole, &places, &origins, &mut sections)?;
    }
    if !whole.part(Section::Encoder).is_empty() {
        sections.push(kept(Section::Encoder));
    }
    sections.extend(contexts::moved(whole, &origins));
    for column in &whole.columns {
        let cells = origins.iter().map(|origin| origin.map_or(Value::Null, |item| whole.value(column, item)));
        let name = column.name().to_string();
        sections.push(encode_column(&NewColumn { name, cells: gather(column.kind(), cells) })?);
    }
    assemble([origins.len(), whole.dim], &sections)
}

/// Rows with the neighbours that the part has.
fn neighbours(
    whole: &Pack,
    places: &[ItemIndex],
    origins: &[Option<ItemIndex>],
    sections: &mut Vec<(Tag, Vec<u8>)>,
) -> Result<(), PackError> {
    let here: BTreeMap<ItemIndex, u32> = places.iter().copied().zip(0..).collect();
    let mut rows = Rows::new(places.len());
    for origin in origins {
        let Some(item) = *origin else {
            rows.push(&[], 0.0)?;
            continue;
        };
        let known = |(other, weight): (ItemIndex, f32)| Some((ItemIndex(*here.get(&other)?), weight));
        let row: Vec<_> = whole.neighbours(item).filter_map(known).collect();
        rows.push(&row, bfloat(whole.part(Section::RowScales), item.at()))?;
    }
    rows.finish(sections);
    Ok(())
}

fn gather<'a>(kind: Kind, cells: impl Iterator<Item = Value<'a>>) -> Cells {
    match kind {
        Kind::Text => Cells::Text(
            cells
                .map(|cell| if let Value::Text(text) = cell { text.to_string() } else { String::new() })
                .collect(),
        ),
        Kind::Category => {
            let words = |cell| if let Value::Many(words) = cell { words } else { Vec::new() };
            Cells::Category(cells.map(|cell| words(cell).into_iter().map(str::to_string).collect()).collect())
        }
        Kind::Number => Cells::Number(
            cells.map(|cell| if let Value::Number(number) = cell { Some(number) } else { None }).collect(),
        ),
    }
}
