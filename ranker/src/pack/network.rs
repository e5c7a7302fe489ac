//! The section with the weights of the encoder.

use alloc::vec;
use alloc::vec::Vec;

use super::layout::{Section, Tag};
use super::read::{Place, f32s, u16_at};
use super::write::{bfloat_above, bfloat_bytes, round};
use super::{Pack, PackError};
use crate::kernel::{bfloat, score_rows};
use crate::user_vector::quantise;

/// How many events may be mixed into one, itself included.
pub(crate) const TAPS_MAX: usize = 4;
/// The most events that can be attended to: a history has no more.
const WINDOW_MAX: usize = 50;
/// An i16 times an i8, 512 times, still fits an i32.
const HIDDEN_MAX: usize = 512;
/// Far above anything that training makes; a few of them multiplied stay far below what overflows an f32.
const NUMBER_MAX: f32 = 1e3;
/// Bytes of the four sizes.
const SIZES: usize = 8;

/// A network to be written; d is the number of dimensions of the item vectors. Matrices are row-major, rows are
/// outputs; they are quantised to int8 with one scale per row. docs/recipes.md has the formulas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewNetwork {
    /// Attention heads; they divide d.
    pub heads: usize,
    /// How many of the latest events are attended to, 1 to 50.
    pub window: usize,
    /// Factors of the event itself and of those before it, newest first, \[1 to 4 × d\].
    pub taps: Vec<f32>,
    /// Bias of an event by its age, \[heads × window\].
    pub ages: Vec<f32>,
    /// \[d × d\]
    pub query: Vec<f32>,
    /// Keys, then values \[2 d × d\].
    pub key_value: Vec<f32>,
    /// \[d × d\]
    pub output: Vec<f32>,
    /// \[hidden × d\], hidden 1 to 512.
    pub widen: Vec<f32>,
    /// \[hidden\]
    pub widen_bias: Vec<f32>,
    /// \[d × hidden\]
    pub narrow: Vec<f32>,
    /// \[d\]
    pub narrow_bias: Vec<f32>,
    /// Factors of the result, \[d\].
    pub gain: Vec<f32>,
}

/// A matrix with its bias.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layer {
    Query,
    KeyValue,
    Output,
    Widen,
    Narrow,
}

/// The network of an opened pack.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) heads: usize,
    pub(crate) window: usize,
    /// How many events are mixed into one, itself included.
    pub(crate) taps: usize,
    /// Rows and columns of the layers.
    sizes: [(usize, usize); 5],
    /// Taps, ages, gain, and the biases of the layers; decoded once.
    numbers: Vec<f32>,
    /// Where the scales and, behind them, the codes of the layers lie in the pack.
    scales: usize,
    codes: usize,
}

impl Network {
    /// Checks everything: sizes, length and numbers.
    pub(super) fn open<E: From<PackError>>(bytes: &[u8], place: Place, dim: usize) -> Result<Self, E> {
        let fault = |what| Err(Section::Encoder.fault(what));
        let (at, section) = (place.start, place.of(bytes));
        if section.len() < SIZES {
            return fault("it has no sizes");
        }
        let [heads, window, taps, hidden] = core::array::from_fn(|place| u16_at(section, place) as usize);
        if !are_sound(dim, heads, window, taps, hidden) {
            return fault("a size is out of bounds");
        }
        let sizes = [(dim, dim), (2 * dim, dim), (dim, dim), (hidden, dim), (dim, hidden)];
        let rows = 5 * dim + hidden;
        let scales = SIZES + ((taps + 1) * dim + heads * window + rows) * 4;
        let codes = scales + rows * 2;
        if section.len() != codes + 2 * dim * (2 * dim + hidden) {
            return fault("its length does not fit its sizes");
        }
        let numbers = f32s(&section[SIZES..scales]);
        let is_sound = |x: &f32| x.abs() <= NUMBER_MAX;
        if numbers.iter().all(is_sound) && (0..rows).all(|row| is_sound(&bfloat(&section[scales..], row))) {
            Ok(Self { heads, window, taps, sizes, numbers, scales: at + scales, codes: at + codes })
        } else {
            fault("a number is missing or out of bounds")
        }
    }

