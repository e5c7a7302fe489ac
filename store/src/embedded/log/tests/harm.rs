//! Bits that flip and files that end early, anywhere in the folder.
//!
//! `BOWERBIRD_HARMS=1000 cargo test -p bowerbird-store --lib harm` does it a thousand times.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

use super::super::segment::{SEGMENT_HEADER, Segment};
use super::*;
use crate::frame::{Frames, Piece, Seed};

const HARMS: usize = 60;
const END: u128 = 51;

/// Every file of a log, by its path in the folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Records up to [`END`]: the oldest in sealed files alone, then in segments as well, the newest in a segment alone.
fn sound() -> Files {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), Sizes { spare_segments: 9, ..SMALL });
    fill(&log, 0..30);
    seal_all(&log);
    log.retire(LATER, None).unwrap();
    fill(&log, 30..50);
    seal_all(&log);
    fill(&log, 50..END);
    // It is not closed: what was there before it was written over is behind its end, as after a kill.
    let all = segments(dir.path()).into_iter().chain(sealed_files(dir.path()));
    let files: Files = all
        .map(|path| (path.strip_prefix(dir.path()).unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    let newest = files.iter().rfind(|(path, _)| path.starts_with("log")).unwrap();
    assert!(frames_end(newest.0, newest.1) + 100 < newest.1.len(), "something is left behind its end");
    files
}

fn write(files: &Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        fs::create_dir_all(dir.path().join(path).parent().unwrap()).unwrap();
        fs::write(dir.path().join(path), bytes).unwrap();
    }
    dir
}

/// Chance from a seed. [Steele, Lea and Flood 2014, SplitMix64]
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

/// Flips a bit or cuts the file. Answers which bytes are no longer what they were.
fn hurt(bytes: &mut Vec<u8>, chance: &mut Chance) -> Range<usize> {
    let at = chance.below(bytes.len());
    if chance.below(3) == 0 {
        bytes.truncate(at);
        return at..usize::MAX;
    }
    bytes[at] ^= 1 << chance.below(8);
    at..at + 1
}

/// The keys of a segment, by where their frames lie.
fn frames(path: &Path, bytes: &[u8]) -> Vec<(Range<usize>, Vec<u128>)> {
    let first = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let frame = |piece| match piece {
        Piece::Frame { at, frame } => Some((
            at..at + frame.bytes,
            frame.records.iter().map(|record| record.key.unwrap().bits()).collect(),
        )),
        // What is left of the segment that it was written over.
        Piece::Damage(range) => {
            assert_eq!(range.end, bytes.len(), "not hurt yet");
            None
        }
    };
    Frames::new(bytes, SEGMENT_HEADER, first, Seed::of(first)).map_while(frame).collect()
}

fn frames_end(path: &Path, bytes: &[u8]) -> usize {
    frames(path, bytes).last().map_or(SEGMENT_HEADER, |(range, _)| range.end)
}

/// What may be unreadable when these bytes of this file are not what they were, and whether that must be noticed.
fn may_lose(files: &Files, path: &Path, hurt: &Range<usize>) -> (Vec<u128>, bool) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let first = &name[..20];
    let has = |folder: &str| {
        files.keys().any(|other| {
            other != path
                && other.starts_with(folder)
                && other.to_str().unwrap().contains(&format!("/{first}"))
        })
    };
    if path.starts_with("columns") {
        let end: u128 = name[21..41].parse().unwrap();
        let keys = if has("log") { Vec::new() } else { (first.parse().unwrap()..end).collect() };
        return (keys, true);
    }
    let frames = frames(path, &files[path]);
    let end = frames_end(path, &files[path]);
    // Where the newest segment ends between two frames, nothing shows that it was longer; what is behind the zeros at its
    // end, and how many of them there are, is of no account.
    let is_newest = files.keys().rfind(|other| other.starts_with("log")) == Some(&path.to_owned());
    let is_cut = hurt.end == usize::MAX;
    let is_between = is_cut
        && (hurt.start >= end || frames.iter().any(|(range, _)| range.start == hurt.start))
        || hurt.start >= Segment::padded(end as u64) as usize;
    let touched = frames.into_iter().filter(|(range, _)| range.start < hurt.end && hurt.start < range.end);
    let keys = if has("columns") { Vec::new() } else { touched.flat_map(|(_, keys)| keys).collect() };
    (keys, !(is_newest && is_between))
}

/// Everything that names a file: what was found at opening, what readers report, and what stops a segment from being
/// replaced by its sealed file.
fn reports(log: &FileLog, opened: &Opened) -> String {
    let found = opened.findings.iter().map(ToString::to_string);
    let by_record = log.scan(Offset(0)).filter_map(Result::err).map(|error| error.to_string());
    let by_column = log.columns(Offset(0)..log.end(), &Column::ALL, reading).filter_map(Result::err);
    let by_column = by_column.map(|error| error.to_string());
    let by_keeper = log.retire(LATER, None).err().map(|error| error.to_string());
    found.chain(by_record).chain(by_column).chain(by_keeper).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_harm_goes_unnoticed_or_hides_what_it_did_not_touch() {
    let harms = std::env::var("BOWERBIRD_HARMS").map_or(HARMS, |n| n.parse().unwrap());
    let (files, mut chance) = (sound(), Chance(17));
    let paths: Vec<&PathBuf> = files.keys().collect();
    let (mut unseen, mut lost) = (0, 0);
    for harm in 0..harms {
        let path = paths[chance.below(paths.len())];
        let mut harmed = files.clone();
        let range = hurt(harmed.get_mut(path).unwrap(), &mut chance);
        let (may_lose, must_show) = may_lose(&files, path, &range);
        let dir = write(&harmed);
        let (log, opened) = open(dir.path(), SMALL);
        let keys = read(&log).0;
        let what = format!("harm {harm}: bytes {range:?} of {}", path.display());
        let missing: Vec<u128> = (0..END).filter(|key| !keys.contains(key)).collect();
        assert!(missing.iter().all(|key| may_lose.contains(key)), "{what}: {missing:?} are lost");
        assert!(keys.is_sorted_by(|a, b| a < b), "{what}: {keys:?}");
        let reports = reports(&log, &opened);
        let is_named = reports.contains(path.file_name().unwrap().to_str().unwrap());
        assert!(is_named || !must_show, "{what}: {reports}");
        unseen += usize::from(!is_named);
        lost += missing.len();
        let again = fill_again(&log, 0..END);
        let is_new = |key: &u128| matches!(again[*key as usize], Fate::Stored(_));
        let twice: Vec<u128> = (0..END).filter(is_new).filter(|key| !may_lose.contains(key)).collect();
        assert!(twice.is_empty(), "{what}: {twice:?} are counted twice");
        append(&log, vec![record(99, "after the harm")]).unwrap();
        drop(log);
        assert_eq!(read(&open(dir.path(), SMALL).0).0.last(), Some(&99), "{what}");
    }
    println!(
        "{harms} harms: {lost} records in hurt bytes, {unseen} cuts between two frames of the newest segment"
    );
}
