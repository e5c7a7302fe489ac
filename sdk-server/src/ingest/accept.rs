use std::sync::Arc;

use bowerbird_store::{Batch, EventLog, Receipt, Record};
use bowerbird_wire::limits::MAX_EVENTS_PER_CALL;
use bowerbird_wire::{Invalid, Outcome, PutEvents, Refused, SentEvent, TrackingId, UserId};

use super::abandoned::Wait;
use super::counts::{Counters, Counts, add};
use super::dedupe::Keys;
use super::entry::{Alone, Origin, correct};
use super::limits::Gate;
use super::taken::Taken;
use super::under_way::{Call, UnderWay};
use super::{Door, IngestError, Limits};

/// A sender's clock that is off by more than this is corrected. Less than that is the time a request may take.
const MAX_SKEW_MS: i64 = 60_000;

/// Who may send, and where it goes.
pub trait Trackers: Send + Sync {
    /// The dataset group whose event tracker has this id.
    fn dataset_group(&self, tracking: &TrackingId) -> Option<Arc<str>>;
}

/// Who wants to see accepted events at once: the live view.
pub trait Observer: Send + Sync {
    /// Called after the events of a call became durable and before their sender hears of it.
    fn observe(&self, accepted: &Accepted<'_>);
}

/// Accepted events of one call, and so of one visit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accepted<'a> {
    /// The ARN of the dataset group whose tracker took them.
    pub dataset_group: &'a str,
    /// Absent as long as nobody signed in.
    pub user_id: Option<&'a str>,
    /// One visit.
    pub session_id: &'a str,
    /// At least one. `sent_at` is corrected where the sender's clock was found to be wrong.
    pub events: &'a [&'a SentEvent<'a>],
}

/// Accepts events: check, de-duplicate, store durably, tell the observer, answer.
pub struct Ingest {
    log: Arc<dyn EventLog>,
    trackers: Arc<dyn Trackers>,
    observer: Arc<dyn Observer>,
    clock: fn() -> i64,
    pub(super) counters: Arc<Counters>,
    pub(super) gate: Gate,
    under_way: Arc<UnderWay>,
}

impl Ingest {
    /// `clock` gives milliseconds since the epoch.
    pub fn new(
        log: Arc<dyn EventLog>,
        trackers: Arc<dyn Trackers>,
        observer: Arc<dyn Observer>,
        clock: fn() -> i64,
    ) -> Self {
        Self {
            log,
            trackers,
            observer,
            clock,
            counters: Arc::default(),
            gate: Gate::new(Limits::default()),
            under_way: Arc::default(),
        }
    }

