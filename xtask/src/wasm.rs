//! "Build the browser package's modules": Rust to wasm, then the JavaScript glue beside it.
//!
//! The glue generator is linked in as a library, so that nobody has to install a command of exactly the right version.
//! Shrinking the result and bundling it is the work of `sdk-wasm/build.mjs`, which calls this.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

/// One module in a page each: its name, the feature of the crate, and what the compiler may use. The tracker must be able
/// to become JavaScript, which has no vectors.
const MODULES: [(&str, &str, &str); 3] = [
    ("tracker", "tracker", ""),
    ("ranker", "ranker", "-Ctarget-feature=+simd128 -Clink-arg=-zstack-size=65536"),
    ("ranker-dials", "dials", "-Ctarget-feature=+simd128 -Clink-arg=-zstack-size=65536"),
];
const CRATE: &str = "bowerbird-sdk-wasm";

/// Writes `<module>_bg.wasm`, `<module>_bg.js` and `<module>.d.ts` into `sdk-wasm/pkg`.
///
/// # Errors
/// A text that says which step failed; what the compiler says goes to stderr.
pub fn run(root: &Path) -> Result<(), String> {
    let out = root.join("sdk-wasm/pkg");
    for (module, feature, flags) in MODULES {
        let wasm = compile(root, feature, flags)?;
        bind(&wasm, module, &out)?;
    }
    Ok(())
}

fn compile(root: &Path, feature: &str, flags: &str) -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags)
        .args(["build", "--quiet", "--profile", "wasm", "--target", "wasm32-unknown-unknown", "--lib"])
        .args(["--package", CRATE, "--no-default-features", "--features", feature])
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !status.success() {
        return Err(format!("the module with {feature} does not compile: see above"));
    }
    Ok(target.join("wasm32-unknown-unknown/wasm").join(format!("{}.wasm", CRATE.replace('-', "_"))))
}

/// The glue for bundlers takes the module's exports from whoever instantiates it, which lets the package decide how
/// the bytes arrive.
fn bind(wasm: &Path, module: &str, out: &Path) -> Result<(), String> {
    Bindgen::new()
        .input_path(wasm)
        .out_name(module)
        .typescript(true)
        .omit_default_module_path(true)
        .bundler(true)
        .and_then(|bindgen| bindgen.generate(out))
        .map_err(|error| format!("no glue for the {module} module: {error:#}"))
}
