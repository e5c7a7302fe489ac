//! "In which circumstances did it happen?" What categorical columns of interactions say beside who, what and when: on which
//! device, in which city. Combinations of values are few, so each is kept once and an event has its number.

use std::collections::HashMap;

/// Combinations of values. Number 0 is the one of which nothing is known.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    columns: Vec<String>,
    /// By number; a value for each column, empty where it is not known.
    combinations: Vec<Vec<String>>,
    numbers: HashMap<Vec<String>, u32>,
}

impl Contexts {
    /// Of these columns.
    pub fn new(columns: Vec<String>) -> Self {
        let mut contexts = Self { columns, ..Self::default() };
        contexts.number(&vec![String::new(); contexts.columns.len()]);
        contexts
    }

    /// The names.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The number of a combination: one value for each column, empty where it is not known. Another number of values is
    /// a combination of which nothing is known, and so is what comes after 2^32 others.
    pub fn number(&mut self, values: &[String]) -> u32 {
        if let Some(&number) = self.numbers.get(values) {
            return number;
        }
        match u32::try_from(self.combinations.len()) {
            Ok(next) if values.len() == self.columns.len() => {
                self.combinations.push(values.to_vec());
                self.numbers.insert(values.to_vec(), next);
                next
            }
            _ => 0,
        }
    }

    /// The value of a column in a combination, if it is known.
    pub fn value(&self, number: u32, column: usize) -> Option<&str> {
        let value = self.combinations.get(number as usize)?.get(column)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_combination_has_one_number_and_nothing_known_is_zero() {
        let mut contexts = Contexts::new(vec!["DEVICE".into(), "CITY".into()]);
        let mut number = |device: &str, city: &str| contexts.number(&[device.into(), city.into()]);
        assert_eq!([number("", ""), number("tv", ""), number("tv", "Ulm"), number("tv", "")], [0, 1, 2, 1]);
        assert_eq!(
            [contexts.value(1, 0), contexts.value(1, 1), contexts.value(2, 1)],
            [Some("tv"), None, Some("Ulm")]
        );
        assert_eq!([contexts.value(0, 0), contexts.value(9, 0), contexts.value(1, 7)], [None; 3]);
        assert_eq!(contexts.number(&["tv".into()]), 0);
    }
}
