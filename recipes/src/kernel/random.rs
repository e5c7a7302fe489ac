//! The only source of randomness: numbers that follow from a seed.

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Puts `values` into an order that follows from the seed (Fisher and Yates).
pub(crate) fn shuffle<T>(values: &mut [T], seed: u64) {
    let mut state = mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
    for last in (1..values.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        // The upper half of a product of 64 bits is below `last + 1`.
        let other = (u128::from(mix(state)) * (last as u128 + 1)) >> 64;
        values.swap(last, other as usize);
    }
}
