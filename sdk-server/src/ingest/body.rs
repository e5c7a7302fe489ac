//! Request bodies, bounded before and after they are unpacked.

use std::io::Read;

use axum::body::Bytes;
use bowerbird_wire::Invalid;
use bowerbird_wire::limits::MAX_BODY_BYTES;
use flate2::read::MultiGzDecoder;

use super::IngestError;

/// The first bytes of every gzip file. JSON cannot start with them.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Gzip is recognised by its first bytes, since a page cannot set Content-Encoding without a preflight, and a proxy may
/// have unpacked what the header still calls packed.
pub(super) fn is_packed(body: &[u8]) -> bool {
    body.starts_with(&GZIP)
}

/// The body as JSON text, however many members of gzip it is made of.
pub(super) fn unpack(body: &[u8]) -> Result<Bytes, IngestError> {
    let mut text = Vec::new();
    // One byte more than allowed tells a body that is too long from one that just fits.
    MultiGzDecoder::new(body).take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut text).map_err(|error| {
        Invalid::Malformed { field: "body", expected: format!("gzip that can be unpacked ({error})") }
    })?;
    if text.len() > MAX_BODY_BYTES { Err(too_large()) } else { Ok(text.into()) }
}

pub(super) fn too_large() -> IngestError {
    IngestError::TooLarge { max: MAX_BODY_BYTES }
}
