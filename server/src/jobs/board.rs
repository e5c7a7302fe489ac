//! Where jobs say how far they are, and where they are told to stop.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) phase: String,
    pub(crate) done: u64,
    pub(crate) total: u64,
}

/// Progress and stop requests by the ARN of the job's resource.
#[derive(Default)]
pub(crate) struct Board {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    steps: HashMap<String, Step>,
    stops: HashSet<String>,
    is_closing: bool,
    rings: u64,
}

impl Board {
    /// A job says how far it is. False when it should stop.
    pub(crate) fn step(&self, arn: &str, phase: &str, done: u64, total: u64) -> bool {
        let mut state = self.lock();
        state.steps.insert(arn.to_owned(), Step { phase: phase.to_owned(), done, total });
        !state.is_closing && !state.stops.contains(arn)
    }

    /// How far a running job is.
    pub(crate) fn read(&self, arn: &str) -> Option<Step> {
        self.lock().steps.get(arn).cloned()
    }

    /// How many jobs are at work.
    pub(crate) fn running(&self) -> usize {
        self.lock().steps.len()
    }

    /// Asks a job to stop.
    pub(crate) fn stop(&self, arn: &str) {
        self.lock().stops.insert(arn.to_owned());
    }

    /// Forgets a job that has ended.
    pub(crate) fn clear(&self, arn: &str) {
        let mut state = self.lock();
        state.steps.remove(arn);
        state.stops.remove(arn);
    }

    /// Wakes the worker: there is a new job.
    pub(crate) fn ring(&self) {
        self.lock().rings += 1;
        self.bell.notify_all();
    }

    /// The process is ending: every job stops at its next step, to be resumed at the next start.
    pub(crate) fn close(&self) {
        self.lock().is_closing = true;
        self.bell.notify_all();
    }

    /// Whether the process is ending.
    pub(crate) fn is_closing(&self) -> bool {
        self.lock().is_closing
    }

    /// Waits until somebody rings, at most this long.
    pub(crate) fn wait(&self, at_most: Duration) {
        let mut state = self.lock();
        if state.rings == 0 && !state.is_closing {
            state = self.bell.wait_timeout(state, at_most).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.rings = 0;
    }

    /// Waits so long, whoever rings; less only when the process is ending.
    pub(crate) fn rest(&self, how_long: Duration) {
        let is_open = |state: &mut State| !state.is_closing;
        drop(self.bell.wait_timeout_while(self.lock(), how_long, is_open));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
