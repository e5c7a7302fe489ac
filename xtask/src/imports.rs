//! What the pages under `www/` import: the npm package and their own files, as anybody's page would.

use crate::Finding;
use crate::tree::File;

const PACKAGE: &str = "bowerbird";
const ENDINGS: [&str; 4] = [".ts", ".tsx", ".js", ".mjs"];

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    files.iter().filter(|file| is_page_code(&file.path)).flat_map(check_file).collect()
}

/// The sources of a page; what builds it (`www/x/build.mjs`) runs in Node and may import what it likes.
fn is_page_code(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("www")
        && parts.next().is_some()
        && parts.next() == Some("src")
        && ENDINGS.iter().any(|ending| path.ends_with(ending))
}

fn check_file(file: &File) -> Vec<Finding> {
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(at, line)| {
            let target = imported(line)?;
            (!is_allowed(&file.path, target)).then(|| Finding {
                file: file.path.clone(),
                line: at + 1,
                what: format!("a page imports {target}"),
                advice: format!("pages use the npm package {PACKAGE}, HTTP, and files of their own folder"),
            })
        })
        .collect()
}

/// The text behind `from`, `import` or `import(` on a line.
fn imported(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if line.starts_with("//") || line.starts_with('*') {
        return None;
    }
    for keyword in ["from ", "import(", "import "] {
        for (at, _) in line.match_indices(keyword) {
            let rest = line[at + keyword.len()..].trim_start();
            if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
                return rest[1..].split(quote).next();
            }
        }
    }
    None
}

fn is_allowed(path: &str, target: &str) -> bool {
    if target == PACKAGE || target.starts_with("bowerbird/") {
        return true;
    }
    // From www/demo/src/rows/a.ts two steps up are still in www/demo.
    let depth = path.matches('/').count() - 2;
    target.starts_with('.') && target.matches("../").count() <= depth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, text: &str) -> Vec<String> {
        check(&[File { path: path.into(), text: text.into() }])
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn a_page_imports_the_package_and_its_own_files() {
        let text = "import { init } from 'bowerbird';\nimport './style.css';\nimport { a } from \"../a.js\";\n\
                    const slim = await import('bowerbird/slim');\n// from 'elsewhere'\n";
        assert_eq!(whats("www/demo/src/rows/row.ts", text), Vec::<String>::new());
    }

    #[test]
    fn a_page_imports_nothing_else() {
        let text = "import x from 'react';\nimport { q } from '../../../sdk-wasm/js/index.js';\n";
        assert_eq!(
            whats("www/demo/src/main.ts", text),
            ["a page imports react", "a page imports ../../../sdk-wasm/js/index.js"]
        );
    }

    #[test]
    fn what_builds_a_page_is_free() {
        assert_eq!(whats("www/demo/build.mjs", "import { build } from 'esbuild';"), Vec::<String>::new());
    }
}
