//! The pure core: "here is a vector pack, what this visitor did lately, and some candidates; give me the best k".
//!
//! Runs in the page (compiled to WebAssembly) and on the server; the same bytes give the same order in both, bit for
//! bit, because every operation is either integer arithmetic or IEEE f32 in a fixed order.
//! It is not: a trainer, a store, a clock. It does no I/O and needs no allocator beyond `alloc`.
//!
//! ```
//! use bowerbird_ranker::{History, Pack, Request, pack, recommend};
//!
//! # fn main() -> Result<(), bowerbird_ranker::PackError> {
//! let contents = pack::Contents {
//!     recipe: "aws-popularity-count".into(),
//!     ids: vec!["heat".into(), "up".into()],
//!     popularity: vec![0.5, 1.0],
//!     ..Default::default()
//! };
//! let pack = Pack::open(pack::write(&contents)?)?;
//! let mut history = History::new();
//! history.observe(pack.index_of("heat").expect("it was written above"), 1.0);
//! let best = recommend(&pack, &history, &Request::top(1));
//! assert_eq!(pack.id(best[0].item), "up");
//! # Ok(())
//! # }
//! ```
#![no_std]
#![deny(unsafe_code)] // allowed back in the kernels

extern crate alloc;

#[cfg(feature = "dials")]
mod arrange;
mod best;
mod candidates;
mod cholesky;
#[cfg(feature = "dials")]
mod choose;
mod crc32c;
mod dials;
mod encoder;
mod exp;
mod fold_in;
mod history;
mod kernel;
mod list;
#[cfg(feature = "dials")]
mod mask;
#[cfg(feature = "dials")]
mod measures;
pub mod pack;
#[cfg(feature = "dials")]
mod pool;
mod recommend;
mod related;
mod request;
mod rerank;
mod scorer;
mod spread;
mod top;
mod user_vector;

pub use candidates::Candidates;
pub use dials::{Dials, Method};
pub use exp::exp;
pub use history::{History, Observation};
pub use list::Placed;
#[cfg(feature = "dials")]
pub use mask::{Comparison, Mask};
#[cfg(feature = "dials")]
pub use measures::Measures;
pub use pack::{Column, Constants, ContextValue, ItemIndex, Kind, Pack, PackError, Value};
pub use recommend::recommend;
pub use related::related;
pub use request::{Ranked, Reason, Request, Reranked, Seen};
pub use rerank::rerank;
pub use scorer::{Parts, Scorer};
