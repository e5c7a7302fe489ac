use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::disk::Tail;
use super::super::pages::Pages;
use super::*;

/// What goes wrong next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    None,
    /// Half of the bytes reach the file.
    WriteFull,
    WriteBroken,
    /// As the first, and they cannot be taken back.
    WriteFullForGood,
    Sync,
    CreateFull,
    CreateBroken,
    CannotReserve,
    Reopen,
    Reuse,
    /// Between its first bytes and its name.
    SlowReuse,
    /// A sector that cannot be read.
    Read,
    /// Half of a file that is written once gets there.
    FileFull,
    FileBroken,
    /// It reads back otherwise than it was written.
    FileLies,
    Truncate,
    Rename,
    Remove,
}

#[derive(Clone)]
pub(super) struct FaultyDisk(Arc<Mutex<Fault>>);

struct FaultyTail(Box<dyn Tail>, FaultyDisk);

impl FaultyDisk {
    pub(super) fn new() -> Self {
        Self::that(Fault::None)
    }

    pub(super) fn that(fault: Fault) -> Self {
        Self(Arc::new(Mutex::new(fault)))
    }

    pub(super) fn set(&self, fault: Fault) {
        *self.0.lock().unwrap() = fault;
    }

    fn is(&self, fault: Fault) -> bool {
        *self.0.lock().unwrap() == fault
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>> {
        match *self.0.lock().unwrap() {
            Fault::CreateFull => Err(ErrorKind::StorageFull.into()),
            Fault::CreateBroken => Err(broken()),
            _ => Ok(Box::new(FaultyTail(RealDisk.create(path, start)?, self.clone()))),
        }
    }

    fn reserve(&self, path: &Path, bytes: u64) -> io::Result<()> {
        match *self.0.lock().unwrap() {
            Fault::CreateFull => Err(ErrorKind::StorageFull.into()),
            Fault::CreateBroken => Err(broken()),
            Fault::CannotReserve => Err(ErrorKind::Unsupported.into()),
            _ => RealDisk.reserve(path, bytes),
        }
    }

    fn reopen(&self, path: &Path) -> io::Result<Box<dyn Tail>> {
        if self.is(Fault::Reopen) {
            return Err(broken());
        }
        Ok(Box::new(FaultyTail(RealDisk.reopen(path)?, self.clone())))
    }

    fn reuse(&self, spare: &Path, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>> {
        if self.is(Fault::Reuse) {
            return Err(broken());
        }
        if self.is(Fault::SlowReuse) {
            let pages = Pages::begin(File::options().write(true).open(spare)?, start)?;
            std::thread::sleep(Duration::from_millis(20));
            self.rename(spare, path)?;
            return Ok(Box::new(pages));
        }
        Ok(Box::new(FaultyTail(RealDisk.reuse(spare, path, start)?, self.clone())))
    }

    fn read(&self, path: &Path, from: u64, bytes: u64) -> io::Result<Vec<u8>> {
        if self.is(Fault::Read) { Err(broken()) } else { RealDisk.read(path, from, bytes) }
    }

    fn written(&self, path: &Path) -> io::Result<u64> {
        RealDisk.written(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let half = || RealDisk.write(path, &bytes[..bytes.len() / 2]);
        match *self.0.lock().unwrap() {
            Fault::FileFull => half().and(Err(ErrorKind::StorageFull.into())),
            Fault::FileBroken => half().and(Err(broken())),
            Fault::FileLies => {
                let mut bytes = bytes.to_vec();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                RealDisk.write(path, &bytes)
            }
            _ => RealDisk.write(path, bytes),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.is(Fault::Rename) { Err(broken()) } else { RealDisk.rename(from, to) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if self.is(Fault::Remove) { Err(broken()) } else { RealDisk.remove(path) }
    }

    fn truncate(&self, path: &Path, bytes: u64) -> io::Result<()> {
        if self.is(Fault::Truncate) { Err(broken()) } else { RealDisk.truncate(path, bytes) }
    }
}

fn broken() -> io::Error {
    io::Error::other("the disk is broken")
}

impl Tail for FaultyTail {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let kind = match *self.1.0.lock().unwrap() {
            Fault::WriteFull | Fault::WriteFullForGood => ErrorKind::StorageFull,
            Fault::WriteBroken => ErrorKind::Other,
            _ => return self.0.write(at, bytes),
        };
        self.0.write(at, &bytes[..bytes.len() / 2])?;
        Err(kind.into())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.1.is(Fault::Sync) { Err(io::Error::other("the disk is gone")) } else { self.0.sync() }
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        if self.1.is(Fault::WriteFullForGood) { Err(broken()) } else { self.0.truncate(bytes) }
    }
}

#[test]
fn a_full_disk_refuses_tears_nothing_and_intake_resumes_when_there_is_room() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), Sizes::default());
    fill(&log, 0..3);
    disk.set(Fault::WriteFull);
    for _ in 0..2 {
        let refused = append(&log, vec![record(3, "no room")]);
        assert!(matches!(refused, Err(StoreError::Full { .. })), "{refused:?}");
    }
    assert_eq!(read(&log), ((0..3).collect(), 0));
    disk.set(Fault::None);
    // The key of a batch that failed is not a repeat.
    fill(&log, 3..5);
    drop(log);
    let (log, opened) = open(dir.path(), Sizes::default());
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..5).collect(), 0)));
}

