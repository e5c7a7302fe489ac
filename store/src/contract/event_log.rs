use std::ops::Range;
use std::sync::Arc;
use std::thread;

use crate::{Column, DedupeKey, EventLog, Fate, Offset, Receipt, Record, Row, StoreError};

/// The contract of [`EventLog`], as far as it can be seen without a restart.
pub fn event_log(fresh: &dyn Fn() -> Arc<dyn EventLog>) {
    records_come_back_in_order(&*fresh());
    a_repeat_is_stored_once(&*fresh());
    records_without_a_key_are_always_stored(&*fresh());
    an_empty_batch_is_answered(&*fresh());
    many_writers_share_the_log(&fresh());
    columns_say_what_the_records_say(&*fresh());
    sealing_and_retiring_change_nothing_that_is_kept(&*fresh());
}

/// What the records of these checks say: the origin is a session, the body an item and a time.
fn reading<'a>(
    _: &[Column],
    origin: Option<&'a [u8]>,
    bodies: &mut dyn Iterator<Item = &'a [u8]>,
    each: &mut dyn FnMut(&Row<'a>),
) {
    bodies.for_each(|body| each(&row(origin, body)));
}

fn row<'a>(origin: Option<&'a [u8]>, body: &'a [u8]) -> Row<'a> {
    let body = String::from_utf8_lossy(body);
    Row {
        outcome: if origin.is_some() { "accepted" } else { "refused" },
        session: origin.map(String::from_utf8_lossy),
        event_value: Some(body.len() as f32),
        sent_at_ms: Some(body.bytes().map(i64::from).sum()),
        item: (!body.is_empty()).then_some(body),
        ..Row::default()
    }
}

/// Every row from an offset on, as text.
fn said(log: &dyn EventLog, from: u64) -> Vec<(u64, String)> {
    said_in(log, Offset(from)..log.end())
}

fn said_in(log: &dyn EventLog, records: Range<Offset>) -> Vec<(u64, String)> {
    let mut rows = Vec::new();
    for columns in log.columns(records, &Column::ALL, reading) {
        let columns = columns.expect("undamaged");
        let texts =
            [Column::Outcome, Column::Session, Column::Item, Column::User].map(|text| columns.texts(text));
        let times = columns.times(Column::ReceivedAt).zip(columns.times(Column::SentAt));
        for (row, (times, value)) in times.zip(columns.event_values()).enumerate() {
            let texts = texts.map(|texts| texts.at(row));
            rows.push((columns.first().0 + row as u64, format!("{texts:?} {times:?} {value:?}")));
        }
    }
    rows
}

/// Records of all kinds, in batches.
fn write_some(log: &dyn EventLog) {
    for n in 0..60_u128 {
        let origin = Some(Arc::from(format!("call {}", n / 7).as_bytes()));
        let shared = |body: &str| Record {
            origin: origin.clone(),
            ..record(Some(n << 64 | body.len() as u128), body)
        };
        let batch = vec![shared("a"), shared("item ü"), record(None, ""), record(None, "alone")];
        append(log, batch);
    }
}

fn columns_say_what_the_records_say(log: &dyn EventLog) {
    assert_eq!(said(log, 0), []);
    write_some(log);
    let rows = said(log, 0);
    assert_eq!(rows.len(), 240);
    let first =
        r#"[Some("accepted"), Some("call 0"), Some("a"), None] (Some(1700000000000), Some(97)) Some(1.0)"#;
    assert_eq!(rows[0], (0, first.into()));
    let third = r#"[Some("refused"), None, None, None] (Some(1700000000000), Some(0)) Some(0.0)"#;
    assert_eq!(rows[2], (2, third.into()));
    for from in [1, 17, 239, 240, 999] {
        assert_eq!(said(log, from), rows[rows.len().min(from as usize)..]);
    }
    for (from, until) in [(0, 0), (0, 1), (16, 30), (17, 240), (239, 999), (9, 3)] {
        let between = rows.get(from..until.min(rows.len())).unwrap_or_default();
        assert_eq!(said_in(log, Offset(from as u64)..Offset(until as u64)), between);
    }
    let only_items = log
        .columns(Offset(0)..log.end(), &[Column::Item], reading)
        .map(|columns| columns.expect("undamaged"));
    let count: usize =
        only_items.map(|columns| columns.texts(Column::Item).numbers().flatten().count()).sum();
    assert_eq!(count, 180);
}

fn sealing_and_retiring_change_nothing_that_is_kept(log: &dyn EventLog) {
    write_some(log);
    let (records, rows) = (scan(log, 0), said(log, 0));
    let same = |log: &dyn EventLog| {
        for from in [0, 1, 17, 100, 239] {
            assert_eq!(
                (scan(log, from), said(log, from)),
                (records[from as usize..].to_vec(), rows[from as usize..].to_vec())
            );
            let mut bounds = vec![Offset(from)];
            bounds.extend(log.parts_behind(Offset(from)));
            bounds.push(log.end());
            let by_parts = bounds.windows(2).flat_map(|bounds| said_in(log, bounds[0]..bounds[1]));
            assert!(bounds.is_sorted() && by_parts.eq(rows[from as usize..].iter().cloned()));
        }
    };
    let mut sealed = 0;
    while let Some(sealing) = log.seal(reading).expect("sealed") {
        sealed += sealing.records;
        same(log);
    }
    let (soon, day) = (1_700_000_000_000, 24 * 60 * 60 * 1000);
    let mut segments = 0;
    for (days, keep_days) in [(0, 0), (6, 0), (9, 10)] {
        let retired = log.retire(soon + days * day, Some(keep_days * day)).expect("retired");
        assert_eq!(retired.records, 0, "repeats are told by them, or they are to be kept");
        segments += retired.segments;
        same(log);
    }
    assert_eq!(segments > 0, sealed > 0);
    assert_eq!(
        append(log, vec![record(Some(1 << 64 | 1), "a"), record(None, "new")]),
        [Fate::Repeat, Fate::Stored(Offset(240))]
    );

    assert_eq!(log.retire(soon + 20 * day, Some(10 * day)).expect("retired").records, sealed);
    assert_eq!(scan(log, 0)[..240 - sealed as usize], records[sealed as usize..]);
    assert_eq!(said(log, 0)[..240 - sealed as usize], rows[sealed as usize..]);
    assert_eq!(log.end(), Offset(241));
}

fn record(key: Option<u128>, body: &str) -> Record {
    Record { key: key.map(DedupeKey::of), ..Record::new(1_700_000_000_000, body) }
}

fn append(log: &dyn EventLog, batch: Vec<Record>) -> Vec<Fate> {
    let receipt: Result<Receipt, StoreError> = log.append(batch.into()).blocking_recv().expect("an answer");
    receipt.expect("stored").fates().collect()
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
    assert_eq!(scan(log, 0).into_iter().map(|(_, record)| record.body).collect::<Vec<_>>(), ["a", "c"]);
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
