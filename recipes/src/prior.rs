//! "How popular is an item?" The prior of every recipe: how many different people met it, on a logarithmic scale up to the
//! one that most met. Of people whose meeting is long past a part may count, and of an item that appeals more than its
//! people.
//!
//! It is not: a trend ([`trending_now`](crate::trending_now)). What is above its own past and what is popular now are
//! two things.

use crate::Interactions;

pub(crate) const DAY_MS: f64 = 86_400_000.0;
/// Faded people do not vanish: an item that somebody met has more than one that nobody did. Far below anything that
/// changes an order.
const LEAST: f64 = 1e-30;

/// How people are counted; as they are by default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Prior {
    /// How much of the appeal of items counts, 0 to 1: the users of an item count as appeal^share times as many.
    pub(crate) appeal: f32,
    /// After so many days a person counts half (docs/recipes/aws-user-personalization.md); 0: always as one.
    pub(crate) half_life_days: f32,
}

impl Prior {
    /// ln(1 + people) / ln(1 + most people), as of the newest event; an item that appeals much may have more than 1. Zeros
    /// if nobody did anything. \[n_items\]
    pub(crate) fn of(self, interactions: &Interactions) -> Vec<f32> {
        if self.half_life_days == 0.0 && (self.appeal == 0.0 || interactions.appeal().is_empty()) {
            return popularity_prior(interactions);
        }
        let people = self.people(interactions);
        let most = most(&people).max(1.0).ln_1p();
        if interactions.appeal().is_empty() {
            return people.iter().map(|people| (people.ln_1p() / most) as f32).collect();
        }
        let by_appeal = |(people, &appeal): (&f64, &f32)| {
            let people = people * f64::from(appeal).powf(f64::from(self.appeal));
            (people.ln_1p() / most) as f32
        };
        people.iter().zip(interactions.appeal()).map(by_appeal).collect()
    }

    /// How many people the most popular item counts.
    pub(crate) fn most(self, interactions: &Interactions) -> f64 {
        most(&self.people(interactions))
    }

    /// The share of one that somebody counts after this time.
    pub(crate) fn left_after(self, age_ms: i64) -> f64 {
        if self.half_life_days == 0.0 {
            return 1.0;
        }
        let half_lives = age_ms as f64 / (f64::from(self.half_life_days) * DAY_MS);
        (-half_lives).exp2().max(LEAST)
    }

    fn people(self, interactions: &Interactions) -> Vec<f64> {
        let now = interactions.newest_ms();
        let mut people = vec![0.0; interactions.n_items()];
        interactions
            .each_meeting(|_, event| people[event.item as usize] += self.left_after(now - event.at_ms));
        people
    }
}

/// ln(1 + users) / ln(1 + most users). Zeros if nobody did anything.
pub(crate) fn popularity_prior(interactions: &Interactions) -> Vec<f32> {
    let users = interactions.users_per_item();
    let most = users.iter().copied().max().unwrap_or(0).max(1);
    users.iter().map(|&users| ((1.0 + f64::from(users)).ln() / (1.0 + f64::from(most)).ln()) as f32).collect()
}

fn most(people: &[f64]) -> f64 {
    people.iter().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    /// (user, item, days before the newest event)
    fn interactions(rows: &[(&str, &str, i64)]) -> Interactions {
        let mut builder = Interactions::builder();
        for (user, item, days) in rows {
            builder.push(user, item, (1000 - days) * DAY, 1.0).unwrap();
        }
        builder.build().unwrap()
    }

    #[test]
    fn a_person_counts_half_after_a_half_life_and_once_however_often_they_come_back() {
        let rows =
            [("u", "a", 3), ("u", "a", 1), ("v", "a", 2), ("w", "b", 0), ("w", "c", 40), ("x", "b", 0)];
        let prior = Prior { half_life_days: 1.0, ..Prior::default() };
        let people = prior.people(&interactions(&rows));
        assert_eq!(people[..2], [0.5 + 0.25, 2.0]);
        assert_eq!(prior.most(&interactions(&rows)), 2.0);
        let popularity = prior.of(&interactions(&rows));
        assert_eq!(popularity[1], 1.0);
        assert!((popularity[0] - (1.75f32.ln() / 3f32.ln())).abs() < 1e-6);
        assert!(popularity[2] > 0.0, "somebody met it");
    }

    #[test]
    fn without_a_half_life_the_prior_is_that_of_every_recipe() {
        let all = interactions(&[("u", "a", 300), ("v", "a", 0), ("v", "b", 7)]);
        assert_eq!(Prior::default().of(&all), popularity_prior(&all));
        assert_eq!(Prior::default().most(&all), 2.0);
    }

    #[test]
    fn the_least_that_is_left_is_still_something() {
        let prior = Prior { half_life_days: 0.25, ..Prior::default() };
        assert!(prior.left_after(10_000 * DAY) > 0.0);
        assert_eq!(prior.left_after(0), 1.0);
    }
}
