//! The Rust half of the browser package: what to send when, and which item comes first.
//!
//! Two modules come out of this crate, each behind a feature and each loaded only when a page needs it:
//! `tracker` (the upload [`queue`]) and `ranker` (the device side of `bowerbird-ranker`), the latter once without the
//! feature `dials` and once with it.
//! It is not: a network client, a store, a clock. The shell in `js/` sends, keeps and wakes; this half decides.
//!
//! ```
//! use bowerbird_sdk_wasm::queue::{Answer, Entry, Policy, Queue, Task, Verdict};
//!
//! let mut queue = Queue::new(Policy::default());
//! queue.push(Entry { ticket: 7, bytes: 120, context: 0 }, 0.0);
//! assert!(matches!(queue.next_task(0.0), Task::Wait(ms) if ms == 1000.0));
//! let Task::Send(batch) = queue.next_task(1000.0) else { panic!("the event is old enough") };
//! assert_eq!(queue.ticket(&batch, 0), Some(7));
//! let verdict = queue.report(batch, Answer { status: 200, retry_after_ms: None }, 0.5, 1010.0);
//! assert_eq!(verdict, Verdict::Acknowledged);
//! ```
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(feature = "ranker")]
pub mod device;
pub mod queue;
#[cfg(feature = "tracker")]
pub mod tracker;
#[cfg(target_arch = "wasm32")]
mod wasm;
