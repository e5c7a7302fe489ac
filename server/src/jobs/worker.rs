//! The threads that take jobs from the queue. One of them rebuilds the live view first.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bowerbird_store::Job;

use super::schedule::{self, Schedule};
use super::{IMPORT, INFER, SEGMENT, TRAIN, batch, import, replay, train};
use crate::app::App;
use crate::control::{Kind, find, is_changing, status};
use crate::error::ApiError;

/// How long a job is kept without a sign of life. Short, since after a crash the next process waits for it.
const LEASE_MS: i64 = 5_000;
/// A job that was started this often and never ended takes its process down: give it up.
const MAX_ATTEMPTS: u32 = 3;
/// Of the threads that train: a tenth of the weight that a thread of priority 0 has on a busy core. [man 7 sched]
const NICENESS: i32 = 10;

/// What one worker takes, in order: what others wait for, …
const TRAININGS: &[&str] = &[IMPORT, TRAIN];
/// … and what may take hours, during which a model should not grow old. No more than one at a time: they share the cores.
const BATCHES: &[&str] = &[INFER, SEGMENT];

/// Starts the workers. They end when the board is closed.
pub(crate) fn start(app: &Arc<App>) -> [JoinHandle<()>; 2] {
    let (trainer, other) = (app.clone(), app.clone());
    let trainer = move || {
        // Requests wait for it, and an import would rebuild it too.
        replay::rebuild_all(&trainer);
        step_aside();
        let mut schedule = Schedule::default();
        let mut looked = Instant::now();
        work(&trainer, TRAININGS, &mut || {
            if looked.elapsed() >= schedule::EVERY {
                looked = Instant::now();
                if let Err(error) = schedule.look(&trainer) {
                    tracing::error!("automatic training: {error}");
                }
            }
        });
    };
    let other = move || {
        step_aside();
        work(&other, BATCHES, &mut || {});
    };
    [thread::spawn(trainer), thread::spawn(other)]
}

/// Takes jobs of these kinds one after another; between them it is `idle` at least once a second.
fn work(app: &Arc<App>, kinds: &[&str], idle: &mut dyn FnMut()) {
    let mut heard = 0;
    while !app.board.is_closing() {
        match app.store.jobs.lease(kinds, app.now(), LEASE_MS) {
            Ok(Some(job)) => {
                run(app, &job);
                continue;
            }
            Ok(None) => idle(),
            Err(error) => tracing::error!("job queue: {error}"),
        }
        app.board.wait(&mut heard, Duration::from_secs(1));
    }
}

/// Requests come first: this thread, and those that are started from it, get what the others leave.
pub(crate) fn step_aside() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!("jobs run at the priority of requests: {error}");
    }
}

/// How a job ended.
pub(super) enum Ending {
    Done,
    /// The user stopped it.
    Stopped,
    /// The process is ending: leave it in the queue.
    Interrupted,
}

fn run(app: &Arc<App>, job: &Job) {
    let keeper = keep_lease(app.clone(), job.clone());
    let ending = if job.attempt >= MAX_ATTEMPTS {
        Err(ApiError::Internal(format!("given up: the job ended {} times with the server", job.attempt)))
    } else {
        match job.kind.as_str() {
            IMPORT => import::run(app, &job.subject),
            TRAIN => train::run(app, &job.subject),
            INFER => batch::infer(app, &job.subject),
            SEGMENT => batch::segment(app, &job.subject),
            other => Err(ApiError::Internal(format!("no such job: {other}"))),
        }
    };
    let finished = match ending {
        Ok(Ending::Interrupted) => false,
        Ok(Ending::Done) => true,
        Ok(Ending::Stopped) => settle(app, &job.subject, status::STOPPED, None),
        Err(error) => settle(app, &job.subject, status::FAILED, Some(error.to_string())),
    };
    drop(keeper);
    app.board.clear(&job.subject);
    if finished && let Err(error) = app.store.jobs.finish(job.id) {
        tracing::error!("job {}: {error}", job.subject);
    }
}

/// Writes a final status. A resource that was deleted meanwhile needs none. A recommender whose first version comes to
/// nothing comes to nothing.
pub(super) fn settle(app: &App, arn: &str, status: &str, reason: Option<String>) -> bool {
    let now = app.now();
    let update = app.store.catalog.update(arn, &mut |resource| {
        resource.status = status.into();
        resource.updated_at = now;
        if let Some(reason) = &reason {
            resource.doc["public"]["failureReason"] = reason.as_str().into();
        }
    });
    if let Ok(version) = &update
        && version.kind == Kind::RecommenderVersion.word()
        && find(app, Kind::Recommender, &version.parent).is_ok_and(|recommender| is_changing(&recommender))
    {
        settle(app, &version.parent, status, reason.clone());
    }
    if let (Err(error), Some(reason)) = (update, reason) {
        tracing::error!("{arn} failed ({reason}), and its status could not be written: {error}");
    }
    true
}

/// Renews the lease from a thread of its own until it is dropped.
struct Keeper(Arc<(std::sync::Mutex<bool>, std::sync::Condvar)>);

fn keep_lease(app: Arc<App>, job: Job) -> Keeper {
    let shared = Arc::new((std::sync::Mutex::new(false), std::sync::Condvar::new()));
    let keeper = Keeper(shared.clone());
    thread::spawn(move || {
        let (done, bell) = &*shared;
        let every = Duration::from_millis(LEASE_MS as u64 / 3);
        let mut is_done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while !*is_done {
            is_done = bell.wait_timeout(is_done, every).unwrap_or_else(std::sync::PoisonError::into_inner).0;
            if !*is_done && let Err(error) = app.store.jobs.renew(job.id, app.now() + LEASE_MS) {
                tracing::error!("job {}: {error}", job.subject);
            }
        }
    });
    keeper
}

impl Drop for Keeper {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }
}
