//! "Where does this visitor stand among the item vectors?" The one place that decides how a user vector is made: by
//! what the pack holds. A maker gives d numbers in any unit; here they are brought to the scale of the score and
//! quantised, so that every maker is scanned alike.

use alloc::vec;
use alloc::vec::Vec;

use crate::cholesky::quadratic;
use crate::encoder::Encoder;
use crate::fold_in::FoldIn;
use crate::history::decayed;
use crate::kernel::{dot, root, score_rows};
use crate::{Constants, History, Pack};

/// A user vector, quantised so that the scan over the catalogue is integer arithmetic.
#[derive(Clone, Debug)]
pub(crate) struct UserVector {
    /// \[dim\]; the largest magnitude is 32767.
    codes: Vec<i16>,
    /// Turns an integer dot product times the item's scale into the vector part of its score, whose root mean square
    /// over the catalogue is its weight.
    scale: f32,
}

/// Makes user vectors, and remembers what helps with the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserVectors {
    fold_in: FoldIn,
    encoder: Encoder,
}

impl UserVectors {
    /// `None` when the history says nothing in this pack's space.
    pub(crate) fn of(&mut self, pack: &Pack, history: &History, constants: &Constants) -> Option<UserVector> {
        let space = pack.space()?;
        let Constants { vector_decay, vector_window, vector_memory, .. } = *constants;
        let events = decayed(pack, history, vector_decay, vector_window, vector_memory);
        let u = match pack.network() {
            Some(network) => self.encoder.encode(pack, network, &events)?,
            None => self.fold_in.solve(pack, space, &events, constants)?,
        };
        let mean_square = quadratic(space.gram(), &u) / pack.catalogue();
        UserVector::quantised(&u, constants.vector_weight / root(mean_square))
    }
}

impl UserVector {
    fn quantised(u: &[f32], factor: f32) -> Option<Self> {
        let (codes, step) = quantise(u)?;
        let scale = step * factor;
        (scale.is_finite() && scale > 0.0).then_some(Self { codes, scale })
    }

    /// The vector part of the score of an item with this vector.
    pub(crate) fn score(&self, (row, scale): (&[u8], f32)) -> f32 {
        dot(&self.codes, row) as f32 * (scale * self.scale)
    }

    /// The scores of consecutive rows: what they have without vectors, and their vector parts.
    pub(crate) fn score_rows(&self, rows: &[u8], scales: &[u8], prior: &[f32], scores: &mut [f32]) {
        score_rows(&self.codes, rows, scales, self.scale, prior, scores);
    }
}

/// Codes whose largest magnitude is 32767, and the step that gives the numbers back. `None` for zeros, and for numbers
/// too small to divide by: they point nowhere.
pub(crate) fn quantise(numbers: &[f32]) -> Option<(Vec<i16>, f32)> {
    let mut largest = 0.0;
    for x in numbers {
        largest = if x.abs() > largest { x.abs() } else { largest };
    }
    let step = largest / 32767.0;
    if step > 0.0 {
        let mut codes = vec![0; numbers.len()];
        codes.iter_mut().zip(numbers).for_each(|(code, x)| *code = nearest(x / step));
        return Some((codes, step));
    }
    None
}

/// Halves away from zero.
fn nearest(x: f32) -> i16 {
    (x + if x < 0.0 { -0.5 } else { 0.5 }) as i16
}
