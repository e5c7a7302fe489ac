//! Implicit ALS alone, for `npm run bench -- als`: `als SPLIT valid|test DIM SWEEPS RIDGE CONFIDENCE SEED OUT`.
//!
//! Learns what is older than the events to be predicted (train.tsv of SPLIT; for test valid.tsv too), writes
//! `item<TAB>factor factor …` to OUT, and prints the CPU seconds of the fit (all threads together), its wall seconds,
//! and the largest memory of the process in bytes. Linux only.

mod process;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use bowerbird_recipes::Interactions;
use bowerbird_recipes::kernel::Als;
use process::{cpu_seconds, peak_bytes};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [split, on, dim, sweeps, ridge, confidence, seed, out] = &arguments[..] else {
        return Err("usage: als SPLIT valid|test DIM SWEEPS RIDGE CONFIDENCE SEED OUT".into());
    };
    let older: &[&str] = if on == "valid" { &["train"] } else { &["train", "valid"] };
    let mut builder = Interactions::builder();
    for name in older {
        for line in fs::read_to_string(format!("{split}/{name}.tsv"))?.lines().skip(1) {
            let mut fields = line.split('\t');
            let (Some(user), Some(item)) = (fields.next(), fields.next()) else { continue };
            builder.push(user, item, 0, 1.0)?;
        }
    }
    let interactions = builder.build()?;
    let als = Als {
        dim: dim.parse()?,
        sweeps: sweeps.parse()?,
        steps: 1,
        ridge: ridge.parse()?,
        item_exponent: 0.5,
        confidence: confidence.parse()?,
    };
    let (before, start) = (cpu_seconds(), Instant::now());
    let factors = als.fit(&interactions, None, seed.parse()?, &|_, _| Ok(()))?;
    let (seconds, wall) = (cpu_seconds() - before, start.elapsed().as_secs_f64());
    let mut text = String::new();
    for (id, row) in interactions.item_ids().iter().zip(factors.rows()) {
        let row: Vec<String> = row.iter().map(f32::to_string).collect();
        writeln!(text, "{id}\t{}", row.join(" "))?;
    }
    fs::write(out, text)?;
    println!("{seconds:.4} {wall:.3} {:.0}", peak_bytes());
    Ok(())
}
