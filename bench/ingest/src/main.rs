//! The programs behind `npm run bench -- ingest`: `load` sends events and measures, `floor` is what the same HTTP stack
//! can do when it keeps each body and understands none of it. And behind `npm run bench -- columns` and
//! `npm run bench -- keys`: `columns`, `keys`. `calls` is there to be profiled: what a call costs before the log.
//!
//! It is not: a general load generator. It speaks to loopback only, and knows one request.

mod calls;
mod columns;
mod floor;
mod keys;
mod load;
mod process;
mod request;

/// What the server listens with, its threads and its allocator: the floor has the same.
#[path = "../../../server/src/allocator.rs"]
#[allow(dead_code, reason = "the floor is not there for long enough to give anything back")]
mod allocator;
#[path = "../../../server/src/idle.rs"]
#[allow(dead_code, reason = "the floor has no answers that are sent piece by piece")]
mod idle;
#[path = "../../../server/src/lanes.rs"]
mod lanes;
#[path = "../../../server/src/listen.rs"]
mod listen;
mod doors {
    pub(crate) use crate::floor::Doors;
}

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Send events for a while; prints one line of JSON.
    Load(load::Args),
    /// Answer `POST /events` when the raw body is durable.
    Floor(floor::Args),
    /// Read calls and hand them to no log; prints one line of JSON.
    Calls(calls::Args),
    /// Write events, seal them, and read their columns back; prints one line of JSON.
    Columns(columns::Args),
    /// Write records with keys, or open a log that holds them; prints one line of JSON.
    Keys(keys::Args),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    allocator::keep_for_a_minute();
    match Arguments::parse().command {
        Command::Load(args) => Ok(load::run(&args)?),
        Command::Floor(args) => Ok(floor::run(&args)?),
        Command::Calls(args) => calls::run(&args),
        Command::Columns(args) => columns::run(&args),
        Command::Keys(args) => keys::run(&args),
    }
}
