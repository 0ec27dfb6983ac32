//! The shape of the workspace: who knows whom, and who may use what is heavy.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::world::root;

/// What is needed here of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `null` for a dependency outside of tests and build scripts.
    kind: Option<String>,
    /// Whether a feature turns it on.
    optional: bool,
}

/// The workspace's packages. The crate `cargo_metadata` would do, but it turns on features of serde, and with them
/// everything would be compiled once for running and once more for testing.
fn packages() -> Vec<Package> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"]);
    let output = cargo.arg(root().join("Cargo.toml")).output().expect("cargo starts");
    let metadata: Metadata = serde_json::from_slice(&output.stdout).expect("cargo describes the workspace");
    metadata.packages
}

/// Names of a package's dependencies outside of tests.
fn dependencies(package: &Package) -> BTreeSet<String> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
    normal.map(|dependency| dependency.name.clone()).collect()
}

fn ours(names: BTreeSet<String>) -> BTreeSet<String> {
    names.into_iter().filter(|name| name.starts_with("fer-")).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn every_crate_knows_the_crates_that_it_may_and_no_others() {
    let expected: BTreeMap<String, BTreeSet<String>> = [
        ("fer-deps", &[] as &[&str]),
        ("fer-artifact", &["fer-deps"]),
        ("fer-imgproc", &["fer-artifact"]),
        ("fer-data", &["fer-artifact", "fer-imgproc"]),
        ("fer-nn", &["fer-deps"]),
        ("fer-synth", &["fer-artifact"]),
        ("fer-faces", &["fer-artifact", "fer-imgproc", "fer-nn"]),
        ("fer-model", &["fer-artifact", "fer-nn"]),
        ("fer-train", &["fer-artifact", "fer-imgproc", "fer-model", "fer-nn"]),
        ("fer-eval", &["fer-artifact", "fer-model"]),
        ("fer-export", &["fer-artifact", "fer-imgproc", "fer-model"]),
        (
            "fer-pipeline",
            &["fer-artifact", "fer-data", "fer-eval", "fer-export", "fer-faces", "fer-imgproc", "fer-train"],
        ),
        ("fer-predict", &["fer-artifact", "fer-eval", "fer-faces", "fer-imgproc"]),
        ("fer-video", &["fer-predict"]),
        ("fer-serve", &["fer-artifact", "fer-pipeline", "fer-predict", "fer-video"]),
        (
            "fer-cli",
            &[
                "fer-artifact",
                "fer-data",
                "fer-eval",
                "fer-export",
                "fer-imgproc",
                "fer-nn",
                "fer-pipeline",
                "fer-predict",
                "fer-serve",
                "fer-synth",
                "fer-train",
                "fer-video",
            ],
        ),
        ("fer-testkit", &["fer-artifact"]),
    ]
    .into_iter()
    .map(|(name, knows)| (name.to_owned(), set(knows)))
    .collect();
    let packages = packages();
    let found = packages.iter().map(|package| (package.name.clone(), ours(dependencies(package)))).collect();
    assert_eq!(expected, found);
}

#[test]
fn heavy_dependencies_stand_where_they_may_and_nowhere_else() {
    let allowed: [(&str, &[&str]); 17] = [
        ("polars", &["fer-data"]),
        ("polars-parquet", &["fer-data"]),
        ("image", &["fer-data", "fer-imgproc"]),
        ("candle-core", &["fer-eval", "fer-faces", "fer-model", "fer-nn", "fer-train"]),
        ("candle-nn", &["fer-model"]),
        ("safetensors", &["fer-artifact"]),
        ("blake3", &["fer-artifact"]),
        ("serde_yaml", &["fer-pipeline"]),
        ("plotters", &["fer-eval"]),
        ("prost", &["fer-export"]),
        ("axum", &["fer-serve"]),
        ("hyper", &["fer-serve"]),
        ("tokio", &["fer-deps", "fer-serve"]),
        ("tower-http", &["fer-serve"]),
        ("clap", &["fer-cli"]),
        ("mpi", &["fer-cli"]),
        ("anyhow", &["fer-cli"]),
    ];
    let packages = packages();
    for (dependency, allowed) in allowed {
        let users = packages.iter().filter(|package| dependencies(package).contains(dependency));
        let users: BTreeSet<String> = users.map(|package| package.name.clone()).collect();
        let allowed = set(allowed);
        let strangers: Vec<_> = users.difference(&allowed).collect();
        assert!(strangers.is_empty(), "{dependency} is used by {strangers:?}, allowed are {allowed:?}");
        assert!(!users.is_empty(), "nobody uses {dependency}");
    }
}

/// The detector of faces is for photographs alone; all else builds and runs without it.
#[test]
fn the_face_finder_can_be_left_out() {
    let packages = packages();
    let users = packages.iter().flat_map(|package| &package.dependencies).filter(|user| user.name == "fer-faces");
    let optional: Vec<bool> = users.map(|dependency| dependency.optional).collect();
    assert_eq!(optional, [true, true], "fer-pipeline and fer-predict alone know it, under their feature `faces`");
}

/// What answers over HTTP is for `fer serve` alone; all else builds without it.
#[test]
fn the_service_can_be_left_out() {
    let packages = packages();
    let users = packages.iter().flat_map(|package| &package.dependencies).filter(|user| user.name == "fer-serve");
    let optional: Vec<bool> = users.map(|dependency| dependency.optional).collect();
    assert_eq!(optional, [true], "fer-cli alone knows it, under its feature `serve`");
}

/// MPI, which no build finds everywhere, is for one training on several machines alone.
#[test]
fn mpi_is_asked_for() {
    let packages = packages();
    let users = packages.iter().flat_map(|package| &package.dependencies).filter(|user| user.name == "mpi");
    assert_eq!(users.map(|dependency| dependency.optional).collect::<Vec<_>>(), [true]);
    let manifest = std::fs::read_to_string(root().join("crates/fer-cli/Cargo.toml")).expect("the manifest reads");
    assert!(manifest.contains("\ndefault = [\"faces\", \"serve\"]\n"), "no default has the feature");
}

#[test]
fn the_readmes_crate_table_is_the_workspaces() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README reads");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let rows = readme.lines().filter(|line| line.starts_with("| `fer-")).map(cells);
    let table: BTreeMap<String, BTreeSet<String>> =
        rows.map(|cells| (cells[1].trim_matches('`').to_owned(), quoted(&cells[3]))).collect();
    let packages = packages();
    let found = packages.iter().map(|package| (package.name.clone(), ours(dependencies(package)))).collect();
    assert_eq!(table, found);
}

