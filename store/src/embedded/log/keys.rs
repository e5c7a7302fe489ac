//! The keys of a closed segment in a file of their own, so that opening need not read the segment. A file that is missing
//! or not as it was written is made anew from its segment. Described in docs/log-format.md.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use super::disk::Disk;
use super::segment::{Mark, Segment};
use super::window::{Noted, SHARDS};

/// `magic 8 | u32 version | u64 first offset | u64 end | u64 bytes of the segment | i64 oldest_ms | u32 marks | u32 days`
const MAGIC: &[u8; 8] = b"BOWERKEY";
const VERSION: u32 = 1;

/// Bytes: few records with a key have less.
const SHORT_RECORD: u64 = 64;

/// What is known of a closed segment without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    /// Offset of its first record.
    pub(super) first: u64,
    /// Offset behind its last record.
    pub(super) end: u64,
    /// How long it is.
    pub(super) bytes: u64,
    /// When its first record came in.
    pub(super) oldest_ms: i64,
    pub(super) marks: Vec<Mark>,
    /// The keys of its records.
    pub(super) keys: Vec<Noted>,
}

/// Where the keys of a segment are kept.
pub(super) fn path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.keys"))
}

/// The first offsets of the segments whose keys are kept, in order.
pub(super) fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut firsts = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        firsts.extend(name.to_str().and_then(|name| name.strip_suffix(".keys")?.parse::<u64>().ok()));
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// About how many keys are kept, by the sizes of the files.
pub(super) fn count(dir: &Path) -> usize {
    let sizes = fs::read_dir(dir).into_iter().flatten().filter_map(|entry| entry.ok()?.metadata().ok());
    sizes.map(|metadata| metadata.len() as usize / 8).sum()
}

impl Closed {
    /// Reads what was kept; `None` if there is nothing, or not what was written.
    pub(super) fn read(dir: &Path, first: u64) -> Option<Self> {
        let bytes = fs::read(path(dir, first)).ok()?;
        let (content, crc) = bytes.split_last_chunk()?;
        if crc32c::crc32c(content) != u32::from_le_bytes(*crc) {
            return None;
        }
        Self::decode(content).filter(|closed| closed.first == first)
    }

    /// Whether it speaks of this segment as it is now.
    pub(super) fn fits(&self, segment: &Segment) -> bool {
        self.first == segment.first && self.bytes == segment.bytes
    }

    fn encode(&self) -> Vec<u8> {
        let days: BTreeSet<i32> =
            self.keys.chunk_by(|one, other| one.day == other.day).map(|some| some[0].day).collect();
        let mut into = Vec::with_capacity(8 * self.keys.len() + 16 * self.marks.len() + 4 * SHARDS + 128);
        into.extend_from_slice(MAGIC);
        into.extend_from_slice(&VERSION.to_le_bytes());
        for number in [self.first, self.end, self.bytes, self.oldest_ms as u64] {
            into.extend_from_slice(&number.to_le_bytes());
        }
        into.extend_from_slice(&(self.marks.len() as u32).to_le_bytes());
        into.extend_from_slice(&(days.len() as u32).to_le_bytes());
        for mark in &self.marks {
            into.extend_from_slice(&mark.offset.to_le_bytes());
            into.extend_from_slice(&mark.at.to_le_bytes());
        }
        days.iter().for_each(|day| encode_day(*day, &self.keys, &mut into));
        let crc = crc32c::crc32c(&into);
        into.extend_from_slice(&crc.to_le_bytes());
        into
    }

    fn decode(mut from: &[u8]) -> Option<Self> {
        let from = &mut from;
        let is_ours = take::<8>(from)? == *MAGIC && u32::from_le_bytes(take(from)?) == VERSION;
        is_ours.then_some(())?;
        let mut number = || take(from).map(u64::from_le_bytes);
        let (first, end, bytes, oldest_ms) = (number()?, number()?, number()?, number()? as i64);
        let (marks, days) = (u32::from_le_bytes(take(from)?), u32::from_le_bytes(take(from)?));
        let mut closed = Self { first, end, bytes, oldest_ms, marks: Vec::new(), keys: Vec::new() };
        for _ in 0..marks {
            let (offset, at) = (u64::from_le_bytes(take(from)?), u64::from_le_bytes(take(from)?));
            closed.marks.push(Mark { offset, at });
        }
        for _ in 0..days {
            decode_day(from, &mut closed.keys)?;
        }
        (from.is_empty() && !closed.marks.is_empty()).then_some(closed)
    }
}

/// `i64 day | u32 keys in each shard | u64 fingerprints`. They are counted first, so that each is put where it belongs at
/// once: to sort them would cost several times as much.
fn encode_day(day: i32, keys: &[Noted], into: &mut Vec<u8>) {
    let keys = || keys.iter().filter(|noted| noted.day == day);
    into.extend_from_slice(&i64::from(day).to_le_bytes());
    let mut counts = vec![0_u32; SHARDS];
    keys().for_each(|noted| counts[usize::from(noted.shard)] += 1);
    counts.iter().for_each(|count| into.extend_from_slice(&count.to_le_bytes()));
    let mut end = into.len();
    let mut place = |keys: &u32| {
        let at = end;
        end += 8 * *keys as usize;
        at
    };
    let mut places: Vec<usize> = counts.iter().map(&mut place).collect();
    into.resize(end, 0);
    for noted in keys() {
        let place = &mut places[usize::from(noted.shard)];
        into[*place..*place + 8].copy_from_slice(&noted.fingerprint.to_le_bytes());
        *place += 8;
    }
}

