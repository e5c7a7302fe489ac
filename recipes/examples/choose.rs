//! "Does AutoML choose the recipe that turns out to be the best?" Give a folder with train.tsv, valid.tsv and test.tsv.
//!
//! It chooses on train and valid, then trains every candidate on them and scores its lists on test: NDCG@10, full
//! ranking, seen items left out. Without the encoder.
#![allow(clippy::unwrap_used)] // a measurement, not a program

use std::collections::{BTreeMap, HashMap};
use std::fs;

use bowerbird_ranker::{History, ItemIndex, Pack, Request, recommend};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, automl};

fn rows(path: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        (fields.next().unwrap(), fields.next().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}

fn ndcg_at_10(pack: &Pack, all: &Interactions, truths: &HashMap<String, String>) -> f64 {
    let mut sum = 0.0;
    for (user, id) in all.user_ids().iter().enumerate() {
        let Some(truth) = truths.get(id) else { continue };
        let mut history = History::new();
        let index = |item: u32| pack.index_of(&all.item_ids()[item as usize]).unwrap();
        let mut seen: Vec<ItemIndex> = all.sequence(user).iter().map(|event| index(event.item)).collect();
        seen.iter().for_each(|&item| history.observe(item, 1.0));
        seen.sort_unstable();
        let exclude = |item: ItemIndex| seen.binary_search(&item).is_ok();
        let list = recommend(pack, &history, &Request { exclude: &exclude, ..Request::top(10) });
        let place = list.iter().position(|ranked| pack.id(ranked.item) == truth);
        sum += place.map_or(0.0, |place| 1.0 / (place as f64 + 2.0).log2());
    }
    sum / truths.len() as f64
}

fn main() {
    let folder = std::env::args().nth(1).expect("give a folder");
    let mut builder = Interactions::builder();
    let known = rows(&format!("{folder}/train.tsv")).into_iter().chain(rows(&format!("{folder}/valid.tsv")));
    // The rows of a user are in order, and the validation event is after the others.
    known.zip(0..).for_each(|((user, item), at)| builder.push(&user, &item, at * 1000, 1.0).unwrap());
    let interactions = builder.build().unwrap();
    let truths: HashMap<String, String> = rows(&format!("{folder}/test.tsv")).into_iter().collect();
    let (items, settings) =
        (ItemTable::default(), BTreeMap::from([("encoder_seconds".to_owned(), "0".to_owned())]));
    let progress = |_: &str, _: u64, _: u64| Flow::Continue;
    let job = Training {
        interactions: &interactions,
        items: &items,
        seed: 1,
        progress: &progress,
        settings: &settings,
    };
    let candidates = automl::named(automl::CANDIDATES).unwrap();
    let (chosen, verdicts) = automl::choose(&job, &candidates).unwrap();
    println!("{}: chosen {}", folder, chosen.name());
    for (recipe, verdict) in candidates.iter().zip(verdicts) {
        let pack = Pack::open(recipe.train(&job).unwrap().pack).unwrap();
        let test = ndcg_at_10(&pack, &interactions, &truths);
        println!(
            "{:30} held back NDCG@25 {:.4}, test NDCG@10 {test:.4}; {}",
            recipe.name(),
            verdict.score,
            verdict.reason
        );
    }
}
