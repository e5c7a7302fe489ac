//! UTF-8, as little of it as opening a pack asks: that of `core` is 2 KB of instructions and tables in the page.

/// Whether bytes are UTF-8.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        // Most ids are ASCII.
        match bytes[at..].first_chunk() {
            Some(eight) if u64::from_le_bytes(*eight) & 0x8080_8080_8080_8080 == 0 => at += 8,
            _ => match length_of_character(&bytes[at..]) {
                0 => return false,
                length => at += length,
            },
        }
    }
    true
}

/// Whether a text can be cut here; the end is a boundary too, and what lies behind it is not.
pub(super) fn is_boundary(text: &[u8], at: usize) -> bool {
    text.get(at).map_or(at == text.len(), |byte| !is_inner(*byte))
}

/// Of the first character, in bytes; 0 where there is none: cut short, longer than need be, a surrogate, or beyond the
/// last one.
fn length_of_character(bytes: &[u8]) -> usize {
    let first = bytes[0];
    if first < 0x80 {
        return 1;
    }
    let length = first.leading_ones() as usize;
    let mut code = u32::from(first) & (0x7f >> length);
    for at in 1..length {
        match bytes.get(at) {
            Some(byte) if is_inner(*byte) => code = code << 6 | u32::from(byte & 0x3f),
            _ => return 0,
        }
    }
    let smallest = match length {
        2 => 0x80,
        3 => 0x800,
        4 => 0x1_0000,
        _ => return 0,
    };
    if code >= smallest && char::from_u32(code).is_some() { length } else { 0 }
}

/// Whether it is the second, third or fourth byte of a character.
fn is_inner(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn it_is_what_the_library_says(
            text in any::<String>(), damage in any::<(prop::sample::Index, u8)>(), bytes in any::<[u8; 4]>(),
        ) {
            let mut damaged: Vec<u8> = text.clone().into();
            if !text.is_empty() {
                damaged[damage.0.index(text.len())] = damage.1;
            }
            for bytes in [text.as_bytes(), &damaged, &bytes] {
                prop_assert_eq!(is_text(bytes), core::str::from_utf8(bytes).is_ok(), "{:?}", bytes);
            }
            for at in 0..text.len() + 2 {
                prop_assert_eq!(is_boundary(text.as_bytes(), at), text.is_char_boundary(at));
            }
        }
    }

    #[test]
    fn every_character_is_text_and_no_surrogate_is() {
        for code in 0x80..=0x11_ffff_u32 {
            let tail = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
            let bytes = match code {
                0x80..0x800 => [0xc0 | (code >> 6) as u8, tail(0), 0, 0],
                0x800..0x1_0000 => [0xe0 | (code >> 12) as u8, tail(6), tail(0), 0],
                _ => [0xf0 | (code >> 18) as u8, tail(12), tail(6), tail(0)],
            };
            assert_eq!(is_text(&bytes), char::from_u32(code).is_some(), "{code:x}");
        }
    }
}
