use std::collections::BTreeMap;

use crate::Dataset;

/// What a column holds, as far as filters care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `string`, categorical or not; a categorical value may hold several parts joined by `|`.
    Text,
    /// `int`, `long`, `float`, `double`.
    Number,
    /// `string` with `textual: true`. Cannot be filtered on.
    Textual,
    /// `boolean`. Cannot be filtered on.
    Boolean,
}

/// The columns of a dataset group, by dataset. Names are compared without case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    datasets: BTreeMap<Dataset, BTreeMap<String, Kind>>,
}

impl Schema {
    /// A dataset group without datasets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a dataset and its columns; the same dataset again replaces it.
    #[must_use]
    pub fn with<'a>(mut self, dataset: Dataset, columns: impl IntoIterator<Item = (&'a str, Kind)>) -> Self {
        let columns = columns.into_iter().map(|(name, kind)| (name.to_ascii_uppercase(), kind)).collect();
        self.datasets.insert(dataset, columns);
        self
    }

    pub(crate) fn columns(&self, dataset: Dataset) -> Option<&BTreeMap<String, Kind>> {
        self.datasets.get(&dataset)
    }
}
