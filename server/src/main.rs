//! `bowerbird serve` runs the server; `bowerbird evaluate` trains on a split and writes ranked lists.

mod actions;
mod allocator;
mod app;
mod arn;
mod auth;
mod control;
mod device;
mod doors;
mod entities;
mod error;
mod evaluate;
mod housekeeper;
mod http;
mod idle;
mod inspect;
mod interaction;
mod jobs;
mod lanes;
mod listen;
mod lists;
mod live;
mod log;
mod metrics;
mod models;
mod newcomers;
mod observe;
mod pace;
mod put_action_interactions;
mod put_entities;
mod recipe_table;
mod runtime;
mod serve;
mod trackers;
mod use_cases;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An open, self-hosted Amazon Personalize that begins in the browser.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Args),
    /// Train a recipe on a split and write its ranked lists, for any scorer.
    Evaluate(evaluate::Args),
}

fn main() -> ExitCode {
    allocator::keep_for_a_minute();
    let ended = match Arguments::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bowerbird: {error}");
            ExitCode::FAILURE
        }
    }
}