#[test]
fn no_room_for_a_new_segment_is_a_full_disk_too() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), SMALL);
    disk.set(Fault::CreateFull);
    let stored = (0..20).take_while(|key| append(&log, vec![record(*key, "x")]).is_ok()).count() as u128;
    assert!((1..20).contains(&stored), "{stored}");
    disk.set(Fault::None);
    fill(&log, stored..20);
    assert_eq!(read(&log), ((0..20).collect(), 0));
}

#[test]
fn a_failed_fsync_closes_intake_for_good() {
    for fault in [Fault::Sync, Fault::WriteBroken] {
        let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
        let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), Sizes::default());
        fill(&log, 0..3);
        disk.set(fault);
        assert!(matches!(append(&log, vec![record(3, "x")]), Err(StoreError::Closed { .. })));
        disk.set(Fault::None);
        assert!(matches!(append(&log, vec![record(4, "x")]), Err(StoreError::Closed { .. })));
        assert_eq!((read(&log), log.end()), (((0..3).collect(), 0), Offset(3)));
    }
}

#[test]
fn half_a_write_that_cannot_be_taken_back_closes_intake_and_is_cut_by_the_next_start() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), Sizes::default());
    fill(&log, 0..3);
    disk.set(Fault::WriteFullForGood);
    assert!(matches!(append(&log, vec![record(3, "x")]), Err(StoreError::Closed { .. })));
    disk.set(Fault::None);
    assert!(matches!(append(&log, vec![record(4, "x")]), Err(StoreError::Closed { .. })));
    assert!(log.health().is_err());
    assert_eq!(read(&log), ((0..3).collect(), 0));
    drop(log);
    let (log, opened) = open(dir.path(), Sizes::default());
    assert!(matches!(opened.findings[..], [Finding::TornTail { .. }]), "{opened:?}");
    fill(&log, 3..5);
    assert_eq!(read(&log), ((0..5).collect(), 0));
}

#[test]
fn a_segment_that_cannot_be_made_closes_intake_and_hurts_none_that_is_there() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), SMALL);
    disk.set(Fault::CreateBroken);
    let mut fates = (0..20).map(|key| append(&log, vec![record(key, "x")]));
    let stored = fates.by_ref().take_while(Result::is_ok).count() as u128;
    assert!((1..20).contains(&stored), "{stored}");
    disk.set(Fault::None);
    assert!(fates.all(|fate| matches!(fate, Err(StoreError::Closed { .. }))));
    drop(log);
    let (log, opened) = open(dir.path(), SMALL);
    assert_eq!((opened, read(&log)), (Opened::default(), ((0..stored).collect(), 0)));
    fill(&log, stored..20);
    assert_eq!(read(&log), ((0..20).collect(), 0));
}

