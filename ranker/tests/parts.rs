//! A part of a catalogue ranks as the whole does.
#![allow(clippy::unwrap_used)] // as in any test

mod small;

use bowerbird_ranker::pack::{Contents, Extension, all_ids, extend, part, write};
use bowerbird_ranker::{Constants, History, ItemIndex, Pack, Request, Reranked, rerank};
use proptest::prelude::*;

/// What is shown of a history's candidates, by id and bits of the score.
fn ranked(pack: &Pack, history: &[&str], candidates: &[&str]) -> Vec<(usize, Option<u32>)> {
    let mut events = History::new();
    history.iter().filter_map(|id| pack.index_of(id)).for_each(|item| events.observe(item, 1.0));
    let list = rerank(pack, &events, candidates, &Request::top(20));
    list.into_iter().map(|Reranked { position, score, .. }| (position, score.map(f32::to_bits))).collect()
}

fn wholes() -> Vec<Pack> {
    let scaled = Constants { neighbour_scale: 0.7, ..small::contents().constants };
    let without_vectors = Contents { dim: 0, vectors: Vec::new(), ..small::contents() };
    let contents = [
        small::contents(),
        small::contents_with_network(),
        Contents { constants: scaled, ..small::contents() },
        without_vectors,
    ];
    contents.iter().map(|contents| Pack::open(write(contents).unwrap()).unwrap()).collect()
}

proptest! {
    #[test]
    fn items_of_a_part_score_as_in_the_whole_to_the_bit(
        wanted in prop::collection::btree_set(0u32..12, 1..9),
        history in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        for whole in wholes() {
            let bytes = part(&whole, wanted.iter().map(|&item| ItemIndex(item))).unwrap();
            let part = Pack::open(bytes).unwrap();
            let ids: Vec<&str> = wanted.iter().map(|&item| whole.id(ItemIndex(item))).collect();
            let history: Vec<&str> = history.iter().map(|at| ids[at.index(ids.len())]).collect();
            prop_assert_eq!(ranked(&part, &history, &ids), ranked(&whole, &history, &ids));
            for id in ids {
                let (here, there) = (part.index_of(id).unwrap(), whole.index_of(id).unwrap());
                for (a, b) in part.columns().iter().zip(whole.columns()) {
                    prop_assert_eq!(part.value(a, here), whole.value(b, there));
                }
            }
        }
    }
}

#[test]
fn a_part_of_a_part_is_of_the_same_whole() {
    let whole = small::open();
    let ids = ["film-01", "film-03", "film-05"];
    let items =
        |pack: &Pack, ids: &[&str]| ids.iter().map(|id| pack.index_of(id).unwrap()).collect::<Vec<_>>();
    let first = Pack::open(part(&whole, items(&whole, &ids)).unwrap()).unwrap();
    let second = Pack::open(part(&first, items(&first, &ids[..2])).unwrap()).unwrap();
    let whole = ranked(&whole, &["film-03"], &ids[..2]);
    // What the first part left out can be left out again, and not more.
    assert_eq!(ranked(&second, &["film-03"], &ids[..2]), whole);
}

/// Of the golden pack; the page ranks the same files (`sdk-wasm/test/pack.test.mjs`).
const GOLDEN: [(&str, std::ops::Range<u32>); 2] = [("part-v1-few.bbp", 0..3), ("part-v1.bbp", 0..20)];

fn file(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/format").join(name)
}

fn golden(name: &str) -> Pack {
    Pack::open(std::fs::read(file(name)).unwrap()).unwrap()
}

#[test]
fn a_part_of_version_1_still_ranks_as_the_whole() {
    let whole = golden("pack-v1.bbp");
    for (name, items) in GOLDEN {
        let ids: Vec<&str> = items.map(|item| whole.id(ItemIndex(item))).collect();
        let part = golden(name);
        assert_eq!(ranked(&part, &ids[..3], &ids), ranked(&whole, &ids[..3], &ids));
    }
}

#[test]
fn parts_and_extensions_keep_the_memory() {
    let whole = golden("pack-v1.3.bbp");
    let ids = all_ids(&whole, ["a newcomer"].into_iter());
    let extension = Extension { ids, vectors: vec![0.0; whole.dim()], ..Extension::default() };
    for bytes in [part(&whole, [ItemIndex(3)]).unwrap(), extend(&whole, &extension).unwrap()] {
        assert_eq!(Pack::open(bytes).unwrap().constants().vector_memory, 0.125);
    }
}

/// `cargo test -p bowerbird-ranker --test parts -- --ignored`
#[test]
#[ignore = "writes the golden files; only for a new version of the format"]
fn write_the_golden_parts() {
    let whole = golden("pack-v1.bbp");
    for (name, items) in GOLDEN {
        std::fs::write(file(name), part(&whole, items.map(ItemIndex)).unwrap()).unwrap();
    }
}
