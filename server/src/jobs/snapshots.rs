//! The live view in files, so that a start reads what came in since and not the whole log. Described in
//! docs/snapshot-format.md.
//!
//! It is not: needed. A snapshot that is missing, damaged or of something else is as good as none: the log has it all.

mod blocks;

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bowerbird_sdk_server::ingest::Ingest;
use bowerbird_store::{Hash, Offset};
use serde_json::{Value, json};

use self::blocks::{Reader, Writer};
use super::{put_in_place, replay};
use crate::app::App;
use crate::error::ApiError;
use crate::live::{Group, Walked};
use crate::pace::Pace;

/// How often to look whether there is enough new to write.
const EVERY: Duration = Duration::from_secs(2);
/// Events that a start reads in a tenth of a second. [2026-11-25, docs/measurements.md]
const LEAST_EVENTS: u64 = 200_000;
/// A snapshot is written again when so many of its bytes come on each new event, which is a tenth of what an event takes in
/// the log: a view that grows with the log is then read back but for a fifth of it. [2026-11-25, docs/measurements.md]
const BYTES_PER_EVENT: u64 = 32;
/// Events that may come in a rush before one is written all the same: a gigabyte and a half of the log.
const MOST_EVENTS: u64 = 5_000_000;

/// What the snapshots hold.
#[derive(Default)]
pub(crate) struct Kept {
    /// All events before this.
    until: AtomicU64,
    /// Of all groups.
    bytes: AtomicU64,
    /// The view holds all that the log does: before that, a snapshot would pass off a part as the whole.
    is_ready: AtomicBool,
}

impl Kept {
    /// Snapshots may be written from now on; these hold all events before an offset.
    pub(super) fn begin(&self, until: Offset, bytes: u64) {
        self.set(until, bytes);
        self.is_ready.store(true, Ordering::Release);
    }

    /// To write a snapshot takes the disk and the view from events, so it waits for a rush of them to pass.
    fn is_due(&self, end: Offset, is_rush: bool) -> bool {
        let new = end.0.saturating_sub(self.until.load(Ordering::Relaxed));
        let enough = LEAST_EVENTS.max(self.bytes.load(Ordering::Relaxed) / BYTES_PER_EVENT);
        new >= if is_rush { enough.max(MOST_EVENTS) } else { enough }
    }

    fn set(&self, until: Offset, bytes: u64) {
        self.until.store(until.0, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }
}

/// Starts the thread that writes snapshots. It ends when the board is closed; what came in since is written by [`keep_all`]
/// when nothing comes in any more. It is no thread that steps aside: whoever asks waits for the lock that it holds.
///
/// # Errors
/// When the system gives no more threads.
pub(crate) fn start(app: Arc<App>, ingest: Arc<Ingest>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("snapshots".into()).spawn(move || {
        let mut pace = Pace::new(app.store.events.end().0, Instant::now());
        while !app.board.is_closing() {
            let end = app.store.events.end();
            if app.kept.is_due(end, pace.is_rush(end.0, Instant::now())) {
                keep_all(&app, &ingest);
            }
            app.board.rest(EVERY);
        }
    })
}

/// Writes the live view of every dataset group.
pub(crate) fn keep_all(app: &App, ingest: &Ingest) {
    let until = app.store.events.end();
    if !app.kept.is_ready.load(Ordering::Acquire) || until.0 == app.kept.until.load(Ordering::Relaxed) {
        return;
    }
    ingest.settle();
    match replay::everything(app) {
        Ok(groups) => {
            let bytes = groups.iter().map(|group| keep(app, group, until)).sum();
            app.kept.set(until, bytes);
            remove_others(app, &groups);
        }
        Err(error) => tracing::error!("snapshots of the live view: {error}"),
    }
}

/// Answers how many bytes were written. What fails is made up for the next time.
fn keep(app: &App, group: &str, until: Offset) -> u64 {
    let path = path(app, group);
    let unfinished = path.with_extension("unfinished");
    let written = write(app, group, until, &unfinished).and_then(|bytes| match bytes {
        Some(bytes) => Ok(put_in_place(&unfinished, &path).map(|()| bytes)?),
        None => Ok(0),
    });
    match written {
        Ok(bytes) if bytes > 0 => {
            tracing::info!("the live view of {group} up to event {} is kept: {bytes} bytes", until.0);
            bytes
        }
        otherwise => {
            let _ = fs::remove_file(&unfinished);
            if let Err(error) = otherwise {
                tracing::warn!("the live view of {group} is not kept, so a start takes longer: {error}");
            }
            0
        }
    }
}

fn write(app: &App, group: &str, until: Offset, path: &Path) -> Result<Option<u64>, Box<dyn Error>> {
    let subject = subject(app, group)?;
    fs::create_dir_all(folder(app))?;
    let mut blocks = Writer::create(path)?;
    let mut front = subject.clone();
    front["until"] = until.0.into();
    blocks.write(front.to_string().as_bytes())?;
    let imported = subject["imported"].as_str().unwrap_or_default();
    match app.live.walk(group, imported, |slice| blocks.write(slice))? {
        Walked::Whole => Ok(Some(blocks.finish()?)),
        Walked::Disturbed => Ok(None),
    }
}

/// The live view of a group as it was kept, where the log goes on behind it, and how long the file is. `None` when there is
/// none.
///
/// # Errors
/// Why what is there is of no use.
pub(super) fn read(app: &App, group: &str) -> Result<Option<(Group, Offset, u64)>, String> {
    let path = path(app, group);
    let bytes = match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata.map_err(|error| error.to_string())?.len(),
    };
    let mut blocks = Reader::open(&path)?;
    let mut front: Value = blocks
        .next()?
        .and_then(|front| serde_json::from_slice(front).ok())
        .ok_or_else(|| "its front is not as it was written".to_owned())?;
    let until = front["until"].take().as_u64().filter(|until| *until <= app.store.events.end().0);
    let until = until.ok_or_else(|| "the log ends before it".to_owned())?;
    front.as_object_mut().map(|front| front.remove("until"));
    if front != subject(app, group).map_err(|error| error.to_string())? {
        return Err("it is of other imports, other events or another size of the view".into());
    }
    let mut restoring = app.live.restoring();
    while let Some(slice) = blocks.next()? {
        restoring.take(slice).ok_or_else(|| "a slice is not as we write it".to_owned())?;
    }
    Ok(Some((restoring.whole(), Offset(until), bytes)))
}

