//! The browser package: queue, upload policy and the ranker, compiled to WebAssembly.
