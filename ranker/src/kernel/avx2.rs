//! Sixteen dimensions of four rows at a time: each chunk of the user is loaded once for all four.
#![expect(unsafe_code, reason = "vector loads from pointers, and instructions that not every processor has")]

use core::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi32, _mm_loadu_si128, _mm_storeu_si128, _mm256_add_epi32,
    _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_extracti128_si256, _mm256_hadd_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_setzero_si256,
};

use super::scalar;

/// Dimensions that one register holds as i16.
const LANES: usize = 16;

cpufeatures::new!(avx2, "avx2");

pub(super) fn is_available() -> bool {
    avx2::get()
}

/// # Safety
/// [`is_available`] must have said yes.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn dots(user: &[i16], rows: &[u8], out: &mut [i32]) {
    let dim = user.len();
    let whole = dim - dim % LANES;
    let mut fours = out.chunks_exact_mut(4);
    let mut groups = rows.chunks_exact(4 * dim.max(1));
    for (four, group) in (&mut fours).zip(&mut groups) {
        let mut sums = [_mm256_setzero_si256(); 4];
        for start in (0..whole).step_by(LANES) {
            // SAFETY: `start + LANES <= dim`, `user` has `dim` elements and `group` four times as many.
            unsafe {
                let user = _mm256_loadu_si256(user.as_ptr().add(start).cast::<__m256i>());
                for (number, sum) in sums.iter_mut().enumerate() {
                    let codes = _mm_loadu_si128(group.as_ptr().add(number * dim + start).cast::<__m128i>());
                    let products = _mm256_madd_epi16(user, _mm256_cvtepi8_epi16(codes));
                    *sum = _mm256_add_epi32(*sum, products);
                }
            }
        }
        // SAFETY: `four` has room for four i32.
        unsafe { _mm_storeu_si128(four.as_mut_ptr().cast::<__m128i>(), sums_of(sums)) };
        if whole < dim {
            for (sum, row) in four.iter_mut().zip(group.chunks_exact(dim)) {
                *sum += scalar::dot(&user[whole..], &row[whole..]);
            }
        }
    }
    scalar::dots(user, groups.remainder(), fours.into_remainder());
}

/// The sum of the lanes of each of four registers.
#[target_feature(enable = "avx2")]
fn sums_of([a, b, c, d]: [__m256i; 4]) -> __m128i {
    let halves = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves))
}
