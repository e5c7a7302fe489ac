//! A process that is killed while it appends loses nothing that it acknowledged, and stores nothing twice.

#![allow(clippy::unwrap_used)] // in a test program a panic is the report

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use bowerbird_store::{DedupeKey, EventLog, Fate, Offset, Record, Store, open};

const DIR: &str = "BOWERBIRD_KILL9_DIR";
const ROUND: &str = "BOWERBIRD_KILL9_ROUND";
const ROUNDS: u128 = 20;

fn store(dir: &Path) -> Store {
    open(&format!("file:{}", dir.display())).unwrap()
}

fn append(log: &dyn EventLog, keys: &[u128]) -> Vec<Fate> {
    let record = |key: &u128| Record {
        key: Some(DedupeKey::of(*key)),
        ..Record::new(1_700_000_000_000, key.to_string())
    };
    let batch: Vec<Record> = keys.iter().map(record).collect();
    log.append(batch.into()).blocking_recv().unwrap().unwrap().fates().collect()
}

/// The process that will be killed: three threads append batches for ever and print each key that was acknowledged.
#[test]
#[ignore = "runs as a child of the test below"]
fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let round: u128 = std::env::var(ROUND).unwrap().parse().unwrap();
    let store = store(Path::new(&dir));
    thread::scope(|scope| {
        for writer in 0..3_u128 {
            let log = store.events.clone();
            scope.spawn(move || {
                for first in (0_u128..).step_by(7) {
                    let keys: Vec<u128> =
                        (first..first + 7).map(|n| round << 54 | writer << 48 | n).collect();
                    append(&*log, &keys);
                    let lines: String = keys.iter().map(|key| format!("ack {key}\n")).collect();
                    std::io::stdout().lock().write_all(lines.as_bytes()).unwrap();
                }
            });
        }
    });
}

#[test]
fn twenty_kills_lose_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(DIR, dir.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let acks = |line: String| line.strip_prefix("ack ").map(|key| key.parse::<u128>().unwrap());
        // Each round dies at another moment of its life.
        acknowledged.extend(lines.by_ref().filter_map(acks).take(5 + 61 * round as usize));
        child.kill().unwrap();
        // What was printed before the kill was acknowledged too; the last line may be half of one.
        let mut rest: Vec<String> = lines.collect();
        rest.pop();
        acknowledged.extend(rest.into_iter().filter_map(acks));
        child.wait().unwrap();

        let log = store(dir.path()).events;
        let mut stored: HashMap<u128, usize> = HashMap::new();
        for item in log.scan(Offset(0)) {
            *stored.entry(item.unwrap().1.key.unwrap().bits()).or_default() += 1;
        }
        let lost: Vec<&u128> = acknowledged.iter().filter(|key| !stored.contains_key(key)).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} lost: {lost:?}", lost.len(), acknowledged.len());
        assert!(stored.values().all(|n| *n == 1), "round {round}: something is there twice");
        assert!(append(&*log, &acknowledged).iter().all(|fate| *fate == Fate::Repeat), "round {round}");
    }
    assert!(acknowledged.len() > 10_000, "only {} events were acknowledged", acknowledged.len());
}

#[test]
fn a_directory_has_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let _first = store(dir.path());
    let second = open(&format!("file:{}", dir.path().display())).err().unwrap().to_string();
    assert!(second.contains("in use by another process"), "{second}");
}
