//! Asks the scheduler for short turns: where all cores are busy, whoever needs the core for a moment only gets it sooner. All
//! who bring events wait for the one thread that writes them, and a group takes it less than a tenth of a millisecond at a time.
//!
//! It is not: a higher priority. The thread's share of the cores stays what it was.

/// In nanoseconds; others have 1.4 ms on two cores. Shorter ones make no more of it: groups become smaller, and the disk writes
/// more pages for them. [docs/measurements.md]
#[cfg(target_os = "linux")]
const TURN_NS: u64 = 200_000;

/// For the thread that calls it. Kernels before 6.12 take no notice, and where it is forbidden nothing changes.
#[cfg(target_os = "linux")]
pub(super) fn ask_for_short_turns() {
    if let Some(mut attributes) = attributes()
        && [libc::SCHED_OTHER, libc::SCHED_BATCH].contains(&(attributes.sched_policy as i32))
    {
        attributes.sched_runtime = TURN_NS;
        set(&attributes);
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn ask_for_short_turns() {}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no library has a safe call for it")]
fn attributes() -> Option<libc::sched_attr> {
    const BYTES: usize = size_of::<libc::sched_attr>();
    // SAFETY: whole numbers only, for which zeros are values.
    let mut attributes: libc::sched_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes no more than the bytes that it is told, and they are there until it returns.
    let told = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, BYTES, 0) };
    (told == 0).then_some(attributes)
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no library has a safe call for it")]
fn set(attributes: &libc::sched_attr) {
    // SAFETY: the kernel reads the bytes whose number is their first member, and they are there until it returns.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const *attributes, 0) };
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn turns_get_short_and_nothing_else_changes() {
        let (before, after) = std::thread::spawn(|| {
            let before = attributes().unwrap();
            ask_for_short_turns();
            (before, attributes().unwrap())
        })
        .join()
        .unwrap();
        let rest = |a: &libc::sched_attr| (a.sched_policy, a.sched_nice, a.sched_flags);
        assert_eq!(rest(&after), rest(&before));
        // A kernel that does not know it says 0 before and after.
        let expected = if before.sched_runtime == 0 { 0 } else { TURN_NS };
        assert_eq!(after.sched_runtime, expected);
    }
}
