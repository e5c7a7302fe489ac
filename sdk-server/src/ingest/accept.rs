use std::sync::Arc;

use bowerbird_store::{EventLog, Fate, Record};
use bowerbird_wire::limits::MAX_EVENTS_PER_CALL;
use bowerbird_wire::{Event, Invalid, Millis, Outcome, PutEvents, TrackingId};

use super::counts::{Counters, Counts, add};
use super::dedupe;
use super::{Door, Entry, IngestError};

/// A sender's clock that is off by more than this is corrected. Less than that is the time a request may take.
const MAX_SKEW_MS: i64 = 60_000;

/// Who may send, and where it goes.
pub trait Trackers: Send + Sync {
    /// The dataset group whose event tracker has this id.
    fn dataset_group(&self, tracking: &TrackingId) -> Option<String>;
}

/// Who wants to see accepted events at once: the live view.
pub trait Observer: Send + Sync {
    /// Called for every accepted event after it became durable and before its sender hears of it.
    fn observe(&self, entry: &Entry);
}

/// Accepts events: check, de-duplicate, store durably, tell the observer, answer.
pub struct Ingest {
    log: Arc<dyn EventLog>,
    trackers: Arc<dyn Trackers>,
    observer: Arc<dyn Observer>,
    clock: fn() -> i64,
    pub(super) counters: Counters,
}

/// An event of a call on its way into the log.
struct Candidate {
    record: Record,
    /// What the observer will see; `None` if the event is refused.
    entry: Option<Entry>,
    invalid: Option<Invalid>,
}

impl Ingest {
    /// `clock` gives milliseconds since the epoch.
    pub fn new(
        log: Arc<dyn EventLog>,
        trackers: Arc<dyn Trackers>,
        observer: Arc<dyn Observer>,
        clock: fn() -> i64,
    ) -> Self {
        Self { log, trackers, observer, clock, counters: Counters::default() }
    }

    /// Takes a call event by event, as from our own packages. The outcomes are in the order of `put.events`; when this
    /// returns, every accepted event is durable and observed.
    ///
    /// # Errors
    /// When the tracking id is unknown, or nothing can be stored now.
    pub async fn put_events(&self, put: PutEvents) -> Result<Vec<Outcome>, IngestError> {
        let group = self.dataset_group(&put.tracking_id)?;
        self.store(&group, &put).await
    }

    /// Takes a call wholly or not at all, as AWS does. The events of a refused call are kept with the reason.
    ///
    /// # Errors
    /// As [`Ingest::put_events`]; also for more than [`MAX_EVENTS_PER_CALL`] events, and when one event is invalid.
    pub async fn put_events_whole(&self, put: PutEvents) -> Result<Vec<Outcome>, IngestError> {
        let group = self.dataset_group(&put.tracking_id)?;
        let refusal = if put.events.len() > MAX_EVENTS_PER_CALL {
            Some(IngestError::Invalid(Invalid::TooLong { field: "eventList", max: MAX_EVENTS_PER_CALL }))
        } else {
            let first =
                put.events.iter().enumerate().find_map(|(index, event)| Some((index, event.as_ref().err()?)));
            first.map(|(index, refused)| IngestError::InvalidEvent { index, reason: refused.reason.clone() })
        };
        match refusal {
            Some(refusal) => {
                self.keep_refused(&group, put, &refusal);
                Err(refusal)
            }
            None => self.store(&group, &put).await,
        }
    }

    /// How many events met which fate.
    pub fn counts(&self) -> Counts {
        self.counters.now()
    }

    fn dataset_group(&self, tracking_id: &TrackingId) -> Result<String, IngestError> {
        self.trackers.dataset_group(tracking_id).ok_or_else(|| {
            add(&self.counters.unknown_tracker_calls, 1);
            IngestError::UnknownTracker { tracking_id: tracking_id.clone() }
        })
    }

