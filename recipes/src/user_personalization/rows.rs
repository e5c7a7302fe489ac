//! The ways to make neighbour rows that tuning chooses from.

use bowerbird_ranker::{Constants, Pack};

use crate::kernel::{Fitted, Masses, NextItem, Transitions, mix};
use crate::{Interactions, RecipeError, Training};

/// How rows are made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Counted, with a short or a long memory: window and decay of the gap, and what weights are divided by.
    Counted(usize, f32, Masses),
    /// Counted, then fitted to what came next.
    Learnt,
}

/// In the order of preference on a tie. On the visits of ml-100k (`examples/visits.rs`, the ten events before the last ten)
/// a long memory divided by events wins 0.5 to 1.5 % over one divided by pairs; a short one divided by events loses 3 % on
/// events held back from diginetica, whose sessions are short.
pub(super) const KINDS: [Kind; 3] =
    [Kind::Counted(10, 0.75, Masses::Pairs), Kind::Counted(50, 0.95, Masses::Events), Kind::Learnt];

/// Neighbours kept per item. On the validation events of ml-100k 20 lose 5 % NDCG@10 against 50, and 30 nothing. A row
/// of 30 is 90 bytes that every visitor downloads.
const ROW_LENGTH: usize = 30;
/// Items with many events know more neighbours: on the validation events of ml-1m rows of 64 win 4 % over 40.
const ROW_LENGTH_MAX: usize = 64;
/// Events per item for every neighbour beyond [`ROW_LENGTH`].
const EVENTS_PER_NEIGHBOUR: usize = 4;
/// Counted rows of a small catalogue may be longer, as long as all of them together are no larger: on the visits of
/// ml-100k (`examples/visits.rs`, the ten events before the last ten) rows of 64 win 3 % over 30, and rows of 128 two
/// more.
const COUNTED_LENGTH_MAX: usize = 128;
const COUNTED_ENTRIES_MAX: usize = 3 << 16;
/// What there is room for goes to the strongest neighbours of all rows, so that one row may be so many times as long as
/// the mean; on the same visits that wins 0.7 % over rows of one length.
const COUNTED_LONGEST: usize = 2;
/// Settings of the fit; on the validation events of ml-1m a ridge of 3e-4 or 3e-3 loses 3 %, and a second pass over
/// the events wins nothing.
const NEXT_ITEM: NextItem =
    NextItem { window: 10, decay: 0.8, rate: 0.1, ridge: 1e-3, start: 0.5, share: 1.0 };
/// Neighbour decays to choose from.
const DECAYS: [f32; 4] = [0.6, 0.7, 0.8, 0.9];
/// Events older than the 30th have no say with any decay up to 0.9.
const WINDOW: f32 = 30.0;

/// Neighbours per item, and how they were learnt if they were.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) neighbours: Vec<Vec<(u32, f32)>>,
    fitted: Option<Fitted>,
}

impl Made {
    /// Rows that were learnt before from all events up to a moment, each in the order of items.
    pub(super) fn again(neighbours: Vec<Vec<(u32, f32)>>, until_ms: i64) -> Self {
        let fitted = Some(Fitted::again(&neighbours, until_ms));
        Self { neighbours, fitted }
    }
}

impl Kind {
    /// Those of a pack, from its constants and notes.
    pub(super) fn of(pack: &Pack) -> Self {
        let noted = |kind: &Self| matches!(kind, Self::Counted(window, ..) if *window as f32 == pack.notes().row_window);
        match KINDS.into_iter().find(noted) {
            _ if pack.constants().neighbour_scale > 0.0 => Self::Learnt,
            Some(counted) => counted,
            None => KINDS[0],
        }
    }

    /// What of it the constants of a pack do not say.
    pub(super) fn window(self) -> f32 {
        match self {
            Self::Counted(window, ..) => window as f32,
            Self::Learnt => 0.0,
        }
    }

    /// Per item its neighbours. `share` of the events is enough for rows that are only to be judged. A later fit goes on
    /// from an `earlier` one, of a part of the same data.
    pub(super) fn rows(
        self,
        job: &Training<'_>,
        phase: &str,
        interactions: &Interactions,
        share: f32,
        earlier: Option<&Made>,
    ) -> Result<Made, RecipeError> {
        let step = |done, total| job.step(phase, done, total);
        match self {
            Self::Counted(window, gap_decay, masses) => {
                let n_items = interactions.n_items();
                let mean = (COUNTED_ENTRIES_MAX / n_items.max(1)).clamp(ROW_LENGTH, COUNTED_LENGTH_MAX);
                let longest = if mean > ROW_LENGTH { COUNTED_LONGEST * mean } else { ROW_LENGTH };
                let counting = counting(window, gap_decay, masses, longest);
                let mut neighbours = if share < 1.0 {
                    let is_one = |user| mix(job.seed ^ user as u64) as f32 <= share * u64::MAX as f32;
                    counting.rows(&interactions.of_users(is_one), &step)?
                } else {
                    counting.rows(interactions, &step)?
                };
                keep_strongest(&mut neighbours, mean * n_items);
                Ok(Made { neighbours, fitted: None })
            }
            Self::Learnt => {
                let per_item = interactions.n_events() / interactions.n_items().max(1);
                let row_length = (per_item / EVENTS_PER_NEIGHBOUR).clamp(ROW_LENGTH, ROW_LENGTH_MAX);
                let counted = counting(NEXT_ITEM.window, NEXT_ITEM.decay, Masses::Pairs, row_length)
                    .counted(interactions, &step)?;
                let earlier = earlier.and_then(|made| made.fitted.as_ref());
                let next_item = NextItem { share, ..NEXT_ITEM };
                let fitted = next_item.fit(interactions, &counted, job.seed, earlier, &step)?;
                Ok(Made { neighbours: fitted.rows(), fitted: Some(fitted) })
            }
        }
    }

