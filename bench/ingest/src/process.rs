//! What the kernel says that a process used: `/proc`, so Linux only.

use std::fs;
use std::io;

/// Microseconds in a tick of `/proc/PID/stat`: 100 ticks a second on every Linux. [man 5 proc; sysconf(_SC_CLK_TCK)]
const TICK_US: u64 = 10_000;

/// What a process used since it started.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    /// Of all its threads, in the program and in the kernel.
    pub(crate) cpu_us: u64,
    /// Bytes that it made the disk write.
    pub(crate) written: u64,
}

impl Used {
    pub(crate) fn by(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name of the program may hold spaces; behind its bracket the numbers begin with field 3.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        let io = fs::read_to_string(format!("/proc/{pid}/io"))?;
        let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok());
        Ok(Self { cpu_us: (ticks(11) + ticks(12)) * TICK_US, written: written.unwrap_or(0) })
    }
}
