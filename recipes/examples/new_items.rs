//! How good is the place of an item that nobody has met, among its like? `cargo run --release -p bowerbird-recipes --example new_items --
//! SPLIT ITEMS [NAME=VALUE …]`, with hyperparameters.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts); ITEMS is a table with item first and columns title, genres
//! or attribute_ids. A tenth of the items (by a hash of the id) are new. Of every user who did something with one of
//! them the latest such event is the target, and what came before it the history. Trains on what came before, without
//! new items, and ranks the new items by themselves, those that the user had not met: NDCG@10 and HR@10 of the target
//! by the pack, by chance, and, to see what there is to win, by how many had met them and by a pack that was trained
//! with them. Then how many of the places of a list of 25 of the whole catalogue have new items, without exploration and
//! with a weight of 0.3.

mod described;
mod settings;
mod split;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fs;

use bowerbird_ranker::{Dials, History, Pack, Request, Scorer, rerank};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, find};
use described::described;
use settings::settings;
use split::rows;

const K: usize = 10;
/// Of a list of the whole catalogue.
const LIST: usize = 25;
/// One item in so many is new.
const NEW: u64 = 10;
const DAY: f64 = 86_400.0;
/// When new items came and when the others did, in days since the epoch.
const CREATED: [f64; 2] = [20_000.0, 10_000.0];

/// What somebody did before they came upon a new item.
struct Case<'a> {
    history: &'a [String],
    target: &'a str,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: new_items SPLIT ITEMS [NAME=VALUE …]";
    let (split, table) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let settings = settings(arguments);
    let users = users(&split)?;
    let cut = |sequence: &[String]| sequence.iter().rposition(|item| is_new(item));
    let cases: Vec<Case<'_>> = users
        .iter()
        .filter_map(|sequence| cut(sequence).map(|at| (sequence, at)))
        .map(|(sequence, at)| Case { history: &sequence[..at], target: &sequence[at] })
        .filter(|case| !case.history.contains(&case.target.to_owned()))
        .collect();
    let older: Vec<&[String]> = users.iter().map(|all| &all[..cut(all).unwrap_or(all.len())]).collect();
    let items = described(&fs::read_to_string(table)?, Some(("CREATED", &created)), |_| true)?;
    let candidates: Vec<&str> = items.ids().filter(|id| is_new(id)).collect();
    println!("{} new items of {}, {} cases", candidates.len(), items.len(), cases.len());
    let without = train(&older, &items, &settings, |id| !is_new(id))?;
    let with = train(&older, &items, &settings, |_| true)?;
    println!("{} bytes, {} dimensions, {:?}", without.bytes().len(), without.dim(), without.constants());
    let mut met: HashMap<&str, usize> = HashMap::new();
    older.iter().copied().flatten().for_each(|id| *met.entry(id).or_default() += 1);
    let popular = |case: &Case<'_>, candidates: &[&str]| {
        let of = |id: &str| met.get(id).copied().unwrap_or(0);
        let own = of(case.target);
        candidates.iter().filter(|&&id| id != case.target && of(id) >= own).count()
    };
    let by = |pack: &Pack, case: &Case<'_>, candidates: &[&str]| {
        let ranked = rerank(pack, &history(pack, case), candidates, &Request::top(K));
        let place = ranked.iter().position(|one| candidates[one.position] == case.target);
        place.unwrap_or(K)
    };
    println!("chance\t{}", judge(&cases, &candidates, chance));
    println!("description\t{}", judge(&cases, &candidates, |case, of| at(by(&without, case, of))));
    println!("popularity, if known\t{}", judge(&cases, &candidates, |case, of| at(popular(case, of))));
    println!("trained with them\t{}", judge(&cases, &candidates, |case, of| at(by(&with, case, of))));
    for exploration in [0.0, 0.3] {
        println!("share of lists, exploration {exploration}\t{:.4}", share(&without, &cases, exploration));
    }
    Ok(())
}

