//! Bytes from a network: whatever they are, opening them gives an error or a pack, never a panic.

mod small;

use bowerbird_ranker::{Constants, Pack, PackError, pack};
use proptest::prelude::*;

#[test]
fn every_truncation_is_an_error() {
    let bytes = small::bytes_with_network();
    for length in 0..bytes.len() {
        assert!(Pack::open(bytes[..length].to_vec()).is_err(), "{length} of {} bytes", bytes.len());
    }
}

#[test]
fn every_flipped_bit_is_an_error() {
    let bytes = small::bytes_with_network();
    for at in 0..bytes.len() {
        for bit in [0, 3, 7] {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            assert!(Pack::open(bytes).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn trailing_bytes_are_an_error() {
    let mut bytes = small::bytes();
    bytes.push(0);
    assert!(matches!(Pack::open(bytes), Err(PackError::Length { .. })));
}

#[test]
fn a_later_version_asks_for_an_update() {
    let mut bytes = small::bytes();
    bytes[8] = 2;
    assert_eq!(Pack::open(bytes).unwrap_err(), PackError::Version { found: 2, known: 1 });
}

#[test]
fn something_else_is_no_pack() {
    assert_eq!(Pack::open(b"<!doctype html>".to_vec()).unwrap_err(), PackError::NotAPack);
}

#[test]
fn a_section_of_a_later_minor_version_is_passed_over() {
    let bytes = small::with_tag_changed(small::bytes(), b"NBWT", b"NBWT");
    assert!(Pack::open(bytes).is_ok(), "the helper keeps a pack valid");
    let renamed = small::with_tag_changed(small::bytes(), b"COLN", b"ZZZZ");
    let pack = Pack::open(renamed).unwrap();
    assert!(pack.column("PRICE").is_none() && pack.column("TITLE").is_some());
}

#[test]
fn a_pack_without_a_required_section_is_refused() {
    for tag in [
        b"RECP", b"CONS", b"IDOF", b"IDST", b"POPU", b"VEC8", b"VSCL", b"GRAM", b"NBOF", b"NBSC", b"NBIX",
        b"NBWT",
    ] {
        let bytes = small::with_tag_changed(small::bytes(), tag, b"ZZZZ");
        assert!(matches!(Pack::open(bytes), Err(PackError::Malformed { .. })), "{tag:?}");
    }
}

#[test]
fn a_memory_is_between_0_and_1_and_later_constants_may_follow() {
    let contents = small::contents();
    let constants = Constants { vector_memory: 0.5, ..contents.constants };
    let bytes = pack::write(&pack::Contents { constants, ..contents }).unwrap();
    let entry = (64..).step_by(32).find(|&at| &bytes[at..at + 4] == b"CON2").unwrap();
    let start = u64::from_le_bytes(bytes[entry + 8..entry + 16].try_into().unwrap()) as usize;
    let with = |memory: f32, length: u64| {
        let mut forged = bytes.clone();
        forged[entry + 16..entry + 24].copy_from_slice(&length.to_le_bytes());
        forged[start..start + 4].copy_from_slice(&memory.to_le_bytes());
        small::repair(&mut forged);
        Pack::open(forged).map(|pack| pack.constants().vector_memory)
    };
    assert_eq!(with(0.25, 4), Ok(0.25));
    assert_eq!(with(1.0, 8), Ok(1.0));
    for memory in [f32::NAN, -0.5, 1.5, f32::INFINITY] {
        assert!(matches!(with(memory, 4), Err(PackError::Malformed { .. })), "{memory}");
    }
}

#[test]
fn contents_that_break_a_rule_are_refused_by_name() {
    let refused = |change: fn(&mut pack::Contents)| {
        let mut contents = small::contents();
        change(&mut contents);
        match pack::write(&contents) {
            Err(PackError::Contents { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(|c| c.recipe.clear()), "recipe");
    assert_eq!(refused(|c| c.ids.swap(0, 1)), "ids");
    assert_eq!(refused(|c| c.popularity[0] = f32::NAN), "popularity");
    assert_eq!(refused(|c| c.vectors[0] = f32::INFINITY), "vectors");
    assert_eq!(refused(|c| c.neighbours[0][0].1 = f32::NAN), "neighbours");
    assert_eq!(refused(|c| c.constants.ridge = 0.0), "constants");
    assert_eq!(refused(|c| c.columns[1].name = "TITLE".into()), "columns");
}

#[test]
fn a_network_that_breaks_a_rule_is_refused() {
    let refused = |change: fn(&mut pack::NewNetwork)| {
        let mut contents = small::contents_with_network();
        contents.network.iter_mut().for_each(change);
        matches!(pack::write(&contents), Err(PackError::Contents { field: "network", .. }))
    };
    assert!(refused(|network| network.heads = 3));
    assert!(refused(|network| network.heads = 0));
    assert!(refused(|network| network.window = 51));
    assert!(refused(|network| network.taps = vec![0.0; 20]));
    assert!(refused(|network| network.query.truncate(15)));
    assert!(refused(|network| network.gain[0] = f32::NAN));
    assert!(refused(|network| network.widen_bias.clear()));
}

#[test]
fn the_sizes_of_a_network_are_checked_against_its_bytes() {
    let bytes = small::bytes_with_network();
    let entry = (64..).step_by(32).find(|&at| &bytes[at..at + 4] == b"ENCO").unwrap();
    let start = u64::from_le_bytes(bytes[entry + 8..entry + 16].try_into().unwrap()) as usize;
    for (place, size) in
        [(0, 0u16), (0, 3), (1, 0), (1, 51), (2, 0), (2, 5), (3, 0), (3, 513), (3, 7), (1, 6)]
    {
        let mut forged = bytes.clone();
        forged[start + place * 2..start + place * 2 + 2].copy_from_slice(&size.to_le_bytes());
        small::repair(&mut forged);
        assert!(matches!(Pack::open(forged), Err(PackError::Malformed { .. })), "{place} {size}");
    }
}

proptest! {
    /// Checksums repaired, so that the checks behind them are reached.
    #[test]
    fn forged_content_never_panics(changes in prop::collection::vec((0usize..4096, any::<u8>()), 1..6)) {
        let mut bytes = small::bytes_with_network();
        let length = bytes.len();
        for (at, value) in changes {
            bytes[64 + at % (length - 64)] = value;
        }
        small::repair(&mut bytes);
        if let Ok(pack) = Pack::open(bytes) {
            small::use_everything(&pack);
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Pack::open(bytes).is_err());
    }
}
