use std::sync::Arc;
use std::thread;

use crate::{DedupeKey, EventLog, Fate, Offset, Receipt, Record, StoreError};

/// The contract of [`EventLog`], as far as it can be seen without a restart.
pub fn event_log(fresh: &dyn Fn() -> Arc<dyn EventLog>) {
    records_come_back_in_order(&*fresh());
    a_repeat_is_stored_once(&*fresh());
    records_without_a_key_are_always_stored(&*fresh());
    an_empty_batch_is_answered(&*fresh());
    many_writers_share_the_log(&fresh());
}

fn record(key: Option<u128>, body: &str) -> Record {
    Record { key: key.map(DedupeKey), ..Record::new(1_700_000_000_000, body) }
}

fn append(log: &dyn EventLog, batch: Vec<Record>) -> Vec<Fate> {
    let receipt: Result<Receipt, StoreError> = log.append(batch).blocking_recv().expect("an answer");
    receipt.expect("stored").fates
}

fn scan(log: &dyn EventLog, from: u64) -> Vec<(Offset, Record)> {
    log.scan(Offset(from)).collect::<Result<_, _>>().expect("undamaged")
}

fn records_come_back_in_order(log: &dyn EventLog) {
    assert_eq!((log.end(), scan(log, 0)), (Offset(0), vec![]));
    let shared = Record { origin: Some(Arc::from(&b"call"[..])), ..record(None, "") };
    let records = [record(Some(1), "a"), shared, record(Some(u128::MAX), "ü")];
    assert_eq!(append(log, records[..2].to_vec()), [Fate::Stored(Offset(0)), Fate::Stored(Offset(1))]);
    assert_eq!(append(log, records[2..].to_vec()), [Fate::Stored(Offset(2))]);
    assert_eq!(log.end(), Offset(3));
    let all: Vec<_> = (0..).map(Offset).zip(records).collect();
    assert_eq!(scan(log, 0), all);
    assert_eq!(scan(log, 1), all[1..]);
    assert_eq!(scan(log, 3), vec![]);
    assert_eq!(scan(log, 99), vec![]);
}

fn a_repeat_is_stored_once(log: &dyn EventLog) {
    let twice = vec![record(Some(1), "a"), record(Some(1), "b"), record(Some(2), "c")];
    assert_eq!(append(log, twice), [Fate::Stored(Offset(0)), Fate::Repeat, Fate::Stored(Offset(1))]);
    assert_eq!(append(log, vec![record(Some(2), "d")]), [Fate::Repeat]);
    assert_eq!(scan(log, 0).into_iter().map(|(_, record)| record.body).collect::<Vec<_>>(), [b"a", b"c"]);
}

fn records_without_a_key_are_always_stored(log: &dyn EventLog) {
    assert_eq!(append(log, vec![record(None, "a"); 2]), [Fate::Stored(Offset(0)), Fate::Stored(Offset(1))]);
}

fn an_empty_batch_is_answered(log: &dyn EventLog) {
    assert_eq!(append(log, vec![]), []);
    assert_eq!(log.end(), Offset(0));
}

/// Every writer sends the same hundred keys, so each key has one winner.
fn many_writers_share_the_log(log: &Arc<dyn EventLog>) {
    let write = |log: &dyn EventLog| -> usize {
        let fates = (0..100).flat_map(|key| append(log, vec![record(Some(key), "x"), record(None, "y")]));
        fates.filter(|fate| matches!(fate, Fate::Stored(_))).count()
    };
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let log = log.clone();
            thread::spawn(move || write(&*log))
        })
        .collect();
    let stored: usize = writers.into_iter().map(|writer| writer.join().expect("a writer")).sum();
    assert_eq!(stored, 100 + 4 * 100);
    let offsets: Vec<u64> = scan(&**log, 0).into_iter().map(|(offset, _)| offset.0).collect();
    assert_eq!(offsets, (0..500).collect::<Vec<_>>());
}
