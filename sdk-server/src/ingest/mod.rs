//! "Here is a request body; tell me the fate of every event in it, once it can no longer be lost."
//!
//! [`Ingest`] is the core and knows no HTTP; [`router`] puts it behind `POST /events`. See docs/path-of-an-event.md.
//!
//! ```
//! use std::sync::Arc;
//!
//! use bowerbird_sdk_server::ingest::{Accepted, Ingest, Observer, Trackers, plain_refusal, router};
//! use bowerbird_wire::TrackingId;
//!
//! struct OneShop;
//! impl Trackers for OneShop {
//!     fn dataset_group(&self, tracking: &TrackingId) -> Option<Arc<str>> {
//!         (tracking.as_str() == "my-shop").then(|| "shop".into())
//!     }
//! }
//! impl Observer for OneShop {
//!     fn observe(&self, accepted: &Accepted<'_>) {
//!         println!("durable: {accepted:?}");
//!     }
//! }
//!
//! let store = bowerbird_store::open("memory:")?;
//! let shop = Arc::new(OneShop);
//! let ingest = Arc::new(Ingest::new(store.events, shop.clone(), shop, || 1_700_000_000_000));
//! let app: axum::Router = router(ingest, plain_refusal);
//! # Ok::<(), bowerbird_store::StoreError>(())
//! ```

mod abandoned;
mod accept;
mod body;
mod counts;
mod dedupe;
mod entry;
mod error;
mod http;
mod incoming;
mod limits;
mod row;
mod taken;
#[cfg(test)]
mod tests;
mod under_way;

pub use accept::{Accepted, Ingest, Observer, Trackers};
pub use counts::Counts;
pub use entry::{Door, Entry, Unreadable};
pub use error::IngestError;
pub use http::{Refuse, answer, plain_refusal, router};
pub use limits::Limits;
pub use row::{HISTORY, VISITS, identified, rows};
