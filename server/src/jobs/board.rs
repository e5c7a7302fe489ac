//! Where jobs say how far they are, and where they are told to stop.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) phase: String,
    pub(crate) done: u64,
    pub(crate) total: u64,
    began: Instant,
}

/// How long the rest of a phase takes if it goes on as it went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) seconds: f64,
    /// Whether a tenth of the steps or more speaks for it.
    pub(crate) is_sure: bool,
}

impl Step {
    /// None before the first step of the phase is done.
    pub(crate) fn rest(&self) -> Option<Estimate> {
        rest(self.began.elapsed().as_secs_f64(), self.done, self.total)
    }
}

fn rest(elapsed: f64, done: u64, total: u64) -> Option<Estimate> {
    let left = total.saturating_sub(done) as f64;
    (done > 0).then(|| Estimate {
        seconds: elapsed * left / done as f64,
        is_sure: done.saturating_mul(10) >= total,
    })
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
        // A count that fell is a phase of the same name that began anew.
        let is_on = |step: &&Step| step.phase == phase && step.done <= done && step.total == total;
        let began = state.steps.get(arn).filter(is_on).map_or_else(Instant::now, |step| step.began);
        state.steps.insert(arn.to_owned(), Step { phase: phase.to_owned(), done, total, began });
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

    /// Wakes the workers: there is a new job.
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

    /// Waits until somebody rings, at most this long. `heard`: how often it rang before, which is kept for the next call, so
    /// that a worker misses no ring because another one heard it.
    pub(crate) fn wait(&self, heard: &mut u64, at_most: Duration) {
        let is_still = |state: &mut State| state.rings == *heard && !state.is_closing;
        let waited = self.bell.wait_timeout_while(self.lock(), at_most, is_still);
        *heard = waited.unwrap_or_else(PoisonError::into_inner).0.rings;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_phase_is_reckoned_from_what_is_done_and_is_sure_from_a_tenth_on() {
        assert_eq!(rest(5.0, 0, 10), None);
        assert_eq!(rest(5.0, 5, 100), Some(Estimate { seconds: 95.0, is_sure: false }));
        assert_eq!(rest(5.0, 50, 100), Some(Estimate { seconds: 5.0, is_sure: true }));
        assert_eq!(rest(5.0, 3, 3).map(|rest| rest.seconds), Some(0.0));
    }

    #[test]
    fn every_worker_hears_a_ring() {
        let board = Board::default();
        board.ring();
        let mut heard = [0, 0];
        // Waiting in vain would take hours.
        heard.iter_mut().for_each(|heard| board.wait(heard, Duration::from_secs(10_000)));
        assert_eq!(heard, [1, 1]);
    }
}
