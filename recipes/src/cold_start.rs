//! "Where would this item stand if people had met it?" For items without interactions, from what describes them: a vector
//! by nearest neighbours (attribute-to-feature mapping, Gantner et al. 2010), and a place in the rows of the items that
//! are described like it, so a film that was added this minute can be ranked, and found.

use std::collections::BTreeMap;

use bowerbird_ranker::ItemIndex;
use bowerbird_ranker::pack::Contents;

use crate::RecipeError;
use crate::kernel::content;

/// Known items that a new one takes its place from.
pub(crate) const NEIGHBOURS: usize = 20;
/// What one neighbour of cosine 1 counts less than a vector of its own. Ours: an item that is like few others stays
/// near the middle, where it pushes nothing aside.
const RESERVE: f32 = 1.0;
/// New items that one row takes in, in place of its weakest neighbours.
const IN_A_ROW: usize = 3;
/// What a new item of cosine 1 counts in a row, as a share of the strongest neighbour. Ours: it is found by those who
/// like its like, behind what people were seen to do next.
pub(crate) const SHARE: f32 = 0.25;

/// Places every item in `cold`. `terms`: what describes each item of the pack.
pub(crate) fn place(
    contents: &mut Contents,
    terms: &[Vec<String>],
    cold: &[u32],
    step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
) -> Result<(), RecipeError> {
    let mut is_cold = vec![false; terms.len()];
    cold.iter().for_each(|&item| is_cold[item as usize] = true);
    let rows = like(terms, cold, &|other| !is_cold[other as usize], step)?;
    let dim = contents.dim;
    if dim > 0 {
        for (&item, row) in cold.iter().zip(&rows) {
            let vector = vector(dim, row, &|other| contents.vectors[other as usize * dim..][..dim].to_vec());
            contents.vectors[item as usize * dim..][..dim].copy_from_slice(&vector);
        }
    }
    if !contents.neighbours.is_empty() {
        for (host, items) in hosts(cold, &rows) {
            take_in(&mut contents.neighbours[host as usize], items, SHARE);
        }
    }
    Ok(())
}

/// For each of the items `cold` the known ones that are described like it, with their cosines, strongest first.
pub(crate) fn like(
    terms: &[Vec<String>],
    cold: &[u32],
    is_known: &dyn Fn(u32) -> bool,
    step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
) -> Result<Vec<Vec<(u32, f32)>>, RecipeError> {
    content::rows(terms, cold, is_known, NEIGHBOURS, step)
}

/// The mean vector of the known items that are described like it, \[dim\].
pub(crate) fn vector(dim: usize, row: &[(u32, f32)], vector_of: &dyn Fn(u32) -> Vec<f32>) -> Vec<f32> {
    let mut sum = vec![0.0; dim];
    for &(other, cosine) in row {
        sum.iter_mut().zip(vector_of(other)).for_each(|(sum, x)| *sum += cosine * x);
    }
    let cosines = RESERVE + row.iter().map(|(_, cosine)| cosine).sum::<f32>();
    sum.iter_mut().for_each(|sum| *sum /= cosines);
    sum
}

/// Known item → the new ones that are described like it, with their cosines.
pub(crate) fn hosts(cold: &[u32], rows: &[Vec<(u32, f32)>]) -> BTreeMap<u32, Vec<(ItemIndex, f32)>> {
    let mut hosts: BTreeMap<u32, Vec<(ItemIndex, f32)>> = BTreeMap::new();
    for (&item, row) in cold.iter().zip(rows) {
        row.iter().for_each(|&(host, cosine)| hosts.entry(host).or_default().push((ItemIndex(item), cosine)));
    }
    hosts
}

/// New items in the row of one that is described like them; it stays as long as it was, strongest first. `share`: what a
/// cosine of 1 counts as a share of the strongest neighbour.
pub(crate) fn take_in(row: &mut Vec<(ItemIndex, f32)>, mut items: Vec<(ItemIndex, f32)>, share: f32) {
    let Some(&(_, strongest)) = row.first() else { return };
    let strongest_first =
        |a: &(ItemIndex, f32), b: &(ItemIndex, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    items.sort_by(strongest_first);
    items.truncate(IN_A_ROW);
    row.truncate(row.len().saturating_sub(items.len()).max(1));
    row.extend(items.into_iter().map(|(item, cosine)| (item, share * cosine * strongest)));
    row.sort_by(strongest_first);
}
