//! "Which items go with what this visitor did, which are popular, and which were seen?" The part of the scores that
//! needs no vectors.

use alloc::vec;
use alloc::vec::Vec;
use core::mem::take;

use crate::kernel::root;
use crate::{ItemIndex, Observation, Pack};

/// The neighbour part: Σ strength · row over the events of a history, on a scale of its own or divided by its root mean
/// square over the catalogue. With popularity and reminder it makes the prior to which the vector part is added.
///
/// Dense, so that a scan reads it in step with the vectors; changed only where rows reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spread {
    /// \[n\]; nothing where no row reaches. Empty before the first event.
    carried: Vec<Carried>,
    /// Where something is carried, in the order in which the rows came there.
    touched: Vec<ItemIndex>,
    /// What having been seen adds; each item once.
    reminders: Vec<(ItemIndex, f32)>,
    /// b · sum + c · popularity + reminder, \[n\].
    prior: Vec<f32>,
    /// The c of `prior`.
    popularity_weight: f32,
    /// Whose prior may be another one since the last time.
    changed: Vec<ItemIndex>,
    /// Counts the times; one that made the whole prior anew counts as two.
    version: u32,
    /// What the dials add to every score; \[n\], or empty.
    #[cfg(feature = "dials")]
    offsets: Vec<f32>,
}

/// What the rows bring to an item.
#[derive(Clone, Copy, Debug, Default)]
struct Carried {
    sum: f32,
    /// The most that one event gave, and which; the newest on a tie.
    most: f32,
    event: ItemIndex,
}

impl Spread {
    /// Forgets what was and takes in `events`, oldest first. `scale`: see [`Constants`](crate::Constants).
    /// [`Spread::blend`] has to follow.
    pub(crate) fn follow(&mut self, pack: &Pack, events: &[Observation], scale: f32) {
        self.changed.clear();
        self.clear(pack);
        if self.carried.is_empty() && !events.is_empty() {
            self.carried = vec![Carried::default(); pack.n_items()];
        }
        for event in events {
            for (other, weight) in pack.neighbours(event.item) {
                self.add(event.item, other, weight * event.weight);
            }
        }
        let mut squares = 0.0;
        for item in &self.touched {
            squares += self.carried[item.at()].sum * self.carried[item.at()].sum;
        }
        let factor =
            if scale > 0.0 && squares > 0.0 { scale } else { 1.0 / root(squares / pack.catalogue()) };
        if factor.is_finite() {
            self.touched.iter().for_each(|item| self.carried[item.at()].sum *= factor);
        } else {
            self.clear(pack);
        }
    }

    /// What having been seen adds: `weight` times the strength of each event. [`Spread::follow`] has to come before, and
    /// [`Spread::blend`] after it.
    pub(crate) fn remind(&mut self, events: &[Observation], weight: f32) {
        for event in events {
            match self.reminders.iter_mut().find(|(item, _)| *item == event.item) {
                Some((_, reminder)) => *reminder += weight * event.weight,
                None => self.reminders.push((event.item, weight * event.weight)),
            }
        }
    }

    /// Takes in what is added to every score. [`Spread::blend`] has to follow.
    #[cfg(feature = "dials")]
    pub(crate) fn set_offsets(&mut self, offsets: Vec<f32>) {
        self.offsets = offsets;
        self.prior.clear();
    }

    /// What an item's score is without vectors and neighbours.
    pub(crate) fn base(&self, pack: &Pack, item: ItemIndex, popularity_weight: f32) -> f32 {
        let base = popularity_weight * pack.popularity(item);
        #[cfg(feature = "dials")]
        let base = self.offsets.get(item.at()).map_or(base, |offset| base + offset);
        base
    }

    /// Makes the prior of the neighbour part, the popularity and the reminder.
    pub(crate) fn blend(&mut self, pack: &Pack, neighbour_weight: f32, popularity_weight: f32) {
        self.version += 1;
        if self.prior.is_empty() || self.popularity_weight != popularity_weight {
            self.version += 1;
            self.popularity_weight = popularity_weight;
            let mut prior = vec![0.0; pack.n_items()];
            for (prior, item) in prior.iter_mut().zip(pack.items()) {
                *prior = self.base(pack, item, popularity_weight);
            }
            self.prior = prior;
        }
        for &item in &self.touched {
            self.prior[item.at()] =
                neighbour_weight * self.sum(item) + self.base(pack, item, popularity_weight);
            self.changed.push(item);
        }
        for (item, reminder) in &self.reminders {
            self.prior[item.at()] += reminder;
            self.changed.push(*item);
        }
    }

    /// Counts how often the prior changed.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// The items whose prior may be another one than it was at a version. Only where that is the last one but one: else it
    /// may be all.
    pub(crate) fn changed(&self) -> &[ItemIndex] {
        &self.changed
    }

    /// What having been seen adds to an item.
    pub(crate) fn reminder(&self, wanted: ItemIndex) -> f32 {
        self.reminders.iter().find(|(item, _)| *item == wanted).map_or(0.0, |(_, reminder)| *reminder)
    }

    /// Whether no item has a neighbour part.
    pub(crate) fn is_empty(&self) -> bool {
        self.touched.is_empty()
    }

    /// What is added to the vector part, \[n\].
    pub(crate) fn prior(&self) -> &[f32] {
        &self.prior
    }

    /// The neighbour part of an item.
    pub(crate) fn sum(&self, item: ItemIndex) -> f32 {
        self.carried.get(item.at()).map_or(0.0, |carried| carried.sum)
    }

    /// The event that gave most to `item`.
    pub(crate) fn carrier(&self, item: ItemIndex) -> Option<ItemIndex> {
        let carried = self.carried.get(item.at())?;
        (carried.most > 0.0).then_some(carried.event)
    }

    fn clear(&mut self, pack: &Pack) {
        let (touched, reminders) = (take(&mut self.touched), take(&mut self.reminders));
        for item in touched {
            self.carried[item.at()] = Carried::default();
            self.reset(pack, item);
        }
        for (item, _) in reminders {
            self.reset(pack, item);
        }
    }

    /// The prior of an item is what everybody's is.
    fn reset(&mut self, pack: &Pack, item: ItemIndex) {
        let base = self.base(pack, item, self.popularity_weight);
        self.changed.push(item);
        // Nothing there before the first blend.
        if let Some(prior) = self.prior.get_mut(item.at()) {
            *prior = base;
        }
    }

    fn add(&mut self, event: ItemIndex, other: ItemIndex, share: f32) {
        // An event too old to add anything would have the item touched twice.
        if share > 0.0 {
            let carried = &mut self.carried[other.at()];
            if carried.sum == 0.0 {
                self.touched.push(other);
            }
            carried.sum += share;
            if share >= carried.most {
                (carried.most, carried.event) = (share, event);
            }
        }
    }
}