#[test]
fn a_log_whose_newest_segment_cannot_be_opened_to_write_is_not_opened_and_not_touched() {
    for fault in [Fault::Reopen, Fault::CreateBroken, Fault::CreateFull] {
        let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
        let is_new = fault != Fault::Reopen;
        if !is_new {
            fill(&open(dir.path(), SMALL).0, 0..20);
        }
        disk.set(fault);
        let lock = File::create(dir.path().join("lock")).unwrap();
        let refused = FileLog::open_with(dir.path(), lock, Arc::new(disk), SMALL).err();
        assert!(matches!(refused, Some(StoreError::Io { .. } | StoreError::Full { .. })), "{refused:?}");
        let keys = if is_new { 0..0 } else { 0..20 };
        assert_eq!(read(&open(dir.path(), SMALL).0), (keys.collect(), 0));
    }
}

#[test]
fn what_cannot_be_read_is_reported_and_comes_back_with_the_disk() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), SMALL);
    fill(&log, 0..20);
    disk.set(Fault::Read);
    let errors: Vec<_> = log.scan(Offset(0)).map(Result::unwrap_err).collect();
    assert_eq!(errors.len(), segments(dir.path()).len());
    assert!(errors.iter().all(|error| matches!(error, StoreError::Io { .. })), "{errors:?}");
    assert!(log.columns(Offset(0)..log.end(), &[Column::Item], reading).all(|columns| columns.is_err()));
    disk.set(Fault::None);
    assert_eq!(read(&log), ((0..20).collect(), 0));
}

#[test]
fn a_log_that_cannot_be_read_is_not_opened_and_not_touched() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    fill(&open(dir.path(), SMALL).0, 0..20);
    disk.set(Fault::Read);
    let lock = File::create(dir.path().join("lock")).unwrap();
    let refused = FileLog::open_with(dir.path(), lock, Arc::new(disk), SMALL).err();
    assert!(matches!(refused, Some(StoreError::Io { .. })), "{refused:?}");
    assert_eq!(read(&open(dir.path(), SMALL).0), ((0..20).collect(), 0));
}

#[test]
fn a_sealing_that_fails_leaves_the_log_as_it_was_and_is_made_up_for() {
    for fault in [Fault::FileFull, Fault::FileBroken, Fault::FileLies, Fault::Rename] {
        let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
        let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), SMALL);
        fill(&log, 0..20);
        disk.set(fault);
        let failed = log.seal(reading).unwrap_err();
        assert_eq!(matches!(failed, StoreError::Full { .. }), fault == Fault::FileFull, "{failed}");
        assert_eq!(
            (sealed_files(dir.path()).len(), log.retire(i64::MAX, Some(0)).unwrap()),
            (0, Retired::default())
        );
        disk.set(Fault::None);
        fill(&log, 20..25);
        drop(log);
        let (log, opened) = open(dir.path(), SMALL);
        assert_eq!((opened, seal_all(&log)), (Opened::default(), segments(dir.path()).len() - 1));
        assert_eq!(read(&log), ((0..25).collect(), 0));
    }
}

#[test]
fn a_segment_that_cannot_be_removed_is_removed_later() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), SMALL);
    fill(&log, 0..20);
    seal_all(&log);
    disk.set(Fault::Remove);
    assert!(matches!(log.retire(LATER, None), Err(StoreError::Io { .. })));
    assert_eq!(read(&log), ((0..20).collect(), 0));
    disk.set(Fault::None);
    drop(log);
    let (log, _) = open(dir.path(), SMALL);
    log.retire(LATER, None).unwrap();
    assert_eq!((segments(dir.path()).len(), read(&log)), (1, ((0..20).collect(), 0)));
}

/// Opens a log on a disk with a fault, which must refuse.
fn refused(dir: &Path, fault: Fault) -> StoreError {
    let disk = FaultyDisk::new();
    disk.set(fault);
    let lock = File::create(dir.join("lock")).unwrap();
    FileLog::open_with(dir, lock, Arc::new(disk), SMALL).err().expect("a refusal")
}

