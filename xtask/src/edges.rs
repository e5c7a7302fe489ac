//! Which crate may depend on which, as `[workspace.metadata.layers]` says.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::Finding;

/// Libraries that bring a clock, a socket, a thread pool of their own or chance into a pure crate.
const IMPURE: [&str; 10] =
    ["chrono", "fastrand", "getrandom", "js-sys", "rand", "reqwest", "rusqlite", "time", "tokio", "web-sys"];

/// Checks every edge, of dev- and build-dependencies too: a test that reaches upwards is as tangled as the code.
pub(crate) fn check(root: &Path, metadata: &Value) -> Result<Vec<Finding>, String> {
    let layers = metadata["metadata"]["layers"]
        .as_object()
        .ok_or("Cargo.toml has no [workspace.metadata.layers]: add a line for each crate")?;
    let pure = pure_folders(metadata)?;
    let packages = array(&metadata["packages"]);
    let ours: Vec<&str> = packages.iter().map(|package| text(&package["name"])).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = text(&package["name"]);
        let manifest = Manifest::read(root, text(&package["manifest_path"]))?;
        let Some(allowed) = layers.get(name) else {
            findings.push(manifest.finding(
                "name",
                format!("{name} has no layer"),
                format!(
                    "add {name} to [workspace.metadata.layers] in Cargo.toml, with the crates that it may use"
                ),
            ));
            continue;
        };
        let allowed: Vec<&str> = array(allowed).iter().map(text).collect();
        for dependency in array(&package["dependencies"]) {
            findings.extend(check_edge(name, &allowed, &ours, dependency, &manifest));
            if pure.iter().any(|folder| manifest.file == format!("{folder}/Cargo.toml")) {
                findings.extend(check_library(name, dependency, &manifest));
            }
        }
    }
    findings.extend(check_names(layers.keys(), &ours));
    Ok(findings)
}

/// The folders that `[workspace.metadata.pure]` names.
pub(crate) fn pure_folders(metadata: &Value) -> Result<Vec<String>, String> {
    let crates = metadata["metadata"]["pure"]["crates"]
        .as_array()
        .ok_or("Cargo.toml has no [workspace.metadata.pure] with crates = [..]")?;
    Ok(crates.iter().map(|name| text(name).to_owned()).collect())
}

fn check_edge(
    name: &str,
    allowed: &[&str],
    ours: &[&str],
    dependency: &Value,
    manifest: &Manifest,
) -> Option<Finding> {
    let on = text(&dependency["name"]);
    if !ours.contains(&on) || allowed.contains(&on) {
        return None;
    }
    let may = if allowed.is_empty() { "no crate of ours".to_owned() } else { allowed.join(", ") };
    let advice = format!("it may use {may}: move what is shared down a layer, or pass it in as a parameter");
    Some(manifest.finding(on, format!("{name} must not depend on {on}"), advice))
}

fn check_library(name: &str, dependency: &Value, manifest: &Manifest) -> Option<Finding> {
    let on = text(&dependency["name"]);
    let is_normal = dependency["kind"].is_null();
    (is_normal && IMPURE.contains(&on)).then(|| {
        let advice = "take the time, the seed or the bytes as a parameter".to_owned();
        manifest.finding(on, format!("{name} is pure and must not depend on {on}"), advice)
    })
}

fn check_names<'n>(layers: impl Iterator<Item = &'n String>, ours: &[&str]) -> Vec<Finding> {
    layers
        .filter(|name| !ours.contains(&name.as_str()))
        .map(|name| Finding {
            file: "Cargo.toml".into(),
            line: 1,
            what: format!("[workspace.metadata.layers] names {name}, which is no member"),
            advice: "take the line away, or mend the name".into(),
        })
        .collect()
}

struct Manifest {
    file: String,
    text: String,
}

impl Manifest {
    fn read(root: &Path, path: &str) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        let file = Path::new(path).strip_prefix(root).unwrap_or(Path::new(path));
        Ok(Self { file: file.to_string_lossy().replace('\\', "/"), text })
    }

    /// At the line that begins with `key`.
    fn finding(&self, key: &str, what: String, advice: String) -> Finding {
        let is_key =
            |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '.', '=']));
        let line = self.text.lines().position(is_key).map_or(1, |at| at + 1);
        Finding { file: self.file.clone(), line, what, advice }
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_workspace(manifest: &str, layers: Value, dependencies: Value) -> Vec<Finding> {
        let root = tempfile::tempdir().unwrap();
        for folder in ["low", "high"] {
            fs::create_dir(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join("Cargo.toml"), manifest).unwrap();
        }
        let path = |folder: &str| root.path().join(folder).join("Cargo.toml").display().to_string();
        let metadata = json!({
            "metadata": { "layers": layers, "pure": { "crates": ["low"] } },
            "packages": [
                { "name": "low", "manifest_path": path("low"), "dependencies": dependencies },
                { "name": "high", "manifest_path": path("high"), "dependencies": [{ "name": "low", "kind": null }] },
            ],
        });
        check(root.path(), &metadata).unwrap()
    }

    #[test]
    fn an_edge_that_is_drawn_passes() {
        let layers = json!({ "low": [], "high": ["low"] });
        assert_eq!(check_workspace("", layers, json!([])), []);
    }

    #[test]
    fn an_edge_upwards_fails_in_tests_too_and_names_its_line() {
        let layers = json!({ "low": [], "high": ["low"] });
        let manifest = "[dev-dependencies]\nhigh = { path = \"../high\" }\n";
        let findings = check_workspace(manifest, layers, json!([{ "name": "high", "kind": "dev" }]));
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].file.as_str(), findings[0].line), ("low/Cargo.toml", 2));
        assert!(findings[0].what.contains("low must not depend on high"));
    }

    #[test]
    fn a_pure_crate_takes_no_library_with_a_clock_except_in_tests() {
        let layers = json!({ "low": [], "high": ["low"] });
        let findings = check_workspace(
            "rand.workspace = true\n",
            layers,
            json!([{ "name": "rand", "kind": null }, { "name": "tokio", "kind": "dev" }]),
        );
        assert_eq!(findings.len(), 1);
        assert!(findings[0].what.contains("rand"));
    }

    #[test]
    fn every_member_has_a_layer_and_every_layer_a_member() {
        let findings = check_workspace("name = 1\n", json!({ "high": ["low"], "gone": [] }), json!([]));
        let whats: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(whats, ["low has no layer", "[workspace.metadata.layers] names gone, which is no member"]);
    }
}
