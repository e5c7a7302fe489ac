//! From what was learnt to what a pack holds.

use bowerbird_ranker::pack::NewNetwork;
use ndarray::{Array2, ArrayView1};

use super::{Encoded, Part, Shape, Weights};

impl Encoded {
    /// What was published, to go on from. The gains that went into the matrices stay there.
    ///
    /// # Panics
    /// If the sizes of the network do not fit the vectors, which those of a pack do.
    pub fn again(items: Array2<f32>, network: &NewNetwork) -> Self {
        let dim = items.ncols();
        let NewNetwork { heads, window, .. } = *network;
        let taps = network.taps.len() / dim - 1;
        let shape = Shape { dim, heads, window, taps, hidden: network.widen_bias.len() };
        let mut weights = Weights::new(shape, 0);
        let root = ((dim / heads) as f32).sqrt();
        let query: Vec<f32> = network.query.iter().map(|x| x * root).collect();
        for (part, numbers) in [
            (Part::Taps, &network.taps[dim..]),
            (Part::Ages, &network.ages),
            (Part::Query, &query),
            (Part::KeyValue, &network.key_value),
            (Part::Output, &network.output),
            (Part::Widen, &network.widen),
            (Part::WidenBias, &network.widen_bias),
            (Part::Narrow, &network.narrow),
            (Part::NarrowBias, &network.narrow_bias),
            (Part::NormOut, &network.gain),
        ] {
            weights.slice_mut(part).copy_from_slice(numbers);
        }
        Self { items, weights }
    }

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
