//! "How good are these lists, for whom, and how sure is that?" Metrics of lists that somebody made, by us or by others,
//! with confidence intervals and by how much the users had done before. Definitions: docs/recipes/metrics.md.

use std::collections::HashMap;

use super::rank::Hits;
use crate::kernel::mix;

/// One user: what came before, what was recommended (best first), what came after. Ids of items, in any numbering.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Items of the history, with repeats.
    pub history: Vec<u32>,
    /// The list.
    pub list: Vec<u32>,
    /// The truth; not empty. Repeats count once.
    pub truth: Vec<u32>,
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// `all`, `new`, `occasional` or `heavy`.
    pub segment: &'static str,
    /// Its name.
    pub metric: &'static str,
    /// Its value.
    pub value: f64,
    /// 95 % of the bootstrap samples lie between these; the value twice where the metric is not a mean over users.
    pub interval: (f64, f64),
    /// Over how many users.
    pub n_users: usize,
}

/// Users with fewer events are new.
const OCCASIONAL: usize = 5;
/// Users with as many events are heavy.
const HEAVY: usize = 50;
/// Items with fewer users are cold: what Personalize calls so.
const COLD: u32 = 5;
/// Samples of the bootstrap (Efron 1979): the ends of a 95 % interval are then the 25th and the 975th.
const SAMPLES: usize = 1000;
/// Length of the list that the metrics without a number in their name look at.
const SHORT: usize = 10;
/// Length of the list that coverage looks at.
const LONG: usize = 25;

