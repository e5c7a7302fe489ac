//! "Does the workspace still stand as it was drawn?" Edges between crates, and what must never be in one.
//!
//! Useful for: what a compiler accepts and the design forbids. Not useful for: anything that clippy can say.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{Finding, edges, imports, nevers, tree};

/// Checks everything; the findings are in order of file and line.
///
/// # Errors
/// A text, where `cargo metadata` or a file cannot be read.
pub fn run(root: &Path) -> Result<Vec<Finding>, String> {
    let metadata = metadata(root)?;
    let files = tree::files(root)?;
    let mut findings = edges::check(root, &metadata)?;
    findings.extend(nevers::check(&files, &edges::pure_folders(&metadata)?));
    findings.extend(imports::check(&files));
    findings.sort();
    Ok(findings)
}

/// What cargo knows of the members, without looking at anything that is not ours.
fn metadata(root: &Path) -> Result<Value, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata cannot be read: {error}"))
}
