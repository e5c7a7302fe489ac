//! "This visitor just looked at that item": the most recent observations.

use alloc::vec::Vec;

use crate::{ItemIndex, Pack};

/// How many observations are kept: what the server keeps of a visitor and a type of events, since the filters of Amazon
/// Personalize look back on so many. To 200 the user vector gains another 0.2 %, to 500 nothing more (docs/ranker.md).
const CAPACITY: usize = 100;

/// Heavier events would drown the rest of the history; lighter than nothing makes no sense to the fold-in.
const WEIGHT_MAX: f32 = 16.0;

/// One thing that the visitor did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// With which item, as a position in the pack that is in use.
    pub item: ItemIndex,
    /// How much it counts, 0 to 16; 1 is an ordinary event. With 0 the item is seen and has no other effect.
    pub weight: f32,
    /// Which kind of event it was, below 32, as whoever observed it numbers them.
    pub kind: u8,
}

/// The most recent 100 observations of one visitor, oldest first.
///
/// Positions belong to one pack: when another pack arrives, make a new history from the item ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Oldest first; to move 100 is cheaper than a ring is large.
    latest: Vec<Observation>,
}

impl History {
    /// A visitor about whom nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the newest observation and forgets the oldest beyond 100. A weight outside 0 to 16 is brought inside, and
    /// one that is not a number counts as 0.
    pub fn observe(&mut self, item: ItemIndex, weight: f32) {
        self.observe_as(item, weight, 0);
    }

    /// The same for an event of one of 32 kinds, which filters tell apart.
    pub fn observe_as(&mut self, item: ItemIndex, weight: f32, kind: u8) {
        if self.latest.len() == CAPACITY {
            self.latest.remove(0);
        }
        let weight = if weight > 0.0 { weight.min(WEIGHT_MAX) } else { 0.0 };
        self.latest.push(Observation { item, weight, kind: kind & 31 });
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.latest.clear();
    }

    /// How many observations are kept, 0 to 100.
    pub fn len(&self) -> usize {
        self.latest.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.latest.is_empty()
    }

    /// The observations, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Observation> + ExactSizeIterator + '_ {
        self.latest.iter().copied()
    }

    /// Whether `item` is among the observations.
    pub fn contains(&self, item: ItemIndex) -> bool {
        self.latest.iter().any(|seen| seen.item == item)
    }
}

/// The latest `window` events that count and that this pack knows, each with weight · ((1 − memory) decayᵃᵍᵉ + memory),
/// oldest first. With a memory those before them too, each with weight · memory.
pub(crate) fn decayed(
    pack: &Pack,
    history: &History,
    decay: f32,
    window: f32,
    memory: f32,
) -> Vec<Observation> {
    let mut events = Vec::new();
    let mut strength = 1.0 - memory;
    for event in history.latest.iter().rev() {
        if events.len() >= window as usize {
            strength = 0.0;
        }
        let share = strength + memory;
        if share > 0.0 && event.item.at() < pack.n_items() && event.weight > 0.0 {
            events.push(Observation { weight: event.weight * share, ..*event });
            strength *= decay;
        }
    }
    events.reverse();
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_beyond_a_hundred() {
        let mut history = History::new();
        (0..110).for_each(|item| history.observe(ItemIndex(item), 1.0));
        assert_eq!(history.len(), 100);
        assert_eq!(history.iter().next().map(|seen| seen.item), Some(ItemIndex(10)));
    }

    #[test]
    fn a_weight_that_makes_no_sense_counts_as_nothing() {
        let mut history = History::new();
        for weight in [f32::NAN, -1.0, f32::INFINITY] {
            history.observe(ItemIndex(0), weight);
        }
        let weights: alloc::vec::Vec<f32> = history.iter().map(|seen| seen.weight).collect();
        assert_eq!(weights, [0.0, 0.0, 16.0]);
    }
}