/// A metric that is a mean over users.
type Mean = (&'static str, fn(&Judged, &Hits, &Facts) -> f64);

const MEANS: [Mean; 19] = [
    ("mean_reciprocal_rank_at_25", |_, hits, _| hits.reciprocal_rank(25)),
    ("normalized_discounted_cumulative_gain_at_5", |_, hits, _| hits.ndcg(5)),
    ("normalized_discounted_cumulative_gain_at_10", |_, hits, _| hits.ndcg(10)),
    ("normalized_discounted_cumulative_gain_at_25", |_, hits, _| hits.ndcg(25)),
    ("precision_at_5", |_, hits, _| hits.precision(5)),
    ("precision_at_10", |_, hits, _| hits.precision(10)),
    ("precision_at_25", |_, hits, _| hits.precision(25)),
    ("recall_at_5", |_, hits, _| hits.recall(5)),
    ("recall_at_10", |_, hits, _| hits.recall(10)),
    ("recall_at_25", |_, hits, _| hits.recall(25)),
    ("hit_rate_at_5", |_, hits, _| hits.hit(5)),
    ("hit_rate_at_10", |_, hits, _| hits.hit(10)),
    ("hit_rate_at_25", |_, hits, _| hits.hit(25)),
    ("novelty_at_10", |judged, _, facts| facts.mean(judged, |item| facts.surprise(item))),
    ("popularity_at_10", |judged, _, facts| facts.mean(judged, |item| facts.popularity(item))),
    ("cold_item_share_at_10", |judged, _, facts| {
        facts.mean(judged, |item| f64::from(facts.n_users_of(item) < COLD as usize))
    }),
    ("serendipity_at_10", |judged, hits, facts| facts.serendipity(judged, hits)),
    ("intra_list_diversity_at_10", |judged, _, facts| facts.diversity(judged)),
    ("repeats_at_10", |judged, _, facts| {
        facts.mean(judged, |item| f64::from(judged.history.contains(&item)))
    }),
];

/// What the histories say about the items.
struct Facts {
    n_users: usize,
    /// Sorted users of each item that anybody has.
    users: HashMap<u32, Vec<u32>>,
    /// The most popular items, as many as the list is short.
    popular: Vec<u32>,
}

/// The metrics of these lists. `n_items`: the catalogue. The same seed gives the same intervals.
pub fn report(judged: &[Judged], n_items: usize, seed: u64) -> Vec<Line> {
    let facts = Facts::new(judged);
    let hits: Vec<Hits> = judged.iter().map(hits).collect();
    let mut lines = Vec::new();
    for (segment, from, to) in [
        ("all", 0, usize::MAX),
        ("new", 0, OCCASIONAL),
        ("occasional", OCCASIONAL, HEAVY),
        ("heavy", HEAVY, usize::MAX),
    ] {
        let is_in = |at: &usize| (from..to).contains(&judged[*at].history.len());
        let users: Vec<usize> = (0..judged.len()).filter(is_in).collect();
        if users.is_empty() {
            continue;
        }
        for (metric, of) in MEANS {
            let values: Vec<f64> = users.iter().map(|&at| of(&judged[at], &hits[at], &facts)).collect();
            let (value, interval) = (mean(&values), bootstrap(&values, seed));
            lines.push(Line { segment, metric, value, interval, n_users: users.len() });
        }
        let value = coverage(users.iter().map(|&at| &judged[at]), n_items);
        lines.push(Line {
            segment,
            metric: "coverage",
            value,
            interval: (value, value),
            n_users: users.len(),
        });
    }
    lines
}

fn hits(judged: &Judged) -> Hits {
    let mut truth = judged.truth.clone();
    truth.sort_unstable();
    truth.dedup();
    let places = (0..judged.list.len()).filter(|&place| truth.binary_search(&judged.list[place]).is_ok());
    Hits { places: places.collect(), n_relevant: truth.len() }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The 2.5th and the 97.5th percentile of the means of samples with replacement.
fn bootstrap(values: &[f64], seed: u64) -> (f64, f64) {
    let n = values.len() as u128;
    let sample = |number: usize| {
        let draw = |at: usize| {
            let random = mix(seed ^ mix(((number as u64) << 32) | at as u64));
            values[((u128::from(random) * n) >> 64) as usize]
        };
        (0..values.len()).map(draw).sum::<f64>() / values.len() as f64
    };
    let mut means: Vec<f64> = (0..SAMPLES).map(sample).collect();
    means.sort_unstable_by(f64::total_cmp);
    (means[SAMPLES / 40 - 1], means[SAMPLES - SAMPLES / 40 - 1])
}

/// Different items in the first 25 of all lists ÷ items of the catalogue.
fn coverage<'a>(judged: impl Iterator<Item = &'a Judged>, n_items: usize) -> f64 {
    let mut shown: Vec<u32> = judged.flat_map(|judged| judged.list.iter().take(LONG)).copied().collect();
    shown.sort_unstable();
    shown.dedup();
    shown.len() as f64 / n_items.max(1) as f64
}

impl Facts {
    fn new(judged: &[Judged]) -> Self {
        let mut users: HashMap<u32, Vec<u32>> = HashMap::new();
        for (user, judged) in (0..).zip(judged) {
            for &item in &judged.history {
                let of_item = users.entry(item).or_default();
                if of_item.last() != Some(&user) {
                    of_item.push(user);
                }
            }
        }
        let mut popular: Vec<u32> = users.keys().copied().collect();
        popular.sort_unstable_by_key(|item| (usize::MAX - users[item].len(), *item));
        popular.truncate(SHORT);
        Self { n_users: judged.len(), users, popular }
    }

    fn n_users_of(&self, item: u32) -> usize {
        self.users.get(&item).map_or(0, Vec::len)
    }

    /// The share of users who have it.
    fn popularity(&self, item: u32) -> f64 {
        self.n_users_of(item) as f64 / self.n_users.max(1) as f64
    }

    /// −log₂ of the share of users who have it; one more has everything, so that nothing is infinite.
    fn surprise(&self, item: u32) -> f64 {
        -((self.n_users_of(item) + 1) as f64 / (self.n_users + 1) as f64).log2()
    }

    /// Over the first places of a list; 0 without any.
    fn mean(&self, judged: &Judged, of: impl Fn(u32) -> f64) -> f64 {
        mean(&judged.list.iter().take(SHORT).map(|&item| of(item)).collect::<Vec<_>>())
    }

    /// Hits that the list of popular items would not have had, ÷ 10.
    fn serendipity(&self, judged: &Judged, hits: &Hits) -> f64 {
        let short = hits.places.iter().filter(|&&place| place < SHORT);
        short.filter(|&&place| !self.popular.contains(&judged.list[place])).count() as f64 / SHORT as f64
    }

    /// One minus the mean cosine of all pairs, an item being the set of its users. 0 for fewer than two items.
    fn diversity(&self, judged: &Judged) -> f64 {
        let items = &judged.list[..judged.list.len().min(SHORT)];
        let pairs = (0..items.len()).flat_map(|a| (a + 1..items.len()).map(move |b| (a, b)));
        let cosines: Vec<f64> = pairs.map(|(a, b)| self.cosine(items[a], items[b])).collect();
        if cosines.is_empty() { 0.0 } else { 1.0 - mean(&cosines) }
    }

    fn cosine(&self, a: u32, b: u32) -> f64 {
        let (Some(a), Some(b)) = (self.users.get(&a), self.users.get(&b)) else { return 0.0 };
        let (mut at, mut both) = (0, 0usize);
        for user in a {
            while at < b.len() && b[at] < *user {
                at += 1;
            }
            both += usize::from(b.get(at) == Some(user));
        }
        both as f64 / ((a.len() * b.len()) as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(history: &[u32], list: &[u32], truth: &[u32]) -> Judged {
        Judged { history: history.to_vec(), list: list.to_vec(), truth: truth.to_vec() }
    }

    fn value(lines: &[Line], segment: &str, metric: &str) -> Line {
        lines.iter().find(|line| line.segment == segment && line.metric == metric).unwrap().clone()
    }

    #[test]
    fn each_metric_is_what_its_definition_says() {
        let lists = [judged(&[1, 2, 1], &[3, 1, 9], &[1, 3, 3]), judged(&[1; 60], &[2, 1], &[7])];
        let lines = report(&lists, 10, 7);
        let all = |metric: &str| value(&lines, "all", metric).value;
        assert_eq!(all("hit_rate_at_5"), 0.5);
        assert_eq!(all("recall_at_5"), 0.5);
        assert_eq!(all("precision_at_5"), 0.2);
        assert_eq!(all("coverage"), 0.4);
        assert_eq!(all("repeats_at_10"), (1.0 / 3.0 + 0.5) / 2.0);
        assert_eq!(all("popularity_at_10"), (1.0 / 3.0 + 0.75) / 2.0);
        assert_eq!(all("serendipity_at_10"), 0.05);
        let together = 1.0 / 2.0f64.sqrt();
        assert!((all("intra_list_diversity_at_10") - (1.0 + (1.0 - together)) / 2.0).abs() < 1e-12);
        assert_eq!(value(&lines, "new", "hit_rate_at_5").value, 1.0);
        assert_eq!(value(&lines, "heavy", "hit_rate_at_5").n_users, 1);
        assert!(lines.iter().all(|line| line.segment != "occasional"));
    }

    #[test]
    fn an_interval_holds_the_value_and_follows_from_the_seed() {
        let lists: Vec<Judged> = (0..200).map(|n| judged(&[1], &[n % 3], &[0])).collect();
        let line = value(&report(&lists, 3, 1), "all", "hit_rate_at_5");
        assert!(line.interval.0 < line.value && line.value < line.interval.1);
        assert!(line.interval.1 - line.interval.0 < 0.2);
        assert_eq!(line, value(&report(&lists, 3, 1), "all", "hit_rate_at_5"));
    }

    #[test]
    fn lists_that_are_empty_break_nothing() {
        let lines = report(&[judged(&[], &[], &[1])], 0, 0);
        assert!(lines.iter().all(|line| line.value == 0.0 && line.interval == (0.0, 0.0)));
        assert!(report(&[], 5, 0).is_empty());
    }
}
