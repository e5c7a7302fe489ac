//! What a training that goes on from a pack reads back.
#![allow(clippy::unwrap_used)] // as in any test

mod small;

use bowerbird_ranker::Pack;
use bowerbird_ranker::pack::{Contents, NewNetwork, Notes, write};

#[test]
fn a_network_is_read_back_as_it_was_written_within_what_eight_bits_hold() {
    let contents = small::contents_with_network();
    let given = contents.network.clone().unwrap();
    let found = Pack::open(write(&contents).unwrap()).unwrap().to_network().unwrap();
    let numbers = |network: &NewNetwork| {
        let NewNetwork { taps, ages, gain, widen_bias, narrow_bias, .. } = network.clone();
        (network.heads, network.window, [taps, ages, gain, widen_bias, narrow_bias])
    };
    assert_eq!(numbers(&found), numbers(&given));
    let matrices = |network: &NewNetwork| {
        let NewNetwork { query, key_value, output, widen, narrow, .. } = network.clone();
        [query, key_value, output, widen, narrow]
    };
    for (found, given) in matrices(&found).iter().zip(matrices(&given)) {
        let largest = given.iter().fold(0.0f32, |max, x| max.max(x.abs()));
        assert_eq!(found.len(), given.len());
        assert!(found.iter().zip(&given).all(|(a, b)| (a - b).abs() <= largest / 127.0));
    }
    assert_eq!(Pack::open(write(&small::contents()).unwrap()).unwrap().to_network(), None);
}

#[test]
fn notes_come_back_and_change_nothing_that_ranks() {
    let notes = Notes { row_window: 50.0, objective: 0.25, impressions: 0.5, ..Notes::default() };
    let noted = Pack::open(write(&Contents { notes, ..small::contents() }).unwrap()).unwrap();
    let plain = Pack::open(write(&small::contents()).unwrap()).unwrap();
    assert_eq!((noted.notes(), plain.notes()), (notes, Notes::default()));
    assert_eq!(noted.constants(), plain.constants());
    let faded = Notes { half_life_days: 4.0, most_people: 12.5, ..notes };
    let read = Pack::open(write(&Contents { notes: faded, ..small::contents() }).unwrap()).unwrap();
    assert_eq!((read.notes(), read.constants()), (faded, plain.constants()));
    assert_eq!(noted.basis(), plain.basis());
}
