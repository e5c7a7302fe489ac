//! Metrics of one list against one truth: of relevance that is all or nothing, or that has a size.

/// The places, from 0, at which a list hit the truth, in order; and how many hits were possible.
pub(super) struct Hits {
    pub(super) places: Vec<usize>,
    pub(super) n_relevant: usize,
}

/// 1 / log2(2 + place).
pub(crate) fn gain(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

impl Hits {
    /// DCG over the first `k` places, divided by the DCG of a list that starts with all relevant items.
    pub(super) fn ndcg(&self, k: usize) -> f64 {
        let ideal: f64 = (0..k.min(self.n_relevant)).map(gain).sum();
        let found: f64 = self.places.iter().filter(|&&place| place < k).map(|&place| gain(place)).sum();
        if ideal > 0.0 { found / ideal } else { 0.0 }
    }

    /// Hits in the first `k` places over `k`.
    pub(super) fn precision(&self, k: usize) -> f64 {
        self.places.iter().filter(|&&place| place < k).count() as f64 / k as f64
    }

    /// Hits in the first `k` places over all that were possible.
    pub(super) fn recall(&self, k: usize) -> f64 {
        let found = self.places.iter().filter(|&&place| place < k).count();
        found as f64 / self.n_relevant.max(1) as f64
    }

    /// 1 if there is a hit in the first `k` places.
    pub(super) fn hit(&self, k: usize) -> f64 {
        f64::from(u8::from(self.places.first().is_some_and(|&place| place < k)))
    }

    /// One over the rank of the first hit, 0 if it is not within `k`.
    pub(super) fn reciprocal_rank(&self, k: usize) -> f64 {
        self.places.first().filter(|&&place| place < k).map_or(0.0, |&place| 1.0 / (place + 1) as f64)
    }
}

/// The same where every relevant item has a gain of its own. `hits`: place and gain, in the order of places; `all`: the
/// gains of all relevant items.
pub(super) fn weighted_ndcg(hits: &[(usize, f64)], mut all: Vec<f64>, k: usize) -> f64 {
    all.sort_by(|a, b| b.total_cmp(a));
    let ideal: f64 = all.iter().take(k).enumerate().map(|(place, size)| size * gain(place)).sum();
    let found: f64 =
        hits.iter().filter(|(place, _)| *place < k).map(|(place, size)| size * gain(*place)).sum();
    if ideal > 0.0 { found / ideal } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Amazon's developer guide: two relevant items, hits at rank 2 and 5 of 5.
    #[test]
    fn the_worked_example_of_the_developer_guide_comes_out() {
        let hits = Hits { places: vec![1, 4], n_relevant: 2 };
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        assert_eq!(rounded(hits.ndcg(5)), 0.6241);
        assert_eq!(hits.reciprocal_rank(25), 0.5);
        assert_eq!(hits.precision(5), 0.4);
    }

    #[test]
    fn nothing_found_is_zero_and_all_found_is_one() {
        let none = Hits { places: vec![], n_relevant: 3 };
        assert_eq!((none.ndcg(5), none.precision(5), none.reciprocal_rank(25)), (0.0, 0.0, 0.0));
        let all = Hits { places: vec![0, 1, 2], n_relevant: 3 };
        assert_eq!((all.ndcg(10), all.reciprocal_rank(25)), (1.0, 1.0));
    }

    #[test]
    fn the_more_an_event_counts_the_more_it_matters_where_it_stands() {
        assert_eq!(weighted_ndcg(&[(0, 1.5), (1, 0.5)], vec![0.5, 1.5], 25), 1.0);
        let (right, wrong) = (1.5 + 0.5 * gain(1), 0.5 + 1.5 * gain(1));
        assert!((weighted_ndcg(&[(0, 0.5), (1, 1.5)], vec![0.5, 1.5], 25) - wrong / right).abs() < 1e-12);
        assert_eq!(weighted_ndcg(&[], vec![0.0], 25), 0.0);
    }
}
