//! The event library for server code (client), and the ingest that accepts events (validate, de-duplicate, store durably).
