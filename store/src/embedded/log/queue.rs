//! Batches on their way to the committer. Bounded in bytes: what does not fit is refused at once, never dropped later.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Batch, StoreError, Teller};

/// Bytes: where groups are larger than this, so few are not taken before whoever wants the core was let go first. A sync of
/// few takes as long as one of many and writes a page too many too, and more are about to come. [docs/measurements.md]
const FEW: usize = 48 << 10;
/// To be let go first is for those who bring batches, and they are soon done. Who keeps the core for so long is another.
const LONG: Duration = Duration::from_micros(1_500);
/// So many groups are taken at once then.
const ALERT: u32 = 64;

/// A batch and who waits for it.
pub(super) struct Pending {
    pub(super) batch: Batch,
    pub(super) teller: Teller,
}

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    max_bytes: usize,
}

#[derive(Default)]
struct Waiting {
    batches: Vec<Pending>,
    bytes: usize,
    /// How many bytes groups have had of late.
    usual: usize,
    /// Groups that are to be taken at once.
    alert: u32,
    /// The committer waits to be woken.
    is_asleep: bool,
    /// The log was dropped: take what is there and end.
    ended: bool,
    /// An fsync failed: refuse.
    closed: Option<String>,
}

impl Queue {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, ..Self::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Every change below is complete before anything can panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a batch or answers it with a refusal.
    pub(super) fn push(&self, pending: Pending) {
        let bytes = pending.batch.bytes();
        let mut waiting = self.lock();
        if let Some(cause) = waiting.closed.clone() {
            return pending.teller.tell(Err(StoreError::Closed { cause }));
        }
        // An empty queue takes any batch: one that can never enter would be retried for ever.
        if waiting.bytes + bytes > self.max_bytes && !waiting.batches.is_empty() {
            return pending.teller.tell(Err(StoreError::Busy));
        }
        waiting.bytes += bytes;
        waiting.batches.push(pending);
        // Whoever is not asleep looks again before it goes to sleep.
        if waiting.is_asleep {
            waiting.is_asleep = false;
            drop(waiting);
            self.wake.notify_one();
        }
    }

    /// Everything that waits, as soon as anything does; `None` once the log was dropped and nothing is left.
    pub(super) fn take(&self) -> Option<Vec<Pending>> {
        let mut waiting = self.lock();
        while waiting.batches.is_empty() && !waiting.ended {
            waiting.is_asleep = true;
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.bytes < FEW && waiting.usual >= FEW {
            waiting = self.let_others_go_first(waiting);
        }
        waiting.usual = usize::midpoint(waiting.usual, waiting.bytes);
        waiting.bytes = 0;
        let group = std::mem::take(&mut waiting.batches);
        (!group.is_empty()).then_some(group)
    }

    fn let_others_go_first<'a>(&'a self, mut waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        if waiting.alert > 0 {
            waiting.alert -= 1;
            return waiting;
        }
        drop(waiting);
        let began = Instant::now();
        thread::yield_now();
        let is_another = began.elapsed() > LONG;
        waiting = self.lock();
        if is_another {
            waiting.alert = ALERT;
        }
        waiting
    }

    /// Whether batches are taken.
    pub(super) fn health(&self) -> Result<(), StoreError> {
        self.lock().closed.clone().map_or(Ok(()), |cause| Err(StoreError::Closed { cause }))
    }

    /// Refuses everything from now on.
    pub(super) fn close(&self, cause: &str) {
        self.lock().closed = Some(cause.into());
    }

    /// Lets the committer finish what waits, then end.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Appending, Record};

    #[test]
    fn whatever_waits_is_taken_also_when_it_is_less_than_before() {
        let queue = Queue::new(1 << 20);
        for batches in [1, 40, 20, 1, 10, 1, 1] {
            for _ in 0..batches {
                let (teller, _) = Appending::new();
                queue.push(Pending { batch: vec![Record::new(0, vec![b'r'; FEW / 10])].into(), teller });
            }
            assert_eq!(queue.take().map(|group| group.len()), Some(batches));
        }
        queue.end();
        assert!(queue.take().is_none());
    }
}
