//! Where memory comes from, and when the system gets it back.

use std::ffi::c_long;

use libmimalloc_sys::{mi_collect, mi_option_set_default, mi_option_t};

/// Ingest makes and drops a dozen small texts for each event on every thread: the system's allocator takes a quarter of
/// its time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`. [mimalloc.h, which names it; the bindings do not]
const PURGE_DELAY: mi_option_t = 15;
/// In milliseconds: a second by default. What comes back is dear, and in small pages where large ones were, so that all that
/// lies there is found more slowly. [measured in batches of ten: a twentieth of the processor time; docs/measurements.md]
const MINUTE: c_long = 60_000;

/// Lets memory that is free stay here for a minute before the system gets it back, unless the environment says otherwise
/// (`MIMALLOC_PURGE_DELAY`). To be called before there is a second thread.
#[expect(unsafe_code, reason = "there is no safe call for it")]
pub(crate) fn keep_for_a_minute() {
    // SAFETY: it sets a number of the allocator, and nobody else does at this time.
    unsafe { mi_option_set_default(PURGE_DELAY, MINUTE) }
}

/// Bytes that a server takes beside what it had in the first four seconds of a rush. [measured in batches of ten]
const RUSH: usize = 128 << 20;
const PIECE: usize = 1 << 20;

/// Has memory ready for the rush that comes when a server is back and all who waited send what they have. Where a host has taken
/// memory back, 2 MiB take 4 ms to be had again, for which every event of a group would wait. What is not needed goes back
/// to the system like anything that is free. [docs/measurements.md]
pub(crate) fn get_ready() {
    // Bytes that are not zero: zeros need no memory before somebody writes to them.
    let pieces: Vec<Vec<u8>> = (0..RUSH / PIECE).map(|_| vec![1; PIECE]).collect();
    drop(std::hint::black_box(pieces));
}

/// Gives the system what has been free for that long; the allocator looks for it by itself only when more becomes free. To be
/// called now and then.
#[expect(unsafe_code, reason = "there is no safe call for it")]
pub(crate) fn give_back() {
    // SAFETY: it can be called at any time.
    unsafe { mi_collect(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "there is no safe call for it")]
    fn the_number_is_that_of_the_delay() {
        // SAFETY: it reads a number of the allocator.
        let before = unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) };
        assert_eq!(before, 1_000, "the default of no other option");
    }
}
