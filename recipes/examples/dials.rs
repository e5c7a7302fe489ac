//! What the dials do to lists:
//! `cargo run --release -p bowerbird-recipes --example dials -- SPLIT [ITEMS [NAME=VALUE …]]`, with hyperparameters.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts); ITEMS is a table with item first and a column genres or
//! attribute_ids, separated by spaces or bars. Where titles end in a year in brackets, items are of that year, and it is
//! the year after the last one. Trains on train and valid, ranks all that a user has not seen, and prints a line for
//! each setting: NDCG@10 of the users' last events and its change against the plain ranking, then means over the users
//! of the measures of the ten, the share of the catalogue that occurs in any list, the mean age of an item in years, and
//! the share of the places of [`PICKED`].

mod held_out;
mod settings;
mod split;
mod visitor;

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fs;

use bowerbird_ranker::{Dials, ItemIndex, Kind, Mask, Method, Pack, Request, Scorer, Value};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, find};
use held_out::held_out;
use settings::settings;
use visitor::{gain, visitor};

const K: usize = 10;
/// The category that is promoted, and boosted.
const PICKED: &str = "Documentary";
const DAYS_OF_A_YEAR: f64 = 365.25;
/// What is new, for exploration.
const NEW_YEARS: f64 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let split = arguments.next().ok_or("usage: dials SPLIT [ITEMS]")?;
    let genres = arguments.next().map(fs::read_to_string).transpose()?;
    let settings = settings(arguments);
    let (interactions, targets) = held_out(&split, "test")?;
    let items = genres.as_deref().map(item_table).transpose()?.unwrap_or_default();
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let trained = recipe.train(&Training {
        interactions: &interactions,
        items: &items,
        seed: 1,
        progress: &|_: &str, _: u64, _: u64| Flow::Continue,
        settings: &settings,
    })?;
    let pack = Pack::open(trained.pack)?;
    let column = pack.columns().iter().position(|column| column.name() == "GENRES");
    let mut plain = 0.0;
    for case in cases(&pack, column) {
        let found = judge(&pack, &interactions, &targets, &case, column);
        plain = if plain == 0.0 { found[0] } else { plain };
        let change = (found[0] / plain - 1.0) * 100.0;
        let [ndcg, novelty, diversity, serendipity, coverage, age, picked] = found;
        println!(
            "{}\t{ndcg:.4}\t{change:+.1} %\t{novelty:.3}\t{diversity:.3}\t{serendipity:.3}\t{coverage:.3}\t{age:.1}\t\
             {picked:.3}",
            case.name
        );
    }
    Ok(())
}

/// How the dials stand.
struct Case {
    name: &'static str,
    dials: Dials,
    /// What is added to the score of an item that is picked.
    boost: f32,
}

fn cases(pack: &Pack, column: Option<usize>) -> Vec<Case> {
    let off = Dials::default;
    let created = pack.columns().iter().position(|column| column.name() == "CREATED");
    let mut cases = vec![
        ("plain", off()),
        ("debias 0.1", Dials { debias: 0.1, ..off() }),
        ("debias 0.5", Dials { debias: 0.5, ..off() }),
        ("debias 2", Dials { debias: 2.0, ..off() }),
        ("diversity 0.1, vectors", Dials { diversity: 0.1, ..off() }),
        ("diversity 0.3, vectors", Dials { diversity: 0.3, ..off() }),
        ("diversity 0.1, genres", Dials { diversity: 0.1, column, ..off() }),
        ("diversity 0.3, genres", Dials { diversity: 0.3, column, ..off() }),
        ("DPP 0.1, genres", Dials { diversity: 0.1, column, method: Method::Dpp, ..off() }),
        ("DPP 0.3, genres", Dials { diversity: 0.3, column, method: Method::Dpp, ..off() }),
        ("calibration 0.3", Dials { calibration: 0.3, column, ..off() }),
        ("at most 4 of a genre", Dials { cap: 4, column, ..off() }),
        ("debias 0.1, diversity 0.1, vectors", Dials { debias: 0.1, diversity: 0.1, ..off() }),
        ("debias 0.1, diversity 0.05, vectors", Dials { debias: 0.1, diversity: 0.05, ..off() }),
        ("debias 0.1, diversity 0.05, genres", Dials { debias: 0.1, diversity: 0.05, column, ..off() }),
    ];
    let mut boosts = vec![0.0; cases.len()];
    if pack.items().any(|item| born(pack, item).is_some()) {
        let items = pack.items().filter_map(|item| born(pack, item));
        let now_days = items.fold(0.0, f64::max) + DAYS_OF_A_YEAR;
        let half_life_days = (5.0 * DAYS_OF_A_YEAR) as f32;
        let age_cut_off_days = ((NEW_YEARS + 1.0) * DAYS_OF_A_YEAR) as f32;
        let aged = || Dials { created, now_days, half_life_days, age_cut_off_days, ..off() };
        cases.extend([
            ("freshness 0.5, half in 5 years", Dials { freshness: 0.5, ..aged() }),
            ("freshness 2, half in 5 years", Dials { freshness: 2.0, ..aged() }),
            ("exploration 0.3, up to 2 years old", Dials { exploration: 0.3, ..aged() }),
            ("exploration 1, up to 2 years old", Dials { exploration: 1.0, ..aged() }),
            ("promotion of documentaries, 20 %", Dials { promoted: 0.2, ..off() }),
            ("documentaries + 0.5", off()),
            ("documentaries + 2", off()),
        ]);
        boosts.extend([0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 2.0]);
    }
    cases.into_iter().zip(boosts).map(|((name, dials), boost)| Case { name, dials, boost }).collect()
}

