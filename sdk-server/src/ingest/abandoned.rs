//! What is left to do for a call whose sender has gone while it waited for the disk: its future is dropped, but its events
//! are in the log, and would be known to everybody but the observer. They are read back from there.
//!
//! Costs nothing where nobody leaves.

use std::sync::Arc;

use bowerbird_store::{Appending, Ended, EventLog, Receipt, StoreError};
use tokio::runtime::Handle;

use super::counts::{Counters, Tally};
use super::under_way::Call;
use super::{Entry, Observer};

/// Waits for a batch; dropped before its end, it leaves the rest of the work to the runtime.
pub(super) struct Wait<'a> {
    /// `None` when the answer is there.
    appending: Option<Appending>,
    log: &'a Arc<dyn EventLog>,
    observer: &'a Arc<dyn Observer>,
    counters: &'a Arc<Counters>,
    call: &'a Call,
}

impl<'a> Wait<'a> {
    pub(super) fn new(
        appending: Appending,
        log: &'a Arc<dyn EventLog>,
        observer: &'a Arc<dyn Observer>,
        counters: &'a Arc<Counters>,
        call: &'a Call,
    ) -> Self {
        Self { appending: Some(appending), log, observer, counters, call }
    }

    pub(super) async fn receipt(mut self) -> Result<Result<Receipt, StoreError>, Ended> {
        let appending = self.appending.as_mut().expect("only the end takes it, and that is below");
        let receipt = appending.await;
        self.appending = None;
        receipt
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        // Without a runtime the process is about to end, and the next start reads the log.
        let (Some(appending), Ok(runtime)) = (self.appending.take(), Handle::try_current()) else { return };
        let (log, observer, counters) = (self.log.clone(), self.observer.clone(), self.counters.clone());
        let call = self.call.again();
        let blocking = runtime.clone();
        runtime.spawn(async move {
            let Ok(Ok(receipt)) = appending.await else { return };
            let read = move || {
                tell(&*log, &*observer, &counters, &receipt);
                drop(call);
            };
            drop(blocking.spawn_blocking(read));
        });
    }
}

/// The events of a batch are side by side in the log; what is damaged since is in the log's own report.
fn tell(log: &dyn EventLog, observer: &dyn Observer, counters: &Counters, receipt: &Receipt) {
    let records: Vec<_> = log
        .scan(receipt.first)
        .map_while(Result::ok)
        .take_while(|(offset, _)| *offset < receipt.end())
        .map(|(_, record)| record)
        .collect();
    let entries: Vec<_> = records.iter().filter_map(|record| Entry::decode(record).ok()).collect();
    let events: Vec<_> = entries.iter().filter_map(Entry::event).collect();
    if let Some(accepted) = entries.iter().find_map(|entry| entry.accepted(&events)) {
        observer.observe(&accepted);
    }
    counters.count(Tally {
        accepted: events.len(),
        duplicate: receipt.repeats.len(),
        invalid: records.len() - events.len(),
    });
}
