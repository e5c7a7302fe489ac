//! Scores as clients know them: a softmax over the list that was considered, rounded to seven decimals.

/// Turns the ranker's scores into shares that sum to one. Order is kept.
pub(super) fn softmax(scores: &[f32]) -> Vec<f64> {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = scores.iter().map(|score| f64::from(score - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| (power / sum * 1e7).round() / 1e7).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_one_and_keep_the_order() {
        let shares = softmax(&[3.0, 1.0, 1.0, -200.0]);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        assert!(shares.windows(2).all(|pair| pair[0] >= pair[1]));
        assert!(softmax(&[]).is_empty());
    }
}
