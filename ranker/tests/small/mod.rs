//! A small pack with every kind of section, and ways to forge it.
#![allow(dead_code)] // each test file uses its own part
#![allow(clippy::unwrap_used)] // as in any test

use bowerbird_ranker::pack::{Cells, Contents, NewColumn, NewContexts, NewNetwork};
use bowerbird_ranker::{
    Constants, Dials, History, ItemIndex, Pack, Request, pack, recommend, related, rerank,
};

/// Twelve items, four dimensions, two groups: even and odd items belong together.
pub(crate) fn contents() -> Contents {
    let n = 12usize;
    let vector = |item: usize| {
        let tilt = item as f32 / 50.0;
        if item.is_multiple_of(2) { [1.0, tilt, 0.1, 0.0] } else { [tilt, 1.0, 0.0, 0.1] }
    };
    let neighbours = |item: usize| {
        let near = [(item + 2) % n, (item + 4) % n, (item + 6) % n];
        near.iter().zip([0.9, 0.5, 0.2]).map(|(&other, weight)| (ItemIndex(other as u32), weight)).collect()
    };
    Contents {
        recipe: "aws-user-personalization".into(),
        constants: Constants {
            vector_weight: 0.5,
            neighbour_weight: 1.0,
            popularity_weight: 0.1,
            ..Constants::default()
        },
        ids: (0..n).map(|item| format!("film-{item:02}")).collect(),
        popularity: (0..n).map(|item| (n - item) as f32 / n as f32).collect(),
        dim: 4,
        vectors: (0..n).flat_map(vector).collect(),
        neighbours: (0..n).map(neighbours).collect(),
        columns: vec![
            NewColumn {
                name: "TITLE".into(),
                cells: Cells::Text(
                    (0..n)
                        .map(|item| if item == 3 { String::new() } else { format!("Föhn {item}") })
                        .collect(),
                ),
            },
            NewColumn {
                name: "GENRES".into(),
                cells: Cells::Category(
                    (0..n)
                        .map(|item| ["Drama", "Comedy"][..item % 3].iter().map(|g| g.to_string()).collect())
                        .collect(),
                ),
            },
            NewColumn {
                name: "PRICE".into(),
                cells: Cells::Number((0..n).map(|item| (item != 5).then_some(item as f64 * 1.5)).collect()),
            },
        ],
        ..Contents::default()
    }
}

/// Even items are chosen on phones, odd ones at desks; after work nothing is different.
pub(crate) fn contexts() -> NewContexts {
    let lifts = |item: usize| if item.is_multiple_of(2) { [4.5, -6.0, 0.0] } else { [-3.0, 3.75, 0.0] };
    let keys = [("DEVICE", "phone"), ("DEVICE", "desk"), ("HOUR", "evening")];
    NewContexts {
        cold_popularity: 1.5,
        keys: keys.map(|(name, value)| pack::context_key(name, value)).into(),
        lifts: (0..12).flat_map(lifts).collect(),
    }
}

/// The same with an encoder of the smallest kind that has everything, and with lifts of contexts.
pub(crate) fn contents_with_network() -> Contents {
    let numbers = |n: usize, step: usize| -> Vec<f32> {
        (0..n).map(|at| (at * step % 17) as f32 / 8.0 - 1.0).collect()
    };
    let network = NewNetwork {
        heads: 2,
        window: 5,
        taps: numbers(8, 3),
        ages: numbers(10, 5),
        query: numbers(16, 7),
        key_value: numbers(32, 11),
        output: numbers(16, 13),
        widen: numbers(24, 3),
        widen_bias: numbers(6, 5),
        narrow: numbers(24, 7),
        narrow_bias: numbers(4, 11),
        gain: vec![1.0; 4],
    };
    Contents { network: Some(network), contexts: Some(contexts()), ..contents() }
}

pub(crate) fn bytes_with_network() -> Vec<u8> {
    pack::write(&contents_with_network()).unwrap()
}

pub(crate) fn bytes() -> Vec<u8> {
    pack::write(&contents()).unwrap()
}

pub(crate) fn open() -> Pack {
    Pack::open(bytes()).unwrap()
}

pub(crate) fn history(pack: &Pack, ids: &[&str]) -> History {
    let mut history = History::new();
    ids.iter().for_each(|id| history.observe(pack.index_of(id).unwrap(), 1.0));
    history
}

/// Reads all that a pack holds and ranks with it.
pub(crate) fn use_everything(pack: &Pack) {
    let mut history = History::new();
    for item in pack.items() {
        assert_eq!(pack.index_of(pack.id(item)), Some(item));
        pack.columns().iter().for_each(|column| drop(pack.value(column, item)));
        history.observe(item, 1.0);
        assert!(related(pack, item, &Request::top(3)).iter().all(|ranked| ranked.score.is_finite()));
        assert!(recommend(pack, &history, &Request::top(9)).iter().all(|ranked| ranked.score.is_finite()));
    }
    let dials = Dials { context: pack.context_values().collect(), ..Dials::default() };
    let asked = Request { dials: Some(&dials), ..Request::top(9) };
    assert!(recommend(pack, &history, &asked).iter().all(|ranked| ranked.score.is_finite()));
    let ids: Vec<&str> = pack.items().map(|item| pack.id(item)).collect();
    rerank(pack, &history, &ids, &Request::top(5));
}

/// Renames a section and repairs the checksums.
pub(crate) fn with_tag_changed(mut bytes: Vec<u8>, from: &[u8; 4], to: &[u8; 4]) -> Vec<u8> {
    for entry in entries(&bytes) {
        if &bytes[entry..entry + 4] == from {
            bytes[entry..entry + 4].copy_from_slice(to);
        }
    }
    repair(&mut bytes);
    bytes
}

/// Makes all checksums right again.
pub(crate) fn repair(bytes: &mut [u8]) {
    let word = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let entries = entries(bytes);
    for &entry in &entries {
        let (start, length) = (word(bytes, entry + 8), word(bytes, entry + 16));
        if let Some(section) = start.checked_add(length).and_then(|end| bytes.get(start..end)) {
            let crc = crc32c(section).to_le_bytes();
            bytes[entry + 24..entry + 28].copy_from_slice(&crc);
        }
    }
    let table = crc32c(&bytes[64..64 + entries.len() * 32]).to_le_bytes();
    bytes[56..60].copy_from_slice(&table);
    let header = crc32c(&bytes[..60]).to_le_bytes();
    bytes[60..64].copy_from_slice(&header);
}

fn entries(bytes: &[u8]) -> Vec<usize> {
    let n = u32::from_le_bytes(bytes[24..28].try_into().unwrap()) as usize;
    (0..n).map(|row| 64 + row * 32).collect()
}

/// Bit by bit: slow, and not the code under test.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & (0u32.wrapping_sub(crc & 1))))
    })
}
