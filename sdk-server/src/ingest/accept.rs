use std::sync::Arc;

use bowerbird_store::{Batch, EventLog, Fate, Record};
use bowerbird_wire::limits::MAX_EVENTS_PER_CALL;
use bowerbird_wire::{Invalid, Outcome, PutEvents, Refused, SentEvent, TrackingId, UserId};

use super::abandoned::Wait;
use super::counts::{Counters, Counts, add};
use super::dedupe::Keys;
use super::entry::{Alone, Origin, corrected};
use super::limits::Gate;
use super::under_way::{Call, UnderWay};
use super::{Door, Entry, IngestError, Limits};

/// A sender's clock that is off by more than this is corrected. Less than that is the time a request may take.
const MAX_SKEW_MS: i64 = 60_000;

/// Who may send, and where it goes.
pub trait Trackers: Send + Sync {
    /// The dataset group whose event tracker has this id.
    fn dataset_group(&self, tracking: &TrackingId) -> Option<Arc<str>>;
}

/// Who wants to see accepted events at once: the live view.
pub trait Observer: Send + Sync {
    /// Called with the accepted events of a call, after they became durable and before their sender hears of it.
    fn observe(&self, accepted: &[Entry<'_>]);
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
            None => self.store(&group, put).await,
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

    async fn store(&self, group: &str, put: PutEvents<'_>) -> Result<Vec<Outcome>, IngestError> {
        let call = self.under_way.begin();
        let now = (self.clock)();
        let skew_ms = skew_ms(&put, now);
        let fates = self.append(batch(group, &put, skew_ms, now), &call).await?;
        let PutEvents { user_id, session_id, context, events, .. } = put;
        let mut accepted = Vec::with_capacity(fates.len());
        let conclude = |(event, fate)| match (event, fate) {
            (Err(Refused { reason, .. }), _) => Outcome::Invalid(reason),
            (Ok(_), Fate::Repeat) => Outcome::Duplicate,
            (Ok(event), Fate::Stored(_)) => {
                accepted.push(Entry::Event {
                    dataset_group: group.into(),
                    user_id: user_id.as_ref().map(UserId::borrowed),
                    session_id: session_id.borrowed(),
                    context,
                    event: corrected(event, skew_ms),
                });
                Outcome::Accepted
            }
        };
        let outcomes: Vec<Outcome> = events.into_iter().zip(fates).map(conclude).collect();
        self.observer.observe(&accepted);
        self.keep_duplicates(group, self.count(&outcomes), now);
        Ok(outcomes)
    }

    async fn append(&self, batch: Batch, call: &Call) -> Result<Vec<Fate>, IngestError> {
        let wait = Wait::new(self.log.append(batch), &self.log, &self.observer, &self.counters, call);
        let appended = wait.receipt().await.map_err(|_| IngestError::Internal)?;
        let receipt = appended.inspect_err(|_| add(&self.counters.unavailable_calls, 1))?;
        Ok(receipt.fates)
    }

    /// Returns how many repeats there were.
    fn count(&self, outcomes: &[Outcome]) -> usize {
        let (mut accepted, mut duplicate) = (0, 0);
        for outcome in outcomes {
            accepted += usize::from(*outcome == Outcome::Accepted);
            duplicate += usize::from(*outcome == Outcome::Duplicate);
        }
        add(&self.counters.accepted, accepted);
        add(&self.counters.duplicate, duplicate);
        add(&self.counters.invalid, outcomes.len() - accepted - duplicate);
        duplicate
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
    let keys = Keys::new(group, put);
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
