//! Interactions as a matrix of strengths, by rows.

use crate::Interactions;

/// CSR: strength (the sum of the weights of all events, > 0) of a row and a column.
pub(crate) struct Sparse {
    ends: Vec<usize>,
    entries: Vec<(u32, f32)>,
    n_columns: usize,
}

impl Sparse {
    /// \[n_users × n_items\], columns sorted.
    pub(crate) fn user_items(interactions: &Interactions) -> Self {
        let (mut ends, mut entries) = (Vec::with_capacity(interactions.n_users()), Vec::new());
        for sequence in interactions.sequences() {
            let mut row: Vec<(u32, f32)> = sequence.iter().map(|event| (event.item, event.weight)).collect();
            row.sort_by_key(|&(item, _)| item);
            row.dedup_by(|next, first| {
                let same = next.0 == first.0;
                first.1 += if same { next.1 } else { 0.0 };
                same
            });
            entries.extend(row.into_iter().filter(|&(_, strength)| strength > 0.0));
            ends.push(entries.len());
        }
        Self { ends, entries, n_columns: interactions.n_items() }
    }

    /// \[n_items × n_users\], columns sorted.
    pub(crate) fn transposed(&self) -> Self {
        let mut ends = vec![0; self.n_columns];
        self.entries.iter().for_each(|&(column, _)| ends[column as usize] += 1);
        let mut total = 0;
        for end in &mut ends {
            (*end, total) = (total, total + *end);
        }
        let mut entries = vec![(0, 0.0); total];
        for row in 0..self.n_rows() {
            for &(column, strength) in self.row(row) {
                let next = &mut ends[column as usize];
                entries[*next] = (row as u32, strength);
                *next += 1;
            }
        }
        Self { ends, entries, n_columns: self.n_rows() }
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.ends.len()
    }

    /// (column, strength) of one row.
    pub(crate) fn row(&self, row: usize) -> &[(u32, f32)] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.entries[start..self.ends[row]]
    }
}
