//! Implicit ALS alone, for `npm run bench -- als`: `als SPLIT DIM SWEEPS RIDGE OUT`.
//!
//! Learns train.tsv and valid.tsv of SPLIT, writes `item<TAB>factor factor …` to OUT, and prints the CPU seconds of the
//! fit (all threads together) and the largest memory of the process in bytes. Linux only.

mod process;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use bowerbird_recipes::Interactions;
use bowerbird_recipes::kernel::Als;
use process::{cpu_seconds, peak_bytes};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [split, dim, sweeps, ridge, out] = &arguments[..] else {
        return Err("usage: als SPLIT DIM SWEEPS RIDGE OUT".into());
    };
    let mut builder = Interactions::builder();
    for name in ["train", "valid"] {
        for line in fs::read_to_string(format!("{split}/{name}.tsv"))?.lines().skip(1) {
            let mut fields = line.split('\t');
            let (Some(user), Some(item)) = (fields.next(), fields.next()) else { continue };
            builder.push(user, item, 0, 1.0)?;
        }
    }
    let interactions = builder.build()?;
    let als = Als { dim: dim.parse()?, sweeps: sweeps.parse()?, ridge: ridge.parse()?, confidence: 1.0 };
    let before = cpu_seconds();
    let factors = als.fit(&interactions, None, 1, &|_, _| Ok(()))?;
    let seconds = cpu_seconds() - before;
    let mut text = String::new();
    for (id, row) in interactions.item_ids().iter().zip(factors.rows()) {
        let row: Vec<String> = row.iter().map(f32::to_string).collect();
        writeln!(text, "{id}\t{}", row.join(" "))?;
    }
    fs::write(out, text)?;
    println!("{seconds:.2} {:.0}", peak_bytes());
    Ok(())
}
