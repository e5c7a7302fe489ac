//! From one pack to the next: what is sent, and what hostile bytes in its place do.
#![allow(clippy::unwrap_used)] // as in any test

mod small;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bowerbird_ranker::pack::delta::{DeltaError, apply, between};
use bowerbird_ranker::pack::{Contents, Extension, NewColumn, all_ids, extend, write};
use bowerbird_ranker::{History, ItemIndex, Pack, PackError, Request, recommend};
use proptest::prelude::*;

/// The pack with items of these names, each in the row of the item before it and with that one in its own.
fn extended(old: &Pack, names: &[&str]) -> Vec<u8> {
    let ids = all_ids(old, names.iter().copied());
    let is_new: Vec<bool> = ids.iter().map(|id| old.index_of(id).is_none()).collect();
    let mut extension = Extension { ids, ..Extension::default() };
    let places: Vec<ItemIndex> =
        (0..).zip(&is_new).filter(|(_, new)| !**new).map(|(at, _)| ItemIndex(at)).collect();
    let mut host: Option<(ItemIndex, ItemIndex)> = None;
    for at in 0..is_new.len() {
        let item = ItemIndex(at as u32);
        if let Some(origin) = old.index_of(&extension.ids[at]) {
            host = Some((item, origin));
            continue;
        }
        extension.vectors.extend((0..old.dim()).map(|d| 0.3 + d as f32 / 8.0));
        let Some((host, origin)) = host else { continue };
        extension.neighbours.insert(item, vec![(host, 0.7)]);
        let row = extension.neighbours.entry(host).or_insert_with(|| {
            old.neighbours(origin).map(|(other, weight)| (places[other.at()], weight)).collect()
        });
        row.push((item, row[0].1 / 4.0));
    }
    extend(old, &extension).unwrap()
}

fn pair(names: &[&str]) -> (Pack, Pack) {
    let old = Pack::open(small::bytes_with_network()).unwrap();
    let new = Pack::open(extended(&old, names)).unwrap();
    (old, new)
}

#[test]
fn an_extension_keeps_what_was_learnt_and_ranks_what_came() {
    let (old, new) = pair(&["film-025", "a-film", "film-99"]);
    assert_eq!(new.n_items(), old.n_items() + 3);
    for item in old.items() {
        let there = new.index_of(old.id(item)).unwrap();
        assert_eq!(new.popularity(there), old.popularity(item));
        let mut rows = new.neighbours(there).map(|(other, weight)| (new.id(other).to_owned(), weight));
        let new_rows: BTreeMap<_, _> = rows.by_ref().collect();
        for (other, weight) in old.neighbours(item) {
            assert_eq!(new_rows.get(old.id(other)), Some(&weight), "{}", old.id(item));
        }
    }
    let came = new.index_of("film-025").unwrap();
    assert_eq!(new.popularity(came), 0.0);
    let mut history = History::new();
    history.observe(new.index_of("film-02").unwrap(), 1.0);
    let best = recommend(&new, &history, &Request::top(20).unseen());
    assert!(best.iter().position(|ranked| ranked.item == came).unwrap() < 12);
}

#[test]
fn an_extension_without_anything_new_is_the_pack_without_its_columns() {
    let old = small::open();
    let extension = Extension { ids: all_ids(&old, [].into_iter()), ..Extension::default() };
    let plain = Contents { columns: Vec::new(), ..small::contents() };
    assert_eq!(extend(&old, &extension).unwrap(), write(&plain).unwrap());
}

#[test]
fn an_extension_that_breaks_a_rule_is_refused_by_the_name_of_the_field() {
    let old = small::open();
    let ids = all_ids(&old, ["new"].into_iter());
    let sound = Extension { ids, vectors: vec![0.0; 4], ..Extension::default() };
    assert!(extend(&old, &sound).is_ok());
    let new =
        Pack::open(extend(&old, &Extension { popularity: vec![0.5], ..sound.clone() }).unwrap()).unwrap();
    assert_eq!(new.popularity(new.index_of("new").unwrap()), 0.5);
    let cells = bowerbird_ranker::pack::Cells::Number(vec![None]);
    let itself = BTreeMap::from([(ItemIndex(0), vec![(ItemIndex(0), 1.0)])]);
    let column = NewColumn { name: "YEAR".into(), cells };
    for (field, broken) in [
        ("ids", Extension { ids: sound.ids[1..].to_vec(), ..sound.clone() }),
        ("ids", Extension { ids: sound.ids.iter().rev().cloned().collect(), ..sound.clone() }),
        ("vectors", Extension { vectors: vec![f32::NAN; 4], ..sound.clone() }),
        ("vectors", Extension { vectors: Vec::new(), ..sound.clone() }),
        ("columns", Extension { columns: vec![column], ..sound.clone() }),
        ("neighbours", Extension { neighbours: itself, ..sound.clone() }),
        ("popularity", Extension { popularity: vec![0.5; 2], ..sound.clone() }),
        ("popularity", Extension { popularity: vec![f32::NAN], ..sound.clone() }),
    ] {
        let error = extend(&old, &broken).unwrap_err();
        assert!(matches!(error, PackError::Contents { field: found, .. } if found == field), "{error}");
    }
}

