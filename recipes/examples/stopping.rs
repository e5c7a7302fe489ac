//! How long does a training go on after it was told to stop? `cargo run --release -p bowerbird-recipes --example stopping --
//! SPLIT train|automl|hpo [NAME=VALUE …]`.
//!
//! A stop is heard at the next report, so the longest time between two reports is the longest wait. Runs on what SPLIT has
//! in train.tsv to the end and prints, by phase, how many reports there were and the longest time between two of
//! them: CPU seconds of all threads, which is the wait on one core of a quiet machine, and seconds on the clock. Linux only.

mod process;
mod settings;
mod split;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::sync::Mutex;
use std::time::Instant;

use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, automl, find, hpo};
use process::{cpu_seconds, peak_bytes};
use settings::settings;
use split::rows;

/// Of one phase: reports, longest time between two in CPU seconds and on the clock.
type Waits = BTreeMap<String, (u64, f64, f64)>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: stopping SPLIT train|automl|hpo [NAME=VALUE …]";
    let (split, what) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let settings = settings(arguments);
    let mut builder = Interactions::builder();
    for (at, (user, item, _)) in rows(&fs::read_to_string(format!("{split}/train.tsv"))?).enumerate() {
        // The rows of a user are in order.
        builder.push(user, item, at as i64, 1.0)?;
    }
    let interactions = builder.build()?;
    let last = Mutex::new(("starting".to_owned(), cpu_seconds(), Instant::now()));
    let waits: Mutex<Waits> = Mutex::default();
    let progress = |phase: &str, _: u64, _: u64| {
        let mut last = last.lock().expect("nothing panics while it is held");
        let mut waits = waits.lock().expect("nothing panics while it is held");
        let (cpu, clock) = (cpu_seconds() - last.1, last.2.elapsed().as_secs_f64());
        let wait = waits.entry(last.0.clone()).or_default();
        *wait = (wait.0 + 1, wait.1.max(cpu), wait.2.max(clock));
        *last = (phase.to_owned(), cpu_seconds(), Instant::now());
        Flow::Continue
    };
    let items = ItemTable::default();
    let job = Training {
        interactions: &interactions,
        items: &items,
        seed: 1,
        progress: &progress,
        settings: &settings,
    };
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    match what.as_str() {
        "train" => drop(recipe.train(&job)?),
        "automl" => drop(automl::choose(&job, &automl::named(automl::CANDIDATES)?)?),
        "hpo" => drop(hpo::search(&job, recipe, &hpo::default_ranges(recipe.name()), 3)?),
        _ => return Err(usage.into()),
    }
    progress("end", 0, 0);
    for (phase, (reports, cpu, clock)) in waits.into_inner()? {
        println!("{phase}\t{reports}\t{cpu:.2}\t{clock:.2}");
    }
    println!("peak MB\t{:.0}", peak_bytes() / 1e6);
    Ok(())
}