#[test]
fn every_file_that_a_guide_names_is_there() {
    let folders = ["benches/", "crates/", "docs/", "examples/", "fuzz/", "pipelines/", "tests/"];
    let is_path =
        |name: &&str| folders.iter().any(|folder| name.starts_with(folder)) && !name.contains(['{', '*', ' ']);
    for guide in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root().join(guide)).expect("the guide reads");
        let named: BTreeSet<&str> = text.split('`').skip(1).step_by(2).filter(is_path).collect();
        let missing: Vec<&&str> = named.iter().filter(|name| !root().join(name).exists()).collect();
        assert!(named.len() > 20, "{guide} names {named:?}");
        assert!(missing.is_empty(), "{guide} names {missing:?}");
    }
}

/// Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let of = |path: std::path::PathBuf| match () {
        () if path.is_dir() => rust_files(&path),
        () if path.extension().is_some_and(|ending| ending == "rs") => vec![path],
        () => vec![],
    };
    entries.flat_map(of).collect()
}

#[test]
fn no_number_comes_from_the_systems_mathematics() {
    // The system's functions differ in last digits; the crate `libm` has ones that do not.
    let banned = [
        "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "sin", "cos", "tan", "sin_cos", "asin",
        "acos", "atan", "atan2", "sinh", "cosh", "tanh", "cbrt", "hypot",
    ];
    let calls = |line: &str| {
        let names = line.split('.').skip(1).filter_map(|call| call.split_once('(')).map(|(name, _)| name);
        !line.trim_start().starts_with("//") && names.into_iter().any(|name| banned.contains(&name))
    };
    assert!(
        calls("let x = (-y).exp();") && calls("a.atan2(b)") && !calls("libm::exp(y).abs()") && !calls("// x.exp()")
    );
    let mut found = vec![];
    let crates = std::fs::read_dir(root().join("crates")).expect("crates").map(|entry| entry.expect("a crate").path());
    for path in crates.map(|path| path.join("src")).filter(|path| path.exists()).flat_map(|path| rust_files(&path)) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        // Tests may: what they expect has a tolerance.
        let text = text.split("#[cfg(test)]").next().expect("a first part");
        let lines = text.lines().enumerate().filter(|(_, line)| calls(line));
        found.extend(lines.map(|(number, line)| format!("{}:{}: {}", path.display(), number + 1, line.trim())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Files that somebody else may have put in their place are opened by `fer_artifact::open_regular` and its like, those of our own by
/// `open_lock`, `open_log` and `write_owned`: a pipe then keeps nobody waiting, and a link leads nowhere.
#[test]
fn libraries_open_files_in_one_way() {
    let ways = ["File::open(", "fs::read(", "fs::read_to_string(", "OpenOptions::", "fs::write(", "File::create("];
    // A folder is opened to be synced, a program's output that was checked too, and what the system tells of a process.
    let allowed = [
        "fer-artifact/src/regular.rs",
        "fer-artifact/src/owned.rs",
        "fer-artifact/src/atomic.rs",
        "fer-export/src/place.rs",
        "fer-pipeline/src/run_folder/folder.rs",
        "fer-pipeline/src/run_folder/machines.rs",
        "fer-pipeline/src/run_folder/store.rs",
        "fer-pipeline/src/siblings.rs",
        "fer-pipeline/src/stages/command/mod.rs",
        "fer-serve/src/runs/files.rs",
        "fer-cli/src/interrupt.rs",
        "fer-cli/src/commands/serve.rs",
        "fer-cli/src/commands/sweep/engines/process.rs",
    ];
    let mut strangers = vec![];
    let mut left = vec![root().join("crates")];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let is_source = |path: &std::path::PathBuf| !path.ends_with("tests") && !path.ends_with("fer-testkit");
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).filter(is_source));
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && path.components().any(|part| part.as_os_str() == "src")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let own = text.split("#[cfg(test)]").next().unwrap().split("#[cfg(all(test").next().unwrap();
            let uses = own.lines().filter(|line| !line.trim_start().starts_with("//"));
            let alone = |line: &str, way: &str| {
                line.match_indices(way).any(|(at, _)| !line[..at].ends_with(char::is_alphanumeric))
            };
            if uses.into_iter().any(|line| ways.iter().any(|way| alone(line, way))) {
                strangers.push(path.strip_prefix(root().join("crates")).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    strangers.retain(|path| !allowed.contains(&path.as_str()));
    assert!(strangers.is_empty(), "{strangers:?}");
}

/// What the compiler cannot check stands in the kernels of the matrix product alone.
#[test]
fn no_crate_but_the_kernels_has_unsafe_code() {
    for package in packages() {
        let folder = root().join("crates").join(&package.name).join("src");
        let file = ["lib.rs", "main.rs"].map(|name| folder.join(name)).into_iter().find(|path| path.is_file()).unwrap();
        let attribute = if package.name == "fer-nn" { "#![deny(unsafe_code)]" } else { "#![forbid(unsafe_code)]" };
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.lines().any(|line| line == attribute), "{}: expected {attribute}", file.display());
    }
}
