//! What training tunes and scoring reads.

/// How many there are: those of CONS that rankings read, and those behind in CON2.
pub(super) const TUNED: usize = RANGES.len();
/// How many of them are in CONS.
pub(super) const FIRST: usize = 13;

/// The tuned numbers of a pack; all finite. See docs/recipes.md for the formulas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    /// Weight of the vector part; 0 switches it off.
    pub vector_weight: f32,
    /// Weight of the neighbour part; 0 switches it off.
    pub neighbour_weight: f32,
    /// Weight of the popularity prior.
    pub popularity_weight: f32,
    /// What one step of age does to an event in the user vector, 0 to 1.
    pub vector_decay: f32,
    /// How many of the latest events enter the user vector, 1 to 50.
    pub vector_window: f32,
    /// λ of the fold-in, > 0.
    pub ridge: f32,
    /// α of the fold-in: what one event adds to the confidence, ≥ 0.
    pub confidence: f32,
    /// What one step of age does to an event in the neighbour part, 0 to 1.
    pub neighbour_decay: f32,
    /// How many of the latest events enter the neighbour part, 1 to 50.
    pub neighbour_window: f32,
    /// What the neighbour part is multiplied with, ≥ 0; 0: one over its root mean square over the catalogue. Rows that
    /// were trained together with the popularity prior have a scale of their own.
    pub neighbour_scale: f32,
    /// What having been seen adds to an item, of either sign: positive brings items back, negative keeps them away.
    pub reminder_weight: f32,
    /// What one step of age does to the reminder, 0 to 1.
    pub reminder_decay: f32,
    /// How many items the catalogue has that this pack is a part of; 0: the pack is all of it.
    pub catalogue: f32,
    /// What an event keeps of its weight in the user vector however old it is, 0 to 1. Above 0 the events before the
    /// window have a say too, as far as the history goes back.
    pub vector_memory: f32,
}

impl Default for Constants {
    /// Popularity alone.
    fn default() -> Self {
        Self {
            vector_weight: 0.0,
            neighbour_weight: 0.0,
            popularity_weight: 1.0,
            vector_decay: 0.8,
            vector_window: 20.0,
            ridge: 1.0,
            confidence: 1.0,
            neighbour_decay: 0.8,
            neighbour_window: 20.0,
            neighbour_scale: 0.0,
            reminder_weight: 0.0,
            reminder_decay: 0.0,
            catalogue: 0.0,
            vector_memory: 0.0,
        }
    }
}

impl Constants {
    /// In the order of the file.
    pub(super) fn to_array(self) -> [f32; TUNED] {
        [
            self.vector_weight,
            self.neighbour_weight,
            self.popularity_weight,
            self.vector_decay,
            self.vector_window,
            self.ridge,
            self.confidence,
            self.neighbour_decay,
            self.neighbour_window,
            self.neighbour_scale,
            self.reminder_weight,
            self.reminder_decay,
            self.catalogue,
            self.vector_memory,
        ]
    }

    pub(super) fn from_array(slots: &[f32; TUNED]) -> Self {
        Self {
            vector_weight: slots[0],
            neighbour_weight: slots[1],
            popularity_weight: slots[2],
            vector_decay: slots[3],
            vector_window: slots[4],
            ridge: slots[5],
            confidence: slots[6],
            neighbour_decay: slots[7],
            neighbour_window: slots[8],
            neighbour_scale: slots[9],
            reminder_weight: slots[10],
            reminder_decay: slots[11],
            catalogue: slots[12],
            vector_memory: slots[13],
        }
    }
}

/// The first slot that is wrong, if any; [`rule`] says what it should be.
pub(super) fn wrong(slots: &[f32; TUNED]) -> Option<usize> {
    RANGES.iter().zip(slots).position(|((most, least), slot)| !(least..=most).contains(&slot))
}

/// What a slot may be. Apart from [`wrong`], since the page has no use for texts.
pub(super) fn rule(slot: usize) -> &'static str {
    match slot {
        0..3 | 9 => "weights lie between 0 and 1e6",
        3 | 7 | 11 => "decays lie between 0 and 1",
        4 | 8 => "windows lie between 1 and 50",
        13 => "the memory lies between 0 and 1",
        12 => "a catalogue has up to 1e9 items",
        10 => "the reminder lies between -1e6 and 1e6",
        _ => "ridge lies between 1e-6 and 1e6, confidence between 0 and 1e6",
    }
}

/// The most and the least that each slot may be; what is not a number is in none. In this order, zeros stand at both ends
/// of the table: the build of the page drops texts, and takes numbers right beside one for a part of it.
const RANGES: [(f32, f32); 14] = [
    (1e6, 0.0),
    (1e6, 0.0),
    (1e6, 0.0),
    (1.0, 0.0),
    (50.0, 1.0),
    (1e6, 1e-6),
    (1e6, 0.0),
    (1.0, 0.0),
    (50.0, 1.0),
    (1e6, 0.0),
    (1e6, -1e6),
    (1.0, 0.0),
    (1e9, 0.0),
    (1.0, 0.0),
];
