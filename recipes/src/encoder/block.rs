//! The network forward and backward over one shard.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice};

use super::attention::{unweigh, weigh};
use super::batch::Shard;
use super::norm::{self, normalise};
use super::weights::{Part, Weights};

type Mask = Option<Array2<f32>>;

/// What the way forward leaves for the way back.
pub(super) struct Tape {
    x: Array2<f32>,
    /// After the taps \[events × d\], normalised, and 1 / rms.
    mixed: Array2<f32>,
    normal_in: (Array2<f32>, Vec<f32>),
    key_value: Array2<f32>,
    normal_queries: Array2<f32>,
    queries: Array2<f32>,
    /// Per stretch and head.
    weights: Vec<Array2<f32>>,
    attended: Array2<f32>,
    middle: Array2<f32>,
    normal_middle: (Array2<f32>, Vec<f32>),
    wide: Array2<f32>,
    last: Array2<f32>,
    factors_out: Vec<f32>,
    masks: [Mask; 2],
    /// What comes out, \[queries × d\].
    pub(super) h: Array2<f32>,
}

pub(super) fn forward(weights: &Weights, x: Array2<f32>, shard: &Shard, masks: [Mask; 2]) -> Tape {
    let shape = weights.shape();
    let mixed = taps(weights, &x, shard);
    let normal_in = normalise(&mixed, weights.vector(Part::NormIn));
    let key_value = normal_in.0.dot(&weights.matrix(Part::KeyValue).t());
    let normal_queries = normal_in.0.select(Axis(0), &shard.queries);
    let queries = normal_queries.dot(&weights.matrix(Part::Query).t());
    let head = shape.dim / shape.heads;
    let mut attended = Array2::zeros((shard.queries.len(), shape.dim));
    let mut attention = Vec::new();
    for stretch in &shard.stretches {
        let rows = stretch.start..stretch.end;
        let asked = stretch.query..stretch.query + (stretch.end - stretch.first);
        for number in 0..shape.heads {
            let keys = number * head..(number + 1) * head;
            let values = shape.dim + keys.start..shape.dim + keys.end;
            let q = cut(&queries, asked.clone(), keys.clone());
            let k = cut(&key_value, rows.clone(), keys.clone());
            let v = cut(&key_value, rows.clone(), values);
            let ages = &weights.slice(Part::Ages)[number * shape.window..][..shape.window];
            let shares = weigh(&q, &k, ages, stretch.first - stretch.start);
            cut_mut(&mut attended, asked.clone(), keys).assign(&shares.dot(&v));
            attention.push(shares);
        }
    }
    let mut middle = attended.dot(&weights.matrix(Part::Output).t());
    if let Some(mask) = &masks[0] {
        middle *= mask;
    }
    middle += &mixed.select(Axis(0), &shard.queries);
    let normal_middle = normalise(&middle, weights.vector(Part::NormMiddle));
    let mut wide = normal_middle.0.dot(&weights.matrix(Part::Widen).t());
    wide += &weights.vector(Part::WidenBias);
    wide.mapv_inplace(|x| if x > 0.0 { x } else { 0.0 });
    let mut last = wide.dot(&weights.matrix(Part::Narrow).t());
    last += &weights.vector(Part::NarrowBias);
    if let Some(mask) = &masks[1] {
        last *= mask;
    }
    last += &middle;
    let (h, factors_out) = normalise(&last, weights.vector(Part::NormOut));
    Tape {
        x,
        mixed,
        normal_in,
        key_value,
        normal_queries,
        queries,
        weights: attention,
        attended,
        middle,
        normal_middle,
        wide,
        last,
        factors_out,
        masks,
        h,
    }
}

/// x\[t\] + Σ c\[j\] x\[t − j\].
fn taps(weights: &Weights, x: &Array2<f32>, shard: &Shard) -> Array2<f32> {
    let mut mixed = x.clone();
    let taps = weights.matrix(Part::Taps);
    for stretch in &shard.stretches {
        for (tap, number) in taps.rows().into_iter().zip(1..) {
            for at in stretch.start + number..stretch.end {
                let mut row = mixed.row_mut(at);
                row.iter_mut().zip(&tap).zip(x.row(at - number)).for_each(|((sum, c), x)| *sum += c * x);
            }
        }
    }
    mixed
}

