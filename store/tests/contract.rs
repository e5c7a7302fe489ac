//! Both implementations keep the contracts.

#![allow(clippy::unwrap_used)] // in a test program a panic is the report

use std::cell::RefCell;

use bowerbird_store::{Store, contract, open};
use tempfile::TempDir;

/// Runs every suite on stores that `fresh` makes.
fn keeps_the_contracts(fresh: &dyn Fn() -> Store) {
    contract::event_log(&|| fresh().events);
    contract::catalog(&|| fresh().catalog);
    contract::entities(&|| fresh().entities);
    contract::artifacts(&|| fresh().artifacts);
    contract::jobs(&|| fresh().jobs);
}

#[test]
fn the_memory_store_keeps_the_contracts() {
    keeps_the_contracts(&|| open("memory:").unwrap());
}

#[test]
fn the_embedded_store_keeps_the_contracts() {
    let dirs: RefCell<Vec<TempDir>> = RefCell::default();
    keeps_the_contracts(&|| {
        dirs.borrow_mut().push(tempfile::tempdir().unwrap());
        let dirs = dirs.borrow();
        open(&format!("file:{}", dirs.last().unwrap().path().display())).unwrap()
    });
}

#[test]
fn an_unknown_url_is_refused_with_what_would_be_accepted() {
    for url in ["", "file:", "postgres://db", "memory:x", "/var/lib"] {
        let refused = open(url).err().expect(url).to_string();
        assert!(refused.contains("file:DIRECTORY"), "{refused}");
    }
}
