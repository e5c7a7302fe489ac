//! What following a visitor is worth: `cargo run --release -p bowerbird-recipes --example visits -- EVENTS [valid]`.
//!
//! EVENTS is a table with user, item and ts first. Items with fewer than five events are left out. Of every user with
//! 25 events or more the last ten are a visit (with `valid`: the ten before them, and the last ten are not read); the user personalization recipe is trained on everything else. Each
//! event of a visit is predicted from what came before it, among all items that the user has not seen by then. Events of
//! the same moment come in an order of chance, which decides about as much as most improvements do: everything is done in
//! five orders. Prints a line for each way to use the pack: NDCG@10 and hit rate@10 over all events, then NDCG@10 by the
//! event's place, each the mean of the five orders; on standard error NDCG@10 in each of them.

mod split;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fs;

use bowerbird_ranker::{Constants, History, ItemIndex, Pack, Request, Scorer};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, find};
use split::rows;

const K: usize = 10;
const VISIT: usize = 10;
const FEWEST_EVENTS: usize = 25;
const FEWEST_USERS: usize = 5;
/// Orders of events of the same moment, each with a training of its own.
const ORDERS: u64 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: visits EVENTS [valid]")?;
    let held_back = if arguments.next().as_deref() == Some("valid") { VISIT } else { 0 };
    let text = fs::read_to_string(file)?;
    let mut means: Vec<Judged> = Vec::new();
    for order in 1..=ORDERS {
        let judged = judge_all(&text, held_back, order)?;
        means.resize(judged.len(), ("", 0.0, [0.0; VISIT]));
        for ((name, hits, gains), judged) in means.iter_mut().zip(judged) {
            *name = judged.0;
            *hits += judged.1 / ORDERS as f64;
            gains.iter_mut().zip(judged.2).for_each(|(mean, gain)| *mean += gain / ORDERS as f64);
            eprintln!("order {order}\t{name}\t{:.4}", mean_of(&judged.2));
        }
    }
    for (name, hits, gains) in means {
        let by_place: Vec<String> = gains.iter().map(|gain| format!("{gain:.4}")).collect();
        println!("{name}\t{:.4}\t{hits:.4}\t{}", mean_of(&gains), by_place.join("\t"));
    }
    Ok(())
}

fn mean_of(gains: &[f64; VISIT]) -> f64 {
    gains.iter().sum::<f64>() / VISIT as f64
}

type Judged = (&'static str, f64, [f64; VISIT]);

/// Of each way to use the pack: its name, hit rate, and NDCG@10 by the place of the event.
fn judge_all(text: &str, held_back: usize, order: u64) -> Result<Vec<Judged>, Box<dyn Error>> {
    let (mut builder, mut visits) = (Interactions::builder(), Vec::new());
    for (user, mut sequence) in sequences(text, order) {
        if sequence.len() >= FEWEST_EVENTS {
            sequence.truncate(sequence.len() - held_back);
            let visit = sequence.split_off(sequence.len() - VISIT);
            visits.push((sequence.clone(), visit));
        }
        for (item, at_ms) in &sequence {
            builder.push(&user, item, *at_ms, 1.0)?;
        }
    }
    let interactions = builder.build()?;
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let trained = recipe.train(&Training {
        interactions: &interactions,
        items: &ItemTable::default(),
        seed: order,
        progress: &|_: &str, _: u64, _: u64| Flow::Continue,
        settings: &BTreeMap::new(),
    })?;
    let pack = Pack::open(trained.pack)?;
    let known = |events: &[(String, i64)]| -> Vec<ItemIndex> {
        events.iter().filter_map(|(item, _)| pack.index_of(item)).collect()
    };
    let visitors: Vec<_> = visits.iter().map(|(before, visit)| (known(before), known(visit))).collect();
    eprintln!("{} visitors, {} items, {:?}", visitors.len(), pack.n_items(), pack.constants());
    let judged = ways(pack.constants()).map(|(name, constants, follows)| {
        let (hits, gains) = judge(&pack, &visitors, &constants, follows);
        (name, hits, gains)
    });
    Ok(judged.into())
}

/// Name, constants, and whether the events of the visit are taken in.
fn ways(learnt: &Constants) -> [(&'static str, Constants, bool); 6] {
    let nothing = Constants {
        vector_weight: 0.0,
        neighbour_weight: 0.0,
        popularity_weight: 0.0,
        reminder_weight: 0.0,
        ..*learnt
    };
    let popularity = Constants { popularity_weight: 1.0, ..nothing };
    let vector = Constants { vector_weight: 1.0, ..nothing };
    let still = Constants { vector_decay: 1.0, vector_window: 50.0, vector_memory: 0.0, ..vector };
    let rows = Constants { vector_weight: 0.0, ..*learnt };
    [
        ("popularity", popularity, false),
        ("one user vector, kept still", still, false),
        ("all parts, kept still", *learnt, false),
        ("user vector, following", vector, true),
        ("rows and popularity, following", rows, true),
        ("all parts, following", *learnt, true),
    ]
}

/// Hit rate, and NDCG@10 by the place of the event in the visit.
fn judge(
    pack: &Pack,
    visitors: &[(Vec<ItemIndex>, Vec<ItemIndex>)],
    constants: &Constants,
    follows: bool,
) -> (f64, [f64; VISIT]) {
    let (mut hits, mut gains, mut scorer) = (0.0, [0.0; VISIT], Scorer::default());
    for (before, visit) in visitors {
        let (mut history, mut seen) = (History::new(), HashSet::new());
        for &item in before {
            history.observe(item, 1.0);
            seen.insert(item);
        }
        scorer.follow(pack, &history, constants);
        for (place, &target) in visit.iter().enumerate() {
            let exclude = |item| seen.contains(&item);
            let list = scorer.recommend(pack, &Request { exclude: &exclude, ..Request::top(K) });
            if let Some(rank) = list.iter().position(|ranked| ranked.item == target) {
                hits += 1.0;
                gains[place] += 1.0 / (rank as f64 + 2.0).log2();
            }
            seen.insert(target);
            if follows {
                history.observe(target, 1.0);
                scorer.follow(pack, &history, constants);
            }
        }
    }
    let n = visitors.len() as f64;
    (hits / (n * VISIT as f64), gains.map(|gain| gain / n))
}

/// What each user did, oldest first, without rare items. Events of the same moment come in an order of chance, since
/// that of the file may give the answer away.
fn sequences(text: &str, order: u64) -> BTreeMap<String, Vec<(String, i64)>> {
    let mut events: HashMap<&str, usize> = HashMap::new();
    rows(text).for_each(|(_, item, _)| *events.entry(item).or_default() += 1);
    let mut sequences: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for (user, item, at_ms) in rows(text).filter(|(_, item, _)| events[item] >= FEWEST_USERS) {
        sequences.entry(user.to_owned()).or_default().push((item.to_owned(), at_ms));
    }
    for (user, sequence) in &mut sequences {
        sequence.sort_by_cached_key(|(item, at_ms)| (*at_ms, chance(order, user, item)));
    }
    sequences
}

/// FNV-1a with a last stir: the same order for everybody.
fn chance(order: u64, user: &str, item: &str) -> u64 {
    let bytes = order.to_le_bytes().into_iter().chain(user.bytes()).chain([0]).chain(item.bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
