//! Sixteen dimensions of four rows at a time: each chunk of the user is loaded once for all four.
#![expect(unsafe_code, reason = "vector loads from pointers")]

use core::arch::wasm32::{
    i16x8_extend_high_i8x16, i16x8_extend_low_i8x16, i32x4_add, i32x4_dot_i16x8, i32x4_shuffle, i32x4_splat,
    v128, v128_load, v128_store,
};

use super::scalar;

/// Dimensions of one chunk: one register of codes, two of the user.
const CHUNK: usize = 16;

pub(super) fn dots(user: &[i16], rows: &[u8], out: &mut [i32]) {
    let dim = user.len();
    let whole = dim - dim % CHUNK;
    let mut fours = out.chunks_exact_mut(4);
    let mut groups = rows.chunks_exact(4 * dim.max(1));
    for (four, group) in (&mut fours).zip(&mut groups) {
        let mut sums = [i32x4_splat(0); 4];
        for start in (0..whole).step_by(CHUNK) {
            // SAFETY: `start + CHUNK <= dim`, `user` has `dim` elements and `group` four times as many.
            unsafe {
                let user = user.as_ptr().add(start);
                let (low, high) = (v128_load(user.cast::<v128>()), v128_load(user.add(8).cast::<v128>()));
                for (number, sum) in sums.iter_mut().enumerate() {
                    let codes = v128_load(group.as_ptr().add(number * dim + start).cast::<v128>());
                    let products = i32x4_add(
                        i32x4_dot_i16x8(low, i16x8_extend_low_i8x16(codes)),
                        i32x4_dot_i16x8(high, i16x8_extend_high_i8x16(codes)),
                    );
                    *sum = i32x4_add(*sum, products);
                }
            }
        }
        // SAFETY: `four` has room for four i32.
        unsafe { v128_store(four.as_mut_ptr().cast::<v128>(), sums_of(sums)) };
        if whole < dim {
            for (sum, row) in four.iter_mut().zip(group.chunks_exact(dim)) {
                *sum += scalar::dot(&user[whole..], &row[whole..]);
            }
        }
    }
    scalar::dots(user, groups.remainder(), fours.into_remainder());
}

/// The sum of the lanes of each of four registers.
fn sums_of([a, b, c, d]: [v128; 4]) -> v128 {
    let halves = |x, y| i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(x, y), i32x4_shuffle::<2, 6, 3, 7>(x, y));
    // [a02 b02 a13 b13], and the same of c and d.
    let (ab, cd) = (halves(a, b), halves(c, d));
    i32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd))
}