#[test]
fn a_delta_makes_the_new_pack() {
    let (old, new) = pair(&["film-025", "a-film", "film-99"]);
    let delta = between(&old, &new).unwrap();
    assert_eq!(apply(old.bytes(), &delta).unwrap(), new.bytes());
    let back = between(&new, &old).unwrap();
    assert_eq!(apply(new.bytes(), &back).unwrap(), old.bytes());
}

#[test]
fn a_delta_for_another_pack_is_refused() {
    let (old, new) = pair(&["film-025"]);
    let delta = between(&old, &new).unwrap();
    assert_eq!(apply(new.bytes(), &delta).err(), Some(DeltaError::AnotherPack));
    let mut same_length = old.bytes().to_vec();
    let id = same_length.windows(7).position(|bytes| bytes == b"film-07").unwrap();
    same_length[id] ^= 1;
    assert_eq!(apply(&same_length, &delta).err(), Some(DeltaError::Damaged));
    assert_eq!(apply(old.bytes(), new.bytes()).err(), Some(DeltaError::NotADelta));
}

#[test]
fn positions_get_wider_where_a_catalogue_grows_beyond_two_bytes() {
    let n = (1 << 16) - 1;
    let ids: Vec<String> = (0..n).map(|item| format!("item-{item:05}")).collect();
    let neighbours = (0..n).map(|item| vec![(ItemIndex((item + 1) % n), 1.0)]).collect();
    let popularity = vec![0.5; n as usize];
    let contents = Contents { recipe: "aws-sims".into(), ids, popularity, neighbours, ..Contents::default() };
    let old = Pack::open(write(&contents).unwrap()).unwrap();
    let ids = all_ids(&old, ["a", "item-30000-b", "z"].into_iter());
    let new = extend(&old, &Extension { ids, ..Extension::default() }).unwrap();
    let new = Pack::open(new).unwrap();
    let delta = between(&old, &new).unwrap();
    assert_eq!(apply(old.bytes(), &delta).unwrap(), new.bytes());
    assert!(delta.len() < 1000, "{} bytes", delta.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_two_packs_have_a_delta(names in prop::collection::btree_set("[a-z]{1,6}|film-[0-9]{1,3}", 0..20)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (old, new) = pair(&names);
        for (from, to) in [(&old, &new), (&new, &old), (&small::open(), &new)] {
            let delta = between(from, to).unwrap();
            prop_assert_eq!(apply(from.bytes(), &delta).unwrap(), to.bytes());
        }
    }

    #[test]
    fn hostile_bytes_are_an_error_or_change_nothing(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        length in any::<prop::sample::Index>(),
    ) {
        let (old, new) = pair(&["film-025", "a-film"]);
        let mut delta = between(&old, &new).unwrap();
        for (at, byte) in changes {
            let at = at.index(delta.len());
            delta[at] = byte;
        }
        if let Ok(made) = apply(old.bytes(), &delta) {
            prop_assert_eq!(made, new.bytes());
        }
        delta.truncate(length.index(delta.len()));
        if let Ok(made) = apply(old.bytes(), &delta) {
            prop_assert_eq!(made, new.bytes());
        }
    }
}

/// Of the golden pack, with three more items; the page applies the same file (`sdk-wasm/test/delta.test.mjs`).
#[test]
fn a_delta_of_version_1_still_applies() {
    let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/format").join(name);
    let old = Pack::open(fs::read(file("pack-v1.bbp")).unwrap()).unwrap();
    let delta = fs::read(file("delta-v1.bbd")).unwrap();
    let new = Pack::open(apply(old.bytes(), &delta).unwrap()).unwrap();
    assert_eq!(new.n_items(), old.n_items() + 3);
    assert!(new.index_of("film-017-b").is_some());
}

/// `cargo test -p bowerbird-ranker --test deltas -- --ignored`
#[test]
#[ignore = "writes the golden file; only for a new version of the format"]
fn write_the_golden_delta() {
    let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/format").join(name);
    let old = Pack::open(fs::read(file("pack-v1.bbp")).unwrap()).unwrap();
    let new = Pack::open(extended(&old, &["film-017-b", "neu", "straße-99"])).unwrap();
    fs::write(file("delta-v1.bbd"), between(&old, &new).unwrap()).unwrap();
}
