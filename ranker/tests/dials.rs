//! What each dial promises.
#![allow(clippy::unwrap_used)] // as in any test

mod small;

use bowerbird_ranker::pack::{Cells, NewColumn};
use bowerbird_ranker::{
    Comparison, Dials, History, ItemIndex, Mask, Method, Pack, Ranked, Reason, Request, Scorer, pack,
    recommend,
};
use proptest::prelude::*;

const GENRES: usize = 1;
const PRICE: usize = 2;
const CREATED: usize = 3;

/// The small pack, each item a day younger than the one before: the last is new on day 12.
fn open() -> Pack {
    let mut contents = small::contents();
    let created = (0..12).map(|item| Some(f64::from(item) * 86_400.0)).collect();
    contents.columns.push(NewColumn { name: "CREATION_TIMESTAMP".into(), cells: Cells::Number(created) });
    Pack::open(pack::write(&contents).unwrap()).unwrap()
}

fn list(pack: &Pack, history: &[&str], dials: &Dials, k: usize) -> Vec<Ranked> {
    let request = Request { dials: Some(dials), ..Request::top(k) };
    recommend(pack, &small::history(pack, history), &request)
}

fn items(list: &[Ranked]) -> Vec<u32> {
    list.iter().map(|ranked| ranked.item.0).collect()
}

#[test]
fn without_dials_nothing_changes() {
    let pack = open();
    let plain = recommend(&pack, &small::history(&pack, &["film-05"]), &Request::top(9));
    assert_eq!(list(&pack, &["film-05"], &Dials::default(), 9), plain);
}

#[test]
fn debias_lowers_what_many_like() {
    let pack = open();
    let dials = Dials { debias: 2.0, ..Dials::default() };
    assert_eq!(items(&list(&pack, &[], &dials, 3)), [11, 10, 9]);
}

#[test]
fn freshness_lifts_what_is_new() {
    let pack = open();
    let dials = Dials { freshness: 5.0, created: Some(CREATED), now_days: 12.0, ..Dials::default() };
    assert_eq!(items(&list(&pack, &[], &dials, 2)), [11, 10]);
}

#[test]
fn single_items_can_be_lifted() {
    let pack = open();
    let mut scorer = Scorer::default();
    scorer.turn(&pack, &Dials::default(), &[(ItemIndex(7), 3.0)]);
    scorer.follow(&pack, &History::new(), pack.constants());
    assert_eq!(scorer.recommend(&pack, &Request::top(1))[0].item, ItemIndex(7));
}

#[test]
fn diversity_mixes_what_relevance_would_not() {
    let pack = open();
    for method in [Method::Mmr, Method::Dpp] {
        let dials = Dials { diversity: 0.7, method, ..Dials::default() };
        let mixed = items(&list(&pack, &["film-05"], &dials, 4));
        assert!(mixed.iter().any(|item| item.is_multiple_of(2)), "{method:?}: {mixed:?}");
        assert_eq!(mixed[0], items(&list(&pack, &["film-05"], &Dials::default(), 1))[0]);
    }
}

#[test]
fn a_cap_holds_and_the_list_stays_full_where_it_can() {
    let pack = open();
    let dials = Dials { cap: 2, column: Some(GENRES), ..Dials::default() };
    let genre = |item: &u32| ["", "Drama", "Comedy"][*item as usize % 3];
    let shown = items(&list(&pack, &[], &dials, 12));
    let dramas = shown.iter().filter(|item| !genre(item).is_empty()).count();
    assert_eq!((dramas, shown.len()), (2, 6), "each comedy is a drama too, and four films are neither");
}

#[test]
fn calibration_brings_back_the_mix_of_the_history() {
    let pack = open();
    let dials = Dials { calibration: 0.9, column: Some(GENRES), ..Dials::default() };
    // Films 1, 4, 7, 10 are dramas and nothing else.
    let shown = items(&list(&pack, &["film-01", "film-04"], &dials, 3));
    assert!(shown.iter().all(|item| item % 3 == 1), "{shown:?}");
}

#[test]
fn promoted_items_have_their_share_of_the_places() {
    let pack = open();
    let dials = Dials { promoted: 0.3, ..Dials::default() };
    let promotes = |item: ItemIndex| item.0 >= 8;
    let request = Request { dials: Some(&dials), promoted: Some(&promotes), ..Request::top(6) };
    let shown = recommend(&pack, &History::new(), &request);
    let promoted: Vec<u32> =
        shown.iter().filter(|one| one.reason == Reason::Promoted).map(|one| one.item.0).collect();
    assert_eq!((promoted, shown.len()), (vec![8, 9], 6));
    assert_eq!(shown[0].item, ItemIndex(0));
}

