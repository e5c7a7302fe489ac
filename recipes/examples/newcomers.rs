//! What becomes of items that come after a training: `cargo run --release -p bowerbird-recipes --example newcomers --
//! INTERACTIONS ITEMS [NAME=VALUE …]`.
//!
//! Tables with user, item and ts, and with item, title and genres. Every tenth item of those that [`FEWEST`] users or more
//! met is new: user personalization is trained without its events. Then the pack is made that would be served when so many
//! people had met the new items (the first ones, by time), and everybody who met one after the first [`LATER`] is asked for:
//! where does it stand in the list of all items that they have not met, made from their latest events before? Prints a line
//! for each pack: NDCG@10, hit rate@10 and @100, and the mean share of the list in front of the item.

mod described;
mod settings;
mod split;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fs;
use std::sync::Arc;

use bowerbird_ranker::{History, Pack, Request, recommend};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Met, Since, Training, find, with_newcomers};
use described::described;
use settings::settings;
use split::rows;

const FEWEST: usize = 60;
const EVERY: usize = 10;
/// As many visitors as the server counts.
const LATER: usize = 48;
const STEPS: [usize; 5] = [3, 6, 12, 24, 48];
/// Of events before and after, as the server has it.
const WINDOW: usize = 10;
const K: usize = 10;

/// What each user did, oldest first.
type Sequences<'a> = BTreeMap<&'a str, Vec<(i64, &'a str)>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (events, items) = arguments.next().zip(arguments.next()).ok_or("usage: newcomers EVENTS ITEMS")?;
    let settings = settings(arguments);
    let (events, items) =
        (fs::read_to_string(events)?, described(&fs::read_to_string(items)?, None, |_| true)?);
    let mut sequences: Sequences<'_> = BTreeMap::new();
    rows(&events).for_each(|(user, item, at)| sequences.entry(user).or_default().push((at, item)));
    sequences.values_mut().for_each(|sequence| sequence.sort_unstable());
    let visitors = visitors(&sequences);
    let mut builder = Interactions::builder();
    for (user, item, at) in rows(&events).filter(|(_, item, _)| !visitors.contains_key(item)) {
        builder.push(user, item, at, 1.0)?;
    }
    let interactions = builder.build()?;
    let nothing = ItemTable::default();
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let job = Training {
        interactions: &interactions,
        items: &nothing,
        seed: 0,
        progress: &go_on,
        settings: &settings,
    };
    let trained = Pack::open(recipe.train(&job)?.pack)?;
    let most_users = interactions.most_users();
    let report = |what: &str, items: &ItemTable, met: &[Met]| {
        let pack = Pack::open(with_newcomers(&trained, &Since { items, met, most_users }, &go_on)?)?;
        print(what, &pack, &sequences, &visitors);
        Ok::<(), Box<dyn Error>>(())
    };
    report("described", &items, &[])?;
    for n in STEPS {
        let alone = |met: Met| Met { visits: vec![Vec::new(); met.visits.len()], ..met };
        let popular: Vec<Met> = met(&sequences, &visitors, n).into_iter().map(alone).collect();
        report(&format!("{n} visitors, their number alone"), &nothing, &popular)?;
        let met = met(&sequences, &visitors, n);
        report(&format!("{n} visitors"), &nothing, &met)?;
        report(&format!("{n} visitors, described"), &items, &met)?;
    }
    Ok(())
}

fn go_on(_: &str, _: u64, _: u64) -> Flow {
    Flow::Continue
}

/// The new items, with those who met them in order of time, and where in what they did.
fn visitors<'a>(sequences: &Sequences<'a>) -> BTreeMap<&'a str, Vec<(&'a str, usize)>> {
    let mut all: HashMap<&str, Vec<(i64, &str, usize)>> = HashMap::new();
    for (user, sequence) in sequences {
        for (place, &(at, item)) in sequence.iter().enumerate() {
            all.entry(item).or_default().push((at, *user, place));
        }
    }
    let known: BTreeMap<&str, _> = all.into_iter().filter(|(_, visitors)| visitors.len() >= FEWEST).collect();
    let new = known.into_iter().step_by(EVERY).map(|(item, mut visitors)| {
        visitors.sort_unstable();
        (item, visitors.into_iter().map(|(_, user, place)| (user, place)).collect())
    });
    new.collect()
}

/// What the first visitors of each new item met around it.
fn met(sequences: &Sequences<'_>, visitors: &BTreeMap<&str, Vec<(&str, usize)>>, n: usize) -> Vec<Met> {
    let around = |&(user, place): &(&str, usize)| {
        let sequence = &sequences[user];
        let near = &sequence[place.saturating_sub(WINDOW)..(place + WINDOW + 1).min(sequence.len())];
        near.iter().map(|&(_, item)| Arc::from(item)).collect()
    };
    let met = visitors.iter().map(|(item, visitors)| Met {
        id: (*item).to_owned(),
        visits: visitors.iter().take(n).map(around).collect(),
    });
    met.collect()
}

fn print(what: &str, pack: &Pack, sequences: &Sequences<'_>, visitors: &BTreeMap<&str, Vec<(&str, usize)>>) {
    let (mut n, mut ndcg, mut hits, mut hundred, mut front) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (item, visitors) in visitors {
        let target = pack.index_of(item).expect("a new item is in the pack");
        for &(user, place) in visitors.iter().skip(LATER) {
            let (mut history, mut seen) = (History::new(), HashSet::new());
            for (_, before) in &sequences[user][..place] {
                // Others of the new ones too: they are in the pack.
                if let Some(item) = pack.index_of(before) {
                    history.observe(item, 1.0);
                    seen.insert(item);
                }
            }
            let exclude = |item| seen.contains(&item);
            let list =
                recommend(pack, &history, &Request { exclude: &exclude, ..Request::top(pack.n_items()) });
            let place = list.iter().position(|ranked| ranked.item == target);
            n += 1.0;
            ndcg += place.filter(|place| *place < K).map_or(0.0, |place| 1.0 / (place as f64 + 2.0).log2());
            hits += f64::from(u8::from(place.is_some_and(|place| place < K)));
            hundred += f64::from(u8::from(place.is_some_and(|place| place < 10 * K)));
            front += place.unwrap_or(list.len()) as f64 / list.len() as f64;
        }
    }
    println!("{what}\t{:.4}\t{:.4}\t{:.4}\t{:.3}\t({n} cases)", ndcg / n, hits / n, hundred / n, front / n);
}
