//! "Where would this item stand if people had met it?" For items without interactions, from what describes them: a vector
//! by nearest neighbours (attribute-to-feature mapping, Gantner et al. 2010), and a place in the rows of the items that
//! are described like it, so a film that was added this minute can be ranked, and found.

use std::collections::BTreeMap;

use bowerbird_ranker::ItemIndex;
use bowerbird_ranker::pack::Contents;

use crate::RecipeError;
use crate::kernel::content;

/// Known items that a new one takes its place from.
const NEIGHBOURS: usize = 20;
/// What one neighbour of cosine 1 counts less than a vector of its own. Ours: an item that is like few others stays
/// near the middle, where it pushes nothing aside.
const RESERVE: f32 = 1.0;
/// New items that one row takes in, in place of its weakest neighbours.
const IN_A_ROW: usize = 3;
/// What a new item of cosine 1 counts in a row, as a share of the strongest neighbour. Ours: it is found by those who
/// like its like, behind what people were seen to do next.
const SHARE: f32 = 0.25;

/// Places every item in `cold`. `terms`: what describes each item of the pack.
pub(crate) fn place(
    contents: &mut Contents,
    terms: &[Vec<String>],
    cold: &[u32],
    step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
) -> Result<(), RecipeError> {
    let mut is_cold = vec![false; terms.len()];
    cold.iter().for_each(|&item| is_cold[item as usize] = true);
    // New items come in series, and their like may all be new: look further than the known ones that are needed.
    let mut rows = content::rows(terms, cold, 10 * NEIGHBOURS, step)?;
    for row in &mut rows {
        row.retain(|(other, _)| !is_cold[*other as usize]);
        row.truncate(NEIGHBOURS);
    }
    if contents.dim > 0 {
        cold.iter().zip(&rows).for_each(|(&item, row)| give_vector(contents, item as usize, row));
    }
    if !contents.neighbours.is_empty() {
        take_in(&mut contents.neighbours, cold, &rows);
    }
    Ok(())
}

/// The mean vector of the known items that are described like it.
fn give_vector(contents: &mut Contents, item: usize, row: &[(u32, f32)]) {
    let dim = contents.dim;
    let mut sum = vec![0.0; dim];
    for &(other, cosine) in row {
        let vector = &contents.vectors[other as usize * dim..][..dim];
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += cosine * x);
    }
    let cosines = RESERVE + row.iter().map(|(_, cosine)| cosine).sum::<f32>();
    let place = &mut contents.vectors[item * dim..][..dim];
    place.iter_mut().zip(sum).for_each(|(to, sum)| *to = sum / cosines);
}

/// New items in the rows of those that are described like them; rows stay as long as they were, strongest first.
fn take_in(neighbours: &mut [Vec<(ItemIndex, f32)>], cold: &[u32], rows: &[Vec<(u32, f32)>]) {
    let mut newcomers: BTreeMap<u32, Vec<(ItemIndex, f32)>> = BTreeMap::new();
    for (&item, row) in cold.iter().zip(rows) {
        row.iter()
            .for_each(|&(host, cosine)| newcomers.entry(host).or_default().push((ItemIndex(item), cosine)));
    }
    let strongest_first =
        |a: &(ItemIndex, f32), b: &(ItemIndex, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    for (host, mut items) in newcomers {
        let row = &mut neighbours[host as usize];
        let Some(&(_, strongest)) = row.first() else { continue };
        items.sort_by(strongest_first);
        items.truncate(IN_A_ROW);
        row.truncate(row.len().saturating_sub(items.len()).max(1));
        row.extend(items.into_iter().map(|(item, cosine)| (item, SHARE * cosine * strongest)));
        row.sort_by(strongest_first);
    }
}
