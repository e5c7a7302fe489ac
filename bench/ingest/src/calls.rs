//! What a call costs before the log: reading it, and with keys and the batch for the log, on one thread, without a socket, a
//! disk or somebody who observes.

use std::error::Error;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bowerbird_sdk_server::ingest::{Accepted, Ingest, Observer, Trackers};
use bowerbird_store::{
    Appending, Batch, Column, Columns, EventLog, Offset, Reading, Receipt, Record, Retired, Sealing,
    StoreError,
};
use bowerbird_wire::{PutEvents, TrackingId};

use crate::request::Request;

/// The fastest of so many rounds counts: others use the machine too.
const ROUNDS: usize = 7;
const GROUP: &str = "arn:aws:personalize:us-east-1:000000000000:dataset-group/bench";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Events in a call.
    #[arg(long, default_value_t = 10)]
    batch: usize,
    /// Calls of a round.
    #[arg(long, default_value_t = 50_000)]
    calls: u32,
}

pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let nobody = Arc::new(Nobody { group: GROUP.into(), events: args.batch });
    let ingest = Ingest::new(nobody.clone(), nobody.clone(), nobody, || 1_763_900_000_000);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut request = Request::new(
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        "00000000000000000000000000000000",
        args.batch,
        0,
    );
    let mut best = |work: &dyn Fn(&[u8])| {
        let mut round = || {
            let started = Instant::now();
            for _ in 0..args.calls {
                request.renew();
                work(black_box(&request.bytes[request.bytes.len() - request.body_bytes..]));
            }
            started.elapsed() / args.calls
        };
        (0..ROUNDS).map(|_| round()).min().unwrap_or(Duration::MAX)
    };
    let parse = |body: &[u8]| PutEvents::parse(body).map(drop).expect("the load is valid");
    let put = |body: &[u8]| {
        let put = PutEvents::parse(body).expect("the load is valid");
        runtime.block_on(ingest.put_events(put)).map(drop).expect("nothing refuses it");
    };
    let made = best(&|_| {});
    let read = best(&parse);
    let whole = best(&put);
    println!(
        r#"{{"read_us":{:.2},"read_and_handed_to_the_log_us":{:.2}}}"#,
        (read - made).as_secs_f64() * 1e6,
        (whole - made).as_secs_f64() * 1e6,
    );
    Ok(())
}

/// Knows one dataset group, keeps nothing and looks at nothing.
struct Nobody {
    group: Arc<str>,
    /// Of each call.
    events: usize,
}

impl Trackers for Nobody {
    fn dataset_group(&self, _: &TrackingId) -> Option<Arc<str>> {
        Some(self.group.clone())
    }
}

impl Observer for Nobody {
    fn observe(&self, accepted: &Accepted<'_>) {
        black_box(accepted);
    }
}

impl EventLog for Nobody {
    fn append(&self, batch: Batch) -> Appending {
        let (teller, appending) = Appending::new();
        black_box(batch);
        teller.tell(Ok(Receipt { records: self.events, ..Receipt::default() }));
        appending
    }

    fn scan(&self, _: Offset) -> Box<dyn Iterator<Item = Result<(Offset, Record), StoreError>> + Send + '_> {
        Box::new(std::iter::empty())
    }

    fn columns(
        &self,
        _: Range<Offset>,
        _: &[Column],
        _: Reading,
    ) -> Box<dyn Iterator<Item = Result<Columns, StoreError>> + Send + '_> {
        Box::new(std::iter::empty())
    }

    fn seal(&self, _: Reading) -> Result<Option<Sealing>, StoreError> {
        Ok(None)
    }

    fn retire(&self, _: i64, _: Option<i64>) -> Result<Retired, StoreError> {
        Ok(Retired::default())
    }

    fn end(&self) -> Offset {
        Offset(0)
    }
}
