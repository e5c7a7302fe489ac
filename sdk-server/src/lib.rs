//! The event library for server code.
//!
//! - `client` (feature, on by default): record events from a backend. It batches, retries, spools to disk while the
//!   server is away, and never blocks or fails the code that records.
//! - `ingest` (feature): accept events. Checks, de-duplicates and stores them durably; its router can be mounted in
//!   anyone's axum application.
//!
//! It is not: a client for recommendations (any AWS SDK is one), a message broker.
#![forbid(unsafe_code)]

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "ingest")]
pub mod ingest;
