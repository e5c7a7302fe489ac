//! What every implementation of the five traits has to do, as functions that panic where one does not.
//!
//! Each takes a function that makes a fresh, empty store.
//!
//! ```
//! bowerbird_store::contract::event_log(&|| bowerbird_store::open("memory:").unwrap().events);
//! ```

mod artifacts;
mod catalog;
mod entities;
mod event_log;
mod jobs;

pub use artifacts::artifacts;
pub use catalog::catalog;
pub use entities::entities;
pub use event_log::event_log;
pub use jobs::jobs;