/// What a snapshot of a group is of, apart from how far it reaches: it serves nobody else.
fn subject(app: &App, group: &str) -> Result<Value, ApiError> {
    Ok(json!({
        "datasetGroup": group,
        "eventsFrom": replay::events_from(app, group)?,
        "imported": replay::imports(app, group)?,
        "liveViewBytes": app.live.max_bytes(),
    }))
}

fn folder(app: &App) -> PathBuf {
    app.settings.data.join("live")
}

fn path(app: &App, group: &str) -> PathBuf {
    folder(app).join(format!("{}.view", Hash::of(group.as_bytes()).as_str()))
}

/// Removes the files of groups that are gone, and what was not finished.
fn remove_others(app: &App, groups: &[String]) {
    let ours: Vec<PathBuf> = groups.iter().map(|group| path(app, group)).collect();
    let files = fs::read_dir(folder(app)).into_iter().flatten().flatten();
    for other in files.map(|file| file.path()).filter(|path| !ours.contains(path)) {
        let _ = fs::remove_file(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::LiveView;

    #[test]
    fn a_snapshot_waits_for_a_rush_to_pass_up_to_a_bound() {
        let kept = Kept::default();
        kept.begin(Offset(1_000), 0);
        let is_due = |new: u64, is_rush| kept.is_due(Offset(1_000 + new), is_rush);
        assert!(!is_due(LEAST_EVENTS - 1, false) && is_due(LEAST_EVENTS, false));
        assert!(!is_due(MOST_EVENTS - 1, true) && is_due(MOST_EVENTS, true));
    }

    /// Once released, a version of the format is read for ever, and the one that we write is written like this.
    #[test]
    fn the_golden_snapshot_is_what_we_read_and_write() {
        let golden = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/format/live-view-v1.view"));
        let mut blocks = Reader::open(golden).unwrap();
        let front = blocks.next().unwrap().unwrap().to_vec();
        let view = LiveView::new(1 << 20);
        view.set_whole();
        let mut restoring = view.restoring();
        while let Some(slice) = blocks.next().unwrap() {
            restoring.take(slice).unwrap();
        }
        view.replace("g", restoring.whole());
        let items =
            |visitor| view.history("g", visitor).iter().map(|seen| seen.item.to_string()).collect::<Vec<_>>();
        assert_eq!(
            ["ada", "visit 1", "visit 2", "bob"].map(items),
            [vec!["a", "b", "a"], vec!["a", "b", "a"], vec!["ü"], vec!["c"],]
        );

        let written = tempfile::NamedTempFile::new().unwrap();
        let mut writer = Writer::create(written.path()).unwrap();
        writer.write(&front).unwrap();
        assert_eq!(view.walk("g", "", |slice| writer.write(slice)).unwrap(), Walked::Whole);
        writer.finish().unwrap();
        assert_eq!(fs::read(written.path()).unwrap(), fs::read(golden).unwrap());
    }
}
