//! What is known of a user or of an action: words of category columns, and numbers.

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
