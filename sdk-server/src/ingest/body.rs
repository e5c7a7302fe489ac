//! Request bodies, bounded before and after they are unpacked. It knows no HTTP: `fuzz/` compiles this file alone.

use std::io::{self, Read};

use bowerbird_wire::limits::MAX_BODY_BYTES;
use flate2::read::MultiGzDecoder;

/// The first bytes of every gzip file. JSON cannot start with them.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why there is no text.
#[derive(Debug)]
pub(super) enum NotUnpacked {
    /// What is packed is longer than a body may be.
    TooLong,
    /// It is no gzip, or its checksum does not hold.
    Broken(io::Error),
}

/// Gzip is recognised by its first bytes, since a page cannot set Content-Encoding without a preflight, and a proxy may
/// have unpacked what the header still calls packed.
pub(super) fn is_packed(body: &[u8]) -> bool {
    body.starts_with(&GZIP)
}

/// The body as JSON text, however many members of gzip it is made of.
pub(super) fn unpack(body: &[u8]) -> Result<Vec<u8>, NotUnpacked> {
    let mut text = Vec::new();
    // One byte more than allowed tells a body that is too long from one that just fits.
    let mut bounded = MultiGzDecoder::new(body).take(MAX_BODY_BYTES as u64 + 1);
    bounded.read_to_end(&mut text).map_err(NotUnpacked::Broken)?;
    if text.len() > MAX_BODY_BYTES { Err(NotUnpacked::TooLong) } else { Ok(text) }
}
