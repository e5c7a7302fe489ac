//! "What did the training of this pack leave for the next one?" Read by trainings that go on from a pack, and by no ranking,
//! so none of it is in the page's module.

use alloc::vec::Vec;

use super::constants::{FIRST, TUNED};
use super::layout::Section;
use super::read::{f32_at, f32s, u16_at};
use super::{NewNetwork, Pack};
use crate::kernel::bfloat;

/// What cannot be told from the rest of a pack. All finite; 0 where it is not said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Notes {
    /// How many events apart the pairs were that neighbour rows were counted from; 0: they were learnt, or nobody says.
    pub row_window: f32,
    /// What a standard deviation of the objective's column adds to the popularity prior.
    pub objective: f32,
    /// How much of the appeal of items is in the popularity prior, 0 to 1.
    pub impressions: f32,
    /// After how many days a person counts half in the popularity prior; 0: they always count as one.
    pub half_life_days: f32,
    /// How many people the most popular item counts with that half-life.
    pub most_people: f32,
}

impl Notes {
    /// Behind the tuned constants of the first section.
    pub(super) fn to_array(self) -> [f32; 3] {
        [self.row_window, self.objective, self.impressions]
    }

    /// Behind those of the second one.
    pub(super) fn to_more(self) -> [f32; 2] {
        [self.half_life_days, self.most_people]
    }
}

impl Pack {
    /// What the training noted.
    pub fn notes(&self) -> Notes {
        let (bytes, more) = (self.part(Section::Constants), self.part(Section::MoreConstants));
        let finite = |x: f32| if x.is_finite() { x } else { 0.0 };
        let slot = |number: usize| finite(f32_at(bytes, FIRST + number));
        let further = |number: usize| {
            let at = TUNED - FIRST + number;
            if more.len() >= 4 * (at + 1) { finite(f32_at(more, at)) } else { 0.0 }
        };
        Notes {
            row_window: slot(0),
            objective: slot(1),
            impressions: slot(2),
            half_life_days: further(0),
            most_people: further(1),
        }
    }

    /// The network as it would have to be written to get this one again, if there is one.
    pub fn to_network(&self) -> Option<NewNetwork> {
        let known = self.network()?;
        let (bytes, dim) = (self.part(Section::Encoder), self.dim());
        let hidden = u16_at(bytes, 3) as usize;
        let mut numbers =
            f32s(&bytes[8..8 + 4 * ((known.taps + 1) * dim + known.heads * known.window + 5 * dim + hidden)]);
        let mut rest = &bytes[8 + 4 * numbers.len()..];
        let mut take = |count: usize| numbers.drain(..count).collect::<Vec<f32>>();
        let (taps, ages, gain) = (take(known.taps * dim), take(known.heads * known.window), take(dim));
        take(4 * dim);
        let (widen_bias, narrow_bias) = (take(hidden), take(dim));
        let scales: Vec<f32> = (0..5 * dim + hidden).map(|row| bfloat(rest, row)).collect();
        rest = &rest[2 * scales.len()..];
        let mut row = 0;
        let mut matrix = |rows: usize, columns: usize| {
            let (codes, behind) = rest.split_at(rows * columns);
            rest = behind;
            row += rows;
            let scaled = codes.chunks_exact(columns).zip(&scales[row - rows..row]);
            scaled
                .flat_map(|(codes, scale)| codes.iter().map(move |&code| f32::from(code as i8) * scale))
                .collect()
        };
        let (query, key_value, output) = (matrix(dim, dim), matrix(2 * dim, dim), matrix(dim, dim));
        let (widen, narrow) = (matrix(hidden, dim), matrix(dim, hidden));
        Some(NewNetwork {
            heads: known.heads,
            window: known.window,
            taps,
            ages,
            query,
            key_value,
            output,
            widen,
            widen_bias,
            narrow,
            narrow_bias,
            gain,
        })
    }
}