#[test]
fn a_torn_tail_that_cannot_be_kept_or_cut_stays_until_it_can_be() {
    for fault in [Fault::FileFull, Fault::FileBroken, Fault::Rename, Fault::Truncate] {
        let dir = tempfile::tempdir().unwrap();
        fill(&open(dir.path(), SMALL).0, 0..20);
        let newest = segments(dir.path()).pop().unwrap();
        let torn = [std::fs::read(&newest).unwrap(), b"half of a frame".to_vec()].concat();
        std::fs::write(&newest, &torn).unwrap();
        let failed = refused(dir.path(), fault);
        assert_eq!(matches!(failed, StoreError::Full { .. }), fault == Fault::FileFull, "{failed}");
        assert_eq!(std::fs::read(&newest).unwrap(), torn);
        let (log, opened) = open(dir.path(), SMALL);
        let [Finding::TornTail { kept_in, .. }] = &opened.findings[..] else { panic!("{opened:?}") };
        assert_eq!(std::fs::read(kept_in).unwrap(), b"half of a frame");
        assert_eq!(read(&log), ((0..20).collect(), 0));
    }
}

#[test]
fn a_segment_without_a_header_that_cannot_be_renewed_stays_until_it_can_be() {
    for fault in [Fault::FileFull, Fault::FileBroken, Fault::Rename] {
        let dir = tempfile::tempdir().unwrap();
        fill(&open(dir.path(), SMALL).0, 0..20);
        let newest = dir.path().join("log/00000000000000000020.seg");
        std::fs::write(&newest, b"BOWER").unwrap();
        let failed = refused(dir.path(), fault);
        assert_eq!(matches!(failed, StoreError::Full { .. }), fault == Fault::FileFull, "{failed}");
        assert_eq!(std::fs::read(&newest).unwrap(), b"BOWER");
        let (log, opened) = open(dir.path(), SMALL);
        assert!(matches!(opened.findings[..], [Finding::TornTail { .. }]), "{opened:?}");
        fill(&log, 20..25);
        assert_eq!(read(&log), ((0..25).collect(), 0));
    }
}

#[test]
fn damage_that_cannot_be_copied_aside_is_left_where_it_is_and_the_log_is_not_opened() {
    for fault in [Fault::FileFull, Fault::FileBroken, Fault::Rename] {
        let dir = tempfile::tempdir().unwrap();
        fill(&open(dir.path(), Sizes::default()).0, 0..5);
        let newest = segments(dir.path()).pop().unwrap();
        let mut damaged = std::fs::read(&newest).unwrap();
        damaged[60] ^= 1;
        std::fs::write(&newest, &damaged).unwrap();
        refused(dir.path(), fault);
        assert_eq!(std::fs::read(&newest).unwrap(), damaged);
        let (log, opened) = open(dir.path(), Sizes::default());
        assert!(matches!(opened.findings[..], [Finding::Damage { kept_in: Some(_), .. }]), "{opened:?}");
        assert_eq!(read(&log).0, (1..5).collect::<Vec<_>>());
    }
}

#[test]
fn keys_that_cannot_be_kept_stop_nothing_and_are_kept_by_a_later_start() {
    for fault in [Fault::FileFull, Fault::FileBroken, Fault::FileLies, Fault::Rename] {
        let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
        let (log, _) = open_on(dir.path(), Arc::new(disk.clone()), SMALL);
        disk.set(fault);
        fill(&log, 0..20);
        drop(log);
        let (log, opened) = open(dir.path(), SMALL);
        let again: Vec<_> = (0..20).map(|key| record(key, "again")).collect();
        assert_eq!(
            (opened, append(&log, again.clone()).unwrap()),
            (Opened::default(), vec![Fate::Repeat; 20])
        );
        drop(log);
        let kept = paths(&dir.path().join("keys"));
        assert_eq!(kept.len(), segments(dir.path()).len() - 1, "{fault:?}");
        assert!(kept.iter().all(|path| path.extension().is_some_and(|ending| ending == "keys")), "{kept:?}");
        let (log, _) = open(dir.path(), SMALL);
        assert_eq!(append(&log, again).unwrap(), vec![Fate::Repeat; 20]);
    }
}

#[test]
fn old_keys_that_cannot_be_removed_stop_nothing() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), FaultyDisk::new());
    let at = |key, at_ms| Record { at_ms, ..record(key, "a body that fills a good part of a small segment") };
    let (log, _) = open(dir.path(), SMALL);
    (0..10).for_each(|key| drop(append(&log, vec![at(key, LATER * i64::from(key > 4))]).unwrap()));
    drop(log);
    disk.set(Fault::Remove);
    let (log, _) = open_on(dir.path(), Arc::new(disk), SMALL);
    assert_eq!(read(&log), ((0..10).collect(), 0));
}

