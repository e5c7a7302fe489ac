use std::fs;

use super::super::segment::Segment;
use super::*;

/// Forty records in sealed files, two spares, and more records in segments that are written over them.
fn recycled(dir: &Path) -> FileLog {
    let (log, _) = open(dir, SMALL);
    fill(&log, 0..40);
    seal_all(&log);
    log.retire(LATER, None).unwrap();
    assert_eq!((spares(dir).len(), segments(dir).len()), (2, 1));
    fill(&log, 40..50);
    assert_eq!(spares(dir).len(), 0);
    log
}

fn is_over(path: &Path) -> bool {
    fs::read(path).unwrap()[10] == 1
}

/// The newest segment of a log that was killed, and where its last frame ends.
fn newest(dir: &Path) -> (PathBuf, Vec<u8>, usize) {
    let path = segments(dir).pop().unwrap();
    let bytes = fs::read(&path).unwrap();
    let body = format!("body of {}", 49);
    let end = bytes.windows(body.len()).position(|window| window == body.as_bytes()).unwrap() + body.len();
    assert!(is_over(&path) && bytes.len() > end + 80, "{} of {}", end, bytes.len());
    (path, bytes, end)
}

#[test]
fn segments_are_written_over_old_ones_and_cut_when_they_are_closed() {
    let dir = tempfile::tempdir().unwrap();
    drop(recycled(dir.path()));
    assert!(segments(dir.path()).iter().skip(1).all(|path| is_over(path)));
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..50).collect(), 0)));
    fill(&log, 50..60);
    drop(log);
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..60).collect(), 0)));
}

#[test]
fn what_a_kill_leaves_behind_the_end_is_cut_and_not_taken_for_anything() {
    let dir = tempfile::tempdir().unwrap();
    let _log = recycled(dir.path());
    let dir = killed(dir.path());
    let (path, bytes, end) = newest(dir.path());
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..50).collect(), 0)));
    assert_eq!(fs::read(&path).unwrap(), &bytes[..end]);
    fill(&log, 50..60);
    let dir = killed(dir.path());
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..60).collect(), 0)));
}

#[test]
fn an_unfinished_write_over_an_old_segment_is_cut_reported_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let _log = recycled(dir.path());
    for half in [1, 5, 20, 30] {
        let dir = killed(dir.path());
        let (path, mut bytes, end) = newest(dir.path());
        // The beginning of a frame of 30 bytes.
        bytes[end..end + half].copy_from_slice(&[&[30, 0, 0, 0][..], &[7; 26]].concat()[..half]);
        fs::write(&path, &bytes).unwrap();
        let (log, opened) = open(dir.path(), SMALL);
        let [Finding::TornTail { at, kept_in, .. }] = &opened.findings[..] else { panic!("{opened:?}") };
        let kept = fs::read(kept_in).unwrap();
        assert_eq!((*at, &kept[..half]), (end as u64, &bytes[end..end + half]));
        assert!(kept.len() < 100, "{}", kept.len());
        assert_eq!(read(&log), ((0..50).collect(), 0));
        fill(&log, 50..52);
        drop(log);
        assert_eq!(read(&open(dir.path(), SMALL).0), ((0..52).collect(), 0));
    }
}

#[test]
fn damage_of_a_segment_over_an_old_one_hides_one_frame() {
    let dir = tempfile::tempdir().unwrap();
    let _log = recycled(dir.path());
    let (_, sound, end) = newest(dir.path());
    let last = end - 43;
    for zeros in [0..last, last..end] {
        let dir = killed(dir.path());
        let (path, ..) = newest(dir.path());
        // A page that never got to the disk.
        let start = zeros.start.max(last - 43);
        let mut bytes = sound.clone();
        bytes[start..zeros.end].fill(0);
        fs::write(&path, &bytes).unwrap();
        let (log, opened) = open(dir.path(), SMALL);
        if zeros.end == last {
            assert!(matches!(opened.findings[..], [Finding::Damage { .. }]), "{opened:?}");
            assert_eq!(read(&log).0, (0..50).filter(|key| *key != 48).collect::<Vec<_>>());
        } else {
            assert_eq!(read(&log).0, (0..49).collect::<Vec<_>>(), "as if the last write had never begun");
        }
    }
}

