//! Logistic regression with a normal prior for each weight: the mode of the posterior, by Newton's method with conjugate
//! gradients (Lin, Weng, Keerthi 2008).
//!
//! minimise f(θ) = Σ w ln(1 + e^z) − w y z + Σ λ_j θ_j² / 2, with z = x · θ.

use crate::RecipeError;

/// An offer, as numbers.
pub(super) struct Row {
    pub(super) features: Vec<(u32, f32)>,
    pub(super) is_taken: bool,
    /// ≥ 0.
    pub(super) weight: f64,
}

/// Newton's method needs five to ten steps; more help nothing.
const STEPS: u64 = 30;
/// Steps of conjugate gradients for one of Newton's.
const INNER_STEPS: usize = 40;
/// The end: the gradient is so much smaller than it was in the beginning.
const ENOUGH: f64 = 1e-5;
/// Conjugate gradients end where the residual is so much smaller than the gradient: exacter steps cost more than they save.
const ENOUGH_INSIDE: f64 = 0.1;

/// θ, one for each of `precisions` (λ > 0). `step(done, of)` is called before each pass over the rows.
///
/// # Errors
/// What `step` returns.
pub(super) fn fit(
    rows: &[Row],
    precisions: &[f64],
    step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
) -> Result<Vec<f64>, RecipeError> {
    let problem = Problem { rows, precisions };
    let mut weights = vec![0.0; precisions.len()];
    let (mut value, mut first) = (problem.value(&weights), None);
    for number in 0..STEPS {
        step(number, STEPS)?;
        let (gradient, curvatures) = problem.gradient(&weights);
        let length = norm(&gradient);
        let first = *first.get_or_insert(length);
        if length <= ENOUGH * first || length == 0.0 {
            break;
        }
        let direction = problem.newton(&gradient, &curvatures, length, &|| step(number, STEPS))?;
        let Some((next, lower)) = problem.descend(&weights, &direction, value) else { break };
        (weights, value) = (next, lower);
    }
    Ok(weights)
}

struct Problem<'a> {
    rows: &'a [Row],
    precisions: &'a [f64],
}

