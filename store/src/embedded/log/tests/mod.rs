//! The log against a disk that tears, fills up, lies and forgets.

mod damage;
mod faults;
mod properties;

use std::fs::File;
use std::path::{Path, PathBuf};

use super::disk::{Disk, RealDisk};
use super::{FileLog, Sizes};
use crate::{DedupeKey, EventLog, Fate, Offset, Opened, Record, StoreError};

/// Small enough that a few records fill a segment.
const SMALL: Sizes = Sizes { segment_bytes: 300, queue_bytes: 1 << 20 };

fn open(dir: &Path, sizes: Sizes) -> (FileLog, Opened) {
    open_on(dir, Box::new(RealDisk), sizes)
}

fn open_on(dir: &Path, disk: Box<dyn Disk>, sizes: Sizes) -> (FileLog, Opened) {
    let lock = File::create(dir.join("lock")).unwrap();
    FileLog::open_with(dir, lock, disk, sizes).unwrap()
}

fn record(key: u128, body: &str) -> Record {
    Record { key: Some(DedupeKey(key)), at_ms: 1_700_000_000_000, body: body.into() }
}

fn append(log: &FileLog, batch: Vec<Record>) -> Result<Vec<Fate>, StoreError> {
    log.append(batch).blocking_recv().expect("an answer").map(|receipt| receipt.fates)
}

/// Appends one record for each key, each as its own batch.
fn fill(log: &FileLog, keys: std::ops::Range<u128>) {
    for key in keys {
        append(log, vec![record(key, &format!("body of {key}"))]).unwrap();
    }
}

/// The keys that can be read, and how many times the scan reported damage.
fn read(log: &FileLog) -> (Vec<u128>, usize) {
    let (mut keys, mut errors) = (Vec::new(), 0);
    for item in log.scan(Offset(0)) {
        match item {
            Ok((_, record)) => keys.push(record.key.unwrap().0),
            Err(StoreError::Damaged { .. }) => errors += 1,
            Err(other) => panic!("{other}"),
        }
    }
    (keys, errors)
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir.join("log")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn a_log_that_was_opened_again_remembers_records_keys_and_offsets() {
    let dir = tempfile::tempdir().unwrap();
    fill(&open(dir.path(), SMALL).0, 0..20);
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!(opened, Opened::default());
    assert_eq!(read(&log), ((0..20).collect(), 0));
    assert_eq!(
        append(&log, vec![record(7, "again"), record(20, "new")]).unwrap(),
        [Fate::Repeat, Fate::Stored(Offset(20))]
    );
    assert!(segments(dir.path()).len() > 2, "small segments must have been closed");
}

#[test]
fn a_scan_starts_at_any_offset() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), SMALL);
    fill(&log, 0..20);
    for from in 0..=20 {
        let offsets: Vec<u64> = log.scan(Offset(from)).map(|item| item.unwrap().0.0).collect();
        assert_eq!(offsets, (from..20).collect::<Vec<_>>());
    }
}

#[test]
fn keys_older_than_the_window_are_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let day = |day: i64| day * 24 * 60 * 60 * 1000;
    let at = |key, at_ms| Record { at_ms, ..record(key, "a body that fills a good part of a small segment") };
    let (log, _) = open(dir.path(), SMALL);
    for key in 0..20 {
        append(&log, vec![at(key, day(key as i64))]).unwrap();
    }
    drop(log);
    let (log, _) = open(dir.path(), SMALL);
    let again: Vec<Fate> = (0..20).flat_map(|key| append(&log, vec![at(key, day(19))]).unwrap()).collect();
    assert_eq!(again.iter().filter(|fate| **fate == Fate::Repeat).count(), 8);
    assert!(again[12..].iter().all(|fate| *fate == Fate::Repeat), "{again:?}");
}

/// Once released, a version of the format is written for ever like this and read for ever.
#[test]
fn the_golden_segment_is_what_we_write_and_read() {
    let golden = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/format/log-v1.seg")).unwrap();
    let batches = || {
        let unkeyed = |at_ms, body: &str| Record { key: None, at_ms, body: body.into() };
        [
            vec![record(1, r#"{"event":{}}"#), unkeyed(-1, "")],
            vec![unkeyed(i64::MAX, "ü"), record(u128::MAX, "last"), record(1 << 64, "key of two halves")],
        ]
    };
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), Sizes::default());
    for batch in batches() {
        append(&log, batch).unwrap();
    }
    assert_eq!(std::fs::read(&segments(dir.path())[0]).unwrap(), golden);

    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("log")).unwrap();
    std::fs::write(dir.path().join("log/00000000000000000000.seg"), &golden).unwrap();
    let (log, opened) = open(dir.path(), Sizes::default());
    assert_eq!(opened, Opened::default());
    let records: Vec<Record> = log.scan(Offset(0)).map(|item| item.unwrap().1).collect();
    assert_eq!(records, batches().concat());
}
