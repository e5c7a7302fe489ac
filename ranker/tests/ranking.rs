//! What the three operations promise, on a small pack.
#![allow(clippy::unwrap_used)] // as in any test

mod small;

use bowerbird_ranker::{
    Column, Constants, History, ItemIndex, Kind, Pack, Reason, Request, Scorer, Seen, Value, pack, recommend,
    related, rerank,
};
use proptest::prelude::*;

fn ids(pack: &Pack, ranked: &[bowerbird_ranker::Ranked]) -> Vec<String> {
    ranked.iter().map(|ranked| pack.id(ranked.item).to_owned()).collect()
}

#[test]
fn a_pack_gives_back_what_was_written() {
    let (pack, contents) = (small::open(), small::contents());
    assert_eq!((pack.n_items(), pack.dim(), pack.recipe()), (12, 4, "aws-user-personalization"));
    assert_eq!(pack.constants(), &contents.constants);
    assert_eq!(pack.index_of("film-07"), Some(ItemIndex(7)));
    assert_eq!(pack.index_of("film-7"), None);
    let kinds: Vec<(&str, Kind)> = pack.columns().iter().map(|c: &Column| (c.name(), c.kind())).collect();
    assert_eq!(kinds, [("TITLE", Kind::Text), ("GENRES", Kind::Category), ("PRICE", Kind::Number)]);
    let value = |name: &str, item| pack.value(pack.column(name).unwrap(), ItemIndex(item));
    assert_eq!(value("TITLE", 2), Value::Text("Föhn 2"));
    assert_eq!(value("TITLE", 3), Value::Null);
    assert_eq!(value("GENRES", 2), Value::Many(vec!["Drama", "Comedy"]));
    assert_eq!(value("GENRES", 3), Value::Null);
    assert_eq!(value("PRICE", 4), Value::Number(6.0));
    assert_eq!(value("PRICE", 5), Value::Null);
}

#[test]
fn among_odds_the_history_is_the_reason_once_it_has_doubled_them() {
    for (gain, expected) in [(1.0, Reason::Because(ItemIndex(0))), (0.5, Reason::Popular)] {
        let contents = pack::Contents {
            recipe: "aws-user-personalization".into(),
            constants: Constants {
                neighbour_weight: 1.0,
                popularity_weight: 6.0,
                neighbour_scale: 1.0,
                ..Constants::default()
            },
            ids: vec!["heat".into(), "up".into()],
            popularity: vec![1.0, 1.0],
            neighbours: vec![vec![(ItemIndex(1), gain)], Vec::new()],
            ..pack::Contents::default()
        };
        let pack = Pack::open(pack::write(&contents).unwrap()).unwrap();
        let mut history = History::new();
        history.observe(ItemIndex(0), 1.0);
        assert_eq!(recommend(&pack, &history, &Request::top(1).unseen())[0].reason, expected);
    }
}

#[test]
fn the_basis_names_the_item_space_and_nothing_else() {
    let basis = |change: fn(&mut pack::Contents)| {
        let mut contents = small::contents();
        change(&mut contents);
        Pack::open(pack::write(&contents).unwrap()).unwrap().basis()
    };
    assert_eq!(basis(|_| {}), basis(|c| c.popularity[0] = 0.0));
    assert_ne!(basis(|_| {}), basis(|c| c.vectors[0] = 0.5));
}

#[test]
fn an_empty_history_gives_the_popular_ones() {
    let pack = small::open();
    let best = recommend(&pack, &History::new(), &Request::top(3));
    assert_eq!(ids(&pack, &best), ["film-00", "film-01", "film-02"]);
    assert!(best.iter().all(|ranked| ranked.reason == Reason::Popular));
}

#[test]
fn a_history_brings_its_own_kind() {
    let pack = small::open();
    let history = small::history(&pack, &["film-05", "film-07"]);
    let best = recommend(&pack, &history, &Request::top(3).unseen());
    assert!(best.iter().all(|ranked| ranked.item.0 % 2 == 1), "{:?}", ids(&pack, &best));
    assert_eq!(best[0].item, ItemIndex(9));
    assert_eq!(best[0].reason, Reason::Because(ItemIndex(7)));
}

