//! A vector pack from a network: it is refused, or everything can be asked of it.
#![no_main]

use bowerbird_ranker::{Dials, History, Pack, Request, recommend, related, rerank};
use libfuzzer_sys::fuzz_target;

/// Where docs/pack-format.md has them.
const HEADER: usize = 64;
const ENTRY: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    use_it(bytes.to_vec());
    let mut repaired = bytes.to_vec();
    if repair(&mut repaired).is_some() {
        use_it(repaired);
    }
});

fn use_it(bytes: Vec<u8>) {
    let Ok(pack) = Pack::open(bytes) else { return };
    let mut history = History::new();
    for item in pack.items() {
        assert!(!pack.id(item).is_empty());
        assert_eq!(pack.index_of(pack.id(item)), Some(item));
        pack.columns().iter().for_each(|column| drop(format!("{:?}", pack.value(column, item))));
        pack.neighbours(item).for_each(|(neighbour, _)| assert!(neighbour.at() < pack.n_items()));
        history.observe(item, 1.0);
    }
    let request = Request::top(10);
    assert!(recommend(&pack, &history, &request).len() <= 10);
    let dials = Dials { context: pack.context_values().take(8).collect(), ..Dials::default() };
    assert!(recommend(&pack, &history, &Request { dials: Some(&dials), ..request }).len() <= 10);
    if let Some(first) = pack.items().next() {
        assert!(related(&pack, first, &request).len() <= 10);
    }
    let ids: Vec<&str> = pack.items().map(|item| pack.id(item)).chain(["unknown"]).collect();
    assert_eq!(rerank(&pack, &history, &ids, &Request::top(ids.len())).len(), ids.len());
}

/// Makes length and checksums right, so that what is behind them is reached.
fn repair(bytes: &mut [u8]) -> Option<()> {
    let total = (bytes.len() as u64).to_le_bytes();
    bytes.get_mut(48..56)?.copy_from_slice(&total);
    let sections = u32::from_le_bytes(bytes.get(24..28)?.try_into().ok()?) as usize;
    let table = HEADER..HEADER.checked_add(sections.checked_mul(ENTRY)?)?;
    for entry in table.clone().step_by(ENTRY) {
        let word = |bytes: &[u8], at: usize| {
            Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?) as usize)
        };
        let (start, length) = (word(bytes, entry + 8)?, word(bytes, entry + 16)?);
        if let Some(section) = start.checked_add(length).and_then(|end| bytes.get(start..end)) {
            let crc = crc32c::crc32c(section).to_le_bytes();
            bytes.get_mut(entry + 24..entry + 28)?.copy_from_slice(&crc);
        }
    }
    let crc = crc32c::crc32c(bytes.get(table)?).to_le_bytes();
    bytes[56..60].copy_from_slice(&crc);
    let crc = crc32c::crc32c(&bytes[..60]).to_le_bytes();
    bytes[60..64].copy_from_slice(&crc);
    Some(())
}
