//! What the circumstances in which a list is asked for do to it.
#![allow(clippy::unwrap_used)] // as in any test

mod small;

use bowerbird_ranker::pack::{Contents, Extension, NewContexts, all_ids, context_key, extend, part, write};
use bowerbird_ranker::{
    Dials, History, ItemIndex, Pack, PackError, Request, Reranked, Scorer, recommend, rerank,
};

fn open() -> Pack {
    Pack::open(write(&Contents { contexts: Some(small::contexts()), ..small::contents() }).unwrap()).unwrap()
}

fn dials(pack: &Pack, context: &[(&str, &str)]) -> Dials {
    let value = |(name, value): &(&str, &str)| pack.context(context_key(name, value).as_bytes());
    Dials { context: context.iter().filter_map(value).collect(), ..Dials::default() }
}

fn list(pack: &Pack, history: &[&str], context: &[(&str, &str)]) -> Vec<(u32, u32)> {
    let dials = dials(pack, context);
    let request = Request { dials: Some(&dials), ..Request::top(12) };
    let list = recommend(pack, &small::history(pack, history), &request);
    list.into_iter().map(|ranked| (ranked.item.0, ranked.score.to_bits())).collect()
}

#[test]
fn a_list_follows_the_context_with_and_without_a_history() {
    let pack = open();
    for history in [&[][..], &["film-03"]] {
        for (device, rest) in [("phone", 0), ("desk", 1)] {
            let best = list(&pack, history, &[("DEVICE", device)]);
            assert!(best[..3].iter().all(|(item, _)| item % 2 == rest), "{device} {history:?}: {best:?}");
        }
    }
}

#[test]
fn what_a_pack_does_not_know_of_a_context_changes_nothing() {
    let pack = open();
    let unknown = [("DEVICE", "fridge"), ("HOUR", "phone"), ("COLOUR", "phone"), ("", "")];
    for history in [&[][..], &["film-03"]] {
        assert_eq!(list(&pack, history, &unknown), list(&pack, history, &[]));
        // A lift of zero.
        let items = |list: Vec<(u32, u32)>| list.into_iter().map(|(item, _)| item).collect::<Vec<_>>();
        let evening = list(&pack, history, &[("HOUR", "evening")]);
        assert_eq!(items(evening), items(list(&pack, history, &[])));
    }
    assert_eq!(dials(&small::open(), &[("DEVICE", "phone")]).context, []);
}

#[test]
fn names_are_compared_without_regard_to_case_and_values_as_they_are() {
    let pack = open();
    let is_known = |name, value| pack.context(context_key(name, value).as_bytes()).is_some();
    assert!(is_known("device", "phone") && !is_known("DEVICE", "Phone"));
}

#[test]
fn a_scorer_knows_when_a_first_event_came() {
    let pack = open();
    let mut scorer = Scorer::default();
    scorer.turn(&pack, &dials(&pack, &[("DEVICE", "desk")]), &[]);
    for history in [&[][..], &["film-04"], &[], &["film-03", "film-06"]] {
        scorer.follow(&pack, &small::history(&pack, history), pack.constants());
        let best = scorer.recommend(&pack, &Request::top(12)).into_iter();
        let best: Vec<_> = best.map(|ranked| (ranked.item.0, ranked.score.to_bits())).collect();
        assert_eq!(best, list(&pack, history, &[("DEVICE", "desk")]), "{history:?}");
        for (item, bits) in best {
            assert_eq!(scorer.score(&pack, ItemIndex(item)).to_bits(), bits);
        }
    }
}

#[test]
fn lifts_stay_with_their_items_in_extensions_and_parts() {
    let whole = open();
    let ids = all_ids(&whole, ["film-025", "a"].into_iter());
    let extension = Extension { ids, vectors: vec![0.0; 8], ..Extension::default() };
    let larger = Pack::open(extend(&whole, &extension).unwrap()).unwrap();
    let fewer = [3, 6, 9, 11].map(ItemIndex);
    let smaller = Pack::open(part(&whole, fewer).unwrap()).unwrap();
    let ids = fewer.map(|item| whole.id(item));
    let ranked = |pack: &Pack| -> Vec<(usize, Option<f32>)> {
        let dials = dials(pack, &[("DEVICE", "desk")]);
        let request = Request { dials: Some(&dials), ..Request::top(12) };
        let list = rerank(pack, &History::new(), &ids, &request).into_iter();
        list.map(|Reranked { position, score, .. }| (position, score)).collect()
    };
    assert_eq!(ranked(&larger), ranked(&whole));
    assert_eq!(ranked(&smaller), ranked(&whole));
}

#[test]
fn lifts_can_be_taken_out_and_written_again() {
    let pack = open();
    let again = Contents { contexts: pack.to_contexts(), ..small::contents() };
    assert_eq!(write(&again).unwrap(), pack.bytes());
    assert!(small::open().to_contexts().is_none());
}

#[test]
fn a_pack_without_lifts_is_what_it_was() {
    let bytes = small::bytes();
    assert_eq!(bytes[10..12], [1, 0]);
    let with = write(&Contents { contexts: Some(small::contexts()), ..small::contents() }).unwrap();
    assert_eq!(with[10..12], [2, 0]);
    assert_eq!(bytes[32..48], with[32..48], "they are of one basis");
}

#[test]
fn lifts_that_break_a_rule_are_refused() {
    let refused = |change: fn(&mut NewContexts)| {
        let mut contexts = small::contexts();
        change(&mut contexts);
        let contents = Contents { contexts: Some(contexts), ..small::contents() };
        matches!(write(&contents), Err(PackError::Contents { field: "contexts", .. }))
    };
    assert!(!refused(|_| ()));
    assert!(refused(|contexts| contexts.cold_popularity = f32::NAN));
    assert!(refused(|contexts| contexts.cold_popularity = -1.0));
    assert!(refused(|contexts| contexts.lifts[0] = f32::INFINITY));
    assert!(refused(|contexts| contexts.lifts.truncate(35)));
    assert!(refused(|contexts| contexts.keys.truncate(1)));
}