/// What each user did, oldest first.
fn users(split: &str) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in ["train", "valid", "test"] {
        // The rows of a user are in order, and so are the files.
        for (user, item, _) in rows(&fs::read_to_string(format!("{split}/{name}.tsv"))?) {
            users.entry(user.to_owned()).or_default().push(item.to_owned());
        }
    }
    Ok(users.into_values().collect())
}

/// FNV-1a.
fn is_new(id: &str) -> bool {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 32).is_multiple_of(NEW)
}

/// In seconds since the epoch.
fn created(id: &str) -> f64 {
    DAY * CREATED[usize::from(!is_new(id))]
}

fn train(
    users: &[&[String]],
    items: &ItemTable,
    settings: &BTreeMap<String, String>,
    is_known: impl Fn(&str) -> bool,
) -> Result<Pack, Box<dyn Error>> {
    let mut builder = Interactions::builder();
    for (user, sequence) in users.iter().enumerate() {
        for (at_ms, item) in (0..).zip(*sequence).filter(|(_, item)| is_known(item)) {
            builder.push(&format!("u{user}"), item, at_ms, 1.0)?;
        }
    }
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let trained = recipe.train(&Training {
        interactions: &builder.build()?,
        items,
        seed: 1,
        progress: &|_: &str, _: u64, _: u64| Flow::Continue,
        settings,
    })?;
    Ok(Pack::open(trained.pack)?)
}

fn history(pack: &Pack, case: &Case<'_>) -> History {
    let mut history = History::new();
    case.history.iter().filter_map(|id| pack.index_of(id)).for_each(|item| history.observe(item, 1.0));
    history
}

/// What a target in this place of a list, counted from 0, adds to NDCG@10 and HR@10.
fn at(place: usize) -> [f64; 2] {
    if place < K { [1.0 / (place as f64 + 2.0).log2(), 1.0] } else { [0.0; 2] }
}

/// What to expect of a random order.
fn chance(_: &Case<'_>, candidates: &[&str]) -> [f64; 2] {
    let sum = |which: usize| (0..K).map(|place| at(place)[which]).sum::<f64>() / candidates.len() as f64;
    [sum(0), sum(1)].map(|mean| mean.min(1.0))
}

fn judge(cases: &[Case<'_>], candidates: &[&str], one: impl Fn(&Case<'_>, &[&str]) -> [f64; 2]) -> String {
    let mut sums = [0.0; 2];
    for case in cases {
        let seen: HashSet<&str> = case.history.iter().map(String::as_str).collect();
        let unseen: Vec<&str> = candidates.iter().copied().filter(|id| !seen.contains(id)).collect();
        sums.iter_mut().zip(one(case, &unseen)).for_each(|(sum, more)| *sum += more);
    }
    let [ndcg, hits] = sums.map(|sum| sum / cases.len() as f64);
    format!("NDCG@10 {ndcg:.4}\tHR@10 {hits:.4}")
}

/// Of the places of all lists those of new items.
fn share(pack: &Pack, cases: &[Case<'_>], exploration: f32) -> f64 {
    let (now_days, age_cut_off_days) = (CREATED[0] + 1.0, 30.0);
    let created = pack.columns().iter().position(|column| column.name() == "CREATED");
    let mut places = [0.0; 2];
    for (seed, case) in (0u32..).zip(cases) {
        let dials = Dials { exploration, created, now_days, age_cut_off_days, seed, ..Dials::default() };
        let seen: HashSet<&str> = case.history.iter().map(String::as_str).collect();
        let exclude = |item| seen.contains(pack.id(item));
        let request = Request { exclude: &exclude, dials: Some(&dials), ..Request::top(LIST) };
        let mut scorer = Scorer::default();
        scorer.turn(pack, &dials, &[]);
        scorer.follow(pack, &history(pack, case), pack.constants());
        for ranked in scorer.recommend(pack, &request) {
            places[0] += f64::from(u8::from(is_new(pack.id(ranked.item))));
            places[1] += 1.0;
        }
    }
    places[0] / places[1]
}
