//! Items that live for a day among those that live for ever, as user personalization and AutoML see them.
#![allow(clippy::unwrap_used)] // as in any test

use std::collections::BTreeMap;

use bowerbird_ranker::{History, Pack, Request, recommend};
use bowerbird_recipes::{
    Earlier, Flow, Interactions, ItemTable, Met, Since, Training, automl, find, with_newcomers,
};

const HOUR: i64 = 3_600_000;
const DAYS: i64 = 24;
const USERS: u64 = 500;
const RECIPE: &str = "aws-user-personalization-v2";

/// A step of a linear congruential generator; the upper bits are good enough to draw from.
fn draw(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

/// Everybody reads one of the six items of the day now and then, the first ones rather.
fn news() -> Interactions {
    events(|hour, state| {
        let place = draw(state, 6).min(draw(state, 6));
        format!("day {:02} item {place}", hour / 24)
    })
}

/// The same, of items that are there all the time.
fn classics() -> Interactions {
    events(|_, state| format!("item {}", draw(state, 40).min(draw(state, 40))))
}

fn events(item: impl Fn(i64, &mut u64) -> String) -> Interactions {
    let (mut builder, mut state) = (Interactions::builder(), 7);
    for user in 0..USERS {
        for _ in 0..6 {
            let hour = draw(&mut state, 24 * DAYS as u64) as i64;
            builder.push(&format!("u{user}"), &item(hour, &mut state), hour * HOUR, 1.0).unwrap();
        }
    }
    builder.build().unwrap()
}

fn go_on(_: &str, _: u64, _: u64) -> Flow {
    Flow::Continue
}

/// Calls `with` with a job of these settings.
fn on<T>(interactions: &Interactions, settings: &[(&str, &str)], with: impl Fn(&Training<'_>) -> T) -> T {
    let settings: BTreeMap<String, String> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let items = ItemTable::default();
    with(&Training { interactions, items: &items, seed: 7, progress: &go_on, settings: &settings })
}

fn trained(interactions: &Interactions, settings: &[(&str, &str)]) -> Pack {
    let pack = on(interactions, settings, |job| find(RECIPE).unwrap().train(job).unwrap().pack);
    Pack::open(pack).unwrap()
}

/// What somebody gets of whom nothing is known.
fn first(pack: &Pack, k: usize) -> Vec<&str> {
    let list = recommend(pack, &History::new(), &Request::top(k));
    list.iter().map(|ranked| pack.id(ranked.item)).collect()
}

#[test]
fn where_items_live_for_a_day_the_list_is_of_the_last_ones() {
    let pack = trained(&news(), &[]);
    let last = format!("day {:02}", DAYS - 1);
    assert!((0.1..=4.0).contains(&pack.notes().half_life_days), "{:?}", pack.notes());
    assert!(first(&pack, 4).iter().all(|id| id.starts_with(&last)), "{:?}", first(&pack, 4));
    assert!(pack.items().all(|item| pack.popularity(item) > 0.0), "somebody met it");
}

#[test]
fn where_items_stay_popular_for_ever_nobody_fades() {
    let (all, without) =
        (trained(&classics(), &[]), trained(&classics(), &[("apply_recency_bias", "false")]));
    assert_eq!((all.notes().half_life_days, all.notes().most_people), (0.0, 0.0));
    assert_eq!(first(&all, 3), first(&without, 3));
}

#[test]
fn who_wants_no_recency_gets_none() {
    assert_eq!(trained(&news(), &[("apply_recency_bias", "false")]).notes().half_life_days, 0.0);
}

#[test]
fn a_list_of_today_is_out_of_date_after_a_half_life_and_another_one_never() {
    let (recipe, none) = (find(RECIPE).unwrap(), BTreeMap::new());
    let pack = trained(&news(), &[]);
    let half_life = f64::from(pack.notes().half_life_days) * 24.0 * HOUR as f64;
    assert_eq!(recipe.out_of_date_after(&none, &pack), Some(half_life as i64));
    assert_eq!(recipe.out_of_date_after(&none, &trained(&classics(), &[])), None);
}

#[test]
fn a_training_that_goes_on_from_another_lets_people_fade_as_that_one_does() {
    let all = news();
    let pack = trained(&all, &[]);
    let earlier = Earlier { pack: &pack, until_ms: all.newest_ms() };
    let updated = on(&all, &[], |job| find(RECIPE).unwrap().update(job, &earlier).unwrap());
    let updated = Pack::open(updated).unwrap();
    assert_eq!(updated.notes(), pack.notes());
    assert!(pack.items().all(|item| pack.popularity(item) == updated.popularity(item)));
}

#[test]
fn a_new_item_is_as_popular_as_one_that_as_many_people_just_met() {
    let (pack, items) = (trained(&news(), &[]), ItemTable::default());
    let most = pack.notes().most_people;
    let met = [Met { id: "new".into(), visits: vec![Vec::new(); most.round() as usize] }];
    let since = Since { items: &items, met: &met, most_users: 1_000_000 };
    let served = Pack::open(with_newcomers(&pack, &since, &go_on).unwrap()).unwrap();
    let found = served.popularity(served.index_of("new").unwrap());
    assert!((found - 1.0).abs() < 0.05, "{found}, where the most popular item has 1");
    assert_eq!(served.notes(), pack.notes());
}

#[test]
fn automl_tries_trends_of_every_length_and_says_which_it_chose() {
    let candidates = automl::named(["aws-popularity-count", "aws-trending-now"]).unwrap();
    let chosen = on(&news(), &[], |job| automl::choose(job, &candidates).unwrap());
    assert_eq!(chosen.verdicts.len(), 6);
    assert_eq!(chosen.recipe.name(), "aws-trending-now");
    let best = chosen.verdicts.iter().map(|verdict| verdict.score).fold(0.0, f64::max);
    let of_chosen = chosen.verdicts.iter().find(|verdict| verdict.settings == chosen.settings).unwrap();
    assert!(of_chosen.score == best && of_chosen.reason.starts_with("chosen"), "{:?}", chosen.verdicts);
    let named = on(&news(), &[("trend_discovery_frequency", "1 day")], |job| {
        automl::choose(job, &candidates).unwrap().verdicts.len()
    });
    assert_eq!(named, 2, "who names a frequency gets it");
}