fn decode_day(from: &mut &[u8], into: &mut Vec<Noted>) -> Option<()> {
    let day = i32::try_from(i64::from_le_bytes(take(from)?)).ok()?;
    let (counts, rest) = from.split_at_checked(4 * SHARDS)?;
    *from = rest;
    into.reserve(from.len() / 8);
    for (shard, count) in counts.chunks_exact(4).enumerate() {
        for _ in 0..u32::from_le_bytes(*count.first_chunk()?) {
            into.push(Noted { day, shard: shard as u16, fingerprint: u64::from_le_bytes(take(from)?) });
        }
    }
    Some(())
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*taken)
}

/// The thread that writes such files: sorting and syncing are nothing that an event should wait for.
pub(super) struct KeyKeeper {
    closed: Option<mpsc::Sender<Closed>>,
    /// Memory for the keys of a segment: fresh memory costs more than to write into it.
    spent: Arc<Mutex<Vec<Noted>>>,
    /// How many a segment has, but for uncommonly short events.
    most: usize,
    thread: Option<JoinHandle<()>>,
}

impl KeyKeeper {
    pub(super) fn start(dir: &Path, disk: Arc<dyn Disk>, segment_bytes: u64) -> io::Result<Self> {
        let (closed, incoming) = mpsc::channel::<Closed>();
        let dir = dir.to_owned();
        let spent = Arc::<Mutex<Vec<Noted>>>::default();
        let emptied = spent.clone();
        let thread = thread::Builder::new().name("event-log-keys".into()).spawn(move || {
            for mut closed in incoming {
                // A file that could not be written is made at the next start.
                let _ = keep(&dir, &*disk, &closed);
                closed.keys.clear();
                *emptied.lock().unwrap_or_else(PoisonError::into_inner) = closed.keys;
            }
        })?;
        let most = (segment_bytes / SHORT_RECORD) as usize;
        Ok(Self { closed: Some(closed), spent, most, thread: Some(thread) })
    }

    /// Room for the keys of a segment. What of it is not used takes no memory, and to move it while it grows would take
    /// twice as much.
    pub(super) fn room(&self) -> Vec<Noted> {
        let mut room = std::mem::take(&mut *self.spent.lock().unwrap_or_else(PoisonError::into_inner));
        room.reserve(self.most);
        room
    }

    /// Keeps what is known of a segment that will not grow any more.
    pub(super) fn keep(&self, closed: Closed) {
        if let Some(keeper) = &self.closed {
            let _ = keeper.send(closed);
        }
    }
}

impl Drop for KeyKeeper {
    fn drop(&mut self) {
        self.closed = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(dir: &Path, disk: &dyn Disk, closed: &Closed) -> io::Result<()> {
    disk.write_whole(&path(dir, closed.first), &closed.encode())
}

#[cfg(test)]
mod tests {
    use super::super::disk::RealDisk;
    use super::*;

    fn closed() -> Closed {
        let noted = |day, shard, fingerprint| Noted { day, shard, fingerprint };
        Closed {
            first: 7,
            end: 12,
            bytes: 1000,
            oldest_ms: -1,
            marks: vec![Mark { offset: 7, at: 24 }, Mark { offset: 9, at: 500 }],
            keys: vec![
                noted(-3, 0, 0),
                noted(-3, 4095, (1 << 60) - 1),
                noted(20_000, 5, 1),
                noted(20_000, 5, 2),
            ],
        }
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let shuffled = Closed { keys: closed().keys.into_iter().rev().collect(), ..closed() };
        keep(dir.path(), &RealDisk, &shuffled).unwrap();
        let mut read = Closed::read(dir.path(), 7).unwrap();
        // Those of a shard are in any order.
        read.keys.sort_unstable();
        assert_eq!((read, list(dir.path()).unwrap()), (closed(), vec![7]));
        assert_eq!(Closed::read(dir.path(), 8), None);
    }

    #[test]
    fn a_file_that_is_not_as_it_was_written_is_as_good_as_none() {
        let dir = tempfile::tempdir().unwrap();
        keep(dir.path(), &RealDisk, &closed()).unwrap();
        let path = path(dir.path(), 7);
        let good = fs::read(&path).unwrap();
        for at in (0..200).chain(good.len() - 50..good.len()) {
            let mut bad = good.clone();
            bad[at] ^= 4;
            fs::write(&path, &bad).unwrap();
            assert_eq!(Closed::read(dir.path(), 7), None);
            fs::write(&path, &good[..at]).unwrap();
            assert_eq!(Closed::read(dir.path(), 7), None);
        }
    }
}