#[test]
fn sealed_segments_wait_for_a_day_to_be_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), SMALL);
    fill(&log, 0..40);
    let closed = seal_all(&log);
    retire_soon(&log, 2);
    assert_eq!((spares(dir.path()).len(), segments(dir.path()).len()), (2, closed - 2 + 1));
    fill(&log, 40..46);
    retire_soon(&log, 1);
    assert_eq!((spares(dir.path()).len(), segments(dir.path()).len()), (2, closed - 3 + 2));
    log.retire(SOON + DAY_MS + 1, None).unwrap();
    assert_eq!((spares(dir.path()).len(), read(&log)), (2, ((0..46).collect(), 0)));
    assert_eq!(segments(dir.path()).len(), 2, "after a day they go");
}

#[test]
fn no_more_spares_are_kept_than_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), SMALL);
    fill(&log, 0..40);
    seal_all(&log);
    log.retire(LATER, None).unwrap();
    drop(log);
    for spare_segments in [1, 0] {
        let (log, _) = open(dir.path(), Sizes { spare_segments, ..SMALL });
        assert_eq!((spares(dir.path()).len(), read(&log)), (spare_segments, ((0..40).collect(), 0)));
    }
    let (log, _) = open(dir.path(), Sizes { spare_segments: 0, ..SMALL });
    fill(&log, 40..60);
    seal_all(&log);
    log.retire(LATER, None).unwrap();
    assert_eq!((spares(dir.path()).len(), segments(dir.path()).len()), (0, 1));
}

#[test]
fn a_spare_of_a_later_life_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("log")).unwrap();
    for first in [0, 1000] {
        fs::write(dir.path().join(format!("log/{first:020}.spare")), vec![1; 500]).unwrap();
    }
    let (log, _) = open(dir.path(), SMALL);
    fill(&log, 0..2);
    assert!(spares(dir.path()).is_empty());
    assert!(fs::read(&segments(dir.path())[0]).unwrap().ends_with(&[0; 50]));
    assert_eq!(read(&log), ((0..2).collect(), 0));
}

#[test]
fn room_is_reserved_while_there_are_no_spares_and_given_back_when_a_segment_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), SMALL);
    fill(&log, 0..13);
    let length = |path: PathBuf| fs::metadata(path).unwrap().len();
    let mut lengths: Vec<u64> = segments(dir.path()).into_iter().map(length).collect();
    assert_eq!(lengths.pop(), Some(Segment::padded(SMALL.segment_bytes)));
    assert!(lengths.len() > 1 && lengths.iter().all(|bytes| *bytes < SMALL.segment_bytes), "{lengths:?}");
    assert!(spares(dir.path()).is_empty() && segments(dir.path()).iter().all(|path| is_over(path)));
    let dir = killed(dir.path());
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..13).collect(), 0)));
    fill(&log, 13..20);
    drop(log);
    assert_eq!(read(&open(dir.path(), SMALL).0), ((0..20).collect(), 0));
}

#[test]
fn files_grow_where_no_room_can_be_reserved() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open_on(dir.path(), Arc::new(FaultyDisk::that(Fault::CannotReserve)), SMALL);
    fill(&log, 0..12);
    assert!(spares(dir.path()).is_empty() && !segments(dir.path()).iter().any(|path| is_over(path)));
    let dir = killed(dir.path());
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..12).collect(), 0)));
}

#[test]
fn room_that_was_reserved_before_a_kill_is_in_nobodys_way() {
    for reserved in [11, 12, 13] {
        let dir = tempfile::tempdir().unwrap();
        let (log, _) = open(dir.path(), SMALL);
        fill(&log, 0..12);
        let dir = killed(dir.path());
        fs::write(dir.path().join(format!("log/{reserved:020}.spare")), [0; 300]).unwrap();
        let (log, opened) = open(dir.path(), SMALL);
        fill(&log, 12..20);
        assert_eq!((opened, read(&log)), (Opened::default(), ((0..20).collect(), 0)));
        assert!(spares(dir.path()).is_empty());
        drop(log);
        assert_eq!(read(&open(dir.path(), SMALL).0), ((0..20).collect(), 0));
    }
}

#[test]
fn what_becomes_a_spare_meanwhile_is_not_taken_for_the_one_that_is_written_over() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    fill(&open(dir.path(), SMALL).0, 0..40);
    // Both have the same number: a kill can leave that, where room was reserved and something else was written over.
    let oldest = segments(dir.path()).remove(0);
    fs::copy(&oldest, oldest.with_extension("spare")).unwrap();
    let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), SMALL);
    seal_all(&log);
    disk.set(Fault::SlowReuse);
    std::thread::scope(|scope| {
        scope.spawn(|| retire_soon(&log, 2));
        fill(&log, 40..60);
    });
    assert_eq!(read(&log), ((0..60).collect(), 0));
    drop(log);
    assert_eq!(read(&open(dir.path(), SMALL).0), ((0..60).collect(), 0));
}
