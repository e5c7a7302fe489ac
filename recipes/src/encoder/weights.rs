//! All numbers of the network but the item vectors, in one array.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2};

use super::random;

/// Sizes of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// d: dimensions of item vectors.
    pub dim: usize,
    /// Attention heads; they divide d.
    pub heads: usize,
    /// L: how many of the latest events are attended to.
    pub window: usize,
    /// How many earlier events are mixed into each event.
    pub taps: usize,
    /// Width of the feed-forward part.
    pub hidden: usize,
}

/// A part of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// \[taps × d\]
    Taps,
    /// \[d\]
    NormIn,
    /// \[d × d\]
    Query,
    /// \[2 d × d\]
    KeyValue,
    /// \[heads × L\]
    Ages,
    /// \[d × d\]
    Output,
    /// \[d\]
    NormMiddle,
    /// \[hidden × d\]
    Widen,
    /// \[hidden\]
    WidenBias,
    /// \[d × hidden\]
    Narrow,
    /// \[d\]
    NarrowBias,
    /// \[d\]
    NormOut,
}

pub(super) const PARTS: [Part; 12] = [
    Part::Taps,
    Part::NormIn,
    Part::Query,
    Part::KeyValue,
    Part::Ages,
    Part::Output,
    Part::NormMiddle,
    Part::Widen,
    Part::WidenBias,
    Part::Narrow,
    Part::NarrowBias,
    Part::NormOut,
];

impl Shape {
    /// Rows and columns of a part.
    pub fn of(&self, part: Part) -> (usize, usize) {
        let Shape { dim, heads, window, taps, hidden } = *self;
        match part {
            Part::Taps => (taps, dim),
            Part::NormIn | Part::NormMiddle | Part::NormOut | Part::NarrowBias => (1, dim),
            Part::Query | Part::Output => (dim, dim),
            Part::KeyValue => (2 * dim, dim),
            Part::Ages => (heads, window),
            Part::Widen => (hidden, dim),
            Part::WidenBias => (1, hidden),
            Part::Narrow => (dim, hidden),
        }
    }

    fn range(&self, part: Part) -> Range<usize> {
        let size = |part: &Part| {
            let (rows, columns) = self.of(*part);
            rows * columns
        };
        let start: usize = PARTS[..part as usize].iter().map(size).sum();
        start..start + size(&part)
    }
}

/// The numbers, or a gradient of them.
#[derive(Clone, Debug)]
pub struct Weights {
    shape: Shape,
    values: Vec<f32>,
}

impl Weights {
    pub(super) fn zeros(shape: Shape) -> Self {
        Self { shape, values: vec![0.0; shape.range(Part::NormOut).end] }
    }

    pub(super) fn new(shape: Shape, seed: u64) -> Self {
        let mut weights = Self::zeros(shape);
        for part in PARTS {
            let (rows, columns) = shape.of(part);
            let values = &mut weights.values[shape.range(part)];
            match part {
                Part::NormIn | Part::NormMiddle | Part::NormOut => values.fill(1.0),
                Part::Query | Part::KeyValue | Part::Output | Part::Widen | Part::Narrow => {
                    let width = (1.0 / columns as f32).sqrt();
                    let start = random::normal(rows, columns, width, random::mix(seed ^ (part as u64 + 77)));
                    values.iter_mut().zip(&start).for_each(|(value, start)| *value = *start);
                }
                _ => {}
            }
        }
        weights
    }

    /// The sizes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// One part as a matrix.
    pub fn matrix(&self, part: Part) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape(self.shape.of(part), self.slice(part)).expect("the range has this size")
    }

    pub(super) fn vector(&self, part: Part) -> ArrayView1<'_, f32> {
        ArrayView1::from(self.slice(part))
    }

    /// One part, row by row.
    pub fn slice(&self, part: Part) -> &[f32] {
        &self.values[self.shape.range(part)]
    }

    pub(super) fn slice_mut(&mut self, part: Part) -> &mut [f32] {
        let range = self.shape.range(part);
        &mut self.values[range]
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    pub(super) fn add_to(&mut self, part: Part, gradient: &ndarray::Array2<f32>) {
        self.slice_mut(part).iter_mut().zip(gradient.iter()).for_each(|(sum, x)| *sum += x);
    }
}
