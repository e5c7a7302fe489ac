//! Four rows at a time, sixteen dimensions of each: a chunk of the user is loaded once for all four. Written out, so
//! that the loops stay as fast when everything around them is compiled for size.
#![expect(unsafe_code, reason = "vector loads from pointers")]

use core::arch::wasm32::{
    f32x4_add, f32x4_convert_i32x4, f32x4_extract_lane, f32x4_lt, f32x4_mul, f32x4_splat, f32x4_sqrt,
    i8x16_bitmask, i8x16_narrow_i16x8, i16x8_load_extend_i8x8, i16x8_narrow_i32x4, i32x4_add,
    i32x4_dot_i16x8, i32x4_extract_lane, i32x4_shuffle, i32x4_splat, u32x4_load_extend_u16x4, u32x4_shl,
    v128, v128_load, v128_store,
};

use super::{bfloat, scalar};

/// Dimensions of one chunk: one register of codes, two of the user.
const CHUNK: usize = 16;

pub(super) fn score_rows(
    user: &[i16],
    rows: &[u8],
    scales: &[u8],
    factor: f32,
    prior: &[f32],
    scores: &mut [f32],
) {
    let dim = user.len();
    let (fours, rest) = scores.as_chunks_mut::<4>();
    // Rows that do not fill chunks go one by one: no recipe makes them.
    let grouped = if dim.is_multiple_of(CHUNK) { fours.len() } else { 0 };
    assert!(rows.len() >= grouped * 4 * dim && scales.len() >= grouped * 8 && prior.len() >= grouped * 4);
    let factors = f32x4_splat(factor);
    let (mut row, mut scale, mut before) = (rows.as_ptr(), scales.as_ptr(), prior.as_ptr());
    for four in &mut fours[..grouped] {
        let zero = i32x4_splat(0);
        let (mut a, mut b, mut c, mut d) = (zero, zero, zero, zero);
        // SAFETY: `user` has `dim` numbers, a multiple of the chunk, and from `row` there are four times as many codes,
        // from `scale` four scales, from `before` four numbers: the assertion has said so of all groups.
        unsafe {
            let (mut user_at, end) = (user.as_ptr(), user.as_ptr().add(dim));
            while user_at < end {
                let user = (v128_load(user_at.cast()), v128_load(user_at.add(8).cast()));
                a = add_products(a, user, row);
                b = add_products(b, user, row.add(dim));
                c = add_products(c, user, row.add(2 * dim));
                d = add_products(d, user, row.add(3 * dim));
                (user_at, row) = (user_at.add(CHUNK), row.add(CHUNK));
            }
            row = row.add(3 * dim);
            let scales = u32x4_shl(u32x4_load_extend_u16x4(scale.cast()), 16);
            scale = scale.add(8);
            let dots = f32x4_convert_i32x4(sums_of(a, b, c, d));
            let parts = f32x4_mul(dots, f32x4_mul(scales, factors));
            v128_store(four.as_mut_ptr().cast(), f32x4_add(v128_load(before.cast()), parts));
            before = before.add(4);
        }
    }
    let one_by_one = fours[grouped..].as_flattened_mut().iter_mut().chain(rest);
    for (at, score) in (grouped * 4..).zip(one_by_one) {
        *score = prior[at] + dot(user, &rows[at * dim..][..dim]) as f32 * (bfloat(scales, at) * factor);
    }
}

pub(super) fn dot(user: &[i16], row: &[u8]) -> i32 {
    let dim = user.len().min(row.len());
    let whole = dim - dim % CHUNK;
    let mut sum = i32x4_splat(0);
    let mut start = 0;
    while start < whole {
        // SAFETY: `start + CHUNK <= dim`, and both have `dim` elements.
        unsafe {
            let user = user.as_ptr().add(start);
            let user = (v128_load(user.cast()), v128_load(user.add(8).cast()));
            sum = add_products(sum, user, row.as_ptr().add(start));
        }
        start += CHUNK;
    }
    let zero = i32x4_splat(0);
    i32x4_extract_lane::<0>(sums_of(sum, zero, zero, zero)) + scalar::dot(&user[whole..dim], &row[whole..dim])
}

