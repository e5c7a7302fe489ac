//! What the kernel says that a process used: `/proc`, so Linux only.

use std::fs;
use std::io;

/// Microseconds in a tick of `/proc/PID/stat`: 100 ticks a second on every Linux. [man 5 proc; sysconf(_SC_CLK_TCK)]
const TICK_US: u64 = 10_000;

/// Threads of the server that work when the sender has its answer already: columns, and files that make a start quick.
const LATER: [&str; 3] = ["housekeeper", "event-log-keys", "snapshots"];
/// The thread of the server that writes what is synced before the answer.
const LOG: &str = "event-log";

/// What a process used since it started, or some threads of it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    /// In the program and in the kernel.
    pub(crate) cpu_us: u64,
    /// Bytes that it made the disk write.
    pub(crate) written: u64,
}

impl Used {
    pub(crate) fn by(pid: u32) -> io::Result<Self> {
        read(&format!("/proc/{pid}")).map(|(_, used)| used)
    }

    /// By the threads that work later.
    pub(crate) fn later(pid: u32) -> io::Result<Self> {
        by_threads(pid, |name| LATER.contains(&name))
    }

    /// By the thread that writes the log.
    pub(crate) fn by_log(pid: u32) -> io::Result<Self> {
        by_threads(pid, |name| name == LOG)
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self { cpu_us: self.cpu_us - before.cpu_us, written: self.written - before.written }
    }
}

fn by_threads(pid: u32, is_wanted: impl Fn(&str) -> bool) -> io::Result<Used> {
    let mut all = Used::default();
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // One that has just ended is gone with what it used.
        let Ok((name, used)) = read(&thread?.path().display().to_string()) else { continue };
        if is_wanted(&name) {
            all.cpu_us += used.cpu_us;
            all.written += used.written;
        }
    }
    Ok(all)
}

/// The name of a process or thread, and what it used.
fn read(folder: &str) -> io::Result<(String, Used)> {
    let stat = fs::read_to_string(format!("{folder}/stat"))?;
    // The name may hold spaces; behind its bracket the numbers begin with field 3.
    let (front, numbers) = stat.rsplit_once(')').unwrap_or_default();
    let name = front.split_once('(').unwrap_or_default().1.to_owned();
    let fields: Vec<&str> = numbers.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    let io = fs::read_to_string(format!("{folder}/io"))?;
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok());
    Ok((name, Used { cpu_us: (ticks(11) + ticks(12)) * TICK_US, written: written.unwrap_or(0) }))
}
