//! What is known of a user or of an action: words of category columns, and numbers.

use std::collections::{BTreeMap, HashMap};

/// One row of the Users or the Actions dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// (column, word).
    pub(super) words: Vec<(String, String)>,
    /// (column, number).
    pub(super) numbers: Vec<(String, f64)>,
}

impl Attributes {
    /// Adds a category; several are separated by `|`.
    pub fn add_words(&mut self, column: &str, text: &str) {
        let words = text.split('|').filter(|word| !word.is_empty());
        self.words.extend(words.map(|word| (column.to_owned(), word.to_owned())));
    }

    /// Adds a number; one that is not finite says nothing.
    pub fn add_number(&mut self, column: &str, number: f64) {
        if number.is_finite() {
            self.numbers.push((column.to_owned(), number));
        }
    }
}

/// The same rows with the words that at least so many of them have. A word of one user says nothing about others, and a
/// column of postal codes would be more weights than there are offers.
pub(super) fn without_rare(
    rows: &BTreeMap<String, Attributes>,
    least: usize,
) -> BTreeMap<String, Attributes> {
    let mut counts: HashMap<&(String, String), usize> = HashMap::new();
    for word in rows.values().flat_map(|row| &row.words) {
        *counts.entry(word).or_default() += 1;
    }
    let kept = |row: &Attributes| Attributes {
        words: row.words.iter().filter(|word| counts[word] >= least).cloned().collect(),
        numbers: row.numbers.clone(),
    };
    rows.iter().map(|(id, row)| (id.clone(), kept(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_few_have_are_left_out() {
        let row = |words: &str| {
            let mut row = Attributes::default();
            row.add_words("C", words);
            row.add_number("N", 1.0);
            row
        };
        let rows = BTreeMap::from([("a".to_owned(), row("x|y")), ("b".to_owned(), row("x|z"))]);
        let kept = without_rare(&rows, 2);
        assert_eq!((&kept["a"], &kept["b"]), (&row("x"), &row("x")));
    }
}
