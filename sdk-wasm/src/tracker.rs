//! The `tracker` module as the page sees it: numbers in, numbers out, so that no glue for texts is needed.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::queue::{Answer, Batch, Entry, Policy, Queue, Task, Verdict};

/// The upload queue, and the batch that is on its way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct UploadQueue {
    queue: Queue,
    batch: Option<Batch>,
}

#[wasm_bindgen]
impl UploadQueue {
    /// `batch_size` events or `flush_interval` milliseconds make a batch.
    #[wasm_bindgen(constructor)]
    pub fn new(batch_size: u32, flush_interval: f64) -> UploadQueue {
        let policy =
            Policy { batch_events: batch_size as usize, batch_age_ms: flush_interval, ..Policy::default() };
        UploadQueue { queue: Queue::new(policy), batch: None }
    }

    /// See [`Queue::push`].
    pub fn push(&mut self, ticket: u32, bytes: u32, context: u32, now: f64) {
        self.queue.push(Entry { ticket, bytes, context }, now);
    }

    /// Milliseconds until there is something to do: 0 when a batch is to be sent, infinity when nothing is known to
    /// come.
    pub fn next(&mut self, now: f64) -> f64 {
        match self.queue.next_task(now) {
            Task::Send(batch) => {
                self.batch = Some(batch);
                0.0
            }
            Task::Wait(ms) => ms,
            Task::Idle => f64::INFINITY,
        }
    }

    /// The ticket of the event at `index` of the batch that is on its way, -1 beyond its end.
    pub fn ticket(&self, index: usize) -> i32 {
        number(self.batch.as_ref().and_then(|batch| self.queue.tickets(batch).nth(index)))
    }

    /// See [`Queue::report`]; `retry_after_ms` is 0 when the server named no time. Answers 0 when the events are kept,
    /// 1 when they are acknowledged, 2 when they are refused.
    pub fn report(&mut self, status: u16, retry_after_ms: f64, random: f64, now: f64) -> u32 {
        let Some(batch) = self.batch.take() else { return 0 };
        let answer = Answer { status, retry_after_ms: Some(retry_after_ms) };
        match self.queue.report(batch, answer, random, now) {
            Verdict::Kept => 0,
            Verdict::Acknowledged => 1,
            Verdict::Refused => 2,
        }
    }

    /// See [`Queue::wake`].
    pub fn wake(&mut self) {
        self.queue.wake();
    }

    /// See [`Queue::take_dropped`]; -1 when there is none.
    pub fn dropped(&mut self) -> i32 {
        number(self.queue.take_dropped())
    }
}

fn number(ticket: Option<u32>) -> i32 {
    ticket.map_or(-1, |ticket| ticket as i32)
}
