//! Hyperparameters travel as text.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::RecipeError;

/// The column of the items of which lists are to bring much: `optimizationObjective.itemAttribute`.
pub(crate) const OBJECTIVE: &str = "objective_item_attribute";

/// The number of this name, or `default` if it is not given.
///
/// # Errors
/// What is given is no number or outside of `range`.
pub(crate) fn number<T: FromStr + PartialOrd + Display>(
    settings: &BTreeMap<String, String>,
    name: &str,
    default: T,
    range: RangeInclusive<T>,
) -> Result<T, RecipeError> {
    let Some(text) = settings.get(name) else { return Ok(default) };
    let number = text.trim().parse::<T>().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| RecipeError::Setting {
        name: name.to_owned(),
        value: text.clone(),
        expected: format!("give a number from {} to {}", range.start(), range.end()),
    })
}

/// The switch of this name, or `default` if it is not given.
///
/// # Errors
/// What is given is neither `true` nor `false`, in any case.
pub(crate) fn switch(
    settings: &BTreeMap<String, String>,
    name: &str,
    default: bool,
) -> Result<bool, RecipeError> {
    let Some(text) = settings.get(name) else { return Ok(default) };
    text.trim().to_ascii_lowercase().parse().map_err(|_| RecipeError::Setting {
        name: name.to_owned(),
        value: text.clone(),
        expected: "give true or false".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_its_range_is_refused_and_a_missing_one_is_the_default() {
        let settings =
            BTreeMap::from([("factor".to_owned(), "2".to_owned()), ("odd".to_owned(), "x".to_owned())]);
        assert_eq!(number(&settings, "other", 0.5, 0.0..=1.0), Ok(0.5));
        assert_eq!(number(&settings, "factor", 0.5, 0.0..=2.0), Ok(2.0));
        assert!(matches!(number(&settings, "factor", 0.5, 0.0..=1.0), Err(RecipeError::Setting { .. })));
        assert_eq!(switch(&settings, "other", true), Ok(true));
        assert!(matches!(switch(&settings, "odd", true), Err(RecipeError::Setting { .. })));
        assert!(matches!(number(&settings, "odd", 1u32, 0..=9), Err(RecipeError::Setting { .. })));
    }
}
