//! People choose other things on their phones than on their televisions: what a list that is asked for on one of them is
//! worth, with and without saying so.
#![allow(clippy::unwrap_used)] // as in any test

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bowerbird_ranker::pack::context_key;
use bowerbird_ranker::{Dials, History, Pack, Request, recommend};
use bowerbird_recipes::{Contexts, Flow, Interactions, ItemTable, Training, find};

const USERS: usize = 300;
const ITEMS: usize = 60;
const EVENTS: usize = 12;

/// SplitMix64.
fn random(seed: usize) -> usize {
    let x = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((x ^ (x >> 31)) >> 33) as usize
}

/// What a user does: on which device, and with which item. On the phone it is an even one and on the television an odd
/// one, or anything at all where devices do not matter.
fn event(user: usize, at: usize, matters: bool) -> (&'static str, String) {
    let number = user * EVENTS + at;
    let device = ["phone", "tv"][random(number) % 2];
    let choice = random(number + 1_000_000) % (ITEMS / 2) * 2;
    let odd = if matters { usize::from(device == "tv") } else { random(number + 2_000_000) % 2 };
    (device, format!("item-{:02}", choice + odd))
}

/// All but the newest event of everybody.
fn interactions(matters: bool) -> Interactions {
    let mut contexts = Contexts::new(vec!["DEVICE".into()]);
    let mut builder = Interactions::builder();
    for user in 0..USERS {
        for at in 0..EVENTS - 1 {
            let (device, item) = event(user, at, matters);
            let combination = contexts.number(&[device.into()]);
            builder.push_in(combination, (&format!("u{user}"), &item), at as i64 * 1000, 1.0).unwrap();
        }
    }
    builder.contexts(contexts).build().unwrap()
}

fn train(interactions: &Interactions) -> Vec<u8> {
    let (items, settings) = (&ItemTable::default(), &BTreeMap::new());
    let progress = &|_: &str, _: u64, _: u64| Flow::Continue;
    let recipe = find("aws-user-personalization-v2").unwrap();
    recipe.train(&Training { interactions, items, seed: 3, progress, settings }).unwrap().pack
}

/// NDCG@10 of the newest event of everybody, where the device is said as `said` says.
fn ndcg(pack: &Pack, is_known: bool, said: fn(&'static str) -> &'static str) -> f64 {
    let gain = |user: usize| {
        let mut history = History::new();
        for at in (0..EVENTS - 1).filter(|_| is_known) {
            history.observe(pack.index_of(&event(user, at, true).1).unwrap(), 1.0);
        }
        let (device, item) = event(user, EVENTS - 1, true);
        let context = pack.context(context_key("DEVICE", said(device)).as_bytes());
        let dials = Dials { context: context.into_iter().collect(), ..Dials::default() };
        let list = recommend(pack, &history, &Request { dials: Some(&dials), ..Request::top(10) });
        let place = list.iter().position(|ranked| pack.id(ranked.item) == item);
        place.map_or(0.0, |place| 1.0 / (place as f64 + 2.0).log2())
    };
    (0..USERS).map(gain).sum::<f64>() / USERS as f64
}

/// Of people to whom devices matter.
static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::open(train(&interactions(true))).unwrap());

#[test]
fn a_list_that_knows_the_device_is_better_for_everybody() {
    let pack = &PACK;
    assert_eq!(pack.context_values().len(), 2);
    for is_known in [true, false] {
        let without = ndcg(pack, is_known, |_| "");
        let with = ndcg(pack, is_known, |device| device);
        let wrong = ndcg(pack, is_known, |device| if device == "tv" { "phone" } else { "tv" });
        // Half of the items are out of the question.
        assert!(with > 1.5 * without && wrong < 0.5 * without, "{is_known}: {with} {without} {wrong}");
    }
}

#[test]
fn what_is_chosen_in_a_context_is_on_top_for_somebody_who_is_new() {
    let pack = &PACK;
    for (device, rest) in [("phone", 0), ("tv", 1)] {
        let context = pack.context(context_key("device", device).as_bytes());
        let dials = Dials { context: context.into_iter().collect(), ..Dials::default() };
        let list = recommend(pack, &History::new(), &Request { dials: Some(&dials), ..Request::top(10) });
        assert!(list.iter().all(|ranked| ranked.item.at() % 2 == rest), "{device}: {list:?}");
    }
}

#[test]
fn a_column_that_says_nothing_costs_nothing() {
    let with = interactions(false);
    let mut builder = Interactions::builder();
    for (user, sequence) in with.user_ids().iter().zip(with.sequences()) {
        for event in sequence {
            builder.push(user, &with.item_ids()[event.item as usize], event.at_ms, 1.0).unwrap();
        }
    }
    assert_eq!(train(&with), train(&builder.build().unwrap()));
}
