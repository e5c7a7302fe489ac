use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bowerbird_wire::TrackingId;
use bowerbird_wire::limits::MAX_EVENTS_PER_BATCH;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::Client;
use super::backoff::Backoff;
use super::outbox::Outbox;
use super::send::Sender;
use super::spool::Spool;
use super::worker::Worker;

/// Why a client cannot be built.
#[derive(Debug)]
pub struct Misconfigured(String);

impl std::fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misconfigured {}

/// Settings of a [`Client`]. The defaults suit a web backend.
#[derive(Clone, Debug)]
pub struct Builder {
    endpoint: String,
    tracking_id: String,
    spool: Option<PathBuf>,
    capacity: usize,
    interval: Duration,
    timeout: Duration,
    backoff: Backoff,
}

impl Builder {
    pub(super) fn new(endpoint: &str, tracking_id: &str) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').into(),
            tracking_id: tracking_id.into(),
            spool: None,
            capacity: 10_000,
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
            backoff: Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(60) },
        }
    }

    /// A folder for what cannot be sent now. One client has it for itself. Without one, events wait in memory only.
    pub fn spool(mut self, dir: impl AsRef<Path>) -> Self {
        self.spool = Some(dir.as_ref().into());
        self
    }

    /// Events that wait in memory at most. Default 10 000: some 5 MB.
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events.max(1);
        self
    }

    /// How long an event waits for company at most. Default one second.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How long one call may take. Default 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds of the wait before a retry: after the first failure, and at most. Default half a second and a minute.
    pub fn retry(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = Backoff { first, longest };
        self
    }

    /// Starts the task that sends, and what an earlier process left in the spool with it.
    ///
    /// # Errors
    /// Outside a tokio runtime, for a malformed endpoint or tracking id, and for a spool that cannot be used.
    pub fn build(self) -> Result<Client, Misconfigured> {
        let runtime = Handle::try_current().map_err(|_| {
            Misconfigured("build the client inside a tokio runtime: it needs one to send".into())
        })?;
        let tracking_id =
            TrackingId::try_from(self.tracking_id).map_err(|error| Misconfigured(error.to_string()))?;
        let url = format!("{}/events", self.endpoint);
        if reqwest::Url::parse(&url).is_err() {
            return Err(Misconfigured(format!("{} is no address: write https://HOST", self.endpoint)));
        }
        let spool = self.spool.map(|dir| {
            let unusable = |error| Misconfigured(format!("spool {}: {error}", dir.display()));
            Spool::open(&dir, tracking_id.clone()).map_err(unusable)
        });
        let outbox = Arc::new(Outbox::new(MAX_EVENTS_PER_BATCH, self.capacity, spool.transpose()?));
        let (commands, inbox) = mpsc::unbounded_channel();
        let worker = Worker {
            outbox: outbox.clone(),
            sender: Sender { http: http(self.timeout)?, url, tracking_id },
            backoff: self.backoff,
            interval: self.interval,
            failures: 0,
            not_before: None,
        };
        runtime.spawn(worker.run(inbox));
        Ok(Client { outbox, commands })
    }
}

fn http(timeout: Duration) -> Result<reqwest::Client, Misconfigured> {
    let built = reqwest::Client::builder().timeout(timeout).build();
    built.map_err(|error| Misconfigured(format!("the HTTP client cannot start: {error}")))
}