/// # Safety
/// Sixteen bytes can be read at `row`.
#[inline(always)]
unsafe fn add_products(sum: v128, (low, high): (v128, v128), row: *const u8) -> v128 {
    // SAFETY: as above. Loads that widen are one instruction; to widen the upper half of a register is two.
    let (codes_low, codes_high) =
        unsafe { (i16x8_load_extend_i8x8(row.cast()), i16x8_load_extend_i8x8(row.add(8).cast())) };
    i32x4_add(i32x4_add(sum, i32x4_dot_i16x8(low, codes_low)), i32x4_dot_i16x8(high, codes_high))
}

/// The sum of the lanes of each of four registers.
#[inline(always)]
fn sums_of(a: v128, b: v128, c: v128, d: v128) -> v128 {
    let halves = |x, y| i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(x, y), i32x4_shuffle::<2, 6, 3, 7>(x, y));
    // [a02 b02 a13 b13], and the same of c and d.
    let (ab, cd) = (halves(a, b), halves(c, d));
    i32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd))
}

#[cfg(feature = "dials")]
pub(super) fn dot_rows(a: &[u8], b: &[u8]) -> i32 {
    let dim = a.len().min(b.len());
    let whole = dim - dim % 8;
    let zero = i32x4_splat(0);
    let (mut sum, mut at) = (zero, 0);
    while at < whole {
        // SAFETY: eight bytes of each begin at `at`.
        unsafe {
            let a = i16x8_load_extend_i8x8(a.as_ptr().add(at).cast());
            sum = i32x4_add(sum, i32x4_dot_i16x8(a, i16x8_load_extend_i8x8(b.as_ptr().add(at).cast())));
        }
        at += 8;
    }
    i32x4_extract_lane::<0>(sums_of(sum, zero, zero, zero)) + scalar::dot_rows(&a[whole..dim], &b[whole..dim])
}

pub(super) fn not_below(scores: &[f32; 16], bar: f32) -> u32 {
    let bars = f32x4_splat(bar);
    // SAFETY: there are sixteen of them.
    let below = |at: usize| f32x4_lt(unsafe { v128_load(scores.as_ptr().add(at).cast()) }, bars);
    let low = i16x8_narrow_i32x4(below(0), below(4));
    let high = i16x8_narrow_i32x4(below(8), below(12));
    0xffff ^ u32::from(i8x16_bitmask(i8x16_narrow_i16x8(low, high)))
}

pub(super) fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let whole = n - n % 4;
    let mut sums = f32x4_splat(0.0);
    let mut at = 0;
    while at < whole {
        // SAFETY: four numbers of each begin at `at`.
        unsafe {
            let product =
                f32x4_mul(v128_load(a.as_ptr().add(at).cast()), v128_load(b.as_ptr().add(at).cast()));
            sums = f32x4_add(sums, product);
        }
        at += 4;
    }
    let tail = (whole..n).fold(0.0, |sum, at| sum + a[at] * b[at]);
    ((f32x4_extract_lane::<0>(sums) + f32x4_extract_lane::<1>(sums))
        + (f32x4_extract_lane::<2>(sums) + f32x4_extract_lane::<3>(sums)))
        + tail
}

#[inline(never)]
pub(super) fn add_multiple(sums: &mut [f32], weight: f32, row: &[f32]) {
    let n = sums.len().min(row.len());
    let whole = n - n % 4;
    let weights = f32x4_splat(weight);
    let mut at = 0;
    while at < whole {
        // SAFETY: four numbers of each begin at `at`.
        unsafe {
            let sum = sums.as_mut_ptr().add(at).cast::<v128>();
            let product = f32x4_mul(weights, v128_load(row.as_ptr().add(at).cast()));
            v128_store(sum, f32x4_add(v128_load(sum), product));
        }
        at += 4;
    }
    for at in whole..n {
        sums[at] += weight * row[at];
    }
}

pub(super) fn root(x: f32) -> f32 {
    f32x4_extract_lane::<0>(f32x4_sqrt(f32x4_splat(x)))
}
