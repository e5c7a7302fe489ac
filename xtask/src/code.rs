//! Rust source with its comments, and where wanted its texts, blanked out: what remains stands where it stood.

/// What to blank besides comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Code and the texts in it.
    Texts,
    /// Code alone.
    Code,
}

/// Blanks comments, and texts where `keep` says so. Line breaks stay.
pub(crate) fn mask(source: &str, keep: Keep) -> String {
    let bytes = source.as_bytes();
    let mut masked = String::with_capacity(source.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (len, is_text) = if let Some(len) = comment(rest) {
            (len, false)
        } else if let Some(len) = text(rest, at > 0 && is_word(bytes[at - 1])) {
            (len, true)
        } else {
            let len = source[at..].chars().next().map_or(1, char::len_utf8);
            masked.push_str(&source[at..at + len]);
            at += len;
            continue;
        };
        let piece = &source[at..at + len];
        if is_text && keep == Keep::Texts {
            masked.push_str(piece)
        } else {
            blank(piece, &mut masked)
        }
        at += len;
    }
    masked
}

/// Blanks the modules behind `#[cfg(test)]`. Takes masked code, where braces are braces.
pub(crate) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut result = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        let len = start + MARK.len() + item_len(&rest[start + MARK.len()..]);
        result.push_str(&rest[..start]);
        blank(&rest[start..len], &mut result);
        rest = &rest[len..];
    }
    result + rest
}

/// Where the item at the start of `code` ends: at its semicolon, or at the brace that closes its body.
fn item_len(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b';' if depth == 0 => return at + 1,
            b'{' => depth += 1,
            b'}' if depth <= 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(piece: &str, into: &mut String) {
    into.extend(piece.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
}

fn comment(rest: &[u8]) -> Option<usize> {
    if rest.starts_with(b"//") {
        return Some(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
    }
    if !rest.starts_with(b"/*") {
        return None;
    }
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    Some(rest.len())
}

fn text(rest: &[u8], in_word: bool) -> Option<usize> {
    match rest[0] {
        b'"' => Some(quoted(rest, b'"')),
        b'r' if !in_word => raw(rest),
        b'\'' => character(rest),
        _ => None,
    }
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += 1 + usize::from(rest[at] == b'\\');
    }
    (at + 1).min(rest.len())
}

fn raw(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let end = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let body = 2 + hashes;
    let found = rest[body..].windows(end.len()).position(|window| window == end);
    Some(found.map_or(rest.len(), |at| body + at + end.len()))
}

/// A character literal; a lifetime has no closing quote within reach.
fn character(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return Some(quoted(rest, b'\''));
    }
    let close = rest.iter().skip(2).take(4).position(|byte| *byte == b'\'')? + 2;
    let one = std::str::from_utf8(&rest[1..close]).ok()?.chars().count() == 1;
    one.then_some(close + 1)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The lines on which a word stands on its own. Counted from 1.
pub(crate) fn lines_with_word<'c>(code: &'c str, word: &'c str) -> impl Iterator<Item = usize> + 'c {
    code.lines().enumerate().filter(move |(_, line)| has_word(line, word)).map(|(at, _)| at + 1)
}

fn has_word(line: &str, word: &str) -> bool {
    let bytes = line.as_bytes();
    line.match_indices(word).any(|(at, _)| {
        let before = at == 0 || !is_word(bytes[at - 1]);
        let after = bytes.get(at + word.len()).is_none_or(|byte| !is_word(*byte));
        before && after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_blanked_and_lines_stay() {
        let source =
            "a // std::fs\n/* x /* y */\n */ b \"std::fs \\\" \" c r#\"st\"d\"# 'x' '\\'' fn f<'a>() {}";
        let masked = mask(source, Keep::Code);
        assert!(!masked.contains("std") && !masked.contains('x'));
        for kept in ["a ", " b ", " c ", "<'a>"] {
            assert!(masked.contains(kept), "{kept}: {masked}");
        }
        assert_eq!(masked.lines().count(), source.lines().count());
        assert!(mask(source, Keep::Texts).contains("\"std::fs"));
    }

    #[test]
    fn test_modules_are_blanked_to_their_last_brace() {
        let code =
            "use a;\n#[cfg(test)]\nmod tests { fn f() { g() } }\nuse b;\n#[cfg(test)]\nmod more;\nuse c;";
        let rest = without_tests(code);
        assert!(rest.contains("use a;") && rest.contains("use b;") && rest.contains("use c;"));
        assert!(!rest.contains("mod"));
    }

    #[test]
    fn words_stand_on_their_own() {
        assert_eq!(
            lines_with_word("Instants\nlet x: Instant;\nmyInstant", "Instant").collect::<Vec<_>>(),
            [2]
        );
    }
}
