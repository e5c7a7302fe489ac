//! What must never stand in a source file, by where the file is.

use crate::Finding;
use crate::code::{Keep, lines_with_word, mask, without_tests};
use crate::tree::File;

/// Parts of the standard library that reach the world; a pure crate gets what they give as a parameter.
const IMPURE_STD: [&str; 7] = ["env", "fs", "io", "net", "process", "thread", "time"];
const IMPURE_WORDS: [&str; 6] = ["Instant", "SystemTime", "getrandom", "thread_rng", "web_sys", "js_sys"];

/// The codes of the three protocols. One table in `server` maps causes to them.
const EXCEPTIONS: [&str; 16] = [
    "AccessDeniedException",
    "InvalidInputException",
    "InvalidNextTokenException",
    "InvalidSignatureException",
    "LimitExceededException",
    "MissingAuthenticationTokenException",
    "ResourceAlreadyExistsException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "SerializationException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyTagKeysException",
    "TooManyTagsException",
    "UnknownOperationException",
    "ValidationException",
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["common", "helper", "helpers", "misc", "util", "utils"];

pub(crate) fn check(files: &[File], pure: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        findings.extend(empty_name(file));
        if !file.path.ends_with(".rs") {
            continue;
        }
        let code = mask(&file.text, Keep::Code);
        findings.extend(global_state(file, &code));
        findings.extend(inline_modules(file, &code));
        if pure.iter().any(|folder| file.path.starts_with(&format!("{folder}/src/"))) {
            findings.extend(impure(file, &without_tests(&code)));
        }
        if !file.path.starts_with("server/") && !file.path.starts_with("xtask/") {
            findings.extend(exceptions(file));
        }
    }
    findings
}

fn impure(file: &File, code: &str) -> Vec<Finding> {
    let modules = std_modules(code).into_iter().filter(|(_, module)| IMPURE_STD.contains(module));
    let words = IMPURE_WORDS
        .iter()
        .flat_map(|word| lines_with_word(code, word).map(|line| (line, (*word).to_owned())));
    modules
        .map(|(line, module)| (line, format!("std::{module}")))
        .chain(words)
        .map(|(line, what)| {
            let advice = "take the time, the seed or the bytes as a parameter; std::time::Duration is core::time::Duration";
            finding(file, line, format!("{what} in a pure crate"), advice)
        })
        .collect()
}

/// Line and first part of every path behind `std::`, inside braces too.
fn std_modules(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, root) in code.match_indices("std::") {
        let path = &code[at + root.len()..];
        let names = path.strip_prefix('{').map_or_else(|| vec![path], first_level);
        for name in names {
            let offset = name.as_ptr() as usize - code.as_ptr() as usize;
            let line = code[..offset].matches('\n').count() + 1;
            let end = name.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(name.len());
            found.push((line, &name[..end]));
        }
    }
    found
}

/// The parts between the commas of a brace list that are not inside a brace of their own.
fn first_level(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, byte) in list.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b',' | b'}' if depth == 0 => {
                parts.push(list[start..at].trim_start());
                start = at + 1;
                if byte == b'}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts
}

fn exceptions(file: &File) -> Vec<Finding> {
    let code = mask(&file.text, Keep::Texts);
    let found = EXCEPTIONS.iter().flat_map(|name| lines_with_word(&code, name).map(move |line| (line, name)));
    found
        .map(|(line, name)| {
            let advice = "return an error arm by cause; the table in server/src/error.rs gives it its code";
            finding(file, line, format!("{name} below server"), advice)
        })
        .collect()
}

fn global_state(file: &File, code: &str) -> Vec<Finding> {
    // `&'static mut` is a borrow, which somebody owns.
    let code = code.replace("'static", "'       ");
    lines_with_word(&code, "static mut")
        .map(|line| finding(file, line, "static mut".into(), "put the state into a value that its user owns"))
        .collect()
}

fn inline_modules(file: &File, code: &str) -> Vec<Finding> {
    let lines = EMPTY_NAMES.iter().flat_map(|name| {
        code.lines().enumerate().filter_map(move |(at, line)| {
            let opens = line.trim_end().strip_suffix('{')?.trim_end().strip_suffix(name)?;
            opens.ends_with("mod ").then_some((at + 1, name))
        })
    });
    lines.map(|(line, name)| finding(file, line, format!("a module named {name}"), RENAME)).collect()
}

fn empty_name(file: &File) -> Option<Finding> {
    let parts = file.path.split('/').map(|part| part.split_once('.').map_or(part, |(name, _)| name));
    let name = parts.into_iter().find(|part| EMPTY_NAMES.contains(part))?;
    Some(finding(file, 1, format!("a module named {name}"), RENAME))
}

const RENAME: &str = "name it after what it gives, or put each piece where it is used";

fn finding(file: &File, line: usize, what: String, advice: &str) -> Finding {
    Finding { file: file.path.clone(), line, what, advice: advice.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(usize, String)> {
        let files = [File { path: path.into(), text: text.into() }];
        check(&files, &["wire".into()]).into_iter().map(|finding| (finding.line, finding.what)).collect()
    }

    #[test]
    fn a_pure_crate_reads_no_clock_and_no_file() {
        let source = "use core::fmt;\nuse std::time::Duration;\nfn f() { std::fs::read(\"x\"); }\n";
        assert_eq!(
            found("wire/src/lib.rs", source),
            [(2, "std::time in a pure crate".into()), (3, "std::fs in a pure crate".into())]
        );
        assert_eq!(found("store/src/lib.rs", source), []);
    }

    #[test]
    fn brace_lists_are_read_through() {
        let source = "use std::{collections::{self, BTreeMap},\n    fs, io::Write};\n";
        assert_eq!(
            found("wire/src/a.rs", source),
            [(2, "std::fs in a pure crate".into()), (2, "std::io in a pure crate".into())]
        );
    }

    #[test]
    fn comments_texts_and_tests_of_pure_crates_are_free() {
        let source =
            "//! Not std::fs.\nconst A: &str = \"std::fs\";\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        assert_eq!(found("wire/src/lib.rs", source), []);
        assert_eq!(found("wire/tests/files.rs", "use std::fs;"), []);
    }

    #[test]
    fn clocks_are_found_by_their_names_too() {
        assert_eq!(found("wire/src/a.rs", "fn f(now: Instant) {}"), [(1, "Instant in a pure crate".into())]);
    }

    #[test]
    fn codes_of_the_protocol_stay_in_the_server() {
        let source = "/// Not ResourceInUseException.\nconst A: &str = \"ResourceNotFoundException\";";
        assert_eq!(
            found("store/src/error.rs", source),
            [(2, "ResourceNotFoundException below server".into())]
        );
        assert_eq!(found("server/src/error.rs", source), []);
    }

    #[test]
    fn names_that_say_nothing_are_refused_everywhere() {
        for path in
            ["store/src/util.rs", "tests/common/mod.rs", "www/demo/src/helpers.ts", "scripts/misc.mjs"]
        {
            assert_eq!(found(path, "").len(), 1, "{path}");
        }
        assert_eq!(found("store/src/lib.rs", "pub(crate) mod utils {\n}").len(), 1);
        assert_eq!(found("store/src/commonly.rs", "mod utility {\n}"), []);
    }

    #[test]
    fn global_mutable_state_is_refused() {
        assert_eq!(found("server/src/main.rs", "\nstatic mut COUNT: u8 = 0;"), [(2, "static mut".into())]);
        assert_eq!(found("server/src/main.rs", "fn f(x: &'static mut u8) {}"), []);
    }
}
