//! What is left to do for a call whose sender has gone while it waited for the disk: its future is dropped, but its events
//! are in the log, and would be known to everybody but the observer. They are read back from there.
//!
//! Costs nothing where nobody leaves.

use std::sync::Arc;

use bowerbird_store::{Appending, EventLog, Fate, Offset, Receipt, StoreError};
use tokio::runtime::Handle;
use tokio::sync::oneshot::error::RecvError;

use super::counts::{Counters, add};
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

    pub(super) async fn receipt(mut self) -> Result<Result<Receipt, StoreError>, RecvError> {
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
    let stored = |fate: &Fate| if let Fate::Stored(offset) = fate { Some(*offset) } else { None };
    let Some(first) = receipt.fates.iter().find_map(stored) else { return };
    let last = receipt.fates.iter().rev().find_map(stored).unwrap_or(first);
    let records: Vec<_> = log
        .scan(first)
        .map_while(Result::ok)
        .take_while(|(offset, _): &(Offset, _)| *offset <= last)
        .map(|(_, record)| record)
        .collect();
    let is_event = |entry: &Entry<'_>| matches!(entry, Entry::Event { .. });
    let accepted: Vec<_> =
        records.iter().filter_map(|record| Entry::decode(record).ok()).filter(is_event).collect();
    observer.observe(&accepted);
    let (n, kept) = (receipt.fates.len(), records.len());
    add(&counters.accepted, accepted.len());
    add(&counters.duplicate, n.saturating_sub(kept));
    add(&counters.invalid, kept - accepted.len());
}
