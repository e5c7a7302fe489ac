//! What saying the context is worth: `cargo run --release -p bowerbird-recipes --example contexts -- EVENTS COLUMN… [NAME=VALUE …]`.
//!
//! EVENTS is a table with a header whose first columns are user, item and ts in seconds; COLUMNs name some of the
//! others. The newest three events of every user with six or more are held back, and each is predicted from all that was
//! not, in its context and without it, for the user and for somebody of whom nothing is known. Prints NDCG@10, by how
//! many standard errors both differ, and what the lifts weigh.

mod settings;
mod split;
mod visitor;

use std::collections::HashMap;
use std::error::Error;
use std::fs;

use bowerbird_ranker::pack::context_key;
use bowerbird_ranker::{Dials, History, Pack, Request, recommend};
use bowerbird_recipes::{Contexts, Flow, Interactions, ItemTable, Training, find};
use settings::settings;
use split::rows;
use visitor::{gain, visitor};

const HELD_BACK: usize = 3;
const FEWEST: usize = 6;

/// Item, time, and a value for each column.
type Row<'a> = (&'a str, i64, Vec<String>);
/// Who, and what they did, oldest first.
type User<'a> = (&'a str, Vec<Row<'a>>);

fn main() -> Result<(), Box<dyn Error>> {
    let (set, mut names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|one| one.contains('='));
    if names.len() < 2 {
        return Err("usage: contexts EVENTS COLUMN… [NAME=VALUE …]".into());
    }
    let text = fs::read_to_string(names.remove(0))?;
    let users = sequences(&text, &names)?;
    let mut contexts = Contexts::new(names.clone());
    let mut builder = Interactions::builder();
    for (user, sequence) in &users {
        for (item, at_ms, values) in older(sequence) {
            builder.push_in(contexts.number(values), (user, item), *at_ms, 1.0)?;
        }
    }
    let interactions = builder.contexts(contexts).build()?;
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let trained = recipe.train(&Training {
        interactions: &interactions,
        items: &ItemTable::default(),
        seed: 1,
        progress: &|_: &str, _: u64, _: u64| Flow::Continue,
        settings: &settings(set.into_iter()),
    })?;
    let pack = Pack::open(trained.pack)?;
    println!(
        "items\t{}\tbytes\t{}\tvalues\t{}",
        pack.n_items(),
        pack.bytes().len(),
        pack.context_values().len()
    );
    for is_known in [true, false] {
        let pairs = judge(&pack, &interactions, &users, &names, is_known);
        let n = pairs.len().max(1) as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
        let (with, without) = (mean(|pair| pair.0), mean(|pair| pair.1));
        let error = (mean(|pair| (pair.0 - pair.1).powi(2)) / n).sqrt();
        println!(
            "{}\tevents\t{n}\twithout\t{without:.4}\twith\t{with:.4}\t{:+.1} %\terrors\t{:.1}",
            if is_known { "known" } else { "new" },
            100.0 * (with / without - 1.0),
            (with - without) / error,
        );
    }
    Ok(())
}

fn sequences<'a>(text: &'a str, names: &[String]) -> Result<Vec<User<'a>>, Box<dyn Error>> {
    let header: Vec<&str> = text.lines().next().unwrap_or_default().split('\t').collect();
    let column = |name: &String| header.iter().position(|one| one == name).ok_or(format!("no column {name}"));
    let columns: Vec<usize> = names.iter().map(column).collect::<Result<_, _>>()?;
    let (mut numbers, mut users) = (HashMap::new(), Vec::<User<'_>>::new());
    for ((user, item, at_ms), line) in rows(text).zip(text.lines().skip(1)) {
        let cells: Vec<&str> = line.split('\t').collect();
        let values = columns.iter().map(|&at| cells.get(at).copied().unwrap_or_default().to_owned());
        let number = *numbers.entry(user).or_insert(users.len());
        if number == users.len() {
            users.push((user, Vec::new()));
        }
        users[number].1.push((item, at_ms, values.collect()));
    }
    users.iter_mut().for_each(|(_, sequence)| sequence.sort_by_key(|(_, at_ms, _)| *at_ms));
    Ok(users)
}

fn older<'a, 'b>(sequence: &'b [Row<'a>]) -> &'b [Row<'a>] {
    let held_back = if sequence.len() < FEWEST { 0 } else { HELD_BACK };
    &sequence[..sequence.len() - held_back]
}

/// Gains with and without the context, of every event whose context and item are known.
fn judge(
    pack: &Pack,
    interactions: &Interactions,
    users: &[User<'_>],
    names: &[String],
    is_known: bool,
) -> Vec<(f64, f64)> {
    let mut pairs = Vec::new();
    for (number, (_, sequence)) in users.iter().enumerate() {
        let history = if is_known { visitor(pack, interactions, number).0 } else { History::new() };
        for (item, _, values) in &sequence[older(sequence).len()..] {
            let Some(item) = pack.index_of(item) else { continue };
            let value = |(name, value): (&String, &String)| pack.context(context_key(name, value).as_bytes());
            let context = names.iter().zip(values).filter_map(value).collect();
            let gain_in = |context| {
                let dials = Dials { context, ..Dials::default() };
                let list = recommend(pack, &history, &Request { dials: Some(&dials), ..Request::top(10) });
                gain(list.iter().position(|ranked| ranked.item == item))
            };
            pairs.push((gain_in(context), gain_in(Vec::new())));
        }
    }
    pairs
}
