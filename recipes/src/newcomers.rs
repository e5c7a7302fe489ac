//! "These items came after the training; where do they stand?" The trained pack with all items that are known now, each
//! in its place by its description ([`cold_start`](crate::cold_start)), and with the metadata of now. What was learnt
//! stays as it is.
//!
//! It is not: a training. What people did since is not looked at.

use std::collections::BTreeMap;

use bowerbird_ranker::pack::{Extension, all_ids, extend};
use bowerbird_ranker::{ItemIndex, Pack};

use crate::cold_start::{SHARE, hosts, like, take_in, vector};
use crate::semantic_similarity::terms;
use crate::{Flow, ItemTable, Progress, RecipeError, find};

/// The pack that a training left, and what is known about items now → the pack to serve. Without new items and with the
/// metadata that was trained with, the same bytes.
///
/// Reads every description, compares those of new items with all others, and copies the rest.
///
/// # Errors
/// Metadata that a pack cannot hold, or [`RecipeError::Stopped`].
pub fn with_newcomers(
    trained: &Pack,
    items: &ItemTable,
    progress: &dyn Progress,
) -> Result<Vec<u8>, RecipeError> {
    let ids = all_ids(trained, items.ids());
    let columns = items.columns(&ids);
    let mut extension = Extension { ids, columns, ..Extension::default() };
    if extension.ids.len() > trained.n_items() {
        place(trained, items, &mut extension, progress)?;
    }
    Ok(extend(trained, &extension)?)
}

fn place(
    trained: &Pack,
    items: &ItemTable,
    extension: &mut Extension,
    progress: &dyn Progress,
) -> Result<(), RecipeError> {
    let origins: Vec<Option<ItemIndex>> = extension.ids.iter().map(|id| trained.index_of(id)).collect();
    let mut places = vec![ItemIndex(0); trained.n_items()];
    for (place, origin) in (0..).map(ItemIndex).zip(&origins) {
        origin.iter().for_each(|origin| places[origin.at()] = place);
    }
    let new: Vec<u32> =
        (0..).zip(&origins).filter(|(_, origin)| origin.is_none()).map(|(at, _)| at).collect();
    // Where rows tell what is described alike, an item that nobody has met is like others all the same.
    let is_described = find(trained.recipe()).is_some_and(|recipe| recipe.goes_by_description());
    let is_known = |item: u32| {
        origins[item as usize].is_some_and(|origin| is_described || trained.popularity(origin) > 0.0)
    };
    let step = |done, total| match progress.step("placing new items", done, total) {
        Flow::Continue => Ok(()),
        Flow::Stop => Err(RecipeError::Stopped),
    };
    let rows = like(&terms(items, &extension.ids), &new, &is_known, &step)?;
    let origin = |item: u32| origins[item as usize].expect("only known items are like a new one");
    let dim = trained.dim();
    if dim > 0 {
        let place = |row: &Vec<(u32, f32)>| vector(dim, row, &|other| trained.vector_of(origin(other)));
        extension.vectors = rows.iter().flat_map(place).collect();
    }
    let share = if is_described { 1.0 } else { SHARE };
    for (host, newcomers) in hosts(&new, &rows) {
        let row = trained.neighbours(origin(host)).map(|(other, weight)| (places[other.at()], weight));
        let mut row: Vec<(ItemIndex, f32)> = row.collect();
        take_in(&mut row, newcomers, share);
        if !row.is_empty() {
            extension.neighbours.insert(ItemIndex(host), row);
        }
    }
    if is_described {
        extension.neighbours.extend(own_rows(&new, &rows));
    }
    Ok(())
}

/// The rows of the new items themselves.
fn own_rows(new: &[u32], rows: &[Vec<(u32, f32)>]) -> BTreeMap<ItemIndex, Vec<(ItemIndex, f32)>> {
    let row = |row: &Vec<(u32, f32)>| row.iter().map(|&(other, cosine)| (ItemIndex(other), cosine)).collect();
    new.iter().zip(rows).map(|(&item, likes)| (ItemIndex(item), row(likes))).collect()
}