/// In days since the epoch.
fn born(pack: &Pack, item: ItemIndex) -> Option<f64> {
    match pack.value(pack.column("CREATED")?, item) {
        Value::Number(seconds) => Some(seconds / 86_400.0),
        _ => None,
    }
}

/// NDCG@10, novelty, diversity, serendipity, the share of the catalogue, the age in years, and the share of what is
/// picked.
fn judge(
    pack: &Pack,
    interactions: &Interactions,
    targets: &HashMap<String, String>,
    Case { dials, boost, .. }: &Case,
    column: Option<usize>,
) -> [f64; 7] {
    let (mut sums, mut users, mut shown) = ([0.0; 6], 0.0, HashSet::new());
    let mut scorer = Scorer::default();
    let picked = column.map(|column| Mask::with_word(pack, column, &[PICKED.as_bytes()])).unwrap_or_default();
    let boosts: Vec<(ItemIndex, f32)> =
        pack.items().filter(|&item| picked.has(item)).map(|item| (item, *boost)).collect();
    scorer.turn(pack, dials, if *boost == 0.0 { &[] } else { &boosts });
    let promotes = |item| picked.has(item);
    let newest = pack.items().filter_map(|item| born(pack, item)).fold(0.0, f64::max);
    for (user, id) in interactions.user_ids().iter().enumerate() {
        let Some(target) = targets.get(id) else { continue };
        let (history, seen) = visitor(pack, interactions, user);
        scorer.follow(pack, &history, pack.constants());
        let exclude = |item| seen.contains(&item);
        let promotes = |item| promotes(item) && !exclude(item);
        let promoted = (dials.promoted > 0.0).then_some(&promotes as &dyn Fn(ItemIndex) -> bool);
        let request = Request { exclude: &exclude, dials: Some(dials), promoted, ..Request::top(K) };
        let list: Vec<_> = scorer.recommend(pack, &request).iter().map(|ranked| ranked.item).collect();
        let place = list.iter().position(|&item| pack.id(item) == target);
        let measures = scorer.measures(pack, &list, column);
        let more = [
            gain(place),
            f64::from(measures.novelty),
            f64::from(measures.diversity),
            f64::from(measures.serendipity),
            mean(
                list.iter().filter_map(|&item| born(pack, item)).map(|born| (newest - born) / DAYS_OF_A_YEAR),
            ),
            mean(list.iter().map(|&item| f64::from(u8::from(picked.has(item))))),
        ];
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        users += 1.0;
        shown.extend(list);
    }
    let [ndcg, novelty, diversity, serendipity, age, picked] = sums.map(|sum| sum / users);
    [ndcg, novelty, diversity, serendipity, shown.len() as f64 / pack.n_items() as f64, age, picked]
}

fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    numbers.for_each(|number| {
        sum += number;
        n += 1.0;
    });
    if n > 0.0 { sum / n } else { 0.0 }
}

fn item_table(text: &str) -> Result<ItemTable, Box<dyn Error>> {
    let columns = [("GENRES".to_owned(), Kind::Category), ("CREATED".to_owned(), Kind::Number)];
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let at = |names: [&str; 2]| header.iter().position(|column| names.contains(column));
    let genres = at(["genres", "attribute_ids"]).ok_or("the items have no column genres or attribute_ids")?;
    let title = at(["title"; 2]);
    let mut items = ItemTable::new(columns.into_iter().take(1 + usize::from(title.is_some())));
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        items.insert(fields[0])?;
        items.set(fields[0], "GENRES", &fields[genres].replace(' ', "|"))?;
        if let Some(year) = title.and_then(|title| year(fields[title])) {
            let seconds = (year - 1970.0) * DAYS_OF_A_YEAR * 86_400.0;
            items.set(fields[0], "CREATED", &seconds.to_string())?;
        }
    }
    Ok(items)
}

/// "Heat (1995)"
fn year(title: &str) -> Option<f64> {
    title.trim_end().strip_suffix(')')?.rsplit_once('(')?.1.parse().ok()
}
