//! The two programs behind `npm run bench -- ingest`: `load` sends events and measures, `floor` is what the same HTTP
//! stack can do when it keeps each body and understands none of it.
//!
//! It is not: a general load generator. It speaks to loopback only, and knows one request.

mod floor;
mod load;
mod process;
mod request;

use clap::{Parser, Subcommand};

/// The allocator of the server: without it the floor would be lower than it is.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
}

fn main() -> std::io::Result<()> {
    match Arguments::parse().command {
        Command::Load(args) => load::run(&args),
        Command::Floor(args) => floor::run(&args),
    }
}
