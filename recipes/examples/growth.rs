//! What training costs as data grow, for `npm run bench -- growth`: `growth EVENTS [NAME=VALUE …]`.
//!
//! Makes so many interactions from a seed and trains user personalization on them, with everything that a solution version
//! does. How much one person does is log-normal (a mean of 50, a spread of e); what they do it with is Zipf's over
//! one item for 300 interactions (at least 1,000 and at most 100,000), half of the time the neighbour of what they did
//! before, so that there is something to learn. Prints the items, the users, the CPU seconds of the training (all
//! threads), its wall seconds, and the largest memory of the process in bytes, which holds the interactions; and, where
//! errors go, the CPU seconds of each phase. Linux only.

mod phases;
mod process;
mod settings;

use std::error::Error;
use std::time::Instant;

use bowerbird_recipes::{Interactions, ItemTable, Training, find};
use phases::Phases;
use process::{cpu_seconds, peak_bytes};
use settings::settings;

/// Interactions of a person in the middle of a log-normal distribution with σ = 1: its mean is e^½ times as many.
const MEDIAN: f64 = 30.0;
const EVENTS_PER_ITEM: usize = 300;
const ITEMS: std::ops::RangeInclusive<usize> = 1_000..=100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let events: usize = arguments.next().ok_or("usage: growth EVENTS [NAME=VALUE …]")?.parse()?;
    let settings = settings(arguments);
    let interactions = interactions(events)?;
    let recipe = find("aws-user-personalization-v2").ok_or("no such recipe")?;
    let phases = Phases::default();
    let (before, start) = (cpu_seconds(), Instant::now());
    recipe.train(&Training {
        interactions: &interactions,
        items: &ItemTable::default(),
        seed: 1,
        progress: &phases,
        settings: &settings,
    })?;
    let (cpu, wall) = (cpu_seconds() - before, start.elapsed().as_secs_f64());
    phases.until_now().iter().for_each(|(phase, seconds)| eprintln!("{phase}\t{seconds:.2}"));
    let (users, items) = (interactions.n_users(), interactions.n_items());
    println!("{items} {users} {cpu:.2} {wall:.2} {:.0}", peak_bytes());
    Ok(())
}

fn interactions(events: usize) -> Result<Interactions, Box<dyn Error>> {
    let n_items = (events / EVENTS_PER_ITEM).clamp(*ITEMS.start(), *ITEMS.end());
    let mut random = Random(1);
    let mut builder = Interactions::builder();
    let (mut done, mut user) = (0, 0);
    while done < events {
        let length = (MEDIAN * random.normal().exp()).ceil().min((events - done) as f64) as usize;
        let mut item = random.zipf(n_items);
        let name = format!("u{user}");
        for at in 0..length {
            builder.push(&name, &format!("i{item}"), at as i64, 1.0)?;
            // The neighbours of an item are spread over the catalogue, as those of a film are.
            item = if random.uniform() < 0.5 { item * 7 % n_items } else { random.zipf(n_items) };
        }
        (done, user) = (done + length, user + 1);
    }
    Ok(builder.build()?)
}

/// The generator of Steele, Lea and Flood (2014).
struct Random(u64);

impl Random {
    /// 0 ≤ x < 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of mean 0 and deviation 1 (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// The number of an item, whose share falls with one over its rank: the inverse of ln(1 + rank), in closed form.
    fn zipf(&mut self, n: usize) -> usize {
        let rank = ((n as f64 + 1.0).ln() * self.uniform()).exp() - 1.0;
        (rank as usize).min(n - 1)
    }
}
