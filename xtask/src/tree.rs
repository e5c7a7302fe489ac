use std::fs;
use std::path::Path;

/// A source file of ours.
#[derive(Debug)]
pub(crate) struct File {
    /// From the root of the workspace, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Folders that hold what is built or fetched.
const SKIPPED: [&str; 7] = ["target", "node_modules", "dist", "pkg", "out", "bench-out", "__pycache__"];
const ENDINGS: [&str; 8] = ["rs", "ts", "tsx", "js", "mjs", "py", "toml", "json"];

/// Every source file of the workspace, in order of path.
pub(crate) fn files(root: &Path) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    visit(root, "", &mut files)?;
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn visit(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<(), String> {
    let failed = |error| format!("{} cannot be read: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            visit(&entry.path(), &format!("{path}/"), files)?;
        } else if name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)) {
            let text = fs::read_to_string(entry.path())
                .map_err(|error| format!("{path} cannot be read: {error}"))?;
            files.push(File { path, text });
        }
    }
    Ok(())
}
