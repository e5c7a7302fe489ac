//! Everything that waits, in memory and in files, and the numbers.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::parcel::{Item, Parcel};
use super::spool::{Entry, Spool};
use super::stats::Stats;

pub(super) struct Outbox {
    state: Mutex<State>,
    batch: usize,
    capacity: usize,
}

struct State {
    queue: VecDeque<Item>,
    /// Taken from the queue, not answered yet.
    under_way: u64,
    spool: Option<Spool>,
    stats: Stats,
}

impl Outbox {
    pub(super) fn new(batch: usize, capacity: usize, spool: Option<Spool>) -> Self {
        let state = State { queue: VecDeque::new(), under_way: 0, spool, stats: Stats::default() };
        Self { state: Mutex::new(state), batch, capacity }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic can leave the queue half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event; true when that completed a batch.
    pub(super) fn push(&self, item: Item) -> bool {
        let mut state = self.lock();
        state.stats.recorded += 1;
        state.queue.push_back(item);
        if state.queue.len() > self.capacity {
            state.make_room(self.capacity, self.batch);
        }
        state.queue.len().is_multiple_of(self.batch)
    }

    /// The next events of the queue as parcels, at most one batch.
    pub(super) fn take(&self) -> Vec<Parcel> {
        let mut state = self.lock();
        let n = state.queue.len().min(self.batch);
        state.under_way += n as u64;
        let items: Vec<Item> = state.queue.drain(..n).collect();
        drop(state);
        Parcel::pack(items)
    }

    /// Parcels that [`Outbox::take`] gave out and that have to be sent later: to the spool, or back in front.
    pub(super) fn put_back(&self, parcels: Vec<Parcel>) {
        let mut state = self.lock();
        for parcel in parcels.into_iter().rev() {
            state.under_way -= parcel.events.len() as u64;
            state.spool_or_queue(parcel);
        }
        let excess = state.queue.len().saturating_sub(self.capacity);
        state.drop_oldest(excess);
    }

    /// Moves the queue into the spool, if there is one: the server is away.
    pub(super) fn spool_all(&self) {
        let mut state = self.lock();
        if state.spool.is_some() {
            for parcel in Parcel::pack(std::mem::take(&mut state.queue)) {
                state.spool_or_queue(parcel);
            }
        }
    }

    /// Gives up what is still in memory.
    pub(super) fn give_up(&self) {
        let mut state = self.lock();
        let n = state.queue.len();
        state.drop_oldest(n);
    }

    pub(super) fn oldest_spooled(&self) -> Option<(Entry, Parcel)> {
        let mut state = self.lock();
        loop {
            match state.spool.as_mut()?.oldest() {
                Ok(found) => return found,
                Err(message) => state.stats.last_error = Some(message),
            }
        }
    }

    /// The server has answered for a parcel from a file.
    pub(super) fn forget_spooled(&self, entry: &Entry) {
        if let Some(spool) = &mut self.lock().spool {
            spool.remove(entry);
        }
    }

    /// The server has answered for a parcel from the queue.
    pub(super) fn forget(&self, events: usize) {
        self.lock().under_way -= events as u64;
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut self.lock().stats);
    }

    pub(super) fn stats(&self) -> Stats {
        let state = self.lock();
        let spooled = state.spool.as_ref().map_or(0, Spool::events);
        Stats { queued: state.queue.len() as u64 + state.under_way, spooled, ..state.stats.clone() }
    }
}

impl State {
    /// The oldest batch goes to the spool, or the oldest events go for good.
    fn make_room(&mut self, capacity: usize, batch: usize) {
        if self.spool.is_some() {
            let n = self.queue.len().min(batch);
            let oldest: Vec<Item> = self.queue.drain(..n).collect();
            Parcel::pack(oldest).into_iter().rev().for_each(|parcel| self.spool_or_queue(parcel));
        }
        let excess = self.queue.len().saturating_sub(capacity);
        self.drop_oldest(excess);
    }

    fn spool_or_queue(&mut self, parcel: Parcel) {
        let stored = self.spool.as_mut().map(|spool| spool.store(&parcel));
        match stored {
            Some(Ok(())) => return,
            Some(Err(error)) => self.stats.last_error = Some(format!("spool: {error}")),
            None => {}
        }
        parcel.unpack().rev().for_each(|item| self.queue.push_front(item));
    }

    fn drop_oldest(&mut self, n: usize) {
        self.queue.drain(..n);
        self.stats.dropped += n as u64;
    }
}
