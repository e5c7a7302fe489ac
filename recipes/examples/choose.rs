//! "Does AutoML choose the recipe that turns out to be the best?" Give a folder with train.tsv, valid.tsv and test.tsv.
//!
//! It chooses on train and valid, then trains every candidate on them and scores its lists on test: NDCG@10, full
//! ranking, seen items left out. Without the encoder. Where the third column is no time (`ts`), what is trending says
//! nothing.
#![allow(clippy::unwrap_used)] // a measurement, not a program

mod judged;
mod split;
mod visitor;

use std::collections::{BTreeMap, HashMap};
use std::fs;

use bowerbird_ranker::Pack;
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, automl, find};
use judged::ndcg;
use split::rows;

fn main() {
    let folder = std::env::args().nth(1).expect("give a folder");
    let mut builder = Interactions::builder();
    let read = |name: &str| fs::read_to_string(format!("{folder}/{name}.tsv")).unwrap();
    let (train, valid, test) = (read("train"), read("valid"), read("test"));
    let has_times = train.lines().next().is_some_and(|header| header.ends_with("\tts"));
    // Where all is one moment the order of the rows of a user stands, and the validation event is after the others.
    for (user, item, at_ms) in rows(&train).chain(rows(&valid)) {
        builder.push(user, item, if has_times { at_ms } else { 0 }, 1.0).unwrap();
    }
    let interactions = builder.build().unwrap();
    let truths: HashMap<String, String> =
        rows(&test).map(|(user, item, _)| (user.to_owned(), item.to_owned())).collect();
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
    let chosen = automl::choose(&job, &candidates).unwrap();
    println!("{}: chosen {}", folder, automl::label(chosen.recipe.name(), &chosen.settings));
    for verdict in chosen.verdicts {
        let settings = [settings.clone(), verdict.settings.clone()].into_iter().flatten().collect();
        let recipe = find(verdict.recipe).unwrap();
        let pack = Pack::open(recipe.train(&Training { settings: &settings, ..job }).unwrap().pack).unwrap();
        let test = ndcg(&pack, &interactions, &truths);
        println!(
            "{:30} held back NDCG@25 {:.4}, test NDCG@10 {test:.4}; {}",
            automl::label(verdict.recipe, &verdict.settings),
            verdict.score,
            verdict.reason
        );
    }
}
