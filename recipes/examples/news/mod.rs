//! Events as a page of news has them, made up: items live for so many days, and people read two topics rather than others.
//!
//! It is not: a stand-in for real news. It says whether a recipe can learn that items grow old, and nothing of how much
//! that is worth on your page.

const PEOPLE: usize = 4000;
const ITEMS: usize = 1500;
const TOPICS: u64 = 10;
/// The data are as long as so many lives.
const LIVES: f64 = 60.0;
/// Nobody reads what is older than so many lives.
const LIVES_READ: f64 = 8.0;
/// How much rather somebody reads one of their topics.
const TASTE: f64 = 5.0;
const DAY_MS: f64 = 86_400_000.0;

/// User, item and time in milliseconds. An item is read with a weight of quality · e^(−age / life); qualities have
/// Pareto's distribution with the exponent 1.1.
pub(crate) fn news(life_days: f64, seed: u64) -> Vec<(String, String, i64)> {
    let (life, mut state) = (life_days * DAY_MS, seed);
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let items: Vec<(f64, f64, u64)> = (0..ITEMS)
        .map(|_| {
            let (born, quality) = (uniform() * LIVES * life, (1.0 - uniform()).powf(-1.0 / 1.1));
            (born, quality, (uniform() * TOPICS as f64) as u64)
        })
        .collect();
    let mut events = Vec::new();
    for user in 0..PEOPLE {
        let topics = [uniform(), uniform()].map(|number| (number * TOPICS as f64) as u64);
        for _ in 0..2 + (uniform() * 11.0) as usize {
            let now = uniform() * LIVES * life;
            let weights = items.iter().map(|&(born, quality, topic)| {
                let age = (now - born) / life;
                let taste = if topics.contains(&topic) { TASTE } else { 1.0 };
                if (0.0..LIVES_READ).contains(&age) { quality * (-age).exp() * taste } else { 0.0 }
            });
            let weights: Vec<f64> = weights.collect();
            let mut rest = uniform() * weights.iter().sum::<f64>();
            let read = weights.iter().position(|weight| {
                rest -= weight;
                rest < 0.0
            });
            if let Some(item) = read {
                events.push((format!("u{user}"), format!("n{item}"), now as i64));
            }
        }
    }
    events
}
