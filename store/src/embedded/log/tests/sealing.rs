use std::cell::RefCell;
use std::fs;

use super::*;
use crate::contract;

#[test]
fn a_log_of_many_segments_keeps_the_contract() {
    let dirs: RefCell<Vec<tempfile::TempDir>> = RefCell::default();
    contract::event_log(&|| {
        dirs.borrow_mut().push(tempfile::tempdir().unwrap());
        Arc::new(open(dirs.borrow().last().unwrap().path(), SMALL).0)
    });
}

fn items(log: &FileLog) -> (Vec<String>, usize) {
    let (mut items, mut errors) = (Vec::new(), 0);
    for columns in log.columns(Offset(0)..log.end(), &[Column::Item], reading) {
        match columns {
            Ok(columns) => {
                let texts = columns.texts(Column::Item);
                items.extend((0..columns.len()).map(|row| texts.at(row).unwrap().to_owned()));
            }
            Err(_) => errors += 1,
        }
    }
    (items, errors)
}

fn bodies(keys: std::ops::Range<u128>) -> Vec<String> {
    keys.map(|key| format!("body of {key}")).collect()
}

/// Forty records, sealed; with or without their segments.
fn sealed(dir: &Path, is_retired: bool) -> FileLog {
    let (log, _) = open(dir, SMALL);
    fill(&log, 0..40);
    let closed = log.unsealed();
    assert!(closed > 3);
    assert_eq!((seal_all(&log), log.unsealed()), (closed, 0));
    if is_retired {
        log.retire(LATER, None).unwrap();
        assert_eq!(segments(dir).len(), 1);
    }
    log
}

#[test]
fn a_log_whose_segments_are_gone_reads_as_before_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    drop(sealed(dir.path(), true));
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!(
        (opened, read(&log), items(&log)),
        (Opened::default(), ((0..40).collect(), 0), (bodies(0..40), 0))
    );
    fill(&log, 40..60);
    assert!(seal_all(&log) > 1);
    assert_eq!((read(&log), items(&log)), (((0..60).collect(), 0), (bodies(0..60), 0)));
}

#[test]
fn readers_go_on_while_segments_are_written_over_and_old_records_are_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path(), false);
    let mut during = log.scan(Offset(0)).map(|item| item.unwrap().1.key.unwrap().bits());
    let before: Vec<u128> = during.by_ref().take(3).collect();
    retire_soon(&log, 2);
    fill(&log, 40..60);
    assert_eq!(spares(dir.path()), [] as [PathBuf; 0]);
    let middle: Vec<u128> = during.by_ref().take(3).collect();
    assert_eq!((before, middle), (vec![0, 1, 2], vec![3, 4, 5]));
    log.retire(LATER, Some(1)).unwrap();
    let rest: Vec<u128> = during.collect();
    assert!(rest.len() < 34 && rest.is_sorted() && rest.last() == Some(&39), "{rest:?}");
}

#[test]
fn a_damaged_segment_is_never_sealed_and_never_removed() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), SMALL);
    fill(&log, 0..40);
    let path = &segments(dir.path())[1];
    flip(path, 200);
    let bytes = fs::read(path).unwrap();
    let mut failures = 0;
    while let Some(result) = log.seal(reading).transpose() {
        failures += usize::from(result.is_err());
    }
    assert_eq!((failures, read(&log).1), (1, 1));
    log.retire(LATER, Some(1)).unwrap();
    assert_eq!((fs::read(path).unwrap(), read(&log).1, items(&log).1), (bytes, 1, 1));
}

#[test]
fn a_damaged_sealed_file_is_named_and_its_segment_stands_in() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path(), false);
    let path = &sealed_files(dir.path())[1];
    let sound = fs::read(path).unwrap();
    fs::write(path, &sound[..sound.len() - 1]).unwrap();
    assert_eq!((read(&log), items(&log)), (((0..40).collect(), 0), (bodies(0..40), 1)));
    let refused = log.retire(LATER, None).unwrap_err().to_string();
    assert!(refused.contains(path.to_str().unwrap()), "{refused}");
    assert!(seal_all(&log) == 1 && fs::read(path).unwrap() == sound);
    log.retire(LATER, None).unwrap();
    assert_eq!((read(&log), items(&log)), (((0..40).collect(), 0), (bodies(0..40), 0)));
}

