//! Work in the background: the live view at start, imports, trainings and batch jobs. A job is in the queue before its caller hears of it, so it survives
//! the process; a worker thread takes imports and trainings one after another, another one batch jobs, off the request
//! path.

mod batch;
mod board;
mod choose;
mod csv_rows;
mod event_rules;
mod import;
mod impressions;
mod replay;
mod schedule;
mod snapshots;
mod train;
mod train_actions;
mod update;
mod worker;

use std::fs::{self, File};
use std::io;
use std::path::Path;

pub(crate) use self::board::Board;
pub(crate) use self::choose::check;
pub(crate) use self::csv_rows::{cell, value_of};
pub(crate) use self::event_rules::{EventRules, EventWeights};
pub(crate) use self::replay::{Taking, interactions};
pub(crate) use self::snapshots::{Kept, keep_all, start as start_keeping};
pub(crate) use self::train::item_table;
pub(crate) use self::worker::{start, step_aside};
use crate::app::App;
use crate::error::ApiError;

/// A dataset import job.
pub(crate) const IMPORT: &str = "import";
/// The training of a solution version.
pub(crate) const TRAIN: &str = "train";

/// A batch inference job.
pub(crate) const INFER: &str = "infer";
/// A batch segment job.
pub(crate) const SEGMENT: &str = "segment";

/// Gives a file that is whole and on the disk its name, durably.
fn put_in_place(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    File::open(to.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Queues a job and wakes the workers.
pub(crate) fn push(app: &App, kind: &str, subject: &str) -> Result<(), ApiError> {
    app.store.jobs.push(kind, subject)?;
    app.board.ring();
    Ok(())
}
