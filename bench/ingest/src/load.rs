//! Connections that send one call after the other, as fast as they are answered.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::Used;
use crate::request::Request;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the server listens.
    #[arg(long)]
    to: SocketAddr,
    /// The process whose use of the machine is measured.
    #[arg(long)]
    pid: u32,
    #[arg(long)]
    tracking_id: String,
    /// Events in a call.
    #[arg(long)]
    batch: usize,
    /// Tells the ids of this run from those of other runs.
    #[arg(long, default_value_t = 0)]
    run: u64,
    #[arg(long, default_value_t = 64)]
    connections: u64,
    /// No more than that, all connections together. Without it as fast as they are answered.
    #[arg(long)]
    events_per_s: Option<f64>,
    /// Before the measurement begins.
    #[arg(long, default_value_t = 0.5)]
    warm_up_s: f64,
    #[arg(long, default_value_t = 2.0)]
    measure_s: f64,
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    /// Of the calls that began and ended in the measured time.
    latencies_us: Vec<u32>,
    /// Calls that ended in the measured time, whenever they began.
    answered: usize,
    body_bytes: usize,
}

pub(crate) fn run(args: &Args) -> io::Result<()> {
    // One thread: the load leaves the other core to the server as long as it can.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(args))
}

async fn measure(args: &Args) -> io::Result<()> {
    let start = Instant::now() + Duration::from_secs_f64(args.warm_up_s);
    let end = start + Duration::from_secs_f64(args.measure_s);
    let calls_together = args.batch as f64 * args.connections as f64;
    let pace = Duration::from_secs_f64(args.events_per_s.map_or(0.0, |rate| calls_together / rate));
    let connections = (0..args.connections).map(|n| {
        let request = Request::new(args.to, &args.tracking_id, args.batch, args.run * args.connections + n);
        tokio::spawn(send(args.to, request, pace, start, end))
    });
    let connections: Vec<_> = connections.collect();
    tokio::time::sleep_until(start.into()).await;
    let before = uses(args.pid)?;
    tokio::time::sleep_until(end.into()).await;
    let after = uses(args.pid)?;
    let mut all = Seen::default();
    for connection in connections {
        let seen = connection.await??;
        all.latencies_us.extend(seen.latencies_us);
        all.answered += seen.answered;
        all.body_bytes = seen.body_bytes;
    }
    print(args, all, before, after);
    Ok(())
}

/// `pace` is the time from one call to the next at least.
async fn send(
    to: SocketAddr,
    mut request: Request,
    pace: Duration,
    start: Instant,
    end: Instant,
) -> io::Result<Seen> {
    let mut stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let mut seen = Seen { body_bytes: request.body_bytes, ..Seen::default() };
    let mut answer = Vec::with_capacity(4096);
    loop {
        request.renew();
        let sent = Instant::now();
        stream.write_all(&request.bytes).await?;
        read_answer(&mut stream, &mut answer).await?;
        let answered = Instant::now();
        if answered >= end {
            return Ok(seen);
        }
        seen.answered += usize::from(answered >= start);
        if sent >= start {
            seen.latencies_us.push((answered - sent).as_micros() as u32);
        }
        if !pace.is_zero() {
            tokio::time::sleep_until((sent + pace).into()).await;
        }
    }
}

/// Reads one whole answer; anything but 200 ends the run, since a refusal is cheaper than what is measured.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<()> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(bytes) = answer_bytes(answer).filter(|bytes| answer.len() >= *bytes) {
            answer.truncate(bytes);
            break;
        }
    }
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(answer)))
}

/// How long the answer will be, as soon as its head is there. Line by line, so that a longer head costs little more.
fn answer_bytes(answer: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length: ";
    let (mut at, mut length) = (0, 0);
    loop {
        let line = &answer[at..];
        let line = &line[..=line.iter().position(|byte| *byte == b'\n')?];
        at += line.len();
        if line == b"\r\n" {
            return Some(at + length);
        }
        if let Some((name, digits)) = line.split_at_checked(NAME.len())
            && name.eq_ignore_ascii_case(NAME)
        {
            let digits = digits.iter().take_while(|digit| digit.is_ascii_digit());
            length = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
        }
    }
}

/// What the server used: all of it, what works later, what writes the log.
fn uses(pid: u32) -> io::Result<[Used; 3]> {
    Ok([Used::by(pid)?, Used::later(pid)?, Used::by_log(pid)?])
}

fn print(args: &Args, mut seen: Seen, before: [Used; 3], after: [Used; 3]) {
    seen.latencies_us.sort_unstable();
    let latency = |share: f64| {
        let at = (share * seen.latencies_us.len() as f64) as usize;
        seen.latencies_us.get(at).copied().unwrap_or(0)
    };
    let events = (seen.answered * args.batch) as f64;
    let sent = (seen.answered * seen.body_bytes) as f64;
    let [all, later, log] = [0, 1, 2].map(|at| after[at].since(before[at]));
    println!(
        r#"{{"events_per_s":{:.0},"cpu_us_per_event":{:.2},"answer_cpu_us_per_event":{:.2},"p50_us":{},"p99_us":{},"written_per_sent":{:.3},"synced_per_sent":{:.3}}}"#,
        events / args.measure_s,
        all.cpu_us as f64 / events,
        (all.cpu_us - later.cpu_us) as f64 / events,
        latency(0.5),
        latency(0.99),
        all.written as f64 / sent,
        log.written as f64 / sent,
    );
}
