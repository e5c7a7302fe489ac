//! `cargo xtask layers` · `cargo xtask wasm`
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use xtask::{layers, wasm};

const USAGE: &str = "usage: cargo xtask layers   who imports whom, and what must never be in a crate
       cargo xtask wasm     the modules of the browser package, into sdk-wasm/pkg";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let result = match command.as_str() {
        "layers" => check_layers(&root()),
        "wasm" => wasm::run(&root()),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn check_layers(root: &Path) -> Result<(), String> {
    let findings = layers::run(root)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(format!("{count} broken rules; ARCHITECTURE.md says why they are there")),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}
