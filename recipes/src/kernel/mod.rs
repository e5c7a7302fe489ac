//! The numerical parts that recipes share. The symbols are those of the papers named in each file.

mod als;
mod sparse;
mod transitions;

pub use als::Als;
pub(crate) use sparse::Sparse;
pub use transitions::Transitions;
