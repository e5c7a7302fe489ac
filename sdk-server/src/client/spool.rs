//! Parcels that wait in files for the server to come back. They survive the end of the process; only the operating
//! system decides when they survive a power cut.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bowerbird_wire::TrackingId;

use super::parcel::Parcel;

/// `00000000000000000042-17.json`: the oldest number first, seventeen events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    number: u64,
    pub(super) events: u64,
}

#[derive(Debug)]
pub(super) struct Spool {
    dir: PathBuf,
    tracking_id: TrackingId,
    next: u64,
    /// Oldest first.
    entries: Vec<Entry>,
}

impl Spool {
    pub(super) fn open(dir: &Path, tracking_id: TrackingId) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut entries = Vec::new();
        for file in fs::read_dir(dir)? {
            entries.extend(file?.file_name().to_str().and_then(Entry::parse));
        }
        entries.sort();
        let next = entries.last().map_or(0, |last| last.number + 1);
        Ok(Self { dir: dir.into(), tracking_id, next, entries })
    }

    /// Events in all files.
    pub(super) fn events(&self) -> u64 {
        self.entries.iter().map(|entry| entry.events).sum()
    }

    pub(super) fn store(&mut self, parcel: &Parcel) -> io::Result<()> {
        let entry = Entry { number: self.next, events: parcel.events.len() as u64 };
        let (temp, path) = (self.dir.join("next.temp"), self.path(&entry));
        fs::write(&temp, parcel.body(&self.tracking_id, None))?;
        // A name that counts is only given to a whole file.
        fs::rename(&temp, &path)?;
        self.next += 1;
        self.entries.push(entry);
        Ok(())
    }

    /// The oldest parcel; it stays until [`Spool::remove`]. A file that cannot be read is set aside, and named.
    pub(super) fn oldest(&mut self) -> Result<Option<(Entry, Parcel)>, String> {
        let Some(entry) = self.entries.first().cloned() else { return Ok(None) };
        let path = self.path(&entry);
        match fs::read(&path).ok().and_then(|body| Parcel::parse(&body)) {
            Some(parcel) => Ok(Some((entry, parcel))),
            None => {
                self.entries.remove(0);
                let aside = path.with_extension("unreadable");
                let _ = fs::rename(&path, &aside);
                Err(format!("{} events cannot be read back: see {}", entry.events, aside.display()))
            }
        }
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        self.entries.retain(|kept| kept != entry);
        // A file that stays is sent again and counts as a repeat.
        let _ = fs::remove_file(self.path(entry));
    }

    fn path(&self, entry: &Entry) -> PathBuf {
        self.dir.join(format!("{:020}-{}.json", entry.number, entry.events))
    }
}

impl Entry {
    fn parse(name: &str) -> Option<Self> {
        let (number, events) = name.strip_suffix(".json")?.split_once('-')?;
        Some(Self { number: number.parse().ok()?, events: events.parse().ok()? })
    }
}