    /// With other limits than the default ones.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { gate: Gate::new(limits), ..self }
    }

    /// Takes a call event by event, as from our own packages. The outcomes are in the order of
    /// `put.events`; when this returns, every accepted event is durable and observed. If the future is dropped before, what
    /// was handed to the log becomes durable and is observed all the same.
    ///
    /// # Errors
    /// When the tracking id is unknown, or nothing can be stored now.
    pub async fn put_events(&self, put: PutEvents<'_>) -> Result<Vec<Outcome>, IngestError> {
        self.take(put).await.map(Taken::outcomes)
    }

    /// [`Ingest::put_events`] for who needs no list.
    pub(super) async fn take<'a>(&self, put: PutEvents<'a>) -> Result<Taken<'a>, IngestError> {
        let group = self.admit(&put)?;
        self.store(&group, put).await
    }

    /// Takes a call wholly or not at all, as AWS does. The events of a refused call are kept with the reason.
    ///
    /// # Errors
    /// As [`Ingest::put_events`]; also for more than [`MAX_EVENTS_PER_CALL`] events, and when one event is invalid.
    pub async fn put_events_whole(&self, put: PutEvents<'_>) -> Result<Vec<Outcome>, IngestError> {
        let group = self.admit(&put)?;
        let refusal = if put.events.len() > MAX_EVENTS_PER_CALL {
            Some(IngestError::Invalid(Invalid::TooLong { field: "eventList", max: MAX_EVENTS_PER_CALL }))
        } else {
            let first =
                put.events.iter().enumerate().find_map(|(index, event)| Some((index, event.as_ref().err()?)));
            first.map(|(index, refused)| IngestError::InvalidEvent { index, reason: refused.reason.clone() })
        };
        match refusal {
            Some(refusal) => {
                self.keep_refused(&group, &put, &refusal);
                Err(refusal)
            }
            None => self.store(&group, put).await.map(Taken::outcomes),
        }
    }

    /// Waits until every call that has begun is over: the observer has seen the accepted events that were in the log before.
    /// Blocks for as long as calls take.
    pub fn settle(&self) {
        self.under_way.settle();
    }

    /// How many events met which fate.
    pub fn counts(&self) -> Counts {
        self.counters.now()
    }

    fn dataset_group(&self, tracking_id: &TrackingId) -> Result<Arc<str>, IngestError> {
        self.trackers.dataset_group(tracking_id).ok_or_else(|| {
            add(&self.counters.unknown_tracker_calls, 1);
            IngestError::UnknownTracker { tracking_id: tracking_id.clone() }
        })
    }

    /// The dataset group of a call that may come in now.
    fn admit(&self, put: &PutEvents<'_>) -> Result<Arc<str>, IngestError> {
        let group = self.dataset_group(&put.tracking_id)?;
        self.gate.pass(&put.tracking_id, put.events.len(), (self.clock)()).map_err(|retry_after_s| {
            add(&self.counters.limited_calls, 1);
            add(&self.counters.limited, put.events.len());
            IngestError::Limited { retry_after_s }
        })?;
        Ok(group)
    }

    async fn store<'a>(&self, group: &str, mut put: PutEvents<'a>) -> Result<Taken<'a>, IngestError> {
        let call = self.under_way.begin();
        let now = (self.clock)();
        let skew_ms = skew_ms(&put, now);
        let receipt = self.append(batch(group, &put, skew_ms, now), &call).await?;
        if skew_ms != 0 {
            put.events.iter_mut().flatten().for_each(|event| correct(event, skew_ms));
        }
        let taken = Taken { events: put.events, receipt };
        let accepted = taken.accepted();
        if !accepted.is_empty() {
            self.observer.observe(&Accepted {
                dataset_group: group,
                user_id: put.user_id.as_ref().map(UserId::as_str),
                session_id: put.session_id.as_str(),
                events: &accepted,
            });
        }
        let tally = taken.tally();
        self.counters.count(tally);
        self.keep_duplicates(group, tally.duplicate, now);
        Ok(taken)
    }

    async fn append(&self, batch: Batch, call: &Call) -> Result<Receipt, IngestError> {
        let wait = Wait::new(self.log.append(batch), &self.log, &self.observer, &self.counters, call);
        let appended = wait.receipt().await.map_err(|_| IngestError::Internal)?;
        Ok(appended.inspect_err(|_| add(&self.counters.unavailable_calls, 1))?)
    }

    /// Only a note for the owner, so nobody waits for it.
    fn keep_duplicates(&self, dataset_group: &str, count: usize, at_ms: i64) {
        if count > 0 {
            let note = Alone::Duplicates { dataset_group: dataset_group.into(), count: count as u64 };
            drop(self.log.append(vec![note.record(at_ms)].into()));
        }
    }

    /// Keeps every event of a refused call: an invalid one with its own reason, the others with that of the call.
    fn keep_refused(&self, group: &str, put: &PutEvents<'_>, refusal: &IngestError) {
        let at_ms = (self.clock)();
        add(&self.counters.invalid, put.events.len());
        let record = |event: &Result<SentEvent<'_>, Refused>| {
            let (reason, text) = match event {
                Ok(event) => (format!("the whole call was refused: {refusal}"), event.text()),
                Err(refused) => (refused.reason.to_string(), &*refused.raw),
            };
            Alone::refused(group, reason, text, Door::Aws).record(at_ms)
        };
        let records: Vec<Record> = put.events.iter().map(record).collect();
        drop(self.log.append(records.into()));
    }
}

/// How far the sender's clock is behind ours, if it is wrong.
fn skew_ms(put: &PutEvents<'_>, now: i64) -> i64 {
    let skew = put.uploaded_at.map_or(0, |uploaded_at| now - uploaded_at.0);
    if skew.abs() > MAX_SKEW_MS { skew } else { 0 }
}

/// A record for each event of a call.
fn batch(group: &str, put: &PutEvents<'_>, skew_ms: i64, now: i64) -> Batch {
    let mut keys = Keys::new(group, put);
    let origin = Origin::new(group, put, skew_ms).encode();
    let sent = put.events.iter().flatten().map(|event| event.text().len()).sum::<usize>();
    let mut batch = Batch::with_capacity(put.events.len(), origin.len() + sent);
    if put.events.iter().any(Result::is_ok) {
        batch.begin(now, &origin);
    }
    for event in &put.events {
        match event {
            Ok(event) => batch.share(Some(keys.key(event)), event.text().as_bytes()),
            Err(refused) => batch.push(
                &Alone::refused(group, refused.reason.to_string(), &refused.raw, Door::Own).record(now),
            ),
        }
    }
    batch
}
