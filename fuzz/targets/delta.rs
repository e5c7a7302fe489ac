//! What a page follows by: a delta from a network is refused or gives a whole pack of a bounded length, and what we make
//! of any two packs leads from one to the other.
#![no_main]

use arbitrary::Arbitrary;
use bowerbird_ranker::pack::delta::{apply, between};
use bowerbird_ranker::pack::{Contents, write};
use bowerbird_ranker::{ItemIndex, Pack};
use libfuzzer_sys::fuzz_target;

/// The pack that deltas from a network are applied to.
const OLD: &[u8] = include_bytes!("../../tests/format/pack-v1.bbp");
/// Where docs/pack-format.md has what a delta says of itself.
const MAGIC: &[u8] = b"\x89BDL\r\n\x1a\n\x01\0";
const HEADER: usize = 24;
const LENGTH: usize = 16;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    FromNetwork(&'a [u8]),
    /// Steps behind a header that is in order: new length and, by their lowest bit, the widths of positions.
    Steps { length: u16, wide: [bool; 2], steps: &'a [u8] },
    Packs([Vec<Item>; 2]),
}

#[derive(Arbitrary, Debug)]
struct Item {
    id: u8,
    popularity: u8,
    vector: [i8; 2],
    /// By how much neighbours lie behind the item, and their weights.
    row: Vec<(u8, u8)>,
}

fuzz_target!(|input: Input<'_>| match input {
    Input::FromNetwork(delta) => follow(delta),
    Input::Steps { length, wide, steps } => follow(&headed(length, wide, steps)),
    Input::Packs(packs) => {
        let [old, new] = packs.map(|items| pack(&items));
        let (Some(old), Some(new)) = (old, new) else { return };
        let Some(delta) = between(&old, &new) else { return };
        assert_eq!(apply(old.bytes(), &delta).expect("a delta of ours"), new.bytes());
    }
});

fn follow(delta: &[u8]) {
    let Ok(made) = apply(OLD, delta) else { return };
    assert!(made.len() <= 4 * (OLD.len() + delta.len()));
    drop(Pack::open(made));
}

fn headed(length: u16, wide: [bool; 2], steps: &[u8]) -> Vec<u8> {
    let mut delta = Vec::with_capacity(HEADER + steps.len());
    delta.extend_from_slice(MAGIC);
    delta.extend(wide.map(|wide| if wide { 4 } else { 2 }));
    delta.extend_from_slice(&(OLD.len() as u32).to_le_bytes());
    delta.extend_from_slice(&u32::from(length).to_le_bytes());
    assert_eq!(delta.len(), LENGTH + 4);
    delta.extend_from_slice(&[0; 4]);
    delta.extend_from_slice(steps);
    delta
}

/// A pack of these items; of several with one id the first.
fn pack(items: &[Item]) -> Option<Pack> {
    let mut items: Vec<&Item> = items.iter().collect();
    items.sort_by_key(|item| item.id);
    items.dedup_by_key(|item| item.id);
    let n = items.len();
    let contents = Contents {
        recipe: "fuzz".into(),
        ids: items.iter().map(|item| format!("{:03}", item.id)).collect(),
        popularity: items.iter().map(|item| f32::from(item.popularity)).collect(),
        dim: 2,
        vectors: items.iter().flat_map(|item| item.vector.map(f32::from)).collect(),
        neighbours: items.iter().enumerate().map(|(at, item)| row(at, n, &item.row)).collect(),
        ..Contents::default()
    };
    Pack::open(write(&contents).ok()?).ok()
}

/// Other items, each once, strongest first.
fn row(at: usize, n: usize, row: &[(u8, u8)]) -> Vec<(ItemIndex, f32)> {
    let place = |&(behind, weight): &(u8, u8)| ((at + usize::from(behind)) % n, 1.0 + f32::from(weight));
    let mut row: Vec<(usize, f32)> = row.iter().map(place).filter(|&(other, _)| other != at).collect();
    row.sort_by_key(|&(other, _)| other);
    row.dedup_by_key(|&mut (other, _)| other);
    row.sort_by(|a, b| b.1.total_cmp(&a.1));
    row.into_iter().map(|(other, weight)| (ItemIndex(other as u32), weight)).collect()
}
