//! "These items came after the training; where do they stand?" The trained pack with all items that are known now, each
//! in its place by what those who met it did around it, or by its description ([`cold_start`](crate::cold_start)), and with
//! the metadata of now. What was learnt stays as it is.
//!
//! It is not: a training. Of what people did since, only what happened around new items is looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use bowerbird_ranker::pack::{Extension, all_ids, extend};
use bowerbird_ranker::{ItemIndex, Pack};

use crate::cold_start::{NEIGHBOURS, SHARE, hosts, like, take_in, vector};
use crate::semantic_similarity::terms;
use crate::{Flow, ItemTable, Progress, RecipeError, find};

/// What n visitors did counts n / (n + 5), as in similar-items: Personalize calls an item of fewer than five cold.
const DOUBT: f32 = 5.0;
/// Visitors who must have met both: what one did besides is a coincidence.
const AGREE: u32 = 2;

/// Items of the new pack by position, with weights.
type Row = Vec<(u32, f32)>;

/// What came since a training.
pub struct Since<'a> {
    /// What is known about items now.
    pub items: &'a ItemTable,
    /// Items that people met; of those that were trained with nothing is taken.
    pub met: &'a [Met],
    /// How many users the most popular item had in the training ([`Interactions::most_users`](crate::Interactions));
    /// 0 where nobody knows, and then new items have no popularity.
    pub most_users: u32,
}

/// An item and those who met it.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// The item.
    pub id: String,
    /// For each different visitor the items that they met shortly before and after.
    pub visits: Vec<Vec<Arc<str>>>,
}

/// The pack that a training left, and what came since → the pack to serve. Without new items and with the metadata that
/// was trained with, the same bytes.
///
/// Reads every description, compares those of new items with all others, and copies the rest.
///
/// # Errors
/// Metadata that a pack cannot hold, or [`RecipeError::Stopped`].
pub fn with_newcomers(
    trained: &Pack,
    since: &Since<'_>,
    progress: &dyn Progress,
) -> Result<Vec<u8>, RecipeError> {
    let met = since.met.iter().map(|met| met.id.as_str()).filter(|id| !id.is_empty());
    let ids = all_ids(trained, since.items.ids().chain(met));
    let columns = since.items.columns(&ids);
    let mut extension = Extension { ids, columns, ..Extension::default() };
    if extension.ids.len() > trained.n_items() {
        place(trained, since, &mut extension, progress)?;
    }
    Ok(extend(trained, &extension)?)
}

fn place(
    trained: &Pack,
    since: &Since<'_>,
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
    let recipe = find(trained.recipe());
    let is_described = recipe.is_some_and(|recipe| recipe.goes_by_description());
    // Who came since counts as one, beside people who count as much as is left of them.
    let faded = f64::from(trained.notes().most_people);
    let most = if faded > 0.0 { faded } else { f64::from(since.most_users) };
    let is_known = |item: u32| {
        origins[item as usize].is_some_and(|origin| is_described || trained.popularity(origin) > 0.0)
    };
    let step = |done, total| match progress.step("placing new items", done, total) {
        Flow::Continue => Ok(()),
        Flow::Stop => Err(RecipeError::Stopped),
    };
    let mut described = like(&terms(since.items, &extension.ids), &new, &is_known, &step)?;
    let by_id: BTreeMap<&str, &Met> = since.met.iter().map(|met| (met.id.as_str(), met)).collect();
    let met: Vec<Option<&Met>> =
        new.iter().map(|&item| by_id.get(extension.ids[item as usize].as_str()).copied()).collect();
    if recipe.is_some_and(|recipe| recipe.prior_counts_users()) {
        extension.popularity = met.iter().map(|met| popularity(visitors(*met), most)).collect();
    }
    let around = |met: &Option<&Met>| match met {
        Some(met) if !is_described => around(trained, &places, met, popularity(1, most)),
        _ => Vec::new(),
    };
    let seen: Vec<Row> = met.iter().map(around).collect();
    // With three visitors already what they met says more (`examples/newcomers.rs`, docs/pack-format.md): the
    // description beside it would cost two thirds of what it brings.
    let is_seen = |(_, seen): &(&mut Row, &Row)| !seen.is_empty();
    described.iter_mut().zip(&seen).filter(is_seen).for_each(|(described, _)| described.clear());
    let origin = |item: u32| origins[item as usize].expect("only known items are like a new one");
    let dim = trained.dim();
    if dim > 0 {
        // One of the two is empty.
        let rows = described.iter().zip(&seen).map(|(described, seen)| [&described[..], seen].concat());
        let place = |row: Row| vector(dim, &row, &|other| trained.vector_of(origin(other)));
        extension.vectors = rows.flat_map(place).collect();
    }
    let share = if is_described { 1.0 } else { SHARE };
    let scaled = |row: &Row| row.iter().map(|&(other, cosine)| (other, share * cosine)).collect();
    let weighed: Vec<Row> = described
        .iter()
        .zip(&seen)
        .map(|(row, seen)| if seen.is_empty() { scaled(row) } else { seen.clone() })
        .collect();
    for (host, newcomers) in hosts(&new, &weighed) {
        let row = trained.neighbours(origin(host)).map(|(other, weight)| (places[other.at()], weight));
        let mut row: Vec<(ItemIndex, f32)> = row.collect();
        take_in(&mut row, newcomers, 1.0);
        if !row.is_empty() {
            extension.neighbours.insert(ItemIndex(host), row);
        }
    }
    if is_described {
        extension.neighbours.extend(own_rows(&new, &described, &|_| 1.0));
    } else {
        let strongest = |other| trained.neighbours(origin(other)).next().map_or(0.0, |(_, weight)| weight);
        extension.neighbours.extend(own_rows(&new, &seen, &strongest));
    }
    Ok(())
}

