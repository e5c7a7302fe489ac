//! The numerical parts that recipes share. The symbols are those of the papers named in each file.

mod als;
pub(crate) mod content;
mod next_item;
mod random;
mod sparse;
mod transitions;

pub use als::Als;
pub use next_item::{Fitted, NextItem};
pub(crate) use random::{mix, shuffle};
pub(crate) use sparse::Sparse;
pub use transitions::{Counted, Masses, Transitions};
