//! What training costs: `cargo run --release -p bowerbird-recipes --example training -- SPLIT [valid|test] [NAME=VALUE …]`.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts). Trains user personalization, or the recipe of the setting
//! `recipe`, on what is older than the events to be predicted, and with the titles and genres of the table that the setting
//! `items` names, if it does. Prints CPU seconds by phase (all threads together), the largest memory, the bytes per item
//! of the pack, NDCG@10 of lists through it, without what a user had before, and the metrics of the recipe itself. Linux
//! only.

mod described;
mod held_out;
mod judged;
mod phases;
mod process;
mod settings;
mod split;
mod visitor;

use std::error::Error;
use std::fs;

use bowerbird_ranker::Pack;
use bowerbird_recipes::{Training, find};
use described::described;
use held_out::held_out;
use judged::ndcg;
use phases::Phases;
use process::{cpu_seconds, peak_bytes};
use settings::settings;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let split = arguments.next().ok_or("usage: training SPLIT [valid|test] [NAME=VALUE …]")?;
    let on = arguments.next().unwrap_or_else(|| "test".into());
    let mut settings = settings(arguments);
    let name = settings.remove("recipe").unwrap_or_else(|| "aws-user-personalization-v2".into());
    let (interactions, targets) = held_out(&split, &on)?;
    let phases = Phases::default();
    let before = cpu_seconds();
    let recipe = find(&name).ok_or("no such recipe")?;
    let table = settings.remove("items").map(fs::read_to_string).transpose()?;
    let items = table.map(|text| described(&text, None, |_| true)).transpose()?.unwrap_or_default();
    let trained = recipe.train(&Training {
        interactions: &interactions,
        items: &items,
        seed: 1,
        progress: &phases,
        settings: &settings,
    })?;
    let after = cpu_seconds();
    for (phase, seconds) in phases.until_now() {
        println!("{phase}\t{seconds:.2}");
    }
    println!("all\t{:.2}", after - before);
    println!("peak MB\t{:.0}", peak_bytes() / 1e6);
    let pack = Pack::open(trained.pack)?;
    println!("bytes per item\t{}", pack.bytes().len() / pack.n_items());
    println!("NDCG@10\t{:.4}", ndcg(&pack, &interactions, &targets));
    trained.metrics.iter().for_each(|(name, value)| println!("{name}\t{value}"));
    eprintln!("{:?}", pack.constants());
    Ok(())
}
