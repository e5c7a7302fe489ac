//! A split as most examples read it: what is older than the events to be predicted, and those events.

use std::collections::HashMap;
use std::error::Error;
use std::fs;

use bowerbird_recipes::Interactions;

use crate::split::rows;

/// The interactions before those of `on`, which is `valid` or `test`; and of each user the item that comes then.
pub(crate) fn held_out(
    split: &str,
    on: &str,
) -> Result<(Interactions, HashMap<String, String>), Box<dyn Error>> {
    let older: &[&str] = if on == "valid" { &["train"] } else { &["train", "valid"] };
    let mut builder = Interactions::builder();
    for name in older {
        for (user, item, at_ms) in rows(&fs::read_to_string(format!("{split}/{name}.tsv"))?) {
            builder.push(user, item, at_ms, 1.0)?;
        }
    }
    let newest = fs::read_to_string(format!("{split}/{on}.tsv"))?;
    let targets = rows(&newest).map(|(user, item, _)| (user.to_owned(), item.to_owned())).collect();
    Ok((builder.build()?, targets))
}
