//! What each phase of a training takes, as it reports them. Linux only.

use std::sync::Mutex;

use bowerbird_recipes::{Flow, Progress};

use crate::process::cpu_seconds;

/// CPU seconds by phase, for a training that reports to it.
#[derive(Default)]
pub(crate) struct Phases(Mutex<Vec<(String, f64)>>);

impl Phases {
    /// Each phase in the order in which it began, with what it took; those of the same name in a row are one.
    pub(crate) fn until_now(self) -> Vec<(String, f64)> {
        let starts = self.0.into_inner().expect("nothing panics while it is held");
        let ends: Vec<f64> = starts.iter().skip(1).map(|(_, at)| *at).chain([cpu_seconds()]).collect();
        starts.into_iter().zip(ends).map(|((phase, start), end)| (phase, end - start)).collect()
    }
}

impl Progress for Phases {
    fn step(&self, phase: &str, _: u64, _: u64) -> Flow {
        let mut starts = self.0.lock().expect("nothing panics while it is held");
        if starts.last().is_none_or(|(last, _)| last != phase) {
            starts.push((phase.to_owned(), cpu_seconds()));
        }
        Flow::Continue
    }
}
