//! What the dials do to lists: `cargo run --release -p bowerbird-recipes --example dials -- SPLIT [ITEMS]`.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts); ITEMS is a table with item first and a
//! column genres, separated by spaces. Trains on train and valid, ranks all that a user has not seen, and prints a line for each setting: NDCG@10 of the
//! users' last events and its change against the plain ranking, then means over the users of the measures of the ten,
//! and the share of the catalogue that occurs in any list.

mod split;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fs;

use bowerbird_ranker::{Dials, History, Kind, Method, Pack, Request, Scorer};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, find};
use split::rows;

const K: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let split = arguments.next().ok_or("usage: dials SPLIT [ITEMS]")?;
    let genres = arguments.next().map(fs::read_to_string).transpose()?;
    let mut builder = Interactions::builder();
    for name in ["train.tsv", "valid.tsv"] {
        for (user, item, at_ms) in rows(&fs::read_to_string(format!("{split}/{name}"))?) {
            builder.push(&user, &item, at_ms, 1.0)?;
        }
    }
    let interactions = builder.build()?;
    let items = genres.as_deref().map(item_table).transpose()?.unwrap_or_default();
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let trained = recipe.train(&Training {
        interactions: &interactions,
        items: &items,
        seed: 1,
        progress: &|_: &str, _: u64, _: u64| Flow::Continue,
        settings: &BTreeMap::new(),
    })?;
    let pack = Pack::open(trained.pack)?;
    let targets: HashMap<String, String> =
        rows(&fs::read_to_string(format!("{split}/test.tsv"))?).map(|(user, item, _)| (user, item)).collect();
    let column = pack.columns().iter().position(|column| column.name() == "GENRES");
    let mut plain = 0.0;
    for (name, dials) in settings(column) {
        let found = judge(&pack, &interactions, &targets, &dials, column);
        plain = if plain == 0.0 { found[0] } else { plain };
        let change = (found[0] / plain - 1.0) * 100.0;
        let [ndcg, novelty, diversity, serendipity, coverage] = found;
        println!(
            "{name}\t{ndcg:.4}\t{change:+.1} %\t{novelty:.3}\t{diversity:.3}\t{serendipity:.3}\t{coverage:.3}"
        );
    }
    Ok(())
}

fn settings(column: Option<usize>) -> Vec<(&'static str, Dials)> {
    let off = Dials::default;
    vec![
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
    ]
}

/// NDCG@10, novelty, diversity, serendipity, and the share of the catalogue.
fn judge(
    pack: &Pack,
    interactions: &Interactions,
    targets: &HashMap<String, String>,
    dials: &Dials,
    column: Option<usize>,
) -> [f64; 5] {
    let (mut sums, mut users, mut shown) = ([0.0; 4], 0.0, HashSet::new());
    let mut scorer = Scorer::default();
    scorer.turn(pack, dials, &[]);
    for (user, id) in interactions.user_ids().iter().enumerate() {
        let Some(target) = targets.get(id) else { continue };
        let (mut history, mut seen) = (History::new(), HashSet::new());
        for event in interactions.sequence(user) {
            if let Some(item) = pack.index_of(&interactions.item_ids()[event.item as usize]) {
                history.observe(item, 1.0);
                seen.insert(item);
            }
        }
        scorer.follow(pack, &history, pack.constants());
        let exclude = |item| seen.contains(&item);
        let request = Request { exclude: &exclude, dials: Some(dials), ..Request::top(K) };
        let list: Vec<_> = scorer.recommend(pack, &request).iter().map(|ranked| ranked.item).collect();
        let place = list.iter().position(|&item| pack.id(item) == target);
        let measures = scorer.measures(pack, &list, column);
        let gain = place.map_or(0.0, |place| 1.0 / (place as f64 + 2.0).log2());
        let more = [
            gain,
            f64::from(measures.novelty),
            f64::from(measures.diversity),
            f64::from(measures.serendipity),
        ];
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        users += 1.0;
        shown.extend(list);
    }
    let [ndcg, novelty, diversity, serendipity] = sums.map(|sum| sum / users);
    [ndcg, novelty, diversity, serendipity, shown.len() as f64 / pack.n_items() as f64]
}

fn item_table(text: &str) -> Result<ItemTable, Box<dyn Error>> {
    let mut items = ItemTable::new([("GENRES".to_owned(), Kind::Category)]);
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let genres = header.iter().position(|name| *name == "genres").ok_or("the items have no column genres")?;
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        items.insert(fields[0])?;
        items.set(fields[0], "GENRES", &fields[genres].replace(' ', "|"))?;
    }
    Ok(items)
}
