//! The JSON of PutEvents, read and written: the same for AWS clients, our own packages and the event log.

mod blame;
mod event;
mod properties;
mod put_events;
mod quick;
mod scan;

pub use put_events::{PutEvents, Refused};

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;
