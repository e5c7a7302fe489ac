//! The JSON of PutEvents, read and written: the same for AWS clients, our own packages and the event log.

mod blame;
mod event;
mod properties;
mod put_events;

pub use put_events::{PutEvents, Refused};

#[cfg(test)]
mod tests;
