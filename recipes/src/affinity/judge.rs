//! "Do the segments hold those who did it?" Amazon's protocol and names: of everybody's events the oldest 80 % are
//! learnt from, the newest 20 % are the truth; a segment is a hundredth of the users.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bowerbird_ranker::{ItemIndex, Pack};

use super::segments::{Asked, segments};
use crate::kernel::mix;
use crate::{Interactions, ItemTable, Metrics, RecipeError, Training};

/// What a segment is asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Item,
    Attribute,
}

/// More segments than this hardly change a mean.
const SEGMENTS_MAX: usize = 1000;

/// Per user the items of the truth.
pub(super) type Truth = Vec<HashSet<u32>>;

/// What is learnt from, and the truth.
pub(super) fn split(all: &Interactions) -> (Interactions, Truth) {
    // One event cannot be both.
    let newest = |events: usize| if events > 1 { (events / 5).max(1) } else { 0 };
    let older = all.keep(|_, sequence| sequence.len() - newest(sequence.len()));
    let of = |sequence: &[crate::Event]| {
        sequence[sequence.len() - newest(sequence.len())..].iter().map(|event| event.item).collect()
    };
    (older, all.sequences().map(of).collect())
}

/// Segments that the truth has anybody for, at most [`SEGMENTS_MAX`] of them. Without any all metrics are 0.
pub(super) fn judge(
    job: &Training<'_>,
    subject: Subject,
    pack: &Pack,
    (older, truth): (&Interactions, &Truth),
) -> Result<Metrics, RecipeError> {
    let mut groups = match subject {
        Subject::Item => (0..older.n_items() as u32).map(|item| BTreeSet::from([item])).collect(),
        Subject::Attribute => attributes(job.items, older.item_ids()),
    };
    let touched: HashSet<u32> = truth.iter().flatten().copied().collect();
    groups.retain(|items| items.iter().any(|item| touched.contains(item)));
    groups.sort_by_key(|items| (mix(job.seed ^ u64::from(*items.first().unwrap_or(&0))), items.len()));
    groups.truncate(SEGMENTS_MAX);
    let position = |item: &u32| pack.index_of(&older.item_ids()[*item as usize]);
    let asked: Vec<Asked> = groups
        .iter()
        .map(|items| Asked { items: items.iter().filter_map(position).collect::<Vec<ItemIndex>>() })
        .collect();
    let n = older.n_users().div_ceil(100);
    let step = |done, total| job.step("evaluating: segments", done, total);
    let found = segments(pack, older, &asked, n, &|_, _| true, &step)?;
    Ok(metrics(&found, &groups, truth))
}

fn metrics(found: &[Vec<u32>], groups: &[BTreeSet<u32>], truth: &Truth) -> Metrics {
    let did = |user: usize, items: &BTreeSet<u32>| {
        let (few, many) = (items.len(), truth[user].len());
        if few < many {
            items.iter().any(|item| truth[user].contains(item))
        } else {
            truth[user].iter().any(|item| items.contains(item))
        }
    };
    let (mut hits, mut recall) = (0.0, 0.0);
    for (users, items) in found.iter().zip(groups) {
        let hit = users.iter().filter(|&&user| did(user as usize, items)).count() as f64;
        let all = (0..truth.len()).filter(|&user| did(user, items)).count();
        hits += hit;
        recall += hit / all.max(1) as f64;
    }
    let n = groups.len().max(1) as f64;
    let anybody: HashSet<u32> = found.iter().flatten().copied().collect();
    Metrics::rounded(vec![
        ("coverage", anybody.len() as f64 / truth.len().max(1) as f64),
        ("hits_at_1_percent", hits / n),
        ("recall_at_1_percent", recall / n),
    ])
}

/// The items of each value of each category column.
fn attributes(items: &ItemTable, ids: &[String]) -> Vec<BTreeSet<u32>> {
    let mut groups: BTreeMap<(&str, &str), BTreeSet<u32>> = BTreeMap::new();
    for (item, id) in ids.iter().enumerate() {
        for attribute in items.categories(id) {
            groups.entry(attribute).or_default().insert(item as u32);
        }
    }
    groups.into_values().collect()
}
