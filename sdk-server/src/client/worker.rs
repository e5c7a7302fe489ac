//! The task that sends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::backoff::Backoff;
use super::outbox::Outbox;
use super::parcel::Parcel;
use super::send::{Answer, Sender};

/// Calls under way at once. One call has the events of one session, so a backend with many visitors makes many calls,
/// and the server writes those that are under way together to its disk at once.
const CALLS_AT_ONCE: usize = 8;

pub(super) enum Command {
    BatchIsFull,
    Flush(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
}

pub(super) struct Worker {
    pub(super) outbox: Arc<Outbox>,
    pub(super) sender: Sender,
    pub(super) backoff: Backoff,
    pub(super) interval: Duration,
    /// Calls in a row that the server did not take.
    pub(super) failures: u32,
    /// Nothing is sent before this time, unless somebody flushes.
    pub(super) not_before: Option<Instant>,
}

/// The server is away; it may have said for how long.
struct Away(Option<Duration>);

impl Worker {
    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        loop {
            let tick = Instant::now() + self.interval;
            let wake = self.not_before.unwrap_or(tick).min(tick);
            match timeout_at(wake, commands.recv()).await {
                Ok(Some(Command::Flush(done))) => {
                    self.pump().await;
                    let _ = done.send(());
                }
                Ok(Some(Command::Close(done))) => {
                    self.pump().await;
                    self.end();
                    let _ = done.send(());
                    return;
                }
                Ok(Some(Command::BatchIsFull)) | Err(_) => self.pump_when_due().await,
                Ok(None) => return self.end(), // the client was dropped without close
            }
        }
    }

    async fn pump_when_due(&mut self) {
        if self.not_before.is_some_and(|time| Instant::now() < time) {
            self.outbox.spool_all();
        } else {
            self.pump().await;
        }
    }

    /// Sends everything, files first, until the server is away.
    async fn pump(&mut self) {
        let sent = match self.send_spooled().await {
            Ok(()) => self.send_queued().await,
            away => away,
        };
        match sent {
            Ok(()) => (self.failures, self.not_before) = (0, None),
            Err(Away(retry_after)) => {
                self.failures = self.failures.saturating_add(1);
                // Version 4 ids are random, so this needs no second source of randomness.
                let random = uuid::Uuid::new_v4().as_u128() as u64;
                self.not_before =
                    Some(Instant::now() + self.backoff.wait(self.failures, retry_after, random));
                self.outbox.spool_all();
            }
        }
    }

    async fn send_spooled(&self) -> Result<(), Away> {
        while let Some((entry, parcel)) = self.outbox.oldest_spooled() {
            let (rest, away) = deliver(&self.sender, &self.outbox, parcel).await;
            if rest.is_empty() {
                self.outbox.forget_spooled(&entry);
            }
            away.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    async fn send_queued(&self) -> Result<(), Away> {
        loop {
            let mut parcels = self.outbox.take().into_iter();
            if parcels.len() == 0 {
                return Ok(());
            }
            let (mut calls, mut later, mut away) = (JoinSet::new(), Vec::new(), None);
            loop {
                while calls.len() < CALLS_AT_ONCE && away.is_none() {
                    let Some(parcel) = parcels.next() else { break };
                    let (sender, outbox) = (self.sender.clone(), self.outbox.clone());
                    calls.spawn(async move {
                        let n = parcel.events.len();
                        let (rest, away) = deliver(&sender, &outbox, parcel).await;
                        outbox.forget(n - rest.iter().map(|parcel| parcel.events.len()).sum::<usize>());
                        (rest, away)
                    });
                }
                let Some(called) = calls.join_next().await else { break };
                let (rest, is_away) = called.expect("a call does not panic");
                later.extend(rest);
                away = away.or(is_away);
            }
            later.extend(parcels);
            self.outbox.put_back(later);
            away.map_or(Ok(()), Err)?;
        }
    }

    fn end(&self) {
        self.outbox.spool_all();
        self.outbox.give_up();
    }
}

/// Sends a parcel, in halves if it is too large. Returns what has to be sent again.
async fn deliver(sender: &Sender, outbox: &Outbox, parcel: Parcel) -> (Vec<Parcel>, Option<Away>) {
    let mut waiting = vec![parcel];
    while let Some(parcel) = waiting.pop() {
        let n = parcel.events.len() as u64;
        match sender.send(&parcel).await {
            Answer::Done(report) => outbox.count(|stats| {
                stats.accepted += report.accepted;
                stats.duplicate += report.duplicate;
                stats.refused += report.invalid.len() as u64;
                stats.last_error =
                    report.invalid.last().map(|it| it.reason.clone()).or(stats.last_error.take());
            }),
            Answer::Refused(why) => outbox.count(|stats| {
                stats.refused += n;
                stats.last_error = Some(why);
            }),
            Answer::TooLarge => match parcel.split() {
                Some((first, second)) => waiting.extend([second, first]),
                None => outbox.count(|stats| {
                    stats.refused += 1;
                    stats.last_error = Some("an event is too large for the server".into());
                }),
            },
            Answer::Later { why, retry_after } => {
                outbox.count(|stats| {
                    stats.retries += 1;
                    stats.last_error = Some(why);
                });
                waiting.push(parcel);
                waiting.reverse();
                return (waiting, Some(Away(retry_after)));
            }
        }
    }
    (Vec::new(), None)
}
