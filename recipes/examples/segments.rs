//! How good segments are: `cargo run --release -p bowerbird-recipes --example segments -- SPLIT`.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts). Two protocols: of everybody's events the newest fifth, or
//! the newest one, is held back; the recipe learns the rest, and a segment of a hundredth of the users is asked for with
//! every item that is held back for anybody. Beside it the same number of users with the most events, once all and
//! once without those who had the item.

mod split;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fs;

use bowerbird_ranker::Pack;
use bowerbird_recipes::{Asked, Flow, Interactions, ItemTable, Training, find, segments};
use split::rows;

fn main() -> Result<(), Box<dyn Error>> {
    let split = std::env::args().nth(1).ok_or("usage: segments SPLIT")?;
    let mut sequences: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for name in ["train", "valid", "test"] {
        for (user, item, at_ms) in rows(&fs::read_to_string(format!("{split}/{name}.tsv"))?) {
            sequences.entry(user.into()).or_default().push((at_ms, item.into()));
        }
    }
    sequences.values_mut().for_each(|sequence| sequence.sort_by_key(|(at_ms, _)| *at_ms));
    println!("held back\twho\thits_at_1_percent\trecall_at_1_percent\tprecision_at_25");
    measure("the newest fifth", &sequences, |events| (events / 5).max(1))?;
    measure("the newest event", &sequences, |_| 1)
}

fn measure(
    protocol: &str,
    sequences: &BTreeMap<String, Vec<(i64, String)>>,
    newest: fn(usize) -> usize,
) -> Result<(), Box<dyn Error>> {
    let mut builder = Interactions::builder();
    let mut truth: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (user, sequence) in sequences {
        let older = sequence.len() - newest(sequence.len());
        sequence[..older].iter().try_for_each(|(at_ms, item)| builder.push(user, item, *at_ms, 1.0))?;
        sequence[older..].iter().for_each(|(_, item)| {
            truth.entry(item).or_default().insert(user);
        });
    }
    let interactions = builder.build()?;
    let (items, settings) = (ItemTable::default(), BTreeMap::new());
    let progress = |_: &str, _, _| Flow::Continue;
    let job = Training {
        interactions: &interactions,
        items: &items,
        seed: 1,
        progress: &progress,
        settings: &settings,
    };
    let recipe = find("aws-item-affinity").ok_or("no such recipe")?;
    let pack = Pack::open(recipe.train(&job)?.pack)?;
    let asked: Vec<(&str, Asked)> = pack
        .items()
        .filter(|item| truth.contains_key(pack.id(*item)))
        .map(|item| (pack.id(item), Asked { items: vec![item] }))
        .collect();
    let n = interactions.n_users().div_ceil(100).max(25);
    let queries: Vec<Asked> = asked.iter().map(|(_, asked)| asked.clone()).collect();
    let found = segments(&pack, &interactions, &queries, n, &|_, _| true, &|_, _| Ok(()))?;
    let mut busiest: Vec<u32> = (0..interactions.n_users() as u32).collect();
    busiest.sort_by_key(|&user| usize::MAX - interactions.sequence(user as usize).len());
    let had = |user: u32, item: &str| {
        let sequence = interactions.sequence(user as usize);
        sequence.iter().any(|event| interactions.item_ids()[event.item as usize] == item)
    };
    let without: Vec<Vec<u32>> = asked
        .iter()
        .map(|(item, _)| busiest.iter().copied().filter(|&user| !had(user, item)).take(n).collect())
        .collect();
    for (who, lists) in [
        ("aws-item-affinity", &found),
        ("most events", &vec![busiest; asked.len()]),
        ("most events, without it", &without),
    ] {
        let (mut hits, mut recall, mut precision) = (0.0, 0.0, 0.0);
        for ((item, _), users) in asked.iter().zip(lists) {
            let count = |n: usize| {
                let ids = users.iter().take(n).map(|&user| interactions.user_ids()[user as usize].as_str());
                ids.filter(|id| truth[item].contains(id)).count() as f64
            };
            let hit = count(interactions.n_users().div_ceil(100));
            hits += hit;
            recall += hit / truth[item].len() as f64;
            precision += count(25) / 25.0;
        }
        let n = asked.len() as f64;
        println!("{protocol}\t{who}\t{:.4}\t{:.4}\t{:.4}", hits / n, recall / n, precision / n);
    }
    Ok(())
}
