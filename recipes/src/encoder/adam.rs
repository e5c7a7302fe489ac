//! Adam (Kingma, Ba 2015), lazily for item vectors: a row moves in the steps that concern it.

use ndarray::Array2;

use super::loss::Candidates;
use super::{Encoded, Gradient, Weights};

const FIRST: f32 = 0.9;
const SECOND: f32 = 0.98;
const EPSILON: f32 = 1e-8;

pub(super) struct Adam {
    weights: [Weights; 2],
    items: [Array2<f32>; 2],
    gradient: Weights,
    pub(super) item_gradient: Array2<f32>,
    touched: Vec<bool>,
    steps: i32,
}

impl Adam {
    pub(super) fn new(model: &Encoded) -> Self {
        let zeros = || Weights::zeros(model.weights.shape());
        let rows = || Array2::zeros(model.items.dim());
        Self {
            weights: [zeros(), zeros()],
            items: [rows(), rows()],
            gradient: zeros(),
            item_gradient: rows(),
            touched: vec![false; model.items.nrows()],
            steps: 0,
        }
    }

    pub(super) fn add(&mut self, part: &Gradient, candidates: &Candidates) {
        add(self.gradient.values_mut(), part.weights.values());
        let mut one = |item: usize, row: ndarray::ArrayView1<'_, f32>| {
            self.touched[item] = true;
            add(
                self.item_gradient.row_mut(item).as_slice_mut().expect("contiguous"),
                row.as_slice().expect("contiguous"),
            );
        };
        for (items, rows) in [&part.inputs, &part.targets] {
            items.iter().zip(rows.rows()).for_each(|(&item, row)| one(item as usize, row));
        }
        candidates.items.iter().zip(part.candidates.rows()).for_each(|(&item, row)| one(item, row));
    }

    pub(super) fn step(&mut self, model: &mut Encoded, rate: f32) {
        self.steps += 1;
        let corrected = rate * (1.0 - SECOND.powi(self.steps)).sqrt() / (1.0 - FIRST.powi(self.steps));
        let [first, second] = &mut self.weights;
        update(
            corrected,
            model.weights.values_mut(),
            self.gradient.values_mut(),
            first.values_mut(),
            second.values_mut(),
        );
        let [first, second] = &mut self.items;
        for (item, touched) in self.touched.iter_mut().enumerate() {
            if std::mem::take(touched) {
                update(
                    corrected,
                    model.items.row_mut(item).as_slice_mut().expect("contiguous"),
                    self.item_gradient.row_mut(item).as_slice_mut().expect("contiguous"),
                    first.row_mut(item).as_slice_mut().expect("contiguous"),
                    second.row_mut(item).as_slice_mut().expect("contiguous"),
                );
            }
        }
    }
}

fn add(sums: &mut [f32], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// Moves the values and empties the gradient.
fn update(rate: f32, values: &mut [f32], gradient: &mut [f32], first: &mut [f32], second: &mut [f32]) {
    for (((x, g), m), v) in values.iter_mut().zip(gradient).zip(first).zip(second) {
        *m = FIRST * *m + (1.0 - FIRST) * *g;
        *v = SECOND * *v + (1.0 - SECOND) * *g * *g;
        *x -= rate * *m / (v.sqrt() + EPSILON);
        *g = 0.0;
    }
}