#[test]
fn exploration_shows_new_items_and_another_seed_others() {
    let pack = open();
    let explored = |seed| {
        let dials = Dials {
            exploration: 1.0,
            age_cut_off_days: 6.0,
            created: Some(CREATED),
            now_days: 12.0,
            seed,
            ..Dials::default()
        };
        let shown = list(&pack, &[], &dials, 3);
        shown.iter().filter(|one| one.reason == Reason::Exploration).map(|one| one.item.0).collect::<Vec<_>>()
    };
    let all: Vec<u32> = (0..40).flat_map(explored).collect();
    assert!(all.iter().all(|item| *item >= 6) && all.len() == 40);
    assert!(all.iter().any(|item| *item != all[0]));
    assert_eq!(explored(3), explored(3));
}

#[test]
fn exploration_shows_an_item_as_seldom_as_it_is_told_to() {
    let pack = open();
    let (mut shown, mut other) = (0, 0);
    for seed in 0..400 {
        let dials = Dials {
            exploration: 1.0,
            age_cut_off_days: 2.5,
            created: Some(CREATED),
            now_days: 12.0,
            seed,
            ..Dials::default()
        };
        let explored = |item: ItemIndex| if item.0 == 11 { 0.1 } else { 1.0 };
        let request = Request { dials: Some(&dials), explored: Some(&explored), ..Request::top(6) };
        let list = recommend(&pack, &History::new(), &request);
        assert_eq!(list.len(), 6);
        let explored: Vec<u32> =
            list.iter().filter(|one| one.reason == Reason::Exploration).map(|one| one.item.0).collect();
        shown += usize::from(explored.contains(&11));
        other += usize::from(explored.contains(&10));
    }
    assert!((20..60).contains(&shown) && other >= 300, "{shown} and {other} of 400");
}

#[test]
fn conditions_hold_for_what_the_columns_say() {
    let pack = open();
    let held =
        |mask: &Mask| pack.items().filter(|&item| mask.has(item)).map(|item| item.0).collect::<Vec<_>>();
    let comedy = Mask::with_word(&pack, GENRES, &[b"Comedy"]);
    assert_eq!(held(&comedy), [2, 5, 8, 11]);
    assert_eq!(held(&Mask::with_word(&pack, 0, &["Föhn 2".as_bytes(), b"none"])), [2]);
    assert_eq!(held(&Mask::with_number(&pack, PRICE, Comparison::Less, 3.0)), [0, 1]);
    assert_eq!(held(&Mask::with_value(&pack, PRICE)).len(), 11);
    let mut history = History::new();
    history.observe_as(ItemIndex(4), 1.0, 3);
    let mut both = Mask::with_event(&pack, &history, 1 << 3);
    both.or(&comedy);
    both.invert();
    both.and(&Mask::with_number(&pack, PRICE, Comparison::GreaterOrEqual, 13.0));
    assert_eq!(held(&both), [9, 10]);
}

#[test]
fn the_measures_of_a_list_can_be_read() {
    let pack = open();
    let mut scorer = Scorer::default();
    scorer.follow(&pack, &small::history(&pack, &["film-02"]), pack.constants());
    let measures = scorer.measures(&pack, &[ItemIndex(0), ItemIndex(1)], None);
    assert!((measures.novelty - 1.0 / 24.0).abs() < 1e-6);
    assert!(
        measures.diversity > 0.8 && measures.serendipity > 0.4 && measures.serendipity < 0.6,
        "{measures:?}"
    );
    let measures = scorer.measures(&pack, &[ItemIndex(1), ItemIndex(2)], Some(GENRES));
    assert_eq!(measures.coverage, 1.0);
    assert!((measures.diversity - (1.0 - 0.5f32.sqrt())).abs() < 1e-6);
}

proptest! {
    #[test]
    fn whatever_is_turned_the_list_is_full_and_without_repeats(
        (debias, freshness, diversity, calibration) in (0.0f32..2.0, 0.0f32..2.0, 0.0f32..1.0, 0.0f32..1.0),
        (exploration, promoted, seed, dpp, k) in (0.0f32..1.0, 0.0f32..1.0, any::<u32>(), any::<bool>(), 0usize..14),
        seen in prop::collection::vec(0u32..14, 0..9), column in prop::option::of(0usize..5),
    ) {
        let pack = open();
        let method = if dpp { Method::Dpp } else { Method::Mmr };
        let dials = Dials { debias, freshness, diversity, calibration, exploration, promoted, seed, method, column,
            created: Some(CREATED), now_days: 12.0, age_cut_off_days: 5.0, ..Dials::default() };
        let mut history = History::new();
        seen.iter().for_each(|&item| history.observe(ItemIndex(item), 1.0));
        let promotes = |item: ItemIndex| item.0.is_multiple_of(5);
        let request = Request { dials: Some(&dials), promoted: Some(&promotes), ..Request::top(k) };
        let shown = recommend(&pack, &history, &request);
        let mut places = items(&shown);
        places.sort_unstable();
        places.dedup();
        prop_assert_eq!(places.len(), k.min(12));
        prop_assert_eq!(shown.len(), k.min(12));
        prop_assert!(shown.iter().all(|one| one.score.is_finite()));
    }
}
