//! How an answer gets from the one thread that writes to the many that wait.
//!
//! To wake a task from outside of its thread is dear: a lock, and for most of them a system call. So the writer puts all
//! answers of a group in their places and wakes one task of each thread; that wakes the others of its thread before it does
//! anything else, from inside of the runtime, where this is a push to a queue. It is not: a promise of who is answered first.

use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::{Batch, Receipt, StoreError};

type Answer = Result<Receipt, StoreError>;

/// A batch on its way to the disk. Resolves when every record of it is durable, or when the write failed.
#[derive(Debug)]
pub struct Appending(Arc<Slot>);

/// The other end of an [`Appending`]; empty when it has told.
#[derive(Debug)]
pub struct Teller(Option<Arc<Slot>>);

/// The log has ended without an answer: what became of the batch is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event log ended unexpectedly")]
pub struct Ended;

#[derive(Debug, Default)]
struct Slot(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    answer: Option<Result<Answer, Ended>>,
    /// Nobody takes the answer any more, or somebody has.
    is_over: bool,
    /// Who waits for the answer.
    waker: Option<Waiting>,
    /// Who is to be woken by whoever waits here.
    others: Vec<Waker>,
    /// What was written. Memory is cheapest to free for the thread that asked for it, and that is who waits here.
    _spent: Option<Batch>,
}

/// A task that waits, and the thread on which it does.
#[derive(Debug)]
struct Waiting {
    waker: Waker,
    thread: usize,
}

thread_local! {
    /// Its place in memory tells the threads that live at one time apart.
    static HERE: u8 = const { 0 };
}

fn this_thread() -> usize {
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

impl Appending {
    /// Both ends.
    pub fn new() -> (Teller, Self) {
        let slot = Arc::<Slot>::default();
        (Teller(Some(slot.clone())), Self(slot))
    }

    /// Waits outside of an async runtime.
    ///
    /// # Errors
    /// When the log has ended without an answer.
    pub fn blocking_recv(mut self) -> Result<Answer, Ended> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            match Pin::new(&mut self).poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => thread::park(),
            }
        }
    }

    /// The answer, if it is there; it is given once.
    pub fn try_recv(&mut self) -> Option<Result<Answer, Ended>> {
        let mut state = self.0.lock();
        let answer = state.answer.take()?;
        state.is_over = true;
        let others = take(&mut state.others);
        drop(state);
        others.into_iter().for_each(Waker::wake);
        Some(answer)
    }
}

impl Future for Appending {
    type Output = Result<Answer, Ended>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(answer) = self.try_recv() {
            return Poll::Ready(answer);
        }
        let mut state = self.0.lock();
        if state.answer.is_none() {
            state.waker = Some(Waiting { waker: context.waker().clone(), thread: this_thread() });
            return Poll::Pending;
        }
        drop(state);
        // It came in between.
        self.try_recv().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Appending {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_over = true;
        let others = take(&mut state.others);
        drop(state);
        others.into_iter().for_each(Waker::wake);
    }
}

impl Teller {
    /// Gives the answer.
    pub fn tell(mut self, answer: Answer) {
        if let Some(waiting) = self.0.take().and_then(|slot| slot.put(Ok(answer), None)) {
            waiting.waker.wake();
        }
    }

    /// Gives the answers of a group, and wakes one of those who wait on each thread.
    pub(crate) fn tell_all(group: impl Iterator<Item = (Self, Answer, Batch)>) {
        let mut threads: Vec<Woken> = Vec::new();
        for (mut teller, answer, spent) in group {
            let Some(slot) = teller.0.take() else { continue };
            let Some(Waiting { waker, thread }) = slot.put(Ok(answer), Some(spent)) else { continue };
            match threads.iter_mut().find(|woken| woken.thread == thread) {
                Some(woken) => woken.others.push(waker),
                None => threads.push(Woken { thread, slot, waker, others: Vec::new() }),
            }
        }
        for Woken { slot, waker, others, .. } in threads {
            let others = slot.pass_on(others);
            waker.wake();
            others.into_iter().for_each(Waker::wake);
        }
    }
}

