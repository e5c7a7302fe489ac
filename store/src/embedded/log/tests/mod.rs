//! The log against a disk that tears, fills up, lies and forgets.

mod damage;
mod faults;
mod harm;
mod properties;
mod sealing;
mod spares;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::faults::{Fault, FaultyDisk};
use super::FileLog;
use super::disk::{Disk, RealDisk};
use super::window::DAY_MS;
use crate::{
    Column, DedupeKey, EventLog, Fate, Finding, Offset, Opened, Record, Retired, Row, Sizes, StoreError,
};

/// Small enough that a few records fill a segment.
const SMALL: Sizes = Sizes { segment_bytes: 300, queue_bytes: 1 << 20, spare_segments: 2 };

fn open(dir: &Path, sizes: Sizes) -> (FileLog, Opened) {
    open_on(dir, Arc::new(RealDisk), sizes)
}

fn open_on(dir: &Path, disk: Arc<dyn Disk>, sizes: Sizes) -> (FileLog, Opened) {
    let lock = File::create(dir.join("lock")).unwrap();
    FileLog::open_with(dir, lock, disk, sizes).unwrap()
}

fn record(key: u128, body: &str) -> Record {
    Record { key: Some(DedupeKey::of(key)), ..Record::new(SOON, body) }
}

fn append(log: &FileLog, batch: Vec<Record>) -> Result<Vec<Fate>, StoreError> {
    log.append(batch.into()).blocking_recv().expect("an answer").map(|receipt| receipt.fates().collect())
}

/// Appends one record for each key, each as its own batch.
fn fill(log: &FileLog, keys: std::ops::Range<u128>) {
    for key in keys {
        append(log, vec![record(key, &format!("body of {key}"))]).unwrap();
    }
}

/// Appends the same keys once more, as one batch, and says what became of each.
fn fill_again(log: &FileLog, keys: std::ops::Range<u128>) -> Vec<Fate> {
    append(log, keys.map(|key| record(key, "again")).collect()).unwrap()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// The keys that can be read, and how many times the scan reported damage.
fn read(log: &FileLog) -> (Vec<u128>, usize) {
    let (mut keys, mut errors) = (Vec::new(), 0);
    for item in log.scan(Offset(0)) {
        match item {
            Ok((_, record)) => keys.push(record.key.unwrap().bits()),
            Err(StoreError::Damaged { .. }) => errors += 1,
            Err(other) => panic!("{other}"),
        }
    }
    (keys, errors)
}

/// When every record here came in.
const SOON: i64 = 1_700_000_000_000;

/// Nine days later: no repeat can be told by them any more.
const LATER: i64 = SOON + 9 * DAY_MS;

/// What records of these tests say: their body is an item.
fn reading<'a>(
    _: &[Column],
    _: Option<&'a [u8]>,
    bodies: &mut dyn Iterator<Item = &'a [u8]>,
    each: &mut dyn FnMut(&Row<'a>),
) {
    let row = |body| Row { outcome: "accepted", item: Some(String::from_utf8_lossy(body)), ..Row::default() };
    bodies.for_each(|body| each(&row(body)));
}

/// Seals what can be sealed and says how many segments that were.
fn seal_all(log: &FileLog) -> usize {
    std::iter::from_fn(|| log.seal(reading).unwrap()).count()
}

/// Lets so many segments go at once, to be written over. Their keys are written aside, and may not be there yet.
fn retire_soon(log: &FileLog, segments: u64) {
    let mut retired = 0;
    while retired < segments {
        retired += log.retire(SOON, Some(0)).unwrap().segments;
        std::thread::yield_now();
    }
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    ending(dir, "seg")
}

fn spares(dir: &Path) -> Vec<PathBuf> {
    ending(dir, "spare")
}

fn ending(dir: &Path, wanted: &str) -> Vec<PathBuf> {
    let is_wanted = |path: &PathBuf| path.extension().is_some_and(|ending| ending == wanted);
    paths(&dir.join("log")).into_iter().filter(is_wanted).collect()
}

fn sealed_files(dir: &Path) -> Vec<PathBuf> {
    paths(&dir.join("columns"))
}

fn paths(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
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

/// Once released, a version of the format is read for ever.
#[test]
fn a_segment_of_version_1_is_read_and_the_log_goes_on_in_a_new_one() {
    let (dir, log, opened) = open_golden("log-v1.seg");
    assert_eq!(opened, Opened::default());
    assert_eq!(records(&log), version_1().concat());
    append(&log, vec![record(1, "known already"), record(7, "new")]).unwrap();
    drop(log);
    assert_eq!(segments(dir.path()).len(), 2);
    let (log, opened) = open(dir.path(), Sizes::default());
    assert_eq!((opened, records(&log).len()), (Opened::default(), 6));
}

#[test]
fn a_segment_of_version_2_is_read_and_the_log_goes_on_in_a_new_one() {
    let (dir, log, opened) = open_golden("log-v2.seg");
    assert_eq!((opened, records(&log)), (Opened::default(), version_2().concat()));
    let again = append(&log, [version_2().concat(), vec![record(7, "new")]].concat()).unwrap();
    let keyless = 3;
    assert_eq!(again.iter().filter(|fate| **fate != Fate::Repeat).count(), keyless + 1);
    drop(log);
    assert_eq!((segments(dir.path()).len(), open(dir.path(), Sizes::default()).1), (2, Opened::default()));
}

#[test]
fn a_segment_of_version_1_without_a_frame_becomes_one_of_ours() {
    let dir = tempfile::tempdir().unwrap();
    let golden = golden("log-v1.seg");
    std::fs::create_dir(dir.path().join("log")).unwrap();
    std::fs::write(dir.path().join("log/00000000000000000000.seg"), &golden[..24]).unwrap();
    let (log, opened) = open(dir.path(), Sizes::default());
    fill(&log, 0..3);
    assert_eq!(
        (opened, segments(dir.path()).len(), read(&log)),
        (Opened::default(), 1, ((0..3).collect(), 0))
    );
}

/// The version that we write is written for ever like this.
#[test]
fn the_golden_segment_is_what_we_write_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open_on(dir.path(), Arc::new(FaultyDisk::that(Fault::CannotReserve)), Sizes::default());
    for batch in version_3() {
        append(&log, batch).unwrap();
    }
    assert_eq!(std::fs::read(&segments(dir.path())[0]).unwrap(), golden("log-v3.seg"));
    let (_dir, log, opened) = open_golden("log-v3.seg");
    assert_eq!((opened, records(&log)), (Opened::default(), version_3().concat()));
}

#[test]
fn what_a_call_has_in_common_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), Sizes::default());
    let call = |name: &str| -> Vec<Record> {
        let origin = Some(name.as_bytes().into());
        (0..10).map(|n| Record { origin: origin.clone(), ..Record::new(5, format!("{n}")) }).collect()
    };
    append(&log, [call("first call"), call("second call")].concat()).unwrap();
    let bytes = std::fs::read(&segments(dir.path())[0]).unwrap();
    assert_eq!(bytes.windows(4).filter(|four| four == b"call").count(), 2);
    assert_eq!(records(&log), [call("first call"), call("second call")].concat());
}

