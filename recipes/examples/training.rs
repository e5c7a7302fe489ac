//! What training costs: `cargo run --release -p bowerbird-recipes --example training -- SPLIT [valid|test] [NAME=VALUE …]`.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts). Trains the user personalization recipe on what is
//! older than the events to be predicted and prints CPU seconds by phase (all threads together), the largest memory,
//! and NDCG@10 of lists through the published pack, without what a user had before. Linux only.

mod held_out;
mod judged;
mod phases;
mod process;
mod settings;
mod split;
mod visitor;

use std::error::Error;

use bowerbird_ranker::Pack;
use bowerbird_recipes::{ItemTable, Training, find};
use held_out::held_out;
use judged::ndcg;
use phases::Phases;
use process::{cpu_seconds, peak_bytes};
use settings::settings;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let split = arguments.next().ok_or("usage: training SPLIT [valid|test] [NAME=VALUE …]")?;
    let on = arguments.next().unwrap_or_else(|| "test".into());
    let settings = settings(arguments);
    let (interactions, targets) = held_out(&split, &on)?;
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
    println!("NDCG@10\t{:.4}", ndcg(&pack, &interactions, &targets));
    eprintln!("{:?}", pack.constants());
    Ok(())
}