impl Problem<'_> {
    fn value(&self, weights: &[f64]) -> f64 {
        let loss = |row: &Row| {
            let z = dot(&row.features, weights);
            // ln(1 + e^z) without overflow.
            row.weight * (z.max(0.0) + (-z.abs()).exp().ln_1p() - if row.is_taken { z } else { 0.0 })
        };
        let prior =
            weights.iter().zip(self.precisions).map(|(weight, precision)| precision * weight * weight);
        self.rows.iter().map(loss).sum::<f64>() + prior.sum::<f64>() / 2.0
    }

    /// ∇f, and w p (1 − p) of each row.
    fn gradient(&self, weights: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut gradient: Vec<f64> =
            weights.iter().zip(self.precisions).map(|(weight, precision)| precision * weight).collect();
        let mut curvatures = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let p = probability(dot(&row.features, weights));
            let error = row.weight * (p - f64::from(u8::from(row.is_taken)));
            row.features.iter().for_each(|&(at, x)| gradient[at as usize] += error * f64::from(x));
            curvatures.push(row.weight * p * (1.0 - p));
        }
        (gradient, curvatures)
    }

    /// About −H⁻¹ ∇f.
    fn newton(
        &self,
        gradient: &[f64],
        curvatures: &[f64],
        length: f64,
        step: &dyn Fn() -> Result<(), RecipeError>,
    ) -> Result<Vec<f64>, RecipeError> {
        let diagonal = self.diagonal(curvatures);
        let mut direction = vec![0.0; gradient.len()];
        let mut residual: Vec<f64> = gradient.iter().map(|x| -x).collect();
        let mut scaled: Vec<f64> = residual.iter().zip(&diagonal).map(|(r, d)| r / d).collect();
        let mut search = scaled.clone();
        let mut product: f64 = inner(&residual, &scaled);
        for _ in 0..INNER_STEPS {
            step()?;
            let image = self.hessian(&search, curvatures);
            let stride = product / inner(&search, &image);
            direction.iter_mut().zip(&search).for_each(|(d, s)| *d += stride * s);
            residual.iter_mut().zip(&image).for_each(|(r, i)| *r -= stride * i);
            if norm(&residual) <= ENOUGH_INSIDE * length {
                break;
            }
            scaled.iter_mut().zip(residual.iter().zip(&diagonal)).for_each(|(s, (r, d))| *s = r / d);
            let next = inner(&residual, &scaled);
            let keep = next / product;
            search.iter_mut().zip(&scaled).for_each(|(s, z)| *s = z + keep * *s);
            product = next;
        }
        Ok(direction)
    }

    fn diagonal(&self, curvatures: &[f64]) -> Vec<f64> {
        let mut diagonal = self.precisions.to_vec();
        for (row, curvature) in self.rows.iter().zip(curvatures) {
            for &(at, x) in &row.features {
                diagonal[at as usize] += curvature * f64::from(x) * f64::from(x);
            }
        }
        diagonal
    }

    fn hessian(&self, v: &[f64], curvatures: &[f64]) -> Vec<f64> {
        let mut image: Vec<f64> = v.iter().zip(self.precisions).map(|(v, precision)| precision * v).collect();
        for (row, curvature) in self.rows.iter().zip(curvatures) {
            let scaled = curvature * dot(&row.features, v);
            row.features.iter().for_each(|&(at, x)| image[at as usize] += scaled * f64::from(x));
        }
        image
    }

    /// The longest of the halved steps that goes down; `None` where none does any more.
    fn descend(&self, weights: &[f64], direction: &[f64], value: f64) -> Option<(Vec<f64>, f64)> {
        let mut stride = 1.0;
        for _ in 0..20 {
            let next: Vec<f64> = weights.iter().zip(direction).map(|(w, d)| w + stride * d).collect();
            let lower = self.value(&next);
            if lower < value {
                return Some((next, lower));
            }
            stride /= 2.0;
        }
        None
    }
}

/// 1 / (1 + e^−z).
pub(super) fn probability(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn dot(features: &[(u32, f32)], weights: &[f64]) -> f64 {
    features.iter().map(|&(at, x)| f64::from(x) * weights[at as usize]).sum()
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    inner(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(features: &[(u32, f32)], is_taken: bool, weight: f64) -> Row {
        Row { features: features.to_vec(), is_taken, weight }
    }

    #[test]
    fn the_gradient_is_zero_at_the_end() {
        let rows: Vec<Row> = (0..200)
            .map(|n| {
                row(&[(0, 1.0), (1 + n % 3, 1.0), (4, (n % 7) as f32 - 3.0)], n % 5 < 2, 1.0 + (n % 2) as f64)
            })
            .collect();
        let precisions = [0.04, 1.0, 1.0, 1.0, 4.0];
        let weights = fit(&rows, &precisions, &|_, _| Ok(())).unwrap();
        let (gradient, _) = Problem { rows: &rows, precisions: &precisions }.gradient(&weights);
        assert!(norm(&gradient) < 1e-3, "{gradient:?}");
    }

    #[test]
    fn a_rate_comes_out_and_few_answers_stay_near_the_prior() {
        let rate = |n: usize, taken: usize, precision: f64| {
            let rows: Vec<Row> = (0..n).map(|k| row(&[(0, 1.0)], k < taken, 1.0)).collect();
            probability(fit(&rows, &[precision], &|_, _| Ok(())).unwrap()[0])
        };
        assert!((rate(1000, 300, 1e-6) - 0.3).abs() < 1e-4);
        assert!(rate(1, 1, 1.0) < 0.7 && rate(1, 0, 1.0) > 0.3);
        assert_eq!(rate(0, 0, 1.0), 0.5);
    }

    #[test]
    fn what_can_be_told_apart_exactly_stays_finite() {
        let rows = [row(&[(0, 1e3)], true, 1.0), row(&[(0, -1e3)], false, 1.0)];
        assert!(fit(&rows, &[1e-3], &|_, _| Ok(())).unwrap()[0].is_finite());
    }
}
