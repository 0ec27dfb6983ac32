use std::path::Path;

use fer_pipeline::Error;
use fer_pipeline::error::Place;

use crate::{folder, load};

#[test]
fn a_problem_tells_its_place() {
    let folder = folder();
    let Err(Error::Invalid { problems }) = load(&folder, &["evaluate.batchsize=3"]) else { panic!("it is invalid") };
    assert_eq!(problems[0].place, Place::Override("evaluate.batchsize=3".to_owned()));
    assert_eq!(problems[0].message, "unknown key `batchsize` in evaluate.params; did you mean `batch_size`?");
    let text = crate::CHAIN.replace("epochs: 2", "epochs: 0");
    std::fs::write(folder.path().join("chain.yaml"), text).unwrap();
    let Err(Error::Invalid { problems }) = load(&folder, &[]) else { panic!("it is invalid") };
    let path = folder.path().join("chain.yaml");
    assert_eq!(problems[0].place, Place::Position { path, line: 7, column: 45 });
}

#[test]
fn columns_count_characters() {
    let folder = folder();
    let text = crate::CHAIN.replace("{model: {name: linear}, epochs: 2", "{\"init\": \"äöü\", epochs: 0");
    std::fs::write(folder.path().join("chain.yaml"), text).unwrap();
    let Err(Error::Invalid { problems }) = load(&folder, &[]) else { panic!("it is invalid") };
    let Place::Position { line, column, .. } = problems[0].place else { panic!("it has a place") };
    assert_eq!((line, column), (7, 37));
}

#[test]
fn the_run_folder_is_the_files_unless_the_caller_names_one() {
    let folder = folder();
    let file = folder.path().join("chain.yaml");
    assert_eq!(load(&folder, &[]).unwrap().run_dir(), folder.path().join("run"));
    let other = fer_pipeline::Pipeline::load(&file, &[], Some(Path::new("other"))).unwrap();
    assert_eq!(other.run_dir(), Path::new("other"));
}

#[test]
fn what_is_resolved_resolves_to_itself() {
    let folder = folder();
    let once = load(&folder, &["train.optimizer={name: sgd, momentum: 0.9}"]).unwrap().resolved();
    assert!(once.contains("momentum: 0.9") && once.contains("equalization: global"), "{once}");
    std::fs::write(folder.path().join("chain.yaml"), &once).unwrap();
    assert_eq!(load(&folder, &[]).unwrap().resolved(), once);
}

#[test]
fn text_with_any_break_of_lines_resolves_to_itself() {
    let folder = folder();
    let names = ["a\u{2028}b\n\n c", "a\u{2029}b\nc", "a\u{85}b\nc", "a\rb\nc", " a\n\n", "\u{2028}\na"];
    for name in names {
        let column = format!("ingest.source.label_column={}", serde_json::json!(name));
        let text =
            crate::CHAIN.replace("stages:\n", "stages:\n  - {stage: ingest, params: {source: {kind: csv, path: f}}}\n");
        std::fs::write(folder.path().join("chain.yaml"), text).unwrap();
        let once = load(&folder, &[&column]).unwrap().resolved();
        std::fs::write(folder.path().join("chain.yaml"), &once).unwrap();
        let again = load(&folder, &[]).map(|pipeline| pipeline.resolved());
        assert_eq!(again.expect(&once), once, "{name:?}");
    }
}

/// The only problem of a file that does not load.
fn problem(text: &str) -> String {
    let folder = folder();
    std::fs::write(folder.path().join("chain.yaml"), text).unwrap();
    let Err(Error::Invalid { problems }) = load(&folder, &[]) else { panic!("it is invalid") };
    assert_eq!(problems.len(), 1);
    problems[0].message.clone()
}

#[test]
fn aliases_cannot_fill_the_memory() {
    // Read to its end, this would be a list of a hundred million bytes.
    let text = format!("{}x: &a {}\ny: [{}]\n", crate::CHAIN, "a".repeat(20_000), "*a,".repeat(5_000));
    assert_eq!(problem(&text), "expected aliases (`*…`) of small parts, found some that fill the memory");
}

#[test]
fn aliases_of_small_parts_are_as_if_written_out() {
    let folder = folder();
    let text = crate::CHAIN.replace("epochs: 2", "epochs: &size 16").replace("batch_size: 16", "batch_size: *size");
    std::fs::write(folder.path().join("chain.yaml"), text).unwrap();
    assert!(load(&folder, &[]).unwrap().resolved().contains("batch_size: 16\n"));
}

#[test]
fn a_long_file_is_refused_whatever_it_holds() {
    // A file of the longest length that is read, nested without end, is refused in no time; longer ones take minutes.
    let deep = "{a: ".repeat((64 << 10) / 4);
    assert_eq!(problem(&deep), "not valid YAML: recursion limit exceeded");
    let long = "expected a YAML file of at most 65536 bytes, found a longer one";
    assert_eq!(problem(&format!("{deep} ")), long);
    assert_eq!(problem(&format!("{}#{}", crate::CHAIN, " ".repeat(1 << 20))), long);
}

#[test]
fn a_chain_of_thousands_of_stages_is_one_problem() {
    let text = format!("version: 1\nrun_dir: run\nstages: [{}]\n", "{stage: evaluate},".repeat(3_000));
    assert_eq!(problem(&text), "expected at most 16 stages, found 3000");
}
