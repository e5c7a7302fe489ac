//! Sixteen dimensions of four rows at a time: each chunk of the user is loaded once for all four.
#![expect(unsafe_code, reason = "vector loads from pointers, and instructions that not every processor has")]

use core::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi32, _mm_add_ps, _mm_castsi128_ps, _mm_cvtepi32_ps, _mm_cvtepu16_epi32,
    _mm_loadl_epi64, _mm_loadu_ps, _mm_loadu_si128, _mm_mul_ps, _mm_set1_ps, _mm_setr_epi32, _mm_slli_epi32,
    _mm_storeu_ps, _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_extracti128_si256,
    _mm256_hadd_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_setzero_si256,
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
pub(super) unsafe fn score_rows(
    user: &[i16],
    rows: &[u8],
    scales: &[u8],
    factor: f32,
    prior: &[f32],
    scores: &mut [f32],
) {
    let dim = user.len();
    let whole = dim - dim % LANES;
    let (fours, rest) = scores.as_chunks_mut::<4>();
    let done = fours.len() * 4;
    let groups = rows.chunks_exact(4 * dim);
    let (four_scales, _) = scales.as_chunks::<8>();
    let (four_priors, _) = prior.as_chunks::<4>();
    let factors = _mm_set1_ps(factor);
    let inputs = groups.zip(four_scales).zip(four_priors);
    for (four, ((group, scale), prior)) in fours.iter_mut().zip(inputs) {
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
        let mut sums = sums_of(sums);
        if whole < dim {
            let tail = |number: usize| {
                let row = &group[number * dim..][..dim];
                scalar::dot(&user[whole..], &row[whole..])
            };
            sums = _mm_add_epi32(sums, _mm_setr_epi32(tail(0), tail(1), tail(2), tail(3)));
        }
        // SAFETY: `scale` has four bfloats, `prior` and `four` four numbers each.
        unsafe {
            let scales = _mm_cvtepu16_epi32(_mm_loadl_epi64(scale.as_ptr().cast::<__m128i>()));
            let scales = _mm_castsi128_ps(_mm_slli_epi32::<16>(scales));
            let parts = _mm_mul_ps(_mm_cvtepi32_ps(sums), _mm_mul_ps(scales, factors));
            _mm_storeu_ps(four.as_mut_ptr(), _mm_add_ps(_mm_loadu_ps(prior.as_ptr()), parts));
        }
    }
    scalar::score_rows(user, &rows[done * dim..], &scales[done * 2..], factor, &prior[done..], rest);
}

/// The sum of the lanes of each of four registers.
#[target_feature(enable = "avx2")]
fn sums_of([a, b, c, d]: [__m256i; 4]) -> __m128i {
    let halves = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves))
}
