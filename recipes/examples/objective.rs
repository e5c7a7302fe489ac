//! What an optimisation objective costs and brings: `cargo run --release -p bowerbird-recipes --example objective --
//! SPLIT ITEMS [NAME=VALUE …]`.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts); ITEMS is a table with item first and release_year, or a
//! title that ends with the year of release. Trains user personalization on train and valid with each sensitivity for two
//! columns, the year and a price that chance made up (log-normal, independent of everything), and prints of lists through
//! the published pack, without what a user had before: NDCG@10 of the test events, what that is of NDCG@10 without an
//! objective, and the mean of the column over the first ten. Last the same for somebody of whom nothing is known.

mod held_out;
mod settings;
mod split;
mod visitor;

use std::collections::HashMap;
use std::error::Error;
use std::fs;

use bowerbird_ranker::{History, ItemIndex, Kind, Pack, Ranked, Request, recommend};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, find};
use held_out::held_out;
use settings::settings;
use visitor::{gain, visitor};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: objective SPLIT ITEMS [NAME=VALUE …]";
    let (split, items) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let given = settings(arguments);
    let (interactions, targets) = held_out(&split, "test")?;
    let (table, values) = table(&fs::read_to_string(items)?, &interactions)?;
    println!("column\tsensitivity\tNDCG@10\tof OFF\tmean\tfor strangers: NDCG@10\tof OFF\tmean");
    for column in ["YEAR", "PRICE"] {
        let mut off = None;
        for sensitivity in ["OFF", "LOW", "MEDIUM", "HIGH"] {
            let mut settings = given.clone();
            settings.insert("objective_item_attribute".into(), column.into());
            settings.insert("objective_sensitivity".into(), sensitivity.into());
            let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
            let trained = recipe.train(&Training {
                interactions: &interactions,
                items: &table,
                seed: 1,
                progress: &|_: &str, _: u64, _: u64| Flow::Continue,
                settings: &settings,
            })?;
            let pack = Pack::open(trained.pack)?;
            let found = [true, false]
                .map(|is_known| judge(&pack, &interactions, &targets, &values[column], is_known));
            let off = *off.get_or_insert(found);
            print!("{column}\t{sensitivity}");
            for ((gain, mean), (gain_off, _)) in found.iter().zip(off) {
                print!("\t{gain:.4}\t{:.3}\t{mean:.2}", gain / gain_off);
            }
            println!();
            eprintln!("{:?} {:?}", trained.metrics, pack.constants());
        }
    }
    Ok(())
}

type Values = HashMap<&'static str, HashMap<String, f64>>;

fn table(text: &str, interactions: &Interactions) -> Result<(ItemTable, Values), Box<dyn Error>> {
    let mut table = ItemTable::new(["YEAR", "PRICE"].map(|name| (name.to_owned(), Kind::Number)));
    let mut values = Values::new();
    let mut set = |id: &str, column: &'static str, value: f64| {
        values.entry(column).or_default().insert(id.to_owned(), value);
        table.set(id, column, &value.to_string())
    };
    for id in interactions.item_ids() {
        set(id, "PRICE", price(id))?;
    }
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let place = |name: &str| header.iter().position(|column| *column == name);
    let place = place("release_year").or(place("title")).ok_or("ITEMS has neither release_year nor title")?;
    for fields in lines {
        let (id, year) = (fields[0], fields.get(place).copied().and_then(year));
        if let (Ok(_), Some(year)) = (interactions.item_ids().binary_search(&id.to_owned()), year) {
            set(id, "YEAR", year)?;
        }
    }
    Ok((table, values))
}

/// Of a field that is a year, or a title that ends with one in brackets.
fn year(field: &str) -> Option<f64> {
    let text = field.strip_suffix(')').and_then(|title| title.rsplit('(').next()).unwrap_or(field);
    text.parse().ok().filter(|year| (1800.0..2100.0).contains(year))
}

/// exp of the sum of twelve even numbers, brought to mean 0: log-normal with σ = 0.5 · √12 · √(1/12) = 0.5 around 10.
fn price(id: &str) -> f64 {
    let mut state = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut sum = 0.0;
    for _ in 0..12 {
        state = (state ^ (state >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        sum += (state >> 40) as f64 / (1u64 << 24) as f64 - 0.5;
    }
    10.0 * (0.5 * sum).exp()
}

/// NDCG@10, and the mean value of the first ten.
fn judge(
    pack: &Pack,
    interactions: &Interactions,
    targets: &HashMap<String, String>,
    values: &HashMap<String, f64>,
    is_known: bool,
) -> (f64, f64) {
    let (mut sum, mut value, mut shown, mut users) = (0.0, 0.0, 0.0, 0.0);
    for (user, id) in interactions.user_ids().iter().enumerate() {
        let Some(target) = targets.get(id) else { continue };
        let (history, seen) = visitor(pack, interactions, user);
        let (history, seen) = if is_known { (history, seen) } else { (History::new(), Default::default()) };
        let exclude = |item: ItemIndex| seen.contains(&item);
        let list: Vec<Ranked> = recommend(pack, &history, &Request { exclude: &exclude, ..Request::top(10) });
        sum += gain(list.iter().position(|ranked| pack.id(ranked.item) == target));
        for worth in list.iter().filter_map(|ranked| values.get(pack.id(ranked.item))) {
            value += worth;
            shown += 1.0;
        }
        users += 1.0;
    }
    (sum / users, value / shown)
}
