//! A packed request body: it is refused, or what comes out is bounded; and what we pack comes out as it was.
#![no_main]

use std::io::Write;

use bowerbird_wire::limits::MAX_BODY_BYTES;
use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;

// The crate that it belongs to brings a server, a database and Parquet along.
#[path = "../../sdk-server/src/ingest/body.rs"]
mod body;

use body::{NotUnpacked, is_packed, unpack};

fuzz_target!(|data: &[u8]| if is_packed(data) { packed(data) } else { comes_back(data) });

fn packed(body: &[u8]) {
    match unpack(body) {
        Ok(text) => assert!(text.len() <= MAX_BODY_BYTES),
        Err(NotUnpacked::Broken(error)) => assert!(!error.to_string().is_empty()),
        Err(NotUnpacked::TooLong) => {}
    }
}

/// In two members, as a proxy may send it.
fn comes_back(data: &[u8]) {
    let (level, text) = data.split_first().map_or((0, data), |(level, text)| (level % 10, text));
    let half = text.len() / 2;
    let packed = [pack(&text[..half], level), pack(&text[half..], level)].concat();
    assert_eq!(unpack(&packed).ok().as_deref(), Some(text));
}

fn pack(text: &[u8], level: u8) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level.into()));
    encoder.write_all(text).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}