    async fn store(&self, group: &str, put: &PutEvents) -> Result<Vec<Outcome>, IngestError> {
        let now = (self.clock)();
        let mut candidates: Vec<Candidate> = candidates(group, put, now);
        let batch = candidates.iter_mut().map(|candidate| take(&mut candidate.record)).collect();
        let fates = self.append(batch).await?;
        let outcomes: Vec<Outcome> = candidates
            .into_iter()
            .zip(fates)
            .map(|(candidate, fate)| self.conclude(candidate, fate))
            .collect();
        self.keep_duplicates(group, &outcomes, now);
        Ok(outcomes)
    }

    async fn append(&self, batch: Vec<Record>) -> Result<Vec<Fate>, IngestError> {
        let appended = self.log.append(batch).await.map_err(|_| IngestError::Internal)?;
        let receipt = appended.inspect_err(|_| add(&self.counters.unavailable_calls, 1))?;
        Ok(receipt.fates)
    }

    /// Durable now: show it, count it, name its outcome.
    fn conclude(&self, candidate: Candidate, fate: Fate) -> Outcome {
        let (counter, outcome) = match (candidate.invalid, fate) {
            (Some(invalid), _) => (&self.counters.invalid, Outcome::Invalid(invalid)),
            (None, Fate::Repeat) => (&self.counters.duplicate, Outcome::Duplicate),
            (None, Fate::Stored(_)) => {
                if let Some(entry) = &candidate.entry {
                    self.observer.observe(entry);
                }
                (&self.counters.accepted, Outcome::Accepted)
            }
        };
        add(counter, 1);
        outcome
    }

    /// Only a note for the owner, so nobody waits for it.
    fn keep_duplicates(&self, dataset_group: &str, outcomes: &[Outcome], at_ms: i64) {
        let count = outcomes.iter().filter(|outcome| **outcome == Outcome::Duplicate).count() as u64;
        if count > 0 {
            let entry = Entry::Duplicates { dataset_group: dataset_group.into(), count };
            drop(self.log.append(vec![Record { key: None, at_ms, body: entry.encode() }]));
        }
    }

    /// Keeps every event of a refused call: an invalid one with its own reason, the others with that of the call.
    fn keep_refused(&self, group: &str, put: PutEvents, refusal: &IngestError) {
        let at_ms = (self.clock)();
        add(&self.counters.invalid, put.events.len());
        let record = |event: Result<Event, bowerbird_wire::Refused>| {
            let (reason, raw) = match event {
                Ok(event) => (format!("the whole call was refused: {refusal}"), event.to_json()),
                Err(refused) => (refused.reason.to_string(), refused.raw),
            };
            Record { key: None, at_ms, body: Entry::refused(group, reason, raw, Door::Aws).encode() }
        };
        drop(self.log.append(put.events.into_iter().map(record).collect()));
    }
}

fn candidates(group: &str, put: &PutEvents, now: i64) -> Vec<Candidate> {
    let skew = put.uploaded_at.map_or(0, |uploaded_at| now - uploaded_at.0);
    let skew = if skew.abs() > MAX_SKEW_MS { skew } else { 0 };
    let candidate = |event: &Result<Event, bowerbird_wire::Refused>| match event {
        Ok(event) => {
            let key = Some(dedupe::key(group, put, event));
            let sent_at = Millis(event.sent_at.0.saturating_add(skew).max(0));
            let entry = Entry::Event {
                dataset_group: group.into(),
                user_id: put.user_id.clone(),
                session_id: put.session_id.clone(),
                event: Event { sent_at, ..event.clone() },
            };
            let record = Record { key, at_ms: now, body: entry.encode() };
            Candidate { record, entry: Some(entry), invalid: None }
        }
        Err(refused) => {
            let entry = Entry::refused(group, refused.reason.to_string(), refused.raw.clone(), Door::Own);
            let record = Record { key: None, at_ms: now, body: entry.encode() };
            Candidate { record, entry: None, invalid: Some(refused.reason.clone()) }
        }
    };
    put.events.iter().map(candidate).collect()
}

/// Leaves an empty record behind: the log owns the bytes from here on.
fn take(record: &mut Record) -> Record {
    Record { key: record.key, at_ms: record.at_ms, body: std::mem::take(&mut record.body) }
}
