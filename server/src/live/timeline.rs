//! What one visitor did, in eight bytes for each interaction where that is enough: the more visitors there is room for, and the
//! less memory is written to that nobody wrote to before, of which a byte costs up to 2 ns. [2026-11-26]
//!
//! It is not: a list that grows in place. Whoever adds to it reads its rows, adds to those and writes all anew.

/// Interactions kept for each user and event type: what filters look back on. [limits]
const CAPACITY: usize = 100;

/// Of a short row, from the highest bits on: milliseconds since the one before, up to 18 hours.
const STEP: u32 = 26;
/// Then the item, and in what is left the event type.
const ITEM: u32 = 22;
const EVENT_TYPE: u32 = u64::BITS - STEP - ITEM;
/// In place of the event type: the step, and item and event type, stand behind it, whole.
const LONG: u64 = (1 << EVENT_TYPE) - 1;

/// An interaction whose item and event type are the numbers of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) at_ms: i64,
    pub(crate) item: u32,
    pub(crate) event_type: u32,
}

/// Interactions in order of time, the latest last; never the same one at the same moment twice.
#[derive(Default)]
pub(super) struct Timeline(Box<[u64]>);

/// Memory that is used again for each change.
#[derive(Default)]
pub(super) struct Room {
    rows: Vec<Row>,
    written: Vec<u64>,
}

impl Timeline {
    pub(super) fn add(&mut self, coming: impl Iterator<Item = Row>, room: &mut Room) {
        let Room { rows, written } = room;
        rows.clear();
        rows.reserve(self.0.len());
        rows.extend(self.rows());
        coming.for_each(|row| insert(rows, row));
        written.clear();
        rows.iter().fold(0, |before, row| write(*row, before, written));
        self.0 = written.as_slice().into();
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row> {
        let (mut before, mut from) = (0, &*self.0);
        std::iter::from_fn(move || {
            let row = read(before, &mut from)?;
            before = row.at_ms;
            Some(row)
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// About how many it takes: a quarter of it is what allocations are rounded up by, and gaps that earlier, shorter ones
    /// left. [2026-11-26]
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.0) / 4 * 5
    }

    /// Looks at it; what it answers says nothing.
    pub(super) fn look_at(&self) -> u64 {
        self.0.first().copied().unwrap_or_default()
    }
}

/// Adds an interaction to others.
fn insert(rows: &mut Vec<Row>, row: Row) {
    if rows.last().is_none_or(|last| last.at_ms < row.at_ms) {
        rows.push(row);
    } else {
        // Whatever comes late comes a little late: its place is near the end.
        let end = rows.iter().rposition(|other| other.at_ms <= row.at_ms).map_or(0, |at| at + 1);
        let mut same_moment = rows[..end].iter().rev().take_while(|other| other.at_ms == row.at_ms);
        if same_moment.any(|other| *other == row) {
            return;
        }
        rows.insert(end, row);
    }
    // Fewer than that, they cannot be too many of any type.
    if rows.len() > CAPACITY {
        forget_oldest(rows, row.event_type);
    }
}

/// Forgets the oldest interaction of this type if there are too many.
fn forget_oldest(rows: &mut Vec<Row>, event_type: u32) {
    let mut of_type = rows.iter().enumerate().filter(|(_, row)| row.event_type == event_type);
    let oldest = of_type.next().map(|(at, _)| at);
    if of_type.count() >= CAPACITY {
        oldest.map(|at| rows.remove(at));
    }
}

/// Answers when it was, for the next one.
fn write(row: Row, before: i64, into: &mut Vec<u64>) -> i64 {
    let step = row.at_ms.wrapping_sub(before) as u64;
    let (item, event_type) = (u64::from(row.item), u64::from(row.event_type));
    if step >> STEP == 0 && item >> ITEM == 0 && event_type < LONG {
        into.push(step << (ITEM + EVENT_TYPE) | item << EVENT_TYPE | event_type);
    } else {
        into.extend([LONG, step, item << u32::BITS | event_type]);
    }
    row.at_ms
}

fn read(before: i64, from: &mut &[u64]) -> Option<Row> {
    let (step, item, event_type, rest) = match **from {
        [LONG, step, words, ref rest @ ..] => (step, words >> u32::BITS, words, rest),
        [short, ref rest @ ..] => {
            (short >> (ITEM + EVENT_TYPE), short >> EVENT_TYPE & ((1 << ITEM) - 1), short & LONG, rest)
        }
        [] => return None,
    };
    *from = rest;
    Some(Row { at_ms: before.wrapping_add(step as i64), item: item as u32, event_type: event_type as u32 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_back_as_they_were_written(
            rows in proptest::collection::vec(
                (any::<i64>(), 0_u32..3, any::<u32>(), any::<u32>(), 0_u32..32),
                0..20,
            ),
        ) {
            // Of all sizes, and from any time.
            let rows: Vec<Row> = rows
                .iter()
                .map(|&(at_ms, far, item, event_type, bits)| Row {
                    at_ms: if far == 0 { at_ms } else { i64::from(item >> bits) },
                    item: item >> bits,
                    event_type: event_type >> bits,
                })
                .collect();
            let mut written = Vec::new();
            rows.iter().fold(0, |before, row| write(*row, before, &mut written));
            prop_assert_eq!(Timeline(written.into()).rows().collect::<Vec<_>>(), rows);
        }
    }

    #[test]
    fn what_a_visit_did_takes_eight_bytes_each_and_the_first_as_much_as_three() {
        let mut timeline = Timeline::default();
        let visit =
            (0..10).map(|n| Row { at_ms: 1_763_900_000_000 + n * 1000, item: n as u32, event_type: 0 });
        timeline.add(visit, &mut Room::default());
        assert_eq!(timeline.0.len(), 12);
    }
}