#[test]
fn seen_and_excluded_items_stay_away() {
    let pack = small::open();
    let history = small::history(&pack, &["film-05"]);
    let not_nine = |item: ItemIndex| item == ItemIndex(9);
    let request = Request { seen: Seen::Exclude, exclude: &not_nine, ..Request::top(12) };
    let best = recommend(&pack, &history, &request);
    assert_eq!(best.len(), 10);
    assert!(best.iter().all(|ranked| ranked.item != ItemIndex(5) && ranked.item != ItemIndex(9)));
}

#[test]
fn rerank_puts_unknown_ids_last_and_drops_repeats() {
    let pack = small::open();
    let history = small::history(&pack, &["film-05"]);
    let given = ["film-02", "nobody", "film-07", "film-02", "nothing", "nobody"];
    let list = rerank(&pack, &history, &given, &Request::top(10));
    let positions: Vec<usize> = list.iter().map(|reranked| reranked.position).collect();
    assert_eq!(positions, [2, 0, 1, 4]);
    assert!(list[1].score.is_some() && list[2].score.is_none());
    assert_eq!(rerank(&pack, &history, &given, &Request::top(1)).len(), 1);
}

#[test]
fn rerank_goes_by_popularity_when_history_is_empty() {
    let pack = small::open();
    let list = rerank(&pack, &History::new(), &["film-07", "film-01", "film-03"], &Request::top(3));
    assert_eq!(list.iter().map(|reranked| reranked.position).collect::<Vec<_>>(), [1, 2, 0]);
}

