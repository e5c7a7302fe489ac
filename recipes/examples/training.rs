//! What training costs: `cargo run --release -p bowerbird-recipes --example training -- SPLIT [valid|test] [NAME=VALUE …]`.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts). Trains the user personalization recipe on what is
//! older than the events to be predicted and prints CPU seconds by phase (all threads together), the largest memory,
//! and NDCG@10 of lists through the published pack, without what a user had before. Linux only.

mod judged;
mod phases;
mod process;
mod settings;
mod split;
mod visitor;

use std::collections::HashMap;
use std::error::Error;
use std::fs;

use bowerbird_ranker::Pack;
use bowerbird_recipes::{Interactions, ItemTable, Training, find};
use judged::ndcg;
use phases::Phases;
use process::{cpu_seconds, peak_bytes};
use settings::settings;
use split::rows;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let split = arguments.next().ok_or("usage: training SPLIT [valid|test] [NAME=VALUE …]")?;
    let on = arguments.next().unwrap_or_else(|| "test".into());
    let settings = settings(arguments);
    let older: &[&str] = if on == "valid" { &["train"] } else { &["train", "valid"] };
    let mut builder = Interactions::builder();
    for name in older {
        for (user, item, at_ms) in rows(&fs::read_to_string(format!("{split}/{name}.tsv"))?) {
            builder.push(user, item, at_ms, 1.0)?;
        }
    }
    let interactions = builder.build()?;
    let phases = Phases::default();
    let before = cpu_seconds();
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let (items, settings) = (&ItemTable::default(), &settings);
    let trained = recipe.train(&Training {
        interactions: &interactions,
        items,
        seed: 1,
        progress: &phases,
        settings,
    })?;
    let after = cpu_seconds();
    for (phase, seconds) in phases.until_now() {
        println!("{phase}\t{seconds:.2}");
    }
    println!("all\t{:.2}", after - before);
    println!("peak MB\t{:.0}", peak_bytes() / 1e6);
    let pack = Pack::open(trained.pack)?;
    let targets: HashMap<String, String> = rows(&fs::read_to_string(format!("{split}/{on}.tsv"))?)
        .map(|(user, item, _)| (user.to_owned(), item.to_owned()))
        .collect();
    println!("NDCG@10\t{:.4}", ndcg(&pack, &interactions, &targets));
    eprintln!("{:?}", pack.constants());
    Ok(())
}
