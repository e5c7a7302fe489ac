//! What the affinity recipes promise beside what every recipe does.
#![allow(clippy::unwrap_used)] // as in any test

use std::collections::BTreeMap;

use bowerbird_ranker::{Kind, Pack};
use bowerbird_recipes::{
    Asked, Flow, Interactions, ItemTable, RecipeError, Trained, Training, find, segments,
};

const USERS: usize = 60;
const ITEMS: usize = 20;

/// Even users like even items and odd users odd ones; each leaves out one item of its colour.
fn checkerboard() -> Interactions {
    let mut builder = Interactions::builder();
    for user in 0..USERS {
        let held_out = user % 2 + 2 * (user / 2 % (ITEMS / 2));
        for item in (0..ITEMS).filter(|item| item % 2 == user % 2 && *item != held_out) {
            let at = ((item * 7 + user * 5) % 19) as i64;
            builder.push(&format!("u{user}"), &format!("i{item:02}"), at, 1.0).unwrap();
        }
    }
    builder.build().unwrap()
}

fn coloured() -> ItemTable {
    let mut items = ItemTable::new([("COLOUR".to_owned(), Kind::Category)]);
    for item in 0..ITEMS {
        items.set(&format!("i{item:02}"), "COLOUR", ["even", "odd"][item % 2]).unwrap();
    }
    items
}

fn train(recipe: &str, interactions: &Interactions, items: &ItemTable) -> Trained {
    let (settings, progress) = (BTreeMap::new(), |_: &str, _, _| Flow::Continue);
    let job = Training { interactions, items, seed: 7, progress: &progress, settings: &settings };
    find(recipe).unwrap().train(&job).unwrap()
}

fn members(pack: &Pack, board: &Interactions, items: &[&str], n: usize) -> Vec<String> {
    let asked = Asked { items: items.iter().map(|id| pack.index_of(id).unwrap()).collect() };
    let found = segments(pack, board, &[asked], n, &|_, _| true, &|_, _| Ok(())).unwrap();
    found[0].iter().map(|&user| board.user_ids()[user as usize].clone()).collect()
}

#[test]
fn those_who_left_out_an_item_of_their_colour_are_the_first_of_its_segment() {
    let board = checkerboard();
    let pack = Pack::open(train("aws-item-affinity", &board, &ItemTable::default()).pack).unwrap();
    for item in 0..ITEMS {
        let mut expected: Vec<String> = (0..USERS)
            .filter(|user| user % 2 + 2 * (user / 2 % (ITEMS / 2)) == item)
            .map(|user| format!("u{user}"))
            .collect();
        let mut found = members(&pack, &board, &[&format!("i{item:02}")], expected.len());
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "item {item}");
    }
}

#[test]
fn an_attribute_has_the_segment_of_all_its_items() {
    let board = checkerboard();
    let trained = train("aws-item-attribute-affinity", &board, &coloured());
    assert!(trained.metrics.get("recall_at_1_percent").unwrap() > 0.0);
    let pack = Pack::open(trained.pack).unwrap();
    let odd: Vec<String> = (1..ITEMS).step_by(2).map(|item| format!("i{item:02}")).collect();
    let odd: Vec<&str> = odd.iter().map(String::as_str).collect();
    let is_odd = |id: &String| id[1..].parse::<usize>().unwrap() % 2 == 1;
    assert!(members(&pack, &board, &odd, USERS / 2).iter().all(is_odd));
}

#[test]
fn who_does_more_comes_first_among_those_of_one_taste() {
    let mut builder = Interactions::builder();
    for (user, often) in [("seldom", 2), ("often", 8), ("other", 8)] {
        for n in 0..often {
            let item = if user == "other" { "x" } else { "a" };
            builder.push(user, &format!("{item}{}", n % 2), n, 1.0).unwrap();
        }
    }
    let few = builder.build().unwrap();
    let pack = Pack::open(train("aws-item-affinity", &few, &ItemTable::default()).pack).unwrap();
    assert_eq!(members(&pack, &few, &["a0"], 9), ["often", "seldom", "other"]);
}

#[test]
fn the_same_segments_on_any_number_of_threads_and_nobody_who_is_kept_out() {
    let board = checkerboard();
    let pack = Pack::open(train("aws-item-affinity", &board, &ItemTable::default()).pack).unwrap();
    let asked: Vec<Asked> = pack.items().map(|item| Asked { items: vec![item] }).collect();
    let keeps = |query: usize, user: usize| !(query + user).is_multiple_of(3);
    let on_threads = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| segments(&pack, &board, &asked, 7, &keeps, &|_, _| Ok(())).unwrap())
    };
    assert_eq!(on_threads(1), on_threads(2));
    for (query, users) in on_threads(1).iter().enumerate() {
        assert!(users.len() == 7 && users.iter().all(|&user| keeps(query, user as usize)));
    }
}

#[test]
fn what_nobody_did_and_what_no_pack_knows_has_segments_too() {
    let board = checkerboard();
    let mut items = coloured();
    items.set("new", "COLOUR", "odd").unwrap();
    let pack = Pack::open(train("aws-item-affinity", &board, &items).pack).unwrap();
    assert_eq!(members(&pack, &board, &["new"], 5).len(), 5);
    assert_eq!(members(&pack, &board, &[], 5).len(), 5);
    let mut strangers = Interactions::builder();
    strangers.push("somebody", "something else", 0, 1.0).unwrap();
    assert_eq!(members(&pack, &strangers.build().unwrap(), &["i01"], 5), ["somebody"]);
}

#[test]
fn a_segment_stops_when_it_is_told_to() {
    let board = checkerboard();
    let pack = Pack::open(train("aws-item-affinity", &board, &ItemTable::default()).pack).unwrap();
    let stopped =
        segments(&pack, &board, &[Asked::default()], 5, &|_, _| true, &|_, _| Err(RecipeError::Stopped));
    assert_eq!(stopped, Err(RecipeError::Stopped));
}
