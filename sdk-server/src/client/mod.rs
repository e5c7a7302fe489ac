//! "Here is an event; see that it reaches the server, whatever happens on the way."
//!
//! [`Client::record`] puts the event into a bounded queue and returns. A task sends batches, tries again when the
//! server is away, and keeps what it could not send in files, if it was given a folder for them. Every event gets an id
//! once, so a retry never counts twice. It is not: durable before [`Client::flush`] or [`Client::close`] has returned.
//!
//! ```no_run
//! use bowerbird_sdk_server::client::Client;
//! use bowerbird_wire::{Event, EventType, ItemId, Millis, SessionId, UserId};
//!
//! # async fn shop() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("https://bowerbird.example.org", "my-tracking-id").spool("/var/spool/shop").build()?;
//! let mut event = Event::new(EventType::try_from("purchase")?, Millis(1_700_000_000_000));
//! event.item_id = Some(ItemId::try_from("1198")?);
//! client.record(Some(UserId::try_from("ada")?), SessionId::try_from("order-17")?, event);
//! client.close().await; // sends what waits, or spools it
//! # Ok(()) }
//! ```

mod backoff;
mod builder;
mod outbox;
mod parcel;
mod send;
mod spool;
mod stats;
mod worker;

use std::sync::Arc;

use bowerbird_wire::{Event, EventId, SessionId, UserId};
use tokio::sync::{mpsc, oneshot};

pub use builder::{Builder, Misconfigured};
pub use stats::Stats;

use self::outbox::Outbox;
use self::parcel::Item;
use self::worker::Command;

/// Records events. Share it with an `Arc`; end it with [`Client::close`].
pub struct Client {
    outbox: Arc<Outbox>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Client {
    /// Starts to configure a client. `endpoint` is the server's address without a path.
    pub fn builder(endpoint: &str, tracking_id: &str) -> Builder {
        Builder::new(endpoint, tracking_id)
    }

    /// Takes an event. Never waits for the network and never fails: what goes wrong later is in [`Client::stats`].
    ///
    /// When the queue is full, its oldest events move to the spool (one file is written), or are dropped and counted
    /// where there is no spool.
    pub fn record(&self, user: Option<UserId>, session: SessionId, mut event: Event) {
        let new_id = || EventId::try_from(uuid::Uuid::new_v4().to_string()).expect("36 characters");
        event.event_id.get_or_insert_with(new_id);
        if self.outbox.push(Item { user, session, event }) {
            let _ = self.commands.send(Command::BatchIsFull);
        }
    }

    /// Sends everything that was recorded so far, the spool too. Returns when it has left, or at the first sign that
    /// the server is away; what is left then shows in the numbers.
    pub async fn flush(&self) -> Stats {
        self.ask(Command::Flush).await
    }

    /// Flushes, spools what could not be sent, and ends. Without a spool that rest is lost and counted as dropped.
    pub async fn close(&self) -> Stats {
        self.ask(Command::Close).await
    }

    /// What became of the events so far.
    pub fn stats(&self) -> Stats {
        self.outbox.stats()
    }

    async fn ask(&self, command: fn(oneshot::Sender<()>) -> Command) -> Stats {
        let (answer, answered) = oneshot::channel();
        if self.commands.send(command(answer)).is_ok() {
            // An error means that the task has ended, and with it everything that could be waited for.
            let _ = answered.await;
        }
        self.stats()
    }
}
