//! What the columns of the event log cost and give: writes events by the ordinary way, seals them, and reads them back
//! as a training does. Prints one line of JSON; the times are processor time of the one thread that reads, best of several.

use std::collections::HashMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use bowerbird_sdk_server::ingest::{Accepted, HISTORY, Ingest, Observer, Trackers, rows as reading};
use bowerbird_store::{Column, Columns, EventLog, Offset, Record, Row, Sealing};
use bowerbird_wire::{PutEvents, TrackingId};

/// Events of a visit that come in one call.
const CALL: u64 = 10;
const USERS: u64 = 200_000;
const ITEMS: u64 = 20_000;
const REPEATS: usize = 5;

struct Shop;

impl Trackers for Shop {
    fn dataset_group(&self, _: &TrackingId) -> Option<Arc<str>> {
        Some("arn:aws:personalize:us-east-1:000000000000:dataset-group/shop".into())
    }
}

impl Observer for Shop {
    fn observe(&self, _: &Accepted<'_>) {}
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// An empty folder.
    #[arg(long)]
    folder: String,
    /// How many events to write.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
}

pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let store = bowerbird_store::open(&format!("file:{}", args.folder))?;
    write(store.events.clone(), args.events)?;
    drop(store);
    let sealing = (0..REPEATS).map(|_| seal(&args.folder)).collect::<Result<Vec<_>, _>>()?;
    let (Sealing { records: rows, from, to }, sealing) =
        sealing.into_iter().min_by_key(|(_, ns)| *ns).expect("it is repeated");
    let sealing = per(sealing, rows);
    let store = bowerbird_store::open(&format!("file:{}", args.folder))?;
    let log = &*store.events;
    let read = best(|| {
        log.columns(Offset(0)..Offset(rows), &HISTORY, reading)
            .map(|some| some.expect("undamaged"))
            .map(|some| touch(&some))
            .sum()
    });
    let two = best(|| {
        log.columns(Offset(0)..Offset(rows), &[Column::User, Column::Item], reading)
            .map(|some| some.expect("undamaged"))
            .map(|some| some.len() as u64)
            .sum()
    });
    let interactions = best(|| interactions(log, rows));
    let records = best(|| {
        let mut bytes = 0;
        for item in log.scan(Offset(0)).take(rows as usize) {
            let Record { origin, body, .. } = item.expect("undamaged").1;
            let mut add = |row: &Row<'_>| bytes += row.item.as_ref().map_or(0, |item| item.len() as u64);
            reading(&HISTORY, origin.as_deref(), &mut [&*body].into_iter(), &mut add);
        }
        bytes
    });
    println!(
        r#"{{"rows":{rows},"log_bytes_per_event":{:.1},"column_bytes_per_event":{:.1},"seal_us":{:.2},"columns_us":{:.4},"two_columns_us":{:.4},"interactions_us":{:.4},"records_us":{:.3}}}"#,
        from as f64 / rows as f64,
        to as f64 / rows as f64,
        sealing,
        per(read, rows),
        per(two, rows),
        per(interactions, rows),
        per(records, rows),
    );
    Ok(())
}

/// Seals all that can be, anew, and says how long that took.
fn seal(folder: &str) -> Result<(Sealing, u64), Box<dyn Error>> {
    for sealed in std::fs::read_dir(Path::new(folder).join("columns"))? {
        std::fs::remove_file(sealed?.path())?;
    }
    let store = bowerbird_store::open(&format!("file:{folder}"))?;
    let mut all = Sealing { records: 0, from: 0, to: 0 };
    let before = cpu_ns();
    while let Some(Sealing { records, from, to }) = store.events.seal(reading)? {
        all = Sealing { records: all.records + records, from: all.from + from, to: all.to + to };
    }
    Ok((all, cpu_ns() - before))
}