    /// The decays to choose from; what was fitted with one decay is served with it.
    pub(super) fn decays(self, is_recent: bool) -> Vec<f32> {
        match self {
            Self::Counted(..) if is_recent => DECAYS.to_vec(),
            Self::Counted(..) => vec![1.0],
            Self::Learnt => vec![NEXT_ITEM.decay],
        }
    }

    /// Weights of the popularity prior. Those of counted rows lie beside parts around 1; fitted rows are added to the
    /// logarithm of the popularity, of which the prior is the `1 / log_most`th.
    pub(super) fn popularity(self, log_most: f32) -> [f32; 4] {
        match self {
            Self::Counted(..) => [0.03, 0.1, 0.5, 2.0],
            Self::Learnt => [0.25, 0.5, 0.75, 1.0].map(|share| share * log_most),
        }
    }

    /// Weights of a prior in which people fade: where it is worth anything it may be most of the score. For fitted rows the
    /// step to fewer but newer people is a step from sure to rough odds, and more than their logarithm may be right.
    pub(super) fn recent(self, log_most: f32) -> [f32; 4] {
        match self {
            Self::Counted(..) => [0.5, 2.0, 8.0, 32.0],
            Self::Learnt => [0.5, 1.0, 2.0, 4.0].map(|share| share * log_most),
        }
    }

    /// Weights of the reminder.
    pub(super) fn reminders(self) -> [f32; 4] {
        match self {
            Self::Counted(..) => [10.0, 30.0, 100.0, 300.0],
            Self::Learnt => [2.0, 3.0, 4.5, 6.0],
        }
    }

    /// Where tuning starts.
    pub(super) fn constants(self, log_most: f32) -> Constants {
        let start = Constants {
            neighbour_weight: 1.0,
            vector_window: WINDOW,
            popularity_weight: self.popularity(log_most)[2],
            ..Constants::default()
        };
        match self {
            Self::Counted(..) => Constants { neighbour_window: WINDOW, ..start },
            Self::Learnt => {
                Constants { neighbour_window: NEXT_ITEM.window as f32, neighbour_scale: 1.0, ..start }
            }
        }
    }
}

/// Of each row its first [`ROW_LENGTH`], and of what lies behind the strongest of all rows, `entries` in all.
fn keep_strongest(rows: &mut [Vec<(u32, f32)>], entries: usize) {
    let first: usize = rows.iter().map(|row| row.len().min(ROW_LENGTH)).sum();
    let room = entries.saturating_sub(first);
    let behind = rows.iter().flat_map(|row| row.iter().skip(ROW_LENGTH));
    let mut behind: Vec<f32> = behind.map(|&(_, weight)| weight).collect();
    if behind.len() <= room {
        return;
    }
    let (_, &mut least, _) = behind.select_nth_unstable_by(room, |a, b| b.total_cmp(a));
    for row in rows {
        let strong = row.partition_point(|&(_, weight)| weight > least);
        row.truncate(strong.max(ROW_LENGTH));
    }
}

fn counting(window: usize, gap_decay: f32, masses: Masses, row_length: usize) -> Transitions {
    Transitions {
        window,
        gap_decay,
        backward: 0.5,
        source_exponent: 0.5,
        target_exponent: 0.5,
        masses,
        shrinkage: if masses == Masses::Events { 3.0 } else { 10.0 },
        min_count: 1,
        row_length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_room_for_goes_to_the_strongest_of_all_rows() {
        let row = |strongest: f32, length: u32| -> Vec<(u32, f32)> {
            (0..length).map(|item| (item, strongest - item as f32)).collect()
        };
        let mut rows = vec![row(1000.0, 60), row(100.0, 60), row(10.0, 5)];
        keep_strongest(&mut rows, 3 * ROW_LENGTH);
        let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
        assert_eq!(lengths, [ROW_LENGTH + 25, ROW_LENGTH, 5], "as many as there is room for");
        assert_eq!(rows[0], row(1000.0, 55), "the strongest of a row stay");
    }
}
