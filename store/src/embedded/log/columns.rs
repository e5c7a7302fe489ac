//! What records say, in order: from sealed files where there are some, and from the records themselves elsewhere.

use std::io::ErrorKind;

use super::scan::{Scan, Source};
use super::sealed::Batches;
use super::view::Part;
use crate::columns::Batched;
use crate::{Column, Columns, Reading, StoreError};

type Item = Result<Columns, StoreError>;

pub(super) struct ColumnScan {
    source: Source,
    wanted: Vec<Column>,
    reading: Reading,
    /// The offset of the next row.
    at: u64,
    end: u64,
    open: Option<Box<dyn Iterator<Item = Item> + Send>>,
    /// Where what is open ends, whatever of it can be read.
    until: u64,
    /// A sealed file that cannot be read. Its segment may be there still.
    unreadable: Option<u64>,
}

impl ColumnScan {
    pub(super) fn new(source: Source, from: u64, end: u64, wanted: &[Column], reading: Reading) -> Self {
        let at = from.max(source.view.begin());
        Self { source, wanted: wanted.to_vec(), reading, at, end, open: None, until: at, unreadable: None }
    }

    /// Opens what holds the next row; with what is wrong, if it cannot be read.
    fn next_part(&mut self) -> Result<(), StoreError> {
        let view = &self.source.view;
        self.at = self.at.max(view.begin());
        let readable =
            |part: &Part| part.sealed.clone().filter(|sealed| Some(sealed.first) != self.unreadable);
        let sealed = view.part_at(self.at).and_then(|part| readable(&part));
        if let Some(sealed) = sealed.filter(|sealed| (sealed.first..sealed.end).contains(&self.at)) {
            match Batches::open(&sealed, &*self.source.disk, self.at, &self.wanted) {
                Ok(batches) => {
                    self.until = sealed.end;
                    self.open = Some(Box::new(batches));
                }
                // Forgotten since the list was copied.
                Err(StoreError::Io { source, .. })
                    if source.kind() == ErrorKind::NotFound && view.begin() > self.at => {}
                Err(error) => {
                    self.unreadable = Some(sealed.first);
                    return Err(error);
                }
            }
            return Ok(());
        }
        let next_sealed = view.parts().iter().filter(|part| part.first > self.at).find_map(readable);
        self.until = next_sealed.map_or(self.end, |sealed| sealed.first.min(self.end));
        let scan = Scan::new(self.source.clone(), self.at, self.until);
        self.open = Some(Box::new(Batched::new(scan, &self.wanted, self.reading)));
        Ok(())
    }
}

impl Iterator for ColumnScan {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            match self.open.as_mut().and_then(Iterator::next) {
                Some(Ok(columns)) => {
                    let columns = columns.before(self.end);
                    self.at = self.at.max(columns.end().0);
                    if !columns.is_empty() {
                        return Some(Ok(columns));
                    }
                }
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.open = None;
                    self.at = self.at.max(self.until);
                    if self.at >= self.end {
                        return None;
                    }
                    if let Err(error) = self.next_part() {
                        return Some(Err(error));
                    }
                }
            }
        }
    }
}
