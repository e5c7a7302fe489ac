//! "It was shown; was it chosen?" How often items were shown and how often they were chosen then, and what follows for how
//! much they appeal: who is always shown and never chosen is less popular than the number of their users says.
//!
//! appeal(i) = (c + κ r) / (s + κ) / r: s times shown, c times chosen of these, r = Σ c / Σ s over all items, κ = 20 times
//! that everything is credited with as if it had been shown and chosen as all are.
//!
//! It is not: a model of places in a list. Whether an item was looked at is for whoever counts it as shown.

use std::collections::{BTreeMap, HashMap};

use crate::metrics::is_test_user;

/// κ. Ours: two ordinary clicks at a rate of one in ten.
const CREDIT: f64 = 20.0;
/// Appeal is at most so many times, and at least one in so many of, that of the average.
const MOST: f64 = 20.0;

/// Sums of shown and chosen by item, while interactions are collected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exposures {
    all: Counts,
    /// Without test users, so that nothing they did is in what is judged by them.
    trained: Counts,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    by_item: HashMap<String, [f64; 2]>,
    total: [f64; 2],
}

/// By item number; empty where nothing is known. \[n_items\]
#[derive(Clone, Debug, Default)]
pub(crate) struct Appeal {
    all: Vec<f32>,
    trained: Vec<f32>,
}

impl Exposures {
    pub(crate) fn add(&mut self, user: &str, item: &str, shown: u32, chosen: u32) {
        self.all.add(item, shown, chosen);
        if !is_test_user(user) {
            self.trained.add(item, shown, chosen);
        }
    }

    /// Items that are chosen less often than others where they are shown, with their appeal, below 1.
    pub(crate) fn passed_over(&self) -> BTreeMap<String, f32> {
        let ids: Vec<String> = self.all.by_item.keys().cloned().collect();
        let appeal = self.all.appeal(&ids);
        ids.into_iter().zip(appeal).filter(|(_, appeal)| *appeal < 1.0).collect()
    }

    pub(crate) fn appeal(&self, item_ids: &[String]) -> Appeal {
        Appeal { all: self.all.appeal(item_ids), trained: self.trained.appeal(item_ids) }
    }
}

impl Counts {
    fn add(&mut self, item: &str, shown: u32, chosen: u32) {
        let entry = self.by_item.entry(item.to_owned()).or_default();
        for sums in [entry, &mut self.total] {
            sums[0] += f64::from(shown);
            sums[1] += f64::from(chosen.min(shown));
        }
    }

    fn appeal(&self, item_ids: &[String]) -> Vec<f32> {
        let [shown, chosen] = self.total;
        // Where nothing was ever chosen, being passed over says nothing.
        if chosen == 0.0 {
            return Vec::new();
        }
        let rate = chosen / shown;
        let appeal = |id: &String| {
            let [shown, chosen] = self.by_item.get(id).copied().unwrap_or_default();
            let appeal = (chosen + CREDIT * rate) / (shown + CREDIT) / rate;
            appeal.clamp(1.0 / MOST, MOST) as f32
        };
        item_ids.iter().map(appeal).collect()
    }
}

impl Appeal {
    /// \[n_items\], or nothing.
    pub(crate) fn values(&self) -> &[f32] {
        &self.all
    }

    /// That which test users had no part in.
    pub(crate) fn of_training_users(&self) -> Self {
        Self { all: self.trained.clone(), trained: self.trained.clone() }
    }

    /// In other places of `n` items; those without one appeal as all do.
    pub(crate) fn moved(&self, places: &[u32], n: usize) -> Self {
        let moved = |values: &Vec<f32>| {
            let mut all = vec![1.0; if values.is_empty() { 0 } else { n }];
            values.iter().zip(places).for_each(|(value, &place)| all[place as usize] = *value);
            all
        };
        Self { all: moved(&self.all), trained: moved(&self.trained) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appeal(counts: &[(&str, u32, u32)], ids: &[&str]) -> Vec<f32> {
        let mut exposures = Exposures::default();
        counts.iter().for_each(|&(item, shown, chosen)| exposures.add("u", item, shown, chosen));
        exposures.appeal(&ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()).all
    }

    #[test]
    fn who_is_passed_over_appeals_less_and_who_was_never_shown_as_all_do() {
        let found = appeal(&[("liked", 100, 20), ("passed", 100, 0)], &["liked", "never", "passed"]);
        assert!(found[0] > 1.0 && found[2] < 0.2, "{found:?}");
        assert_eq!(found[1], 1.0);
        let often = appeal(&[("liked", 10_000, 900), ("passed", 10_000, 0)], &["passed"]);
        assert_eq!(often, [0.05]);
    }

    #[test]
    fn what_is_passed_over_is_told_by_id_whether_or_not_anybody_did_something_with_it() {
        let mut exposures = Exposures::default();
        exposures.add("u", "liked", 100, 20);
        exposures.add("u", "passed", 180, 0);
        let told: Vec<(String, f32)> = exposures.passed_over().into_iter().collect();
        assert_eq!(told, [("passed".to_owned(), 0.1)]);
    }

    #[test]
    fn few_times_say_little_and_without_any_choice_nothing_is_said() {
        let found = appeal(&[("liked", 1_000, 100), ("once", 1, 0)], &["once"]);
        assert!(found[0] > 0.9 && found[0] < 1.0, "{found:?}");
        assert!(appeal(&[("passed", 100, 0)], &["passed"]).is_empty());
    }
}