    /// bias + M x, with x in 16 bits.
    pub(crate) fn apply(&self, pack: &Pack, layer: Layer, x: &[f32]) -> Vec<f32> {
        let (mut first, mut code) = (0, self.codes);
        for (rows, columns) in &self.sizes[..layer as usize] {
            first += rows;
            code += rows * columns;
        }
        let rows = self.sizes[layer as usize].0;
        let biases = (self.taps + 1) * self.gain().len() + self.heads * self.window;
        let biases = &self.numbers[biases + first..][..rows];
        let mut out = biases.to_vec();
        if let Some((codes, step)) = quantise(x) {
            let scales = &pack.bytes[self.scales + first * 2..];
            score_rows(&codes, &pack.bytes[code..], scales, step, biases, &mut out);
        }
        out
    }

    /// \[taps × d\]
    pub(crate) fn taps(&self) -> &[f32] {
        &self.numbers[..self.taps * self.sizes[0].0]
    }

    /// \[heads × window\]
    pub(crate) fn ages(&self) -> &[f32] {
        &self.numbers[self.taps * self.sizes[0].0..][..self.heads * self.window]
    }

    /// \[d\]
    pub(crate) fn gain(&self) -> &[f32] {
        let dim = self.sizes[0].0;
        &self.numbers[self.taps * dim + self.heads * self.window..][..dim]
    }
}

fn are_sound(dim: usize, heads: usize, window: usize, taps: usize, hidden: usize) -> bool {
    dim > 0
        && heads > 0
        && dim.is_multiple_of(heads)
        && (1..=WINDOW_MAX).contains(&window)
        && (1..=TAPS_MAX).contains(&taps)
        && (1..=HIDDEN_MAX).contains(&hidden)
}

impl NewNetwork {
    /// What is wrong with it, if anything.
    pub(super) fn fault(&self, dim: usize) -> Option<&'static str> {
        let hidden = self.widen_bias.len();
        let lengths = [
            (&self.ages, self.heads * self.window),
            (&self.query, dim * dim),
            (&self.key_value, 2 * dim * dim),
            (&self.output, dim * dim),
            (&self.widen, hidden * dim),
            (&self.narrow, hidden * dim),
            (&self.narrow_bias, dim),
            (&self.gain, dim),
        ];
        let numbers =
            lengths.iter().flat_map(|(part, _)| part.iter()).chain(&self.taps).chain(&self.widen_bias);
        let taps = self.taps.len() / dim.max(1);
        if !are_sound(dim, self.heads, self.window, taps, hidden) || self.taps.len() != taps * dim {
            Some("heads divide the dimensions, taps are 1 to 4, the window 1 to 50, the hidden part 1 to 512")
        } else if lengths.iter().any(|(part, length)| part.len() != *length) {
            Some("a part has another length than its sizes say")
        } else if !numbers.into_iter().all(|x| x.abs() <= NUMBER_MAX) {
            Some("every number is finite and at most 1000")
        } else {
            None
        }
    }

    /// The section.
    pub(super) fn encode(&self, dim: usize) -> (Tag, Vec<u8>) {
        let hidden = self.widen_bias.len();
        let mut bytes = Vec::new();
        for size in [self.heads, self.window, self.taps.len() / dim, hidden] {
            bytes.extend_from_slice(&(size as u16).to_le_bytes());
        }
        // Query, keys, values and output have no bias: one would change nothing, or the bias behind it does the same.
        let zeros = vec![0.0; 4 * dim];
        for part in [&self.taps, &self.ages, &self.gain, &zeros, &self.widen_bias, &self.narrow_bias] {
            part.iter().for_each(|x| bytes.extend_from_slice(&x.to_le_bytes()));
        }
        let mut codes = Vec::new();
        let matrices = [
            (&self.query, dim),
            (&self.key_value, dim),
            (&self.output, dim),
            (&self.widen, dim),
            (&self.narrow, hidden),
        ];
        for (matrix, columns) in matrices {
            for row in matrix.chunks_exact(columns) {
                let scale = bfloat_above(row.iter().fold(0.0f32, |max, x| max.max(x.abs())) / 127.0);
                bytes.extend_from_slice(&bfloat_bytes(scale));
                let code =
                    |x: &f32| if scale > 0.0 { round(x / scale).clamp(-127, 127) as i8 as u8 } else { 0 };
                codes.extend(row.iter().map(code));
            }
        }
        bytes.extend(codes);
        (Section::Encoder.tag(), bytes)
    }
}
