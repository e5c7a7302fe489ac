//! What going on from an earlier training costs and is worth beside a full one: `cargo run --release -p bowerbird-recipes
//! --example update -- SPLIT [NAME=VALUE …]`.
//!
//! SPLIT has train.tsv, valid.tsv and test.tsv (user, item, ts). Where there are times, the earlier training knows what is
//! older than the newest day of train and valid together; where there are none, train alone and five sixths of valid, as if
//! every sixth user had come back on that day. Then everything is trained in full, and as an update of the earlier one.
//! Prints CPU seconds (all threads together) and NDCG@10 of the test events through the packs, without what a user had
//! before; first of the earlier pack as it is. Linux only.

mod judged;
mod process;
mod settings;
mod split;
mod visitor;

use std::collections::HashMap;
use std::error::Error;
use std::fs;

use bowerbird_ranker::Pack;
use bowerbird_recipes::{Earlier, Flow, Interactions, ItemTable, Training, find};
use judged::ndcg;
use process::{cpu_seconds, peak_bytes};
use settings::settings;
use split::rows;

const DAY_MS: i64 = 86_400_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let split = arguments.next().ok_or("usage: update SPLIT [NAME=VALUE …]")?;
    let settings = settings(arguments);
    let [train, valid, test] =
        ["train", "valid", "test"].map(|name| fs::read_to_string(format!("{split}/{name}.tsv")));
    let (train, valid, test) = (train?, valid?, test?);
    let newest = rows(&train).chain(rows(&valid)).map(|(_, _, at_ms)| at_ms).max().unwrap_or(0);
    let n_train = rows(&train).count();
    let has_times = newest > 1_000 * DAY_MS;
    let (mut before, mut all) = (Interactions::builder(), Interactions::builder());
    for (number, (user, item, at_ms)) in rows(&train).chain(rows(&valid)).enumerate() {
        let is_valid = number >= n_train;
        let at_ms = if has_times { at_ms } else { number as i64 };
        let is_new = if has_times { at_ms > newest - DAY_MS } else { is_valid && number % 6 == 0 };
        if !is_new {
            before.push(user, item, at_ms, 1.0)?;
        }
        all.push(user, item, if is_new && !has_times { at_ms + DAY_MS } else { at_ms }, 1.0)?;
    }
    let (before, all) = (before.build()?, all.build()?);
    let targets: HashMap<String, String> =
        rows(&test).map(|(user, item, _)| (user.to_owned(), item.to_owned())).collect();
    let (recipe, items) = (find("aws-user-personalization").ok_or("no such recipe")?, ItemTable::default());
    let job = |interactions| Training {
        interactions,
        items: &items,
        seed: 1,
        progress: &|_: &str, _: u64, _: u64| Flow::Continue,
        settings: &settings,
    };
    println!("{} events, then {}", before.n_events(), all.n_events());
    println!("what\tCPU-s\tNDCG@10");
    let timed = |what: &str, make: &mut dyn FnMut() -> Result<Vec<u8>, Box<dyn Error>>| {
        let start = cpu_seconds();
        let pack = Pack::open(make()?)?;
        let seconds = cpu_seconds() - start;
        println!("{what}\t{seconds:.2}\t{:.4}", ndcg(&pack, &all, &targets));
        Ok::<Pack, Box<dyn Error>>(pack)
    };
    let earlier = timed("earlier, in full", &mut || Ok(recipe.train(&job(&before))?.pack))?;
    eprintln!("{:?} {:?}", earlier.constants(), earlier.notes());
    let known = Earlier { pack: &earlier, until_ms: before.newest_ms() };
    timed("update", &mut || Ok(recipe.update(&job(&all), &known)?))?;
    let full = timed("in full", &mut || Ok(recipe.train(&job(&all))?.pack))?;
    println!("peak MB\t{:.0}", peak_bytes() / 1e6);
    eprintln!("{:?} {:?}", full.constants(), full.notes());
    Ok(())
}
