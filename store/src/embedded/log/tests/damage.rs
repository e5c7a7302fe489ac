use std::fs;
use std::path::Path;

use super::*;

/// One segment with twenty frames of one record.
fn twenty(dir: &Path) -> PathBuf {
    fill(&open(dir, Sizes::default()).0, 0..20);
    segments(dir).remove(0)
}

fn position(path: &Path, text: &str) -> usize {
    let bytes = fs::read(path).unwrap();
    bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap()
}

#[test]
fn a_torn_tail_is_cut_reported_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = twenty(dir.path());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
    let (log, opened) = open(dir.path(), Sizes::default());
    let [Finding::TornTail { at, bytes: cut, kept_in, .. }] = &opened.findings[..] else {
        panic!("{opened:?}")
    };
    assert_eq!(fs::read(kept_in).unwrap(), &bytes[*at as usize..bytes.len() - 3]);
    assert_eq!(*cut, fs::read(kept_in).unwrap().len() as u64);
    assert_eq!(read(&log), ((0..19).collect(), 0));
    fill(&log, 19..22);
    drop(log);
    let (log, opened) = open(dir.path(), Sizes::default());
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..22).collect(), 0)));
}

#[test]
fn damage_in_the_middle_is_reported_by_every_scan_and_hides_one_frame() {
    let dir = tempfile::tempdir().unwrap();
    let path = twenty(dir.path());
    flip(&path, position(&path, "body of 7"));
    for _ in 0..2 {
        let (log, opened) = open(dir.path(), Sizes::default());
        let [Finding::Damage { at, bytes, kept_in: Some(kept_in), .. }] = &opened.findings[..] else {
            panic!("{opened:?}")
        };
        let on_disk = fs::read(&path).unwrap();
        assert_eq!(fs::read(kept_in).unwrap(), &on_disk[*at as usize..(at + bytes) as usize]);
        assert_eq!(read(&log), ((0..20).filter(|key| *key != 7).collect(), 1));
        assert_eq!(log.end(), Offset(20));
    }
}

#[test]
fn damage_of_a_length_does_not_hide_the_frames_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = twenty(dir.path());
    // length, time, flag and key of the record, then the header of the frame
    let frame = position(&path, "body of 7") - (1 + 6 + 1 + 9) - 16;
    for byte in 0..3 {
        flip(&path, frame + byte);
    }
    assert_eq!(read(&open(dir.path(), Sizes::default()).0), ((0..20).filter(|key| *key != 7).collect(), 1));
}

#[test]
fn a_damaged_header_is_reported_and_hides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = twenty(dir.path());
    flip(&path, 3);
    let (log, opened) = open(dir.path(), Sizes::default());
    assert_eq!((opened.findings, read(&log)), (vec![Finding::Header { path }], ((0..20).collect(), 1)));
}

#[test]
fn damage_while_the_log_is_open_is_reported_too() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), SMALL);
    fill(&log, 0..20);
    let path = &segments(dir.path())[1];
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    let (keys, errors) = read(&log);
    assert_eq!((keys.len(), errors), (19, 2), "the missing byte and the frame that lacks it");
}

#[test]
fn a_segment_that_is_gone_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    fill(&open(dir.path(), SMALL).0, 0..20);
    let paths = segments(dir.path());
    fs::remove_file(&paths[1]).unwrap();
    let (log, opened) = open(dir.path(), SMALL);
    let (keys, errors) = read(&log);
    assert!(keys.len() < 20 && keys.contains(&0) && keys.contains(&19), "{keys:?}");
    assert_eq!((errors, log.end()), (1, Offset(20)));
    assert!(matches!(opened.findings[..], [Finding::Damage { bytes: 0, .. }]), "{opened:?}");
}

#[test]
fn a_segment_of_a_later_version_is_refused_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = twenty(dir.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 4;
    let crc = crc32c::crc32c(&bytes[..20]);
    bytes[20..24].copy_from_slice(&crc.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    let lock = File::create(dir.path().join("lock")).unwrap();
    let refused = FileLog::open_with(dir.path(), lock, Arc::new(RealDisk), Sizes::default()).err();
    assert!(matches!(refused, Some(StoreError::Newer { found: 4, known: 3, .. })), "{refused:?}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_segment_without_its_header_is_started_over() {
    let dir = tempfile::tempdir().unwrap();
    fill(&open(dir.path(), SMALL).0, 0..20);
    fs::write(dir.path().join("log/00000000000000000020.seg"), b"BOWER").unwrap();
    let (log, opened) = open(dir.path(), SMALL);
    assert!(matches!(opened.findings[..], [Finding::TornTail { at: 0, bytes: 5, .. }]), "{opened:?}");
    fill(&log, 20..22);
    drop(log);
    assert_eq!(read(&open(dir.path(), SMALL).0), ((0..22).collect(), 0));
}
