//! Every type that crosses a process boundary: ids, events, limits and outcomes.
//!
//! The page, the event library, the ingest and the server read and check events with this one crate, so that an
//! event which passed in the browser passes on the server too. It is not: a client, a store, a clock.
//!
//! ```
//! use bowerbird_wire::{Event, EventType, ItemId, Millis};
//!
//! let mut event = Event::new(EventType::try_from("click")?, Millis(1_553_631_760_000));
//! event.item_id = Some(ItemId::try_from("1198")?);
//! assert!(ItemId::try_from("").is_err());
//! # Ok::<(), bowerbird_wire::Invalid>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod event;
mod ids;
mod invalid;
#[cfg(feature = "json")]
mod json;
pub mod limits;
mod outcome;
mod sent;

pub use event::{Event, Millis};
pub use ids::{EventId, EventType, ItemId, RecommendationId, SessionId, TrackingId, UserId};
pub use invalid::Invalid;
#[cfg(feature = "json")]
pub use json::{PutEvents, Refused};
pub use outcome::Outcome;
pub use sent::{Glance, SentEvent};
