use std::path::Path;

use fer_pipeline::{Error, Place};

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
    let once = load(&folder, &["train.optimizer.momentum=0.9"]).unwrap().resolved();
    assert!(once.contains("momentum: 0.9") && once.contains("equalization: global"), "{once}");
    std::fs::write(folder.path().join("chain.yaml"), &once).unwrap();
    assert_eq!(load(&folder, &[]).unwrap().resolved(), once);
}