/// The first of a group that waits on a thread, and the others there.
struct Woken {
    thread: usize,
    slot: Arc<Slot>,
    waker: Waker,
    others: Vec<Waker>,
}

impl Drop for Teller {
    fn drop(&mut self) {
        if let Some(waiting) = self.0.take().and_then(|slot| slot.put(Err(Ended), None)) {
            waiting.waker.wake();
        }
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the answer here unless there was one; returns who waits for it.
    fn put(&self, answer: Result<Answer, Ended>, spent: Option<Batch>) -> Option<Waiting> {
        let mut state = self.lock();
        if state.is_over || state.answer.is_some() {
            return None;
        }
        (state.answer, state._spent) = (Some(answer), spent);
        state.waker.take()
    }

    /// Leaves it to whoever takes the answer to wake these; gives them back when nobody will.
    fn pass_on(&self, others: Vec<Waker>) -> Vec<Waker> {
        let mut state = self.lock();
        if state.is_over {
            return others;
        }
        state.others = others;
        Vec::new()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn is_pending(appending: &mut Appending, woken: &Arc<Woken>) -> bool {
        let waker = Waker::from(woken.clone());
        Pin::new(appending).poll(&mut Context::from_waker(&waker)).is_pending()
    }

    /// Three that wait, told at once; and how many of them were woken.
    fn told() -> (Vec<Appending>, Arc<Woken>) {
        let woken = Arc::<Woken>::default();
        let (tellers, mut group): (Vec<_>, Vec<_>) = (0..3).map(|_| Appending::new()).unzip();
        assert!(group.iter_mut().all(|appending| is_pending(appending, &woken)));
        Teller::tell_all(
            tellers.into_iter().map(|teller| (teller, Ok(Receipt::default()), Batch::default())),
        );
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        (group, woken)
    }

    #[test]
    fn whoever_is_woken_wakes_the_others() {
        let (mut group, woken) = told();
        assert!(!is_pending(&mut group[0], &woken));
        assert_eq!(woken.0.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn the_others_are_woken_also_when_the_one_who_was_woken_has_gone() {
        let (mut group, woken) = told();
        drop(group.swap_remove(0));
        assert_eq!(woken.0.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn one_of_those_who_wait_on_each_thread_is_woken() {
        let woken = Arc::<Woken>::default();
        let (tellers, mut group): (Vec<_>, Vec<_>) = (0..4).map(|_| Appending::new()).unzip();
        let (here, there) = group.split_at_mut(2);
        assert!(here.iter_mut().all(|appending| is_pending(appending, &woken)));
        thread::scope(|scope| {
            let is_waiting = || there.iter_mut().all(|appending| is_pending(appending, &woken));
            assert!(scope.spawn(is_waiting).join().unwrap());
        });
        Teller::tell_all(
            tellers.into_iter().map(|teller| (teller, Ok(Receipt::default()), Batch::default())),
        );
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn every_answer_is_in_its_place_whoever_comes_first() {
        let (group, _) = told();
        assert!(group.into_iter().all(|appending| matches!(appending.blocking_recv(), Ok(Ok(_)))));
    }

    #[test]
    fn nobody_waits_for_one_who_does_not_look() {
        let woken = Arc::<Woken>::default();
        let (tellers, mut group): (Vec<_>, Vec<_>) = (0..3).map(|_| Appending::new()).unzip();
        assert!(is_pending(&mut group[0], &woken));
        Teller::tell_all(
            tellers.into_iter().map(|teller| (teller, Ok(Receipt::default()), Batch::default())),
        );
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(group.iter_mut().all(|appending| appending.try_recv().is_some()));
    }

    #[test]
    fn a_log_that_ends_says_so() {
        let (teller, appending) = Appending::new();
        let waiting = thread::spawn(|| appending.blocking_recv());
        drop(teller);
        assert!(matches!(waiting.join().unwrap(), Err(Ended)));
    }
}
