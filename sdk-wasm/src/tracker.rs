//! The `tracker` module as the page sees it: numbers in, numbers out, so that no glue for texts is needed.
//!
//! One instance of the module is one queue, so that no number has to say which: two trackers on a page are two instances.

use core::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::queue::{Answer, Batch, Entry, Policy, Queue, Task, Verdict};

/// The upload queue, and the batch that is on its way.
struct State {
    queue: Queue,
    batch: Option<Batch>,
}

/// One thread's own.
struct Single(RefCell<State>);

// SAFETY: the module has no shared memory, so whoever calls it is its only thread. Elsewhere nothing calls it.
#[expect(
    unsafe_code,
    reason = "a handle to be passed with every call is a tenth of what a page loads to record"
)]
unsafe impl Sync for Single {}

static STATE: Single = Single(RefCell::new(State { queue: Queue::new(Policy::DEFAULT), batch: None }));

fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    work(&mut STATE.0.borrow_mut())
}

/// To be called first: `batch_size` events or `flush_interval` milliseconds make a batch.
#[wasm_bindgen]
pub fn start(batch_size: u32, flush_interval: f64) {
    let policy =
        Policy { batch_events: batch_size as usize, batch_age_ms: flush_interval, ..Policy::DEFAULT };
    with(|state| state.queue.set_policy(policy));
}

/// See [`Queue::push`].
#[wasm_bindgen]
pub fn push(ticket: u32, bytes: u32, context: u32, now: f64) {
    with(|state| state.queue.push(Entry { ticket, bytes, context }, now));
}

/// Milliseconds until there is something to do: 0 when a batch is to be sent, infinity when nothing is known to come.
#[wasm_bindgen]
pub fn next(now: f64) -> f64 {
    with(|state| match state.queue.next_task(now) {
        Task::Send(batch) => {
            state.batch = Some(batch);
            0.0
        }
        Task::Wait(ms) => ms,
        Task::Idle => f64::INFINITY,
    })
}

/// The ticket of the event at `index` of the batch that is on its way plus one, 0 beyond its end.
#[wasm_bindgen]
pub fn ticket(index: usize) -> u32 {
    with(|state| above(state.batch.as_ref().and_then(|batch| state.queue.ticket(batch, index))))
}

/// See [`Queue::report`]; `retry_after_ms` is 0 when the server named no time. Answers 0 when the events are kept, 1 when
/// they are acknowledged, 2 when they are refused.
#[wasm_bindgen]
pub fn report(status: u16, retry_after_ms: f64, random: f64, now: f64) -> u32 {
    with(|state| {
        let Some(batch) = state.batch.take() else { return 0 };
        let answer = Answer { status, retry_after_ms: Some(retry_after_ms) };
        match state.queue.report(batch, answer, random, now) {
            Verdict::Kept => 0,
            Verdict::Acknowledged => 1,
            Verdict::Refused => 2,
        }
    })
}

/// See [`Queue::wake`].
#[wasm_bindgen]
pub fn wake() {
    with(|state| state.queue.wake());
}

/// See [`Queue::make_room`]; the ticket plus one, 0 when there is none.
#[wasm_bindgen]
pub fn dropped() -> u32 {
    with(|state| above(state.queue.make_room()))
}

fn above(ticket: Option<u32>) -> u32 {
    ticket.map_or(0, |ticket| ticket + 1)
}
