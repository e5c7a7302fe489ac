//! "Here is an event. Is there anything to send now?": when a batch is due, and what becomes of it afterwards.
//!
//! A state machine without I/O. Time comes in as milliseconds on any clock that does not go back, chance as a number,
//! and the texts of the events stay with the caller: the queue knows a ticket, a size and a context of each.
//! It is not: durable (the shell keeps a log), or a judge of events (the server is).

mod backoff;
mod policy;

use bowerbird_wire::limits::MAX_EVENTS_PER_BATCH;

pub use policy::Policy;

use backoff::Backoff;

/// What the queue knows of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The caller's name for the event; comes back in a batch.
    pub ticket: u32,
    /// Length of the event as JSON.
    pub bytes: u32,
    /// Names the session and user. A request carries one of them, so a batch never mixes two.
    pub context: u32,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub enum Task {
    /// Send these events, then [`Queue::report`] what came of it.
    Send(Batch),
    /// Nothing before so many milliseconds have passed, unless something is pushed.
    Wait(f64),
    /// Nothing until something is pushed or reported.
    Idle,
}

/// Events on their way: [`Queue::ticket`] says which. Given out once and taken back once, hence not `Clone`.
#[derive(Debug, PartialEq)]
pub struct Batch {
    events: usize,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status, or 0 when no answer could be read.
    pub status: u16,
    /// The server's `Retry-After`, from now.
    pub retry_after_ms: Option<f64>,
}

/// What an answer means for the events of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server has them: forget them.
    Acknowledged,
    /// The server will never take them: count and forget them.
    Refused,
    /// They are still queued and will be sent again.
    Kept,
}

#[derive(Clone, Copy, Debug)]
struct Queued {
    entry: Entry,
    since: f64,
}

/// So many events fit, however small they are: more than [`Policy::cap_bytes`] of usual ones. A ring of fixed size needs
/// nothing that grows, which is a fifth of what the module would weigh.
const ROOM: usize = 8192;
const NONE: Queued = Queued { entry: Entry { ticket: 0, bytes: 0, context: 0 }, since: 0.0 };

/// Events that are not acknowledged yet, oldest first.
///
/// At most one batch is on its way at a time; its events are the first `in_flight` of the queue, so no event can be
/// sent twice at once.
#[derive(Debug)]
pub struct Queue {
    policy: Policy,
    /// A ring, of which `len` from `first` on are in use.
    ring: [Queued; ROOM],
    first: usize,
    len: usize,
    bytes: u32,
    in_flight: usize,
    /// So many events from the front go without waiting for company.
    urgent: usize,
    /// Shrinks when the server finds a body too large, recovers with every acknowledged batch.
    batch_limit: usize,
    backoff: Backoff,
}

impl Queue {
    /// An empty queue. A policy outside its ranges is brought inside.
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy: policy.clamped(),
            ring: [NONE; ROOM],
            first: 0,
            len: 0,
            bytes: 0,
            in_flight: 0,
            urgent: 0,
            batch_limit: MAX_EVENTS_PER_BATCH,
            backoff: Backoff::NONE,
        }
    }

    /// From now on by other rules.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy.clamped();
    }

    /// Takes an event in; [`Queue::make_room`] has to follow before the next one.
    pub fn push(&mut self, entry: Entry, now: f64) {
        self.bytes += entry.bytes;
        *self.at_mut(self.len) = Queued { entry, since: now };
        self.len += 1;
    }

    /// When there are too many bytes or events, the oldest event that is not on its way makes room. Answers its ticket;
    /// to be called until there is none.
    pub fn make_room(&mut self) -> Option<u32> {
        let kept = self.in_flight;
        if kept == self.len || (self.bytes <= self.policy.cap_bytes && self.len < ROOM) {
            return None;
        }
        self.urgent -= usize::from(self.urgent > kept);
        let oldest = self.at(kept);
        // Those on their way move up to where it was.
        for index in (0..kept).rev() {
            *self.at_mut(index + 1) = self.at(index);
        }
        *self.at_mut(0) = oldest;
        self.forget(1);
        Some(oldest.entry.ticket)
    }

    /// What to do now. Once a batch has been given out the answer is `Idle` until it is reported.
    pub fn next_task(&mut self, now: f64) -> Task {
        if self.is_empty() || self.in_flight > 0 {
            return Task::Idle;
        }
        let age_left = self.at(0).since + self.policy.batch_age_ms - now;
        let full = self.len >= self.policy.batch_events || self.bytes >= self.policy.batch_bytes;
        let due_in = if full || self.urgent > 0 { 0.0 } else { age_left };
        let wait = due_in.max(self.backoff.until() - now);
        if wait > 0.0 {
            return Task::Wait(wait);
        }
        self.in_flight = self.batch_len();
        Task::Send(Batch { events: self.in_flight })
    }

    /// The event at `index` of a batch, in the order in which they were pushed; a batch has at least one.
    pub fn ticket(&self, batch: &Batch, index: usize) -> Option<u32> {
        (index < batch.events).then(|| self.at(index).entry.ticket)
    }

    /// Learns how the request for `batch` ended. `random` in 0..1 spreads the retries of many pages.
    pub fn report(&mut self, batch: Batch, answer: Answer, random: f64, now: f64) -> Verdict {
        self.in_flight = 0;
        let count = batch.events;
        let verdict = match answer.status {
            200..=299 => Verdict::Acknowledged,
            400 | 422 => Verdict::Refused,
            413 if count == 1 => Verdict::Refused,
            _ => Verdict::Kept,
        };
        match (verdict, answer.status) {
            (Verdict::Kept, 413) => self.split(count),
            (Verdict::Kept, _) => self.backoff.failed(answer.retry_after_ms, random, now),
            _ => self.settle(count),
        }
        verdict
    }

    /// The world has changed (online again, page visible, the caller cannot wait): everything queued is due, and a
    /// wait that the server did not ask for is over.
    pub fn wake(&mut self) {
        self.urgent = self.len;
        self.backoff.wake();
    }

    /// How many events are not acknowledged yet, those on their way included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// As many events from the front as may share one request.
    fn batch_len(&self) -> usize {
        let context = self.at(0).entry.context;
        let most = self.batch_limit.min(self.len);
        let mut bytes = 0;
        let mut count = 0;
        while count < most {
            let entry = self.at(count).entry;
            bytes += entry.bytes;
            if entry.context != context || bytes > self.policy.batch_bytes {
                break;
            }
            count += 1;
        }
        count.max(1)
    }

    fn split(&mut self, count: usize) {
        self.batch_limit = count / 2;
        self.urgent = self.urgent.max(count);
    }

    fn settle(&mut self, count: usize) {
        self.forget(count);
        self.urgent = self.urgent.saturating_sub(count);
        self.batch_limit = (self.batch_limit * 2).min(MAX_EVENTS_PER_BATCH);
        self.backoff = Backoff::NONE;
    }

    /// Takes the oldest `count` out.
    fn forget(&mut self, count: usize) {
        for index in 0..count {
            self.bytes -= self.at(index).entry.bytes;
        }
        self.first += count;
        self.len -= count;
    }

    fn at(&self, index: usize) -> Queued {
        self.ring[(self.first + index) % ROOM]
    }

    fn at_mut(&mut self, index: usize) -> &mut Queued {
        &mut self.ring[(self.first + index) % ROOM]
    }
}

#[cfg(test)]
mod tests;
