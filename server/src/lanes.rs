//! One thread for each core, each with connections of its own. What a connection has in memory stays with one core, and
//! nothing is handed from thread to thread but the events that go to the log. [measured: a tenth more calls of ten events
//! than with one runtime of as many threads, 2026-11-25]
//!
//! It is not: a place for work that takes long. Whatever touches the disk goes to the threads for that, or all other
//! connections of its lane wait.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// All of them; dropped, they end, and what is under way on them is given up.
pub(crate) struct Lanes(Vec<Lane>);

struct Lane {
    handle: Handle,
    /// Connections that are served here.
    busy: Arc<AtomicUsize>,
    /// Dropped, it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lanes {
    pub(crate) fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        (0..cores).map(|_| Lane::start()).collect::<io::Result<_>>().map(Self)
    }

    /// Serves a connection where there are the fewest.
    pub(crate) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let Some(lane) = self.0.iter().min_by_key(|lane| lane.busy.load(Ordering::Relaxed)) else { return };
        let busy = Busy::new(&lane.busy);
        lane.handle.spawn(async move {
            connection.await;
            drop(busy);
        });
    }
}

impl Lane {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, (stop, stopped)) = (runtime.handle().clone(), oneshot::channel::<()>());
        let thread = thread::Builder::new().name("lane".into()).spawn(move || {
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { handle, busy: Arc::default(), stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic of a task was caught by its runtime.
            let _ = thread.join();
        }
    }
}

/// A connection is counted until this is dropped, also when its task panics or is given up.
struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn new(busy: &Arc<AtomicUsize>) -> Self {
        busy.fetch_add(1, Ordering::Relaxed);
        Self(busy.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