fn version_1() -> [Vec<Record>; 2] {
    [
        vec![record(1, r#"{"event":{}}"#), Record::new(-1, "")],
        vec![Record::new(i64::MAX, "ü"), record(u128::MAX, "last"), record(1 << 64, "key of two halves")],
    ]
}

fn version_2() -> [Vec<Record>; 2] {
    let (ada, bob): (Arc<[u8]>, Arc<[u8]>) = (Arc::from(&b"ada"[..]), Arc::from(&b"bob"[..]));
    let of = |origin: &Arc<[u8]>, record| Record { origin: Some(origin.clone()), ..record };
    let [alone, more] = version_1();
    [
        vec![
            of(&ada, record(2, r#"{"itemId":"1"}"#)),
            of(&ada, record(3, "{}")),
            of(&bob, Record::new(-1, "")),
        ],
        [alone, vec![of(&bob, record(4, "after one that stands alone"))], more].concat(),
    ]
}

fn version_3() -> [Vec<Record>; 2] {
    let origin = |text: &str| Some(Arc::from(text.as_bytes()));
    let (ada, adela, bob) = (origin("ada"), origin("adéla"), origin("bob"));
    let of = |origin: &Option<Arc<[u8]>>, record| Record { origin: origin.clone(), ..record };
    let [alone, more] = version_1();
    let later = Record { at_ms: 1_700_000_000_300, ..record(5, &"x".repeat(200)) };
    [
        vec![
            of(&ada, record(2, r#"{"itemId":"1"}"#)),
            of(&ada, record(3, "{}")),
            of(&adela, Record::new(-1, "")),
        ],
        [alone, vec![of(&bob, record(4, "after one that stands alone"))], more, vec![of(&bob, later)]]
            .concat(),
    ]
}

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/format")).join(name)).unwrap()
}

fn open_golden(name: &str) -> (tempfile::TempDir, FileLog, Opened) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("log")).unwrap();
    std::fs::write(dir.path().join("log/00000000000000000000.seg"), golden(name)).unwrap();
    let (log, opened) = open(dir.path(), Sizes::default());
    (dir, log, opened)
}

fn records(log: &FileLog) -> Vec<Record> {
    log.scan(Offset(0)).map(|item| item.unwrap().1).collect()
}

#[test]
fn closed_segments_are_not_read_to_know_their_keys() {
    let dir = tempfile::tempdir().unwrap();
    fill(&open(dir.path(), SMALL).0, 0..20);
    flip(&segments(dir.path())[1], 100);
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!(opened, Opened::default());
    assert_eq!(read(&log).1, 1, "the scan tells what opening did not look at");
    assert_eq!(fill_again(&log, 0..20), [Fate::Repeat; 20]);
}

#[test]
fn keys_that_were_not_kept_are_read_from_the_segments_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    fill(&open(dir.path(), SMALL).0, 0..20);
    let keys = dir.path().join("keys");
    let kept = std::fs::read_dir(&keys).unwrap().count();
    assert_eq!(kept, segments(dir.path()).len() - 1);
    std::fs::remove_dir_all(&keys).unwrap();
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, fill_again(&log, 0..20)), (Opened::default(), vec![Fate::Repeat; 20]));
    drop(log);
    assert_eq!(std::fs::read_dir(&keys).unwrap().count(), kept);
}

#[test]
fn keys_of_a_segment_that_was_removed_are_still_known() {
    let dir = tempfile::tempdir().unwrap();
    fill(&open(dir.path(), SMALL).0, 0..20);
    std::fs::remove_file(&segments(dir.path())[0]).unwrap();
    let (log, _) = open(dir.path(), SMALL);
    assert_eq!(append(&log, vec![record(0, "again")]).unwrap(), [Fate::Repeat]);
}

/// The folder as a kill leaves it, while the log is still open.
fn killed(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["log", "columns", "keys"] {
        std::fs::create_dir(copy.path().join(folder)).unwrap();
        for path in paths(&dir.join(folder)) {
            // Keys are written aside, and may get their name just now.
            let _ = std::fs::copy(&path, copy.path().join(path.strip_prefix(dir).unwrap()));
        }
    }
    copy
}
