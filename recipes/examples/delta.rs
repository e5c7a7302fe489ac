//! How much a page downloads to follow:
//! `cargo run --release -p bowerbird-recipes --example delta -- INTERACTIONS ITEMS [NAME=VALUE …]`, with hyperparameters.
//!
//! INTERACTIONS is a table with user, item, and a third column that is `ts` or the position in the user's history; ITEMS
//! one with item first and columns title and genres. Prints, for items that come after a training (ten, and one in a
//! hundred) and for a training with a day more of events (with `ts` those of the newest day, without it the last event
//! of every sixth user), the bytes of the new pack, of the delta, and of the delta in gzip; then how many codes of the
//! vectors are what they were.

mod described;
mod settings;
mod split;

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;
use std::io::Write;

use bowerbird_ranker::Pack;
use bowerbird_ranker::pack::delta::between;
use bowerbird_recipes::{Flow, Interactions, ItemTable, Since, Training, find, with_newcomers};
use described::described;
use flate2::Compression;
use flate2::write::GzEncoder;
use settings::settings;
use split::rows;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

struct Event<'a> {
    user: &'a str,
    item: &'a str,
    at: i64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: delta INTERACTIONS ITEMS [NAME=VALUE …]";
    let mut arguments = std::env::args().skip(1);
    let events = fs::read_to_string(arguments.next().ok_or(usage)?)?;
    let items = fs::read_to_string(arguments.next().ok_or(usage)?)?;
    let settings = settings(arguments);
    let has_times = events.lines().next().is_some_and(|head| head.contains("ts"));
    let events: Vec<Event<'_>> = rows(&events).map(|(user, item, at)| Event { user, item, at }).collect();
    let all: Vec<&str> = items.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();

    for every in [all.len() / 10, 100] {
        let new: HashSet<&str> = all.iter().copied().skip(every / 2).step_by(every).collect();
        let met = |event: &&Event<'_>| !new.contains(event.item);
        let old = train(
            &interactions(events.iter().filter(met))?,
            &described(&items, None, |id| !new.contains(id))?,
            &settings,
        )?;
        let since = Since { items: &described(&items, None, |_| true)?, met: &[], most_users: 0 };
        let followed = Pack::open(with_newcomers(&old, &since, &go_on)?)?;
        report(&format!("{} new items", new.len()), &old, &followed)?;
    }

    let everything = described(&items, None, |_| true)?;
    let newest = events.iter().map(|event| event.at).max().unwrap_or(0);
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    events.iter().for_each(|event| {
        last.insert(event.user, event.at);
    });
    let is_of_the_day = |event: &&Event<'_>| match has_times {
        true => event.at > newest - DAY_MS,
        false => {
            last[event.user] == event.at && event.user.parse().is_ok_and(|user: u32| user.is_multiple_of(6))
        }
    };
    let day = events.iter().filter(is_of_the_day).count();
    let old =
        train(&interactions(events.iter().filter(|event| !is_of_the_day(event)))?, &everything, &settings)?;
    let new = train(&interactions(events.iter())?, &everything, &settings)?;
    report(&format!("trained again with {day} more events"), &old, &new)
}

fn interactions<'a>(events: impl Iterator<Item = &'a Event<'a>>) -> Result<Interactions, Box<dyn Error>> {
    let mut builder = Interactions::builder();
    for event in events {
        builder.push(event.user, event.item, event.at, 1.0)?;
    }
    Ok(builder.build()?)
}

fn train(
    interactions: &Interactions,
    items: &ItemTable,
    settings: &BTreeMap<String, String>,
) -> Result<Pack, Box<dyn Error>> {
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let trained = recipe.train(&Training { interactions, items, seed: 0, progress: &go_on, settings })?;
    Ok(Pack::open(trained.pack)?)
}

fn go_on(_: &str, _: u64, _: u64) -> Flow {
    Flow::Continue
}

fn report(what: &str, old: &Pack, new: &Pack) -> Result<(), Box<dyn Error>> {
    let delta = between(old, new).ok_or("the packs are too large")?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&delta)?;
    let gzip = gzip.finish()?.len();
    let (bytes, n, dim) = (new.bytes().len(), new.n_items(), new.dim());
    println!("{what}\t{n} items of {dim}\tpack {bytes}\tdelta {}\tgzip {gzip}", delta.len());
    let pairs = new.items().filter_map(|item| Some((item, old.index_of(new.id(item))?)));
    let same = pairs.filter(|&(new_at, old_at)| new.vector_of(new_at) == old.vector_of(old_at)).count();
    println!("\t{same} vectors as they were");
    Ok(())
}