impl Tape {
    /// Gradients of the weights and of the inputs from that of h.
    pub(super) fn backward(
        self,
        weights: &Weights,
        shard: &Shard,
        dh: Array2<f32>,
    ) -> (Weights, Array2<f32>) {
        let mut gradient = Weights::zeros(weights.shape());
        let mut dmiddle = norm::backward(
            &self.last,
            &self.factors_out,
            weights.vector(Part::NormOut),
            &dh,
            gradient.slice_mut(Part::NormOut),
        );
        let dlast = masked(&dmiddle, &self.masks[1]);
        gradient.add_to(Part::Narrow, &dlast.t().dot(&self.wide));
        sum_rows(&dlast, gradient.slice_mut(Part::NarrowBias));
        let mut dwide = dlast.dot(&weights.matrix(Part::Narrow));
        dwide.zip_mut_with(&self.wide, |d, &x| *d = if x > 0.0 { *d } else { 0.0 });
        gradient.add_to(Part::Widen, &dwide.t().dot(&self.normal_middle.0));
        sum_rows(&dwide, gradient.slice_mut(Part::WidenBias));
        dmiddle += &norm::backward(
            &self.middle,
            &self.normal_middle.1,
            weights.vector(Part::NormMiddle),
            &dwide.dot(&weights.matrix(Part::Widen)),
            gradient.slice_mut(Part::NormMiddle),
        );
        let dattended = masked(&dmiddle, &self.masks[0]);
        gradient.add_to(Part::Output, &dattended.t().dot(&self.attended));
        let dattended = dattended.dot(&weights.matrix(Part::Output));
        let (dqueries, dkey_value) = self.attention_backward(weights, shard, &dattended, &mut gradient);
        gradient.add_to(Part::Query, &dqueries.t().dot(&self.normal_queries));
        gradient.add_to(Part::KeyValue, &dkey_value.t().dot(&self.normal_in.0));
        let mut dnormal = dkey_value.dot(&weights.matrix(Part::KeyValue));
        let dnormal_queries = dqueries.dot(&weights.matrix(Part::Query));
        for (&at, row) in shard.queries.iter().zip(dnormal_queries.rows()) {
            dnormal.row_mut(at).scaled_add(1.0, &row);
        }
        let mut dmixed = norm::backward(
            &self.mixed,
            &self.normal_in.1,
            weights.vector(Part::NormIn),
            &dnormal,
            gradient.slice_mut(Part::NormIn),
        );
        for (&at, row) in shard.queries.iter().zip(dmiddle.rows()) {
            dmixed.row_mut(at).scaled_add(1.0, &row);
        }
        let dx = self.taps_backward(weights, shard, dmixed, &mut gradient);
        (gradient, dx)
    }

    fn attention_backward(
        &self,
        weights: &Weights,
        shard: &Shard,
        dattended: &Array2<f32>,
        gradient: &mut Weights,
    ) -> (Array2<f32>, Array2<f32>) {
        let shape = weights.shape();
        let head = shape.dim / shape.heads;
        let scale = 1.0 / (head as f32).sqrt();
        let mut dqueries = Array2::zeros(self.queries.dim());
        let mut dkey_value = Array2::zeros(self.key_value.dim());
        let mut shares = self.weights.iter();
        for stretch in &shard.stretches {
            let n = stretch.end - stretch.first;
            for number in 0..shape.heads {
                let shares = shares.next().expect("one per stretch and head");
                let keys = number * head..(number + 1) * head;
                let values = shape.dim + keys.start..shape.dim + keys.end;
                let (rows, asked) = (stretch.start..stretch.end, stretch.query..stretch.query + n);
                let dout = cut(dattended, asked.clone(), keys.clone());
                let v = cut(&self.key_value, rows.clone(), values.clone());
                let mut dscores = dout.dot(&v.t());
                cut_mut(&mut dkey_value, rows.clone(), values).assign(&shares.t().dot(&dout));
                let dages = &mut gradient.slice_mut(Part::Ages)[number * shape.window..][..shape.window];
                unweigh(shares, &mut dscores, dages, stretch.first - stretch.start);
                dscores *= scale;
                let q = cut(&self.queries, asked.clone(), keys.clone());
                let k = cut(&self.key_value, rows.clone(), keys.clone());
                cut_mut(&mut dkey_value, rows, keys.clone()).assign(&dscores.t().dot(&q));
                cut_mut(&mut dqueries, asked, keys).assign(&dscores.dot(&k));
            }
        }
        (dqueries, dkey_value)
    }

    fn taps_backward(
        &self,
        weights: &Weights,
        shard: &Shard,
        dmixed: Array2<f32>,
        gradient: &mut Weights,
    ) -> Array2<f32> {
        let shape = weights.shape();
        let mut dx = dmixed.clone();
        let taps = weights.matrix(Part::Taps);
        let mut dtaps = ArrayViewMut2::from_shape((shape.taps, shape.dim), gradient.slice_mut(Part::Taps))
            .expect("its size");
        for stretch in &shard.stretches {
            for number in 1..=shape.taps {
                let tap = taps.row(number - 1);
                let mut dtap = dtaps.row_mut(number - 1);
                for at in stretch.start + number..stretch.end {
                    let (d, x) = (dmixed.row(at), self.x.row(at - number));
                    let mut to = dx.row_mut(at - number);
                    for ((((to, dtap), c), d), x) in to.iter_mut().zip(&mut dtap).zip(&tap).zip(d).zip(x) {
                        *to += c * d;
                        *dtap += d * x;
                    }
                }
            }
        }
        dx
    }
}

fn cut(matrix: &Array2<f32>, rows: Range<usize>, columns: Range<usize>) -> ArrayView2<'_, f32> {
    let mut view = matrix.view();
    view.slice_axis_inplace(Axis(0), Slice::from(rows));
    view.slice_axis_inplace(Axis(1), Slice::from(columns));
    view
}

fn cut_mut(matrix: &mut Array2<f32>, rows: Range<usize>, columns: Range<usize>) -> ArrayViewMut2<'_, f32> {
    let mut view = matrix.view_mut();
    view.slice_axis_inplace(Axis(0), Slice::from(rows));
    view.slice_axis_inplace(Axis(1), Slice::from(columns));
    view
}

fn masked(gradient: &Array2<f32>, mask: &Mask) -> Array2<f32> {
    match mask {
        Some(mask) => gradient * mask,
        None => gradient.clone(),
    }
}

fn sum_rows(rows: &Array2<f32>, sums: &mut [f32]) {
    for row in rows.rows() {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
}
