//! What a `no_std` module needs to stand alone in a page: an allocator and an end for panics.

use lol_alloc::AssumeSingleThreaded;

/// 2.5 KB smaller than the default allocator (brotli, a module of this size, 2026-11). It walks a list, which is fine
/// for the few allocations that a ranking makes.
#[cfg(feature = "ranker")]
type Allocator = lol_alloc::FreeListAllocator;

/// Never asked: the queue has all its room from the start.
#[cfg(not(feature = "ranker"))]
type Allocator = lol_alloc::LeakingAllocator;

// SAFETY: the modules have no shared memory, so whoever calls them is their only thread.
#[expect(unsafe_code, reason = "a lock that nobody else can hold is 50 bytes after brotli")]
#[global_allocator]
static ALLOCATOR: AssumeSingleThreaded<Allocator> = unsafe { AssumeSingleThreaded::new(Allocator::new()) };

/// Traps without a text: formatting one would cost more bytes than the whole queue.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