#[test]
fn equal_scores_keep_the_given_order_and_the_lower_position() {
    let contents = pack::Contents {
        recipe: "aws-popularity-count".into(),
        ids: vec!["a".into(), "b".into(), "c".into()],
        popularity: vec![1.0; 3],
        ..Default::default()
    };
    let pack = Pack::open(pack::write(&contents).unwrap()).unwrap();
    let list = rerank(&pack, &History::new(), &["c", "a", "b"], &Request::top(3));
    assert_eq!(list.iter().map(|reranked| reranked.position).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(ids(&pack, &recommend(&pack, &History::new(), &Request::top(2))), ["a", "b"]);
}

#[test]
fn related_items_are_the_neighbours_then_the_nearest() {
    let pack = small::open();
    let list = related(&pack, ItemIndex(0), &Request::top(11));
    assert_eq!(ids(&pack, &list)[..3], ["film-02", "film-04", "film-06"]);
    assert!(list[3].item.0.is_multiple_of(2), "even vectors point the same way");
    assert_eq!(list.len(), 11);
    assert!(list.iter().all(|ranked| ranked.item != ItemIndex(0)));
    assert!(list.is_sorted_by(|a, b| a.score >= b.score));
}

#[test]
fn a_history_of_another_pack_is_passed_over() {
    let pack = small::open();
    let mut history = History::new();
    history.observe(ItemIndex(4_000_000), 1.0);
    let best = recommend(&pack, &history, &Request::top(1).unseen());
    assert_eq!(best[0].reason, Reason::Popular);
    assert_eq!(related(&pack, ItemIndex(4_000_000), &Request::top(2)).len(), 2);
}

fn reminding(reminder_weight: f32, reminder_decay: f32) -> Pack {
    let mut contents = small::contents();
    contents.constants = Constants { reminder_weight, reminder_decay, ..contents.constants };
    Pack::open(pack::write(&contents).unwrap()).unwrap()
}

#[test]
fn a_reminder_brings_seen_items_back_or_keeps_them_away() {
    let mut history = History::new();
    [3, 8, 5].into_iter().for_each(|item| history.observe(ItemIndex(item), 1.0));
    let order = |pack: &Pack| -> Vec<u32> {
        recommend(pack, &history, &Request::top(12)).iter().map(|ranked| ranked.item.0).collect()
    };
    assert_eq!(order(&reminding(1e3, 0.5))[..3], [5, 8, 3]);
    let mut last = order(&reminding(-1e3, 1.0))[9..].to_vec();
    last.sort_unstable();
    assert_eq!(last, [3, 5, 8]);
}

#[test]
fn a_scorer_that_followed_forgets_what_it_was_reminded_of() {
    let pack = reminding(2.0, 0.5);
    let (mut before, mut after) = (History::new(), History::new());
    [3, 8, 3].into_iter().for_each(|item| before.observe(ItemIndex(item), 1.0));
    after.observe(ItemIndex(1), 1.0);
    let mut scorer = Scorer::new(&pack, &before);
    scorer.follow(&pack, &after, pack.constants());
    let fresh = Scorer::new(&pack, &after);
    pack.items().for_each(|item| assert_eq!(scorer.score(&pack, item), fresh.score(&pack, item)));
}

#[test]
fn rows_with_a_scale_of_their_own_are_not_brought_to_another() {
    let mut contents = small::contents();
    contents.constants.neighbour_scale = 2.0;
    let pack = Pack::open(pack::write(&contents).unwrap()).unwrap();
    let mut history = History::new();
    history.observe(ItemIndex(3), 1.0);
    let (near, weight) = pack.neighbours(ItemIndex(3)).next().unwrap();
    assert_eq!(Scorer::new(&pack, &history).parts(&pack, near).neighbours, 2.0 * weight);
}

#[test]
fn an_empty_pack_ranks_nothing() {
    let contents = pack::Contents { recipe: "aws-sims".into(), dim: 3, ..Default::default() };
    let pack = Pack::open(pack::write(&contents).unwrap()).unwrap();
    assert!(recommend(&pack, &History::new(), &Request::top(5)).is_empty());
    assert!(related(&pack, ItemIndex(0), &Request::top(5)).is_empty());
    assert_eq!(rerank(&pack, &History::new(), &["a"], &Request::top(5)).len(), 1);
}

proptest! {
    /// What is remembered from click to click, in the fold-in and in the encoder, changes nothing.
    #[test]
    fn following_click_by_click_scores_as_starting_afresh(
        seen in prop::collection::vec((0u32..12, 0.0f32..3.0), 0..120), with_network: bool, with_memory: bool,
    ) {
        let contents = if with_network { small::contents_with_network() } else { small::contents() };
        let vector_memory = if with_memory { 0.125 } else { 0.0 };
        let constants = Constants { vector_memory, ..contents.constants };
        let pack = Pack::open(pack::write(&pack::Contents { constants, ..contents }).unwrap()).unwrap();
        let (mut history, mut following) = (History::new(), Scorer::default());
        for (item, weight) in seen {
            history.observe(ItemIndex(item), weight);
            following.follow(&pack, &history, pack.constants());
            let afresh = Scorer::new(&pack, &history);
            for item in pack.items() {
                prop_assert_eq!(following.parts(&pack, item), afresh.parts(&pack, item));
            }
        }
    }

    #[test]
    fn an_item_scores_the_same_alone_in_a_list_and_in_the_catalogue(
        seen in prop::collection::vec(0u32..12, 0..60), candidates in prop::collection::vec(0u32..12, 1..12),
    ) {
        let pack = small::open();
        let mut history = History::new();
        seen.iter().for_each(|&item| history.observe(ItemIndex(item), 1.0));
        let all = recommend(&pack, &history, &Request::top(12));
        let ids: Vec<&str> = candidates.iter().map(|&item| pack.id(ItemIndex(item))).collect();
        for reranked in rerank(&pack, &history, &ids, &Request::top(12)) {
            let item = ItemIndex(candidates[reranked.position]);
            let whole = all.iter().find(|ranked| ranked.item == item).unwrap();
            prop_assert_eq!(reranked.score.map(f32::to_bits), Some(whole.score.to_bits()));
            prop_assert_eq!(reranked.reason, whole.reason);
        }
    }

    #[test]
    fn lists_are_sorted_and_without_repeats(seen in prop::collection::vec((0u32..14, -1.0f32..3.0), 0..60), k in 0usize..14) {
        let pack = small::open();
        let mut history = History::new();
        seen.iter().for_each(|&(item, weight)| history.observe(ItemIndex(item), weight));
        let best = recommend(&pack, &history, &Request::top(k));
        prop_assert_eq!(best.len(), k.min(12));
        prop_assert!(best.is_sorted_by(|a, b| a.score > b.score || (a.score == b.score && a.item < b.item)));
    }
}
