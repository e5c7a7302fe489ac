//! The pure core: "here is a vector pack, what this visitor did lately, and some candidates; give me the best k".
//!
//! Runs in the page (compiled to WebAssembly) and on the server; the same bytes give the same order in both, bit for
//! bit, because every operation is either integer arithmetic or IEEE f32 in a fixed order.
//! It is not: a trainer, a store, a clock. It does no I/O and needs no allocator beyond `alloc`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
