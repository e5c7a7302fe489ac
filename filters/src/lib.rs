//! Filter expressions (`INCLUDE`/`EXCLUDE` … `WHERE` … `IF` …): lex, parse, check against a schema, evaluate.
//!
//! An expression is parsed once when the filter is created, checked against the schemas of its dataset group, bound to
//! the `filterValues` of a request, and then asked about one item after the other. `docs/filters.md` has the grammar.
//! It is not: a query language, a sorter, a place that knows where rows are kept; the caller brings the [`Facts`].
//!
//! ```
//! use bowerbird_filters::{Filter, Kind, Dataset, Schema, Values};
//!
//! let filter = Filter::parse("EXCLUDE ItemID WHERE Items.GENRES IN ($GENRE)")?;
//! filter.check(&Schema::new().with(Dataset::Items, [("GENRES", Kind::Text)]))?;
//! let values = Values::from([("GENRE".to_owned(), "\"Horror\",\"War\"".to_owned())]);
//! let bound = filter.bind(&values)?;
//! # let _ = bound; Ok::<(), bowerbird_filters::FilterError>(())
//! ```
#![forbid(unsafe_code)]

mod ast;
mod bind;
mod check;
mod compiled;
mod cursor;
mod error;
mod evaluate;
mod lex;
mod parse;
mod print;
mod schema;

pub use ast::{Dataset, Filter, Target};
pub use bind::{Bound, Values};
pub use error::{FilterError, Span};
pub use evaluate::{Datum, Facts};
pub use schema::{Kind, Schema};
