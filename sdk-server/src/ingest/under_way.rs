//! Which calls are under way, so that somebody can wait for those that had begun: what is in the log before that moment was
//! observed then.
//!
//! It is not: a lock. Calls never wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Between two looks; a call takes milliseconds.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Calls are counted by the turn in which they began, of which only the last two can have any.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    turn: AtomicUsize,
    calls: [AtomicUsize; 2],
    waiting: Mutex<()>,
}

/// A call, until it is dropped.
#[derive(Debug)]
pub(super) struct Call {
    under_way: Arc<UnderWay>,
    turn: usize,
}

impl UnderWay {
    pub(super) fn begin(self: &Arc<Self>) -> Call {
        loop {
            let turn = self.turn.load(Ordering::SeqCst);
            let calls = &self.calls[turn % 2];
            calls.fetch_add(1, Ordering::SeqCst);
            // Otherwise whoever waits for this turn may have looked already.
            if self.turn.load(Ordering::SeqCst) == turn {
                return Call { under_way: self.clone(), turn };
            }
            calls.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Waits until every call that has begun is over.
    pub(super) fn settle(&self) {
        let _alone = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.turn.fetch_add(1, Ordering::SeqCst);
        while self.calls[before % 2].load(Ordering::SeqCst) > 0 {
            thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Call {
    /// The same call once more, for who goes on with it when this one is dropped.
    pub(super) fn again(&self) -> Self {
        self.calls().fetch_add(1, Ordering::SeqCst);
        Self { under_way: self.under_way.clone(), turn: self.turn }
    }

    fn calls(&self) -> &AtomicUsize {
        &self.under_way.calls[self.turn % 2]
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.calls().fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn whoever_waits_waits_for_calls_that_have_begun_and_for_no_others() {
        let (under_way, is_over) = (Arc::new(UnderWay::default()), AtomicBool::new(false));
        for turn in 0..3 {
            is_over.store(false, Ordering::SeqCst);
            let before = under_way.begin();
            thread::scope(|scope| {
                let waiting = scope.spawn(|| {
                    under_way.settle();
                    assert!(is_over.load(Ordering::SeqCst));
                });
                while under_way.turn.load(Ordering::SeqCst) == turn {
                    thread::yield_now();
                }
                let _later = under_way.begin();
                is_over.store(true, Ordering::SeqCst);
                drop(before);
                waiting.join().unwrap();
            });
        }
    }
}
