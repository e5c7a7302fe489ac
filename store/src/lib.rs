//! What the server keeps, behind five traits: the [`EventLog`], the [`Catalog`] of resources, the [`EntityStore`] of
//! items and users, the [`ArtifactStore`] of files by content, and the [`JobQueue`].
//!
//! Each trait has an in-memory and an embedded implementation, and one contract suite ([`contract`]) that both pass.
//! It is not: an object mapper, a place for business rules, a home-made database beyond the event log.
//!
//! ```no_run
//! # fn main() -> Result<(), bowerbird_store::StoreError> {
//! let store = bowerbird_store::open("file:/var/lib/bowerbird")?;
//! println!("{} events are durable", store.events.end().0);
//! # Ok(()) }
//! ```
#![deny(unsafe_code)] // allowed back where the scheduler is asked, for which no library has a safe call

mod appending;
mod artifacts;
mod catalog;
mod columns;
pub mod contract;
mod embedded;
mod entities;
mod error;
mod event_log;
mod frame;
mod jobs;
mod memory;
mod open;
mod record;

pub use appending::{Appending, Ended, Teller};
pub use artifacts::{ArtifactStore, Hash};
pub use catalog::{Catalog, Resource};
pub use columns::{Column, Columns, Reading, Row, Texts};
pub use entities::{Entity, EntityStore, Origin};
pub use error::StoreError;
pub use event_log::{EventLog, Fate, Offset, Receipt, Retired, Sealing};
pub use frame::Batch;
pub use jobs::{Job, JobId, JobQueue};
pub use open::{Finding, Opened, Sizes, Store, open, open_with};
pub use record::{DedupeKey, Record};