#[test]
fn every_flipped_bit_of_a_sealed_file_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path(), true);
    let path = &sealed_files(dir.path())[1];
    let sound = fs::read(path).unwrap();
    for at in (0..sound.len()).step_by(37) {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(path, &bytes).unwrap();
        let all = log.columns(Offset(0)..log.end(), &Column::ALL, reading);
        let named = |error: StoreError| error.to_string().contains(path.to_str().unwrap());
        let by_columns = all.filter_map(Result::err).any(named);
        let by_records = log.scan(Offset(0)).filter_map(Result::err).any(named);
        assert!(by_columns || by_records, "byte {at} of {}", sound.len());
        assert!(read(&log).0.len() >= 30, "only one file is lost");
    }
}

#[test]
fn a_sealed_file_that_is_gone_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    drop(sealed(dir.path(), true));
    fs::remove_file(&sealed_files(dir.path())[1]).unwrap();
    let (log, _) = open(dir.path(), SMALL);
    let (keys, errors) = read(&log);
    assert!(keys.len() < 40 && keys.contains(&0) && keys.contains(&39), "{keys:?}");
    assert_eq!((errors, items(&log).1), (1, 1));
}

#[test]
fn what_an_interrupted_sealing_left_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    drop(sealed(dir.path(), false));
    let left = dir.path().join("columns/00000000000000000000-00000000000000000005-00000000.unfinished");
    fs::write(&left, b"PAR1 half of it").unwrap();
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, left.exists(), read(&log)), (Opened::default(), false, ((0..40).collect(), 0)));
}

#[test]
fn no_offset_is_used_twice_when_the_newest_segment_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    drop(sealed(dir.path(), true));
    fs::remove_file(&segments(dir.path())[0]).unwrap();
    let (log, _) = open(dir.path(), SMALL);
    let end = log.end();
    assert!(end > Offset(30));
    assert_eq!(append(&log, vec![record(99, "new")]).unwrap(), [Fate::Stored(end)]);
}

#[test]
fn repeats_are_told_without_a_segment_and_without_the_file_of_its_keys() {
    let harms: [fn(&Path); 3] =
        [|_| {}, |path| fs::remove_file(path).unwrap(), |path| fs::write(path, b"BOWERKEY").unwrap()];
    for harm in harms {
        let dir = tempfile::tempdir().unwrap();
        let log = sealed(dir.path(), false);
        retire_soon(&log, 2);
        drop(log);
        paths(&dir.path().join("keys")).iter().for_each(|path| harm(path));
        let (log, opened) = open(dir.path(), SMALL);
        assert_eq!((opened, fill_again(&log, 0..40)), (Opened::default(), vec![Fate::Repeat; 40]));
    }
}

#[test]
fn keys_that_cannot_be_learned_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path(), false);
    retire_soon(&log, 2);
    drop(log);
    fs::remove_dir_all(dir.path().join("keys")).unwrap();
    let path = &sealed_files(dir.path())[1];
    let sound = fs::read(path).unwrap();
    fs::write(path, &sound[..sound.len() - 1]).unwrap();
    let (log, opened) = open(dir.path(), SMALL);
    let [Finding::Damage { path: named, .. }] = &opened.findings[..] else { panic!("{opened:?}") };
    assert_eq!((named, read(&log).1), (path, 1));
}

#[test]
fn a_segment_stays_where_the_file_of_its_keys_is_not_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path(), false);
    retire_soon(&log, 1);
    fs::write(&paths(&dir.path().join("keys"))[1], b"BOWERKEY").unwrap();
    assert_eq!(log.retire(SOON, None).unwrap(), Retired::default());
    assert!(log.retire(LATER, None).unwrap().segments > 2, "no repeat is told by it any more");
}

#[test]
fn segments_behind_a_damaged_one_go_and_nobody_takes_them_for_missing() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), SMALL);
    fill(&log, 0..40);
    let path = &segments(dir.path())[1];
    flip(path, 200);
    while log.seal(reading).transpose().is_some() {}
    retire_soon(&log, 2);
    assert_eq!(&segments(dir.path())[0], path);
    drop(log);
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, read(&log).1), (Opened::default(), 1));
    assert_eq!(fill_again(&log, 0..40), [Fate::Repeat; 40]);
    fs::remove_dir_all(dir.path().join("keys")).unwrap();
    drop(log);
    let findings = open(dir.path(), SMALL).1.findings;
    assert!(matches!(&findings[..], [Finding::Damage { path: named, .. }] if named == path), "{findings:?}");
}
