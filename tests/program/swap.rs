//! The three ways to swap a stage that docs/swapping.md tells of, and the examples.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use fer_artifact::{FeatureSet, Provenance, Seed, Split, check_preprocess, read, write};
use serde_json::json;

use crate::world::{PIPELINE, PREPROCESS, World, lines};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

#[test]
fn an_artifact_put_in_place_is_where_the_chain_goes_on_from() {
    let world = World::ran();
    for split in Split::ALL {
        let path = world.path(&format!("run/preprocess/{split}.safetensors"));
        let mut features: FeatureSet = read(&path).unwrap();
        features.images.in_memory().unwrap().iter_mut().for_each(|value| *value = 1.0 - *value);
        features.preprocessing = json!({"own": "negative"});
        write(&path, &features, &Provenance::new("a program of my own", Seed::new(0))).unwrap();
    }
    let own = world.files("run/preprocess");
    let run = world.fer(&["run", "--from", "train"]).succeeded();
    assert!(run.stderr.contains("train: runs (input preprocess/train.safetensors changed"), "{run:?}");
    assert!(run.stderr.contains("evaluate: runs ("), "{run:?}");
    assert!(world.files("run/preprocess") == own, "what was put there is taken, not replaced");
    let model = world.fer(&["inspect", "run/train/model.safetensors"]).succeeded();
    assert!(model.stdout.contains("negative"), "the model says what it was trained with: {model:?}");
    let again = world.fer(&["run", "--from", "train"]).succeeded();
    assert_eq!(lines(&again.stderr), ["train: fresh", "evaluate: fresh"]);
}

#[test]
fn a_shell_script_in_place_of_a_stage_leaves_what_the_built_in_stage_leaves() {
    let world = World::ran();
    let before = world.files("run");
    std::fs::copy(Path::new(EXAMPLES).join("shell/preprocess.sh"), world.path("preprocess.sh")).unwrap();
    let own = PREPROCESS.replace("    params", "    command: [./preprocess.sh]\n    params");
    std::fs::write(world.path("pipeline.yaml"), PIPELINE.replace(PREPROCESS, &own)).unwrap();
    let run = world.fer(&["run"]).succeeded();
    let reason = "parameter equalization global → absent, parameter size none → absent, \
                  input ./preprocess.sh new, input command new";
    assert!(run.stderr.contains(reason), "{run:?}");
    assert!(run.stderr.ends_with("train: fresh\nevaluate: fresh\n"), "the same features: {run:?}");
    let after = world.files("run");
    assert!(
        Split::ALL
            .iter()
            .map(|split| format!("preprocess/{split}.safetensors"))
            .all(|path| before[&path] == after[&path])
    );
    let run = world.fer(&["run", "--run-dir", "other"]).succeeded();
    assert!(run.stdout.ends_with("report: other/evaluate/report.html\n"), "{run:?}");
}

/// Builds the example crate, which is no part of this workspace, and runs its own tests.
fn built_example() -> std::path::PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--release", "--locked", "--offline", "--manifest-path"]);
    let output = cargo.arg(Path::new(EXAMPLES).join("stretch/Cargo.toml")).arg("--target-dir").arg(&target).output();
    let output = output.expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("test stretch_is_a_preprocess ... ok"), "{said}");
    target.join("release/stretch")
}

/// It is built offline, from what this workspace's own build has downloaded.
#[test]
fn the_example_crate_depends_on_nothing_that_the_workspace_does_not() {
    let packages = |path: &str| -> BTreeSet<String> {
        let lock = std::fs::read_to_string(Path::new(EXAMPLES).join(path)).unwrap();
        let mut packages: BTreeSet<String> =
            lock.split("[[package]]").skip(1).map(|package| lines(package)[1..3].join(" ")).collect();
        packages.retain(|package| !package.contains("\"stretch\""));
        packages
    };
    let (example, workspace) = (packages("stretch/Cargo.lock"), packages("../Cargo.lock"));
    assert!(example.len() > 20);
    assert_eq!(example.difference(&workspace).collect::<Vec<_>>(), [] as [&String; 0]);
}

#[test]
fn a_crate_outside_the_workspace_passes_the_suite_and_runs_in_the_chain() {
    let world = World::new();
    let stretch = built_example();
    let own = format!("  - stage: preprocess\n    command: [{}]\n    params: {{low: 5}}\n", stretch.display());
    std::fs::write(world.path("pipeline.yaml"), PIPELINE.replace(PREPROCESS, &own)).unwrap();
    world.fer(&["run"]).succeeded();
    check_preprocess(&world.path("run/ingest"), &world.path("run/preprocess")).unwrap();
    let model = world.fer(&["inspect", "run/train/model.safetensors", "--json"]).succeeded();
    assert!(model.stdout.contains("stretch"), "{model:?}");
    assert_eq!(world.fer(&["status"]).code, 0);
    let ended = world.fer(&["run", "--set", "preprocess.lo=5"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("stretch: unknown field `lo`, expected `low` or `high`"), "{ended:?}");
}

#[test]
fn the_examples_pipeline_files_are_valid() {
    for example in ["clahe", "shell", "stretch", "torch"] {
        let world = World::new();
        let file = format!("{EXAMPLES}/{example}/pipeline.yaml");
        let run = world.path("run");
        let plan = world.fer(&["plan", &file, "--run-dir", run.to_str().unwrap()]).succeeded();
        assert_eq!(lines(&plan.stdout)[1], "preprocess: never ran");
    }
}

#[test]
fn the_page_on_swapping_shows_the_examples_as_they_are() {
    let text = |path: &str| std::fs::read_to_string(Path::new(EXAMPLES).join(path)).unwrap();
    let page = text("../docs/swapping.md");
    let between = |text: &str, from: &str, to: &str| {
        let start = text.find(from).unwrap();
        let length = text[start..].find(to).unwrap();
        text[start..start + length].trim_end().to_owned()
    };
    for example in ["clahe", "stretch"] {
        let stage = between(&text(&format!("{example}/pipeline.yaml")), "  - stage: preprocess", "  - stage: train");
        assert!(page.contains(&stage), "{stage}");
    }
    let call = text("shell/preprocess.sh");
    assert!(page.contains(&call[call.find("exec").unwrap()..]));
    let test = between(&text("stretch/tests/contract.rs"), "let params", "\n}");
    assert!(
        page.replace("\n", " ").contains(&lines(&test).iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "))
    );
}
