//! What may be asked of a training beside its recipe: an objective, and to go on from an earlier one.
#![allow(clippy::unwrap_used)] // as in any test

use std::collections::BTreeMap;

use bowerbird_ranker::{History, ItemIndex, Kind, Pack, Request, recommend};
use bowerbird_recipes::{Builder, Earlier, Flow, Interactions, ItemTable, RecipeError, Training, find};

const USERS: usize = 80;
const ITEMS: usize = 24;

fn settings(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn job<'a>(
    interactions: &'a Interactions,
    items: &'a ItemTable,
    settings: &'a BTreeMap<String, String>,
) -> Training<'a> {
    Training { interactions, items, seed: 7, progress: &|_: &str, _: u64, _: u64| Flow::Continue, settings }
}

/// Even users like even items and odd users odd ones, each in an order of their own; the last `without` of each are left
/// out.
fn board(without: usize) -> Interactions {
    rows(without).build().unwrap()
}

fn rows(without: usize) -> Builder {
    let mut builder = Interactions::builder();
    for user in 0..USERS {
        let at = |item: usize| ((item * 7 + user * 5) % 23) as i64;
        let mut liked: Vec<usize> =
            (0..ITEMS).filter(|&item| item % 2 == user % 2 && item != user % ITEMS).collect();
        liked.sort_by_key(|&item| at(item));
        for &item in &liked[..liked.len() - without] {
            builder.push(&format!("u{user}"), &format!("i{item:02}"), at(item), 1.0).unwrap();
        }
    }
    builder
}

fn history_of(pack: &Pack, interactions: &Interactions, user: usize) -> History {
    let mut history = History::new();
    for event in interactions.sequence(user) {
        let item = pack.index_of(&interactions.item_ids()[event.item as usize]);
        item.into_iter().for_each(|item| history.observe(item, 1.0));
    }
    history
}

/// The later an item, the dearer.
fn prices() -> ItemTable {
    let mut items = ItemTable::new([("PRICE".to_owned(), Kind::Number), ("TITLE".to_owned(), Kind::Text)]);
    (0..ITEMS).for_each(|item| items.set(&format!("i{item:02}"), "PRICE", &item.to_string()).unwrap());
    items.set("unsold", "PRICE", "3").unwrap();
    items
}

/// Mean price of the first five of everybody's list, of what they have not had.
fn mean_price(pack: &Pack, interactions: &Interactions) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for user in 0..interactions.n_users() {
        for ranked in recommend(pack, &history_of(pack, interactions, user), &Request::top(5)) {
            sum += pack.id(ranked.item)[1..].parse::<f64>().unwrap_or(3.0);
            n += 1.0;
        }
    }
    sum / n
}

#[test]
fn the_more_an_objective_counts_the_more_of_it_is_in_the_lists_and_off_is_as_if_there_were_none() {
    let (board, items) = (board(1), prices());
    let train = |given: &[(&str, &str)]| {
        find("aws-user-personalization").unwrap().train(&job(&board, &items, &settings(given))).unwrap()
    };
    let of = |sensitivity: &str| {
        train(&[("objective_item_attribute", "PRICE"), ("objective_sensitivity", sensitivity)])
    };
    assert!(train(&[]).pack == of("OFF").pack);
    let prices =
        ["OFF", "LOW", "MEDIUM", "HIGH"].map(|word| mean_price(&Pack::open(of(word).pack).unwrap(), &board));
    assert!(prices.is_sorted() && prices[3] > prices[0], "{prices:?}");
    let (plain, with) = (train(&[]).metrics, of("LOW").metrics);
    assert_eq!(plain.get("average_rewards_at_k"), None);
    assert!((0.0..=1.0).contains(&with.get("average_rewards_at_k").unwrap()));
}

#[test]
fn an_objective_without_its_column_and_one_of_words_are_refused() {
    let (board, items) = (board(1), prices());
    for (column, sensitivity) in [("COST", "LOW"), ("TITLE", "LOW"), ("PRICE", "EXTREME")] {
        let given = [("objective_item_attribute", column), ("objective_sensitivity", sensitivity)];
        let refused =
            find("aws-personalized-ranking").unwrap().train(&job(&board, &items, &settings(&given)));
        assert!(matches!(refused, Err(RecipeError::Setting { .. })), "{column} {sensitivity}");
    }
}

#[test]
fn where_events_weigh_differently_a_metric_says_what_that_is_worth() {
    let mut builder = Interactions::builder();
    for (user, sequence) in board(0).sequences().enumerate() {
        for (at, event) in sequence.iter().enumerate() {
            let weight = if at % 2 == 0 { 1.5 } else { 0.5 };
            builder.push(&format!("u{user}"), &format!("i{:02}", event.item), event.at_ms, weight).unwrap();
        }
    }
    let (items, nothing) = (ItemTable::default(), BTreeMap::new());
    let name = "normalized_discounted_cumulative_gain_with_event_weights_at_k";
    for recipe in ["aws-user-personalization-v2", "aws-popularity-count"] {
        let metric = |events: &Interactions| {
            find(recipe).unwrap().train(&job(events, &items, &nothing)).unwrap().metrics.get(name)
        };
        assert!(metric(&builder.clone().build().unwrap()).is_some_and(|value| (0.0..=1.0).contains(&value)));
        assert_eq!(metric(&board(0)), None);
    }
}

