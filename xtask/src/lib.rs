//! Chores of the workspace: `cargo xtask layers` and `cargo xtask wasm`.
//!
//! It is not: a build system. Cargo and npm build; this checks what they cannot, and calls what they do not ship.
#![forbid(unsafe_code)]

mod code;
mod edges;
mod finding;
mod imports;
pub mod layers;
mod nevers;
mod tree;
pub mod wasm;

pub use finding::Finding;
