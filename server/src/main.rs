//! The one binary: `bowerbird serve` and `bowerbird evaluate`.
fn main() {}