fn visitors(met: Option<&Met>) -> usize {
    met.map_or(0, |met| met.visits.len())
}

/// As every recipe reckons it from a training; as popular as the most popular item at most.
fn popularity(visitors: usize, most_people: f64) -> f32 {
    let most = (1.0 + most_people).ln();
    if most > 0.0 { ((1.0 + visitors as f64).ln() / most).min(1.0) as f32 } else { 0.0 }
}

/// Where the known items stand that several visitors of a new one met too: those first that stand out most from what
/// everybody meets, with the share of the visitors. Items that have faded below one person are as rare as those of one.
fn around(trained: &Pack, places: &[ItemIndex], met: &Met, of_one: f32) -> Row {
    let mut visitors: BTreeMap<ItemIndex, u32> = BTreeMap::new();
    for visit in &met.visits {
        let mut items: Vec<ItemIndex> = visit.iter().filter_map(|id| trained.index_of(id)).collect();
        items.sort_unstable();
        items.dedup();
        items.into_iter().for_each(|item| *visitors.entry(item).or_default() += 1);
    }
    let mut known: Vec<(ItemIndex, f32)> = visitors
        .into_iter()
        .filter(|&(item, n)| n >= AGREE && trained.popularity(item) > 0.0)
        .map(|(item, n)| (item, n as f32))
        .collect();
    let stands_out = |&(item, n): &(ItemIndex, f32)| n / trained.popularity(item).max(of_one);
    known.sort_by(|a, b| stands_out(b).total_cmp(&stands_out(a)).then(a.0.cmp(&b.0)));
    known.truncate(NEIGHBOURS);
    let n = met.visits.len() as f32;
    known.into_iter().map(|(item, both)| (places[item.at()].0, both / (n + DOUBT))).collect()
}

/// The rows of the new items themselves, as strong as those of the items in them: `scale` is that of an item's row.
fn own_rows(
    new: &[u32],
    rows: &[Row],
    scale: &dyn Fn(u32) -> f32,
) -> BTreeMap<ItemIndex, Vec<(ItemIndex, f32)>> {
    let row = |row: &Row| {
        let scale = row.iter().map(|&(other, _)| scale(other)).sum::<f32>() / row.len().max(1) as f32;
        let weighed = row.iter().map(|&(other, weight)| (ItemIndex(other), scale * weight));
        let mut row: Vec<(ItemIndex, f32)> = weighed.filter(|&(_, weight)| weight > 0.0).collect();
        row.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        row
    };
    let rows = new.iter().zip(rows).map(|(&item, likes)| (ItemIndex(item), row(likes)));
    rows.filter(|(_, row)| !row.is_empty()).collect()
}
