//! What tells repeats apart, when there is a lot of it: writes records with keys, spread over the days for which they count,
//! or opens a log that holds such. Both print one line of JSON.

use std::error::Error;
use std::fs;
use std::time::Instant;

use bowerbird_store::{DedupeKey, Offset, Record};

use crate::process::Used;

/// Records of a batch, and batches that wait for one sync.
const BATCH: u64 = 500;
const BATCHES: usize = 100;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Full days for which a key counts, and today.
const DAYS: u64 = 8;
const TODAY_MS: i64 = 1_763_900_000_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    folder: String,
    /// How many records to write; without it the log is opened.
    #[arg(long)]
    write: Option<u64>,
}

pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let started = (Instant::now(), Used::by(std::process::id())?);
    let store = bowerbird_store::open(&format!("file:{}", args.folder))?;
    let Some(records) = args.write else {
        let used = Used::by(std::process::id())?;
        println!(
            r#"{{"records":{},"open_s":{:.2},"open_cpu_s":{:.2},"key_mb":{:.0},"resident_mb":{:.0}}}"#,
            store.events.end().0,
            started.0.elapsed().as_secs_f64(),
            (used.cpu_us - started.1.cpu_us) as f64 / 1e6,
            store.events.key_bytes() as f64 / 1e6,
            resident()? / 1e6,
        );
        // One of the oldest and one of the newest are known.
        let ends = [0, store.events.end().0 - 1].map(|n| record(n, store.events.end().0));
        let receipt = store.events.append(ends.to_vec().into()).blocking_recv()??;
        assert_eq!(receipt.repeats.len(), ends.len(), "{receipt:?}");
        return Ok(());
    };
    let mut waiting = Vec::with_capacity(BATCHES);
    for first in (0..records).step_by(BATCH as usize) {
        let batch: Vec<Record> = (first..records.min(first + BATCH)).map(|n| record(n, records)).collect();
        waiting.push(store.events.append(batch.into()));
        if waiting.len() == BATCHES {
            for appending in waiting.drain(..) {
                appending.blocking_recv()??;
            }
        }
    }
    for appending in waiting {
        appending.blocking_recv()??;
    }
    assert_eq!(store.events.end(), Offset(records), "no two keys are equal");
    println!(r#"{{"records":{records},"write_s":{:.0}}}"#, started.0.elapsed().as_secs_f64());
    Ok(())
}

fn record(n: u64, records: u64) -> Record {
    let mixed =
        |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let key = u128::from(mixed(n)) << 64 | u128::from(mixed(!n));
    let days_ago = DAYS - 1 - n * DAYS / records.max(1);
    let at_ms = TODAY_MS - days_ago as i64 * DAY_MS;
    Record { key: Some(DedupeKey::of(key)), ..Record::new(at_ms, "{}") }
}

/// Bytes of memory of this process that are no file.
fn resident() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).ok_or("no RssAnon")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
