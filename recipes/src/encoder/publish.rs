//! From what was learnt to what a pack holds.

use bowerbird_ranker::pack::NewNetwork;
use ndarray::ArrayView1;

use super::{Encoded, Part};

impl Encoded {
    /// The network for a pack whose vectors are [`items`](Self::items). Gains of the normalisations before a matrix,
    /// and the divisor of the attention, go into the matrix.
    pub fn network(&self) -> NewNetwork {
        let weights = &self.weights;
        let shape = weights.shape();
        let plain = |part: Part| weights.slice(part).to_vec();
        let scaled = |part: Part, gain: ArrayView1<'_, f32>, factor: f32| {
            let gain = &gain * factor;
            (&weights.matrix(part) * &gain).into_raw_vec_and_offset().0
        };
        let head = (shape.dim / shape.heads) as f32;
        NewNetwork {
            heads: shape.heads,
            window: shape.window,
            taps: [vec![1.0; shape.dim], plain(Part::Taps)].concat(),
            ages: plain(Part::Ages),
            query: scaled(Part::Query, weights.vector(Part::NormIn), 1.0 / head.sqrt()),
            key_value: scaled(Part::KeyValue, weights.vector(Part::NormIn), 1.0),
            output: plain(Part::Output),
            widen: scaled(Part::Widen, weights.vector(Part::NormMiddle), 1.0),
            widen_bias: plain(Part::WidenBias),
            narrow: plain(Part::Narrow),
            narrow_bias: plain(Part::NarrowBias),
            gain: plain(Part::NormOut),
        }
    }
}
