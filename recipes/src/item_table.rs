//! "What is known about each item": typed columns that travel in the pack.

use std::collections::BTreeMap;

use bowerbird_ranker::Kind;
use bowerbird_ranker::pack::{Cells, NewColumn};

use crate::RecipeError;

/// Item metadata by id. Items need no interactions to be in it: they become part of the catalogue.
#[derive(Clone, Debug, Default)]
pub struct ItemTable {
    columns: Vec<(String, Kind)>,
    rows: BTreeMap<String, Vec<Cell>>,
}

#[derive(Clone, Debug, Default)]
enum Cell {
    #[default]
    Null,
    Text(String),
    Number(f64),
    Many(Vec<String>),
}

impl Cell {
    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn words(&self) -> &[String] {
        if let Self::Many(words) = self { words } else { &[] }
    }
}

impl ItemTable {
    /// A table with these columns and no rows.
    pub fn new(columns: impl IntoIterator<Item = (String, Kind)>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: BTreeMap::new() }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The ids, sorted by their bytes.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// Adds an item, or starts it anew: all its cells are null.
    ///
    /// # Errors
    /// An empty id.
    pub fn insert(&mut self, id: &str) -> Result<(), RecipeError> {
        if id.is_empty() {
            return Err(refused(id, "an id has at least one character"));
        }
        self.rows.insert(id.to_owned(), vec![Cell::Null; self.columns.len()]);
        Ok(())
    }

    /// Sets a cell from text as it stands in a CSV file: empty is null, categories are separated by `|`, numbers are
    /// decimal. The item is added if it is new.
    ///
    /// # Errors
    /// No such column, an empty id, or a number that is none or not finite.
    pub fn set(&mut self, id: &str, column: &str, text: &str) -> Result<(), RecipeError> {
        let place = self.columns.iter().position(|(name, _)| name == column);
        let place = place.ok_or_else(|| refused(id, "the table has no column of this name"))?;
        if !self.rows.contains_key(id) {
            self.insert(id)?;
        }
        let cell = match self.columns[place].1 {
            _ if text.is_empty() => Cell::Null,
            Kind::Text => Cell::Text(text.to_owned()),
            Kind::Category => {
                Cell::Many(text.split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect())
            }
            Kind::Number => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Cell::Number(number),
                _ => return Err(refused(id, "a number column holds finite decimal numbers")),
            },
        };
        if let Some(row) = self.rows.get_mut(id) {
            row[place] = cell;
        }
        Ok(())
    }

    /// The texts of an item, one for each text column that has one.
    pub(crate) fn texts(&self, id: &str) -> impl Iterator<Item = &str> {
        self.rows.get(id).into_iter().flatten().filter_map(Cell::text)
    }

    /// (column, word) of the category columns of an item.
    pub(crate) fn categories(&self, id: &str) -> impl Iterator<Item = (&str, &str)> {
        let cells = self.rows.get(id).into_iter().flatten();
        self.columns.iter().zip(cells).flat_map(|((column, _), cell)| {
            cell.words().iter().map(move |word| (column.as_str(), word.as_str()))
        })
    }

    /// The numbers of a column in the order of a catalogue; `None` if it is no column of numbers.
    pub(crate) fn numbers(&self, column: &str, ids: &[String]) -> Option<Vec<Option<f64>>> {
        let is_it = |(name, kind): &(String, Kind)| name == column && *kind == Kind::Number;
        let place = self.columns.iter().position(is_it)?;
        let number = |id: &String| match self.rows.get(id).map(|row| &row[place]) {
            Some(&Cell::Number(number)) => Some(number),
            _ => None,
        };
        Some(ids.iter().map(number).collect())
    }

    /// The columns in the order of a catalogue; unknown ids get nulls.
    pub(crate) fn columns(&self, ids: &[String]) -> Vec<NewColumn> {
        let cell = |id: &String, place: usize| self.rows.get(id).map(|row| &row[place]);
        let column = |(place, (name, kind)): (usize, &(String, Kind))| {
            let cells = ids.iter().map(|id| cell(id, place));
            NewColumn { name: name.clone(), cells: gather(*kind, cells) }
        };
        self.columns.iter().enumerate().map(column).collect()
    }
}

fn gather<'a>(kind: Kind, cells: impl Iterator<Item = Option<&'a Cell>>) -> Cells {
    match kind {
        Kind::Text => Cells::Text(
            cells
                .map(|cell| if let Some(Cell::Text(text)) = cell { text.clone() } else { String::new() })
                .collect(),
        ),
        Kind::Category => Cells::Category(
            cells
                .map(|cell| if let Some(Cell::Many(words)) = cell { words.clone() } else { Vec::new() })
                .collect(),
        ),
        Kind::Number => Cells::Number(
            cells
                .map(|cell| if let Some(&Cell::Number(number)) = cell { Some(number) } else { None })
                .collect(),
        ),
    }
}

fn refused(id: &str, what: &'static str) -> RecipeError {
    RecipeError::Item { id: id.to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> ItemTable {
        ItemTable::new([
            ("TITLE".to_owned(), Kind::Text),
            ("GENRES".to_owned(), Kind::Category),
            ("YEAR".to_owned(), Kind::Number),
        ])
    }

    #[test]
    fn cells_take_the_order_of_the_catalogue_and_strangers_get_nulls() {
        let mut items = table();
        items.set("b", "GENRES", "Drama|Comedy").unwrap();
        items.set("a", "YEAR", "1995").unwrap();
        let columns = items.columns(&["a".into(), "b".into(), "c".into()]);
        assert_eq!(columns[0].cells, Cells::Text(vec![String::new(); 3]));
        assert_eq!(
            columns[1].cells,
            Cells::Category(vec![vec![], vec!["Drama".into(), "Comedy".into()], vec![]])
        );
        assert_eq!(columns[2].cells, Cells::Number(vec![Some(1995.0), None, None]));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let mut items = table();
        for (id, column, text) in
            [("", "TITLE", "x"), ("a", "NOPE", "x"), ("a", "YEAR", "NaN"), ("a", "YEAR", "old")]
        {
            assert!(matches!(items.set(id, column, text), Err(RecipeError::Item { .. })), "{column} {text}");
        }
    }
}