#[test]
fn an_update_knows_what_came_since_and_keeps_what_was_tuned() {
    let (before, nothing, recipe) = (board(3), BTreeMap::new(), find("aws-user-personalization").unwrap());
    let items = ItemTable::default();
    let trained = Pack::open(recipe.train(&job(&before, &items, &nothing)).unwrap().pack).unwrap();
    let mut builder = Interactions::builder();
    for (interactions, from) in [(&before, 0), (&board(0), 1)] {
        for (user, sequence) in interactions.sequences().enumerate() {
            let known = if from == 0 { 0 } else { before.sequence(user).len() };
            for event in &sequence[known..] {
                let id = &interactions.item_ids()[event.item as usize];
                builder.push(&format!("u{user}"), id, event.at_ms + 1_000 * from, 1.0).unwrap();
            }
            if from == 1 && user % 2 == 0 {
                builder.push(&format!("u{user}"), "new", 3_000, 1.0).unwrap();
            }
        }
    }
    let now = builder.build().unwrap();
    let earlier = Earlier { pack: &trained, until_ms: before.newest_ms() };
    let update = || recipe.update(&job(&now, &items, &nothing), &earlier).unwrap();
    assert!(update() == update());
    let pack = Pack::open(update()).unwrap();
    assert_eq!(pack.constants(), trained.constants());
    assert_eq!(pack.n_items(), ITEMS + 1);
    let new = pack.index_of("new").unwrap();
    let score = |user: usize| {
        let mut history = History::new();
        let seen = now.sequence(user).iter().map(|event| ItemIndex(event.item)).filter(|&item| item != new);
        seen.for_each(|item| history.observe(item, 1.0));
        let list = recommend(&pack, &history, &Request::top(ITEMS + 1));
        list.iter().find(|ranked| ranked.item == new).unwrap().score
    };
    // Only even users met it.
    assert!(score(0) > score(1), "{} {}", score(0), score(1));
}

#[test]
fn an_update_of_another_recipe_is_refused() {
    let (board, items, nothing) = (board(0), ItemTable::default(), BTreeMap::new());
    let trained = find("aws-sims").unwrap().train(&job(&board, &items, &nothing)).unwrap();
    let pack = Pack::open(trained.pack).unwrap();
    let earlier = Earlier { pack: &pack, until_ms: board.newest_ms() };
    for recipe in ["aws-sims", "aws-user-personalization"] {
        let refused = find(recipe).unwrap().update(&job(&board, &items, &nothing), &earlier);
        assert_eq!(refused, Err(RecipeError::NoUpdate), "{recipe}");
    }
}

#[test]
fn what_is_always_shown_and_never_chosen_sinks() {
    let (items, nothing) = (ItemTable::default(), BTreeMap::new());
    let train = |builder: Builder| {
        let interactions = builder.build().unwrap();
        let trained = find("aws-user-personalization").unwrap().train(&job(&interactions, &items, &nothing));
        Pack::open(trained.unwrap().pack).unwrap()
    };
    let mut shown = rows(0);
    for user in 0..USERS {
        let user = format!("u{user}");
        (0..ITEMS).for_each(|item| shown.shown(&user, &format!("i{item:02}"), 5, u32::from(item != 4)));
    }
    let (plain, with) = (train(rows(0)), train(shown));
    let places = |pack: &Pack, user: Option<usize>| {
        let history = user.map_or_else(History::new, |user| history_of(pack, &board(0), user));
        let list = recommend(pack, &history, &Request::top(ITEMS));
        list.iter().position(|ranked| pack.id(ranked.item) == "i04").unwrap()
    };
    assert!(places(&with, None) > places(&plain, None));
    assert_eq!(places(&with, None), ITEMS - 1);
    let sum = |pack: &Pack| (0..USERS).map(|user| places(pack, Some(user))).sum::<usize>();
    assert!(sum(&with) >= sum(&plain), "{} {}", sum(&with), sum(&plain));
    assert!(with.notes().impressions > 0.0);
}

#[test]
fn what_is_shown_to_all_and_chosen_by_none_or_shown_to_nobody_changes_no_byte() {
    let (items, nothing) = (ItemTable::default(), BTreeMap::new());
    let train = |builder: Builder| {
        let interactions = builder.build().unwrap();
        find("aws-user-personalization").unwrap().train(&job(&interactions, &items, &nothing)).unwrap()
    };
    let mut ignored = rows(0);
    (0..ITEMS).for_each(|item| ignored.shown("u1", &format!("i{item:02}"), 9, 0));
    assert!(train(ignored) == train(rows(0)));
}