/// Each sync tells that it began and waits for permission.
struct SlowDisk(Mutex<Option<(Sender<()>, Receiver<()>)>>);

struct SlowTail(Box<dyn Tail>, Sender<()>, Receiver<()>);

impl Disk for SlowDisk {
    fn create(&self, path: &Path, start: &[u8]) -> io::Result<Box<dyn Tail>> {
        let (began, go) = self.0.lock().unwrap().take().unwrap();
        Ok(Box::new(SlowTail(RealDisk.create(path, start)?, began, go)))
    }

    fn reserve(&self, _: &Path, _: u64) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn reopen(&self, _: &Path) -> io::Result<Box<dyn Tail>> {
        unreachable!("these logs are new")
    }

    fn reuse(&self, _: &Path, _: &Path, _: &[u8]) -> io::Result<Box<dyn Tail>> {
        unreachable!("nothing is sealed here")
    }

    fn read(&self, path: &Path, from: u64, bytes: u64) -> io::Result<Vec<u8>> {
        RealDisk.read(path, from, bytes)
    }

    fn written(&self, _: &Path) -> io::Result<u64> {
        unreachable!("these logs are new")
    }

    fn write(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        unreachable!("nothing is sealed here")
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        unreachable!("nothing is sealed here")
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn truncate(&self, _: &Path, _: u64) -> io::Result<()> {
        unreachable!("these logs are new")
    }
}

impl Tail for SlowTail {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write(at, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.1.send(()).unwrap();
        self.2.recv().unwrap();
        self.0.sync()
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.0.truncate(bytes)
    }
}

fn wait(appending: crate::Appending) -> Vec<Fate> {
    appending.blocking_recv().unwrap().unwrap().fates().collect()
}

#[test]
fn what_waits_shares_one_sync_and_is_de_duplicated_against_what_is_under_way() {
    let dir = tempfile::tempdir().unwrap();
    let ((began, has_begun), (go, may_go)) = (channel(), channel());
    let (log, _) =
        open_on(dir.path(), Arc::new(SlowDisk(Mutex::new(Some((began, may_go))))), Sizes::default());
    let mut first = log.append(vec![record(1, "x")].into());
    has_begun.recv().unwrap();
    let waiting: Vec<_> = [1, 2, 2, 3].map(|key| log.append(vec![record(key, "x")].into())).into();
    assert!(first.try_recv().is_none(), "nobody is answered before the sync");
    assert_eq!((log.end(), read(&log)), (Offset(0), (vec![], 0)), "nobody reads what is not durable");
    go.send(()).unwrap();
    has_begun.recv().unwrap();
    go.send(()).unwrap();
    let fates: Vec<Fate> = waiting.into_iter().flat_map(wait).collect();
    assert_eq!(fates, [Fate::Repeat, Fate::Stored(Offset(1)), Fate::Repeat, Fate::Stored(Offset(2))]);
    assert!(has_begun.try_recv().is_err(), "four batches, one sync");
}

#[test]
fn a_full_queue_refuses_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let ((began, has_begun), (go, may_go)) = (channel(), channel());
    let sizes = Sizes { queue_bytes: 90, ..SMALL };
    let (log, _) = open_on(dir.path(), Arc::new(SlowDisk(Mutex::new(Some((began, may_go))))), sizes);
    let under_way = log.append(vec![record(1, "x")].into());
    has_begun.recv().unwrap();
    let waiting = log.append(vec![record(2, &"x".repeat(60))].into());
    assert!(matches!(append(&log, vec![record(3, "x")]), Err(StoreError::Busy)));
    for _ in 0..2 {
        go.send(()).unwrap();
    }
    assert!(under_way.blocking_recv().unwrap().is_ok() && waiting.blocking_recv().unwrap().is_ok());
}

#[test]
fn a_batch_that_fits_no_frame_is_refused_and_its_neighbours_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), Sizes::default());
    let huge = Record::new(0, vec![b'x'; 64 << 20]);
    assert!(matches!(append(&log, vec![huge]), Err(StoreError::TooLarge { .. })));
    fill(&log, 0..2);
    assert_eq!(read(&log), ((0..2).collect(), 0));
}