/// Visitors and items as people are: few do much, few are liked by many.
fn write(log: Arc<dyn EventLog>, events: u64) -> Result<(), Box<dyn Error>> {
    let shop = Arc::new(Shop);
    let ingest = Arc::new(Ingest::new(log, shop.clone(), shop, || 1_763_900_000_000));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let writers = (0..64_u64).map(|writer| {
        let ingest = ingest.clone();
        runtime.spawn(async move {
            for call in (writer..events / CALL).step_by(64) {
                let body = Bytes::from(body(call));
                let put = PutEvents::parse(&body).expect("as our own packages write it");
                ingest.put_events(put).await.expect("stored");
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    runtime.block_on(async {
        for writer in writers {
            writer.await.expect("written");
        }
    });
    Ok(())
}

fn body(call: u64) -> String {
    let (user, session) = (skewed(call, USERS), mixed(call));
    let events: Vec<String> = (0..CALL)
        .map(|n| {
            let (item, id) = (skewed(call * CALL + n, ITEMS), mixed(call * CALL + n));
            let at = 1_763_000_000 + call / 100 + n * 7;
            format!(
                r#"{{"eventId":"{id:016x}-4c1d-{:012x}","eventType":"{}","itemId":"item-{item}","sentAt":{at},"properties":"{{\"page\":\"/films/{item}\",\"position\":\"{n}\"}}"}}"#,
                mixed(id) >> 16,
                if n == 9 { "purchase" } else { "view" },
            )
        })
        .collect();
    format!(
        r#"{{"trackingId":"t","userId":"user-{user:08x}","sessionId":"{session:016x}","eventList":[{}]}}"#,
        events.join(",")
    )
}

/// SplitMix64. [Steele, Lea and Flood 2014]
fn mixed(n: u64) -> u64 {
    let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Below `end`, small numbers far more often: the cube of an even chance.
fn skewed(n: u64, end: u64) -> u64 {
    let chance = mixed(n ^ end) as f64 / u64::MAX as f64;
    ((chance * chance * chance * end as f64) as u64).min(end - 1)
}

/// Looks at every value of every column.
fn touch(columns: &Columns) -> u64 {
    let texts = [Column::DatasetGroup, Column::User, Column::Session, Column::EventType, Column::Item];
    let numbers: usize =
        texts.iter().map(|text| columns.texts(*text).numbers().flatten().sum::<usize>()).sum();
    let times = columns.times(Column::ReceivedAt).flatten().sum::<i64>()
        ^ columns.times(Column::SentAt).flatten().sum::<i64>();
    let values: f32 = columns.event_values().flatten().sum();
    numbers as u64 ^ times as u64 ^ u64::from(values.to_bits())
}

/// What a training makes of it: users and items as numbers over all files, and a time.
fn interactions(log: &dyn EventLog, rows: u64) -> u64 {
    let (mut users, mut items, mut all) = (HashMap::new(), HashMap::new(), Vec::new());
    for columns in
        log.columns(Offset(0)..Offset(rows), &HISTORY, reading).map(|some| some.expect("undamaged"))
    {
        let (user, item) = (columns.texts(Column::User), columns.texts(Column::Item));
        let user_numbers: Vec<u32> = user.words().map(|word| number(&mut users, word)).collect();
        let item_numbers: Vec<u32> = item.words().map(|word| number(&mut items, word)).collect();
        let pairs = user.numbers().zip(item.numbers()).zip(columns.times(Column::SentAt));
        all.extend(
            pairs.filter_map(|((user, item), at)| Some((user_numbers[user?], item_numbers[item?], at?))),
        );
    }
    black_box(&all).len() as u64
}

fn number(numbers: &mut HashMap<String, u32>, word: &str) -> u32 {
    if let Some(number) = numbers.get(word) {
        return *number;
    }
    let number = numbers.len() as u32;
    numbers.insert(word.to_owned(), number);
    number
}

fn best(mut work: impl FnMut() -> u64) -> u64 {
    let once = || {
        let before = cpu_ns();
        black_box(work());
        cpu_ns() - before
    };
    std::iter::repeat_with(once).take(REPEATS).min().unwrap_or_default()
}

/// Microseconds.
fn per(ns: u64, rows: u64) -> f64 {
    ns as f64 / 1000.0 / rows as f64
}

/// Processor time of this thread. [man 5 proc: the first field of schedstat]
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string(Path::new("/proc/thread-self/schedstat")).expect("Linux");
    text.split(' ').next().and_then(|field| field.parse().ok()).expect("nanoseconds")
}
