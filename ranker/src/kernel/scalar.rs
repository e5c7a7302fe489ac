//! What is meant, for processors without anything better.

pub(super) fn dots(user: &[i16], rows: &[u8], out: &mut [i32]) {
    for (out, row) in out.iter_mut().zip(rows.chunks_exact(user.len().max(1))) {
        *out = dot(user, row);
    }
}

pub(super) fn dot(user: &[i16], row: &[u8]) -> i32 {
    user.iter().zip(row).map(|(&user, &item)| i32::from(user) * i32::from(item as i8)).sum()
}
