//! "Which items were in the answer with this recommendationId?" Events carry the id of the list that they come from, and a
//! training wants to know what else was in it: so every list is written down here, one line of JSON, `[id, item, item …]`.
//!
//! Two files of bounded size, of which the older one goes when the newer one is full: what lists said is no event, and
//! losing it costs an impression. It is not: durable to the last line, or known of by user; no list says who saw it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// Of each file: together about half a million lists of twenty-five items with ids of five characters.
const FILE_BYTES: u64 = 64 << 20;
/// Lines that are written at once: some hundred lists.
const BUFFER: usize = 64 << 10;
const NEWER: &str = "newer.jsonl";
const OLDER: &str = "older.jsonl";
/// What the id of an answer begins with, before a UUID: forty characters, the most that an event may carry back.
const PREFIX: &str = "RID-";

/// An id for an answer.
pub(crate) fn new_id() -> String {
    format!("{PREFIX}{}", Uuid::new_v4())
}

fn number(id: &str) -> Option<u128> {
    Uuid::parse_str(id.strip_prefix(PREFIX)?).ok().map(|id| id.as_u128())
}

/// Where lists are written down.
pub(crate) struct Lists {
    folder: PathBuf,
    file_bytes: u64,
    writing: Mutex<Writing>,
}

#[derive(Default)]
struct Writing {
    buffer: Vec<u8>,
    newer: Option<File>,
    bytes: u64,
}

impl Lists {
    /// In a folder that need not be there yet.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, file_bytes: FILE_BYTES, writing: Mutex::default() }
    }

    /// An answer with this id has these items.
    pub(crate) fn note<'a>(&self, id: &str, items: impl Iterator<Item = &'a str>) {
        let mut list = vec![id];
        items.for_each(|item| list.push(item));
        let mut line = serde_json::to_vec(&list).expect("a list of texts");
        line.push(b'\n');
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        writing.buffer.append(&mut line);
        if writing.buffer.len() >= BUFFER {
            self.write(&mut writing);
        }
    }

    /// Writes what is still in memory.
    pub(crate) fn flush(&self) {
        self.write(&mut self.writing.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Nobody waits for a list: what cannot be written is lost.
    fn write(&self, writing: &mut Writing) {
        let buffer = std::mem::take(&mut writing.buffer);
        if buffer.is_empty() {
            return;
        }
        if let Err(error) = self.append(writing, &buffer) {
            writing.newer = None;
            tracing::warn!(
                "{} bytes of lists are not kept, so trainings do not know what they showed: {error}",
                buffer.len()
            );
        }
    }

    fn append(&self, writing: &mut Writing, buffer: &[u8]) -> io::Result<()> {
        let newer = self.folder.join(NEWER);
        if writing.newer.is_some() && writing.bytes >= self.file_bytes {
            writing.newer = None;
            fs::rename(&newer, self.folder.join(OLDER))?;
        }
        if writing.newer.is_none() {
            fs::create_dir_all(&self.folder)?;
            let mut file = OpenOptions::new().create(true).append(true).open(&newer)?;
            writing.bytes = file.metadata()?.len();
            // Of a process that died there may be half a line.
            file.write_all(b"\n")?;
            writing.newer = Some(file);
        }
        let Some(file) = &mut writing.newer else { return Ok(()) };
        file.write_all(buffer)?;
        writing.bytes += buffer.len() as u64;
        Ok(())
    }

    /// Everything that is known, to be asked.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn known(&self) -> io::Result<Known> {
        self.flush();
        let mut known = Known::default();
        for name in [OLDER, NEWER] {
            known.read(&self.folder.join(name))?;
        }
        Ok(known)
    }
}

/// Lists by id: where they stand in the files, not what they say.
#[derive(Default)]
pub(crate) struct Known {
    files: Vec<File>,
    places: HashMap<u128, Place>,
}

#[derive(Clone, Copy)]
struct Place {
    file: usize,
    at: u64,
    bytes: usize,
}

impl Known {
    fn read(&mut self, path: &Path) -> io::Result<()> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        let mut lines = BufReader::new(file);
        let (mut line, mut at) = (Vec::new(), 0);
        loop {
            line.clear();
            let bytes = lines.read_until(b'\n', &mut line)?;
            if bytes == 0 {
                break;
            }
            if let Some(id) = id_of(&line) {
                self.places.insert(id, Place { file: self.files.len(), at, bytes });
            }
            at += bytes as u64;
        }
        self.files.push(lines.into_inner());
        Ok(())
    }

    /// The items of the answer with this id, if it is one of ours that is still known.
    pub(crate) fn items(&mut self, id: &str) -> Option<Vec<String>> {
        let place = *self.places.get(&number(id)?)?;
        let file = &mut self.files[place.file];
        let mut line = vec![0; place.bytes];
        file.seek(SeekFrom::Start(place.at)).and_then(|_| file.read_exact(&mut line)).ok()?;
        let mut list: Vec<String> = serde_json::from_slice(&line).ok()?;
        list.remove(0);
        Some(list)
    }
}

/// Of a whole line. Our ids need no escapes.
fn id_of(line: &[u8]) -> Option<u128> {
    let line = std::str::from_utf8(line).ok()?.strip_prefix("[\"")?;
    line.ends_with("]\n").then(|| number(line.split('"').next()?))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(folder: &Path) -> Lists {
        Lists { file_bytes: 1_000, ..Lists::new(folder.into()) }
    }

    #[test]
    fn what_was_answered_is_known_by_its_id_and_after_a_restart_too() {
        let folder = tempfile::tempdir().unwrap();
        let first = lists(folder.path());
        let ids = [new_id(), new_id()];
        first.note(&ids[0], ["a", "b \"quoted\"\n", "\u{1f426}"].into_iter());
        first.note(&ids[1], std::iter::empty());
        let items = |lists: &Lists, id: &str| lists.known().unwrap().items(id);
        assert_eq!(items(&first, &ids[0]).unwrap(), ["a", "b \"quoted\"\n", "\u{1f426}"]);
        assert_eq!(items(&first, &ids[1]).unwrap(), [""; 0]);
        // Half a line, as of a process that was killed.
        let mut file = OpenOptions::new().append(true).open(first.folder.join(NEWER)).unwrap();
        file.write_all(b"[\"RID-").unwrap();
        let again = Lists::new(first.folder.clone());
        let third = new_id();
        again.note(&third, ["c"].into_iter());
        assert_eq!(items(&again, &third).unwrap(), ["c"]);
        assert_eq!(items(&again, &ids[0]).unwrap().len(), 3);
        for other in ["", "RID-", "of-somebody-else", &new_id()] {
            assert!(items(&again, other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_oldest_lists_are_forgotten_and_the_files_stay_small() {
        let folder = tempfile::tempdir().unwrap();
        let lists = lists(folder.path());
        let ids: Vec<String> = (0..100).map(|_| new_id()).collect();
        for id in &ids {
            lists.note(id, ["an item", "another item"].into_iter());
            lists.flush();
        }
        let mut known = lists.known().unwrap();
        assert!(known.items(&ids[0]).is_none() && known.items(&ids[99]).is_some());
        let bytes = [OLDER, NEWER].map(|name| fs::metadata(lists.folder.join(name)).unwrap().len());
        assert!(bytes.iter().all(|&bytes| bytes < 1_100), "{bytes:?}");
    }
}
