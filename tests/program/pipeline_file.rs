//! Every way to get a pipeline file wrong, with the whole message.

use crate::world::{PIPELINE, World};

/// Runs the pipeline file with `from` replaced by `to` and gives what is said on standard error.
#[track_caller]
fn complaint(from: &str, to: &str) -> String {
    assert!(PIPELINE.contains(from), "{from}");
    complaint_of(&PIPELINE.replacen(from, to, 1), &[])
}

#[track_caller]
fn complaint_of(text: &str, arguments: &[&str]) -> String {
    let world = World::new();
    std::fs::write(world.path("pipeline.yaml"), text).unwrap();
    let ended = world.fer(&[&["run"], arguments].concat());
    assert_eq!(ended.code, 2, "{ended:?}");
    assert_eq!(ended.stdout, "");
    assert!(!world.path("run").exists(), "nothing may run");
    ended.stderr
}

#[track_caller]
fn set(argument: &str) -> String {
    complaint_of(PIPELINE, &["--set", argument])
}

#[test]
fn an_unknown_parameter_is_named_with_the_nearest_and_its_place() {
    assert_eq!(
        complaint("epochs: 2", "epoch: 2"),
        "error: pipeline.yaml:14:7: unknown key `epoch` in train.params; did you mean `epochs`?\n"
    );
}

#[test]
fn an_unknown_key_deep_in_a_parameter_is_found() {
    assert_eq!(
        complaint("learning_rate: 0.05", "learning_rat: 0.05"),
        "error: pipeline.yaml:18:30: unknown key `learning_rat` in train.params.optimizer; did you mean `learning_rate`?\n"
    );
}

#[test]
fn an_unknown_key_of_a_stage_is_found() {
    assert_eq!(
        complaint("    params: {normalization", "    parms: {normalization"),
        "error: pipeline.yaml:10:5: unknown key `parms` in stages[1]; did you mean `params`?\n"
    );
}

#[test]
fn an_unknown_key_at_the_top_is_found() {
    assert_eq!(
        complaint("run_dir: run", "rundir: run"),
        "error: pipeline.yaml:3:1: unknown key `rundir`; did you mean `run_dir`?\n"
    );
}

#[test]
fn a_missing_key_is_named() {
    assert_eq!(complaint("run_dir: run\n", ""), "error: pipeline.yaml:1:1: missing key `run_dir`\n");
    assert_eq!(
        complaint(", path: faces.csv", ""),
        "error: pipeline.yaml:7:15: missing key `path` in ingest.params.source\n"
    );
}

#[test]
fn a_list_in_place_of_a_mapping_is_not_taken_by_the_order_of_its_entries() {
    for (path, list) in [
        ("train.params.optimizer", "[sgd, 0.5]"),
        ("train.params.schedule", "[step, 10, 0.5]"),
        ("train.params.early_stopping", "[3]"),
        ("preprocess.params.size", "[24, 24]"),
        ("preprocess.params.normalization", "[unit]"),
        ("ingest.params.source", "[csv, faces.csv]"),
    ] {
        let set = format!("{}={list}", path.replace(".params", ""));
        let expected = format!("error: --set {set}: {path}: expected a mapping, found a list\n");
        assert_eq!(complaint_of(PIPELINE, &["--set", &set]), expected);
    }
    assert_eq!(
        complaint("source: {kind: csv, path: faces.csv}", "source: [csv, faces.csv]"),
        "error: pipeline.yaml:7:15: ingest.params.source: expected a mapping, found a list\n"
    );
}

#[test]
fn a_wrong_type_is_told_with_what_is_expected() {
    assert_eq!(
        complaint("batch_size: 16", "batch_size: many"),
        "error: pipeline.yaml:15:19: train.params.batch_size: expected a whole number, found \"many\"\n"
    );
    assert_eq!(
        complaint("shuffle: true", "shuffle: 1"),
        "error: pipeline.yaml:16:16: train.params.shuffle: expected true or false, found 1\n"
    );
    assert_eq!(
        complaint("path: faces.csv", "path: faces.csv, label_column: 3"),
        "error: pipeline.yaml:7:58: ingest.params.source.label_column: expected text, found 3\n"
    );
    assert_eq!(
        complaint("split: {kind: usage}", "split: {kind: stratified, train: most}"),
        "error: pipeline.yaml:8:40: ingest.params.split.train: expected a number, found \"most\"\n"
    );
    assert_eq!(
        complaint("seed: 7", "seed: -7"),
        "error: pipeline.yaml:2:7: seed: expected a whole number from 0, found -7\n"
    );
}

#[test]
fn a_value_out_of_range_is_told_with_the_range() {
    assert_eq!(
        complaint("epochs: 2", "epochs: 0"),
        "error: pipeline.yaml:14:15: train.params.epochs: expected a whole number from 1, found 0\n"
    );
    assert_eq!(
        complaint("learning_rate: 0.05", "learning_rate: -1"),
        "error: pipeline.yaml:18:45: train.params.optimizer.learning_rate: expected a number above 0, found -1.0\n"
    );
}

#[test]
fn an_unknown_name_is_told_with_the_nearest() {
    assert_eq!(
        complaint("name: linear", "name: liner"),
        "error: pipeline.yaml:13:21: train.params.model.name: unknown value `liner`; did you mean `linear`?\n"
    );
}

#[test]
fn a_parameter_of_a_network_is_told_with_its_place_wherever_the_name_stands() {
    let model = |params: &str| complaint("model: {name: linear}", &format!("model: {params}"));
    assert_eq!(
        model("{name: face-cnn, dropout: [0.2, 1.5]}"),
        "error: pipeline.yaml:13:46: train.params.model.dropout[1]: expected a number from 0 to below 1, found 1.5\n"
    );
    assert_eq!(
        model("{blocks: [1, 0, 2], name: face-resnet}"),
        "error: pipeline.yaml:13:27: train.params.model.blocks[1]: expected a whole number from 1 to 1024, found 0\n"
    );
    assert_eq!(
        model("{dropout: 0.5, name: face-cnn}"),
        "error: pipeline.yaml:13:24: train.params.model.dropout: expected a list of length 2, found 0.5\n"
    );
    assert_eq!(
        model("{dropot: 0.5, name: compact-cnn}"),
        "error: pipeline.yaml:13:15: unknown key `dropot` in train.params.model; did you mean `dropout`?\n"
    );
    assert_eq!(
        model("{name: linear, dropout: 0.5}"),
        "error: pipeline.yaml:13:29: train.params.model: `dropout` does not apply to `linear`\n"
    );
}

#[test]
fn a_number_that_is_not_finite_is_refused() {
    assert_eq!(
        complaint("learning_rate: 0.05", "learning_rate: .nan"),
        "error: pipeline.yaml:18:45: expected a finite number, found NaN\n"
    );
}

#[test]
fn an_unknown_stage_is_named_with_the_nearest() {
    assert_eq!(
        complaint("stage: train", "stage: trian"),
        "error: pipeline.yaml:11:12: stages[2].stage: unknown value `trian`; did you mean `train`?\n"
    );
}

#[test]
fn stages_stand_in_their_order_and_once() {
    let twice =
        |name: &str| format!("stage `{name}` stands here for the second time; give one of the two a `name` of its own");
    assert_eq!(
        complaint("stage: train\n    params:\n", "stage: ingest\n    params:\n").lines().next().unwrap(),
        format!("error: pipeline.yaml:11:12: {}", twice("ingest"))
    );
    assert_eq!(
        complaint("  - stage: evaluate\n", "  - stage: evaluate\n  - stage: evaluate\n"),
        format!("error: pipeline.yaml:20:12: {}\n", twice("evaluate"))
    );
}

#[test]
fn an_unknown_version_is_refused() {
    assert_eq!(
        complaint("version: 1", "version: 2"),
        "error: pipeline.yaml:1:10: expected version 1, the one known here, found 2\n"
    );
}

#[test]
fn a_key_twice_is_refused() {
    assert_eq!(
        complaint("epochs: 2", "epochs: 2\n      epochs: 3"),
        "error: pipeline.yaml:15:7: key `epochs` stands here for the second time\n"
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let text = PIPELINE.replace("kind: unit", "kind: units").replace("epochs: 2", "epochs: two");
    assert_eq!(
        complaint_of(&text, &[]),
        "error: pipeline.yaml:10:36: preprocess.params.normalization.kind: unknown value `units`; did you mean `unit`?\n\
         pipeline.yaml:14:15: train.params.epochs: expected a whole number, found \"two\"\n"
    );
}

#[test]
fn a_program_of_the_users_own_is_a_list_of_words_with_a_time_limit_above_zero() {
    let with = |lines: &str| complaint("  - stage: preprocess\n", &format!("  - stage: preprocess\n{lines}"));
    assert_eq!(
        with("    command: []\n"),
        "error: pipeline.yaml:10:14: stages[1].command: expected a program and its arguments, found none\n"
    );
    assert_eq!(
        with("    command: python3 clahe.py\n"),
        "error: pipeline.yaml:10:14: stages[1].command: expected a list, found \"python3 clahe.py\"\n"
    );
    assert_eq!(
        with("    command: [./clahe, 3]\n"),
        "error: pipeline.yaml:10:24: stages[1].command[1]: expected text, found 3\n"
    );
    assert_eq!(
        with("    command: [./clahe]\n    timeout_seconds: 0\n"),
        "error: pipeline.yaml:11:22: stages[1].timeout_seconds: expected a number of seconds above 0, found 0.0\n"
    );
    assert_eq!(
        with("    timeout_seconds: 60\n"),
        "error: pipeline.yaml:10:22: stage `preprocess`: `timeout_seconds` is for a `command`, and there is none\n"
    );
}

#[test]
fn what_is_no_yaml_is_told_with_its_place() {
    assert_eq!(
        complaint("params: {}", "params: {"),
        "error: pipeline.yaml:21:1: not valid YAML: did not find expected node content, \
         while parsing a flow node\n"
    );
    assert_eq!(complaint_of("", &[]), "error: pipeline.yaml: expected a mapping, found an empty file\n");
    assert_eq!(complaint_of("# nothing\n", &[]), "error: pipeline.yaml: expected a mapping, found an empty file\n");
    assert_eq!(complaint_of("hello", &[]), "error: pipeline.yaml:1:1: expected a mapping, found \"hello\"\n");
    assert_eq!(
        complaint("params: {}", "params: !odd {}"),
        "error: pipeline.yaml:20:13: expected a plain value, found a tag (`!…`)\n"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let ended = World::new().fer(&["run", "nowhere.yaml"]);
    let message = "error: nowhere.yaml: cannot read the file: No such file or directory (os error 2)\n";
    assert_eq!((ended.code, &*ended.stderr), (2, message));
}

#[test]
fn a_wrong_override_is_named_in_place_of_a_line() {
    assert_eq!(
        set("train.epoch=3"),
        "error: --set train.epoch=3: unknown key `epoch` in train.params; did you mean `epochs`?\n"
    );
    assert_eq!(
        set("train.epochs=three"),
        "error: --set train.epochs=three: train.params.epochs: expected a whole number, found \"three\"\n"
    );
    assert_eq!(
        set("trian.epochs=3"),
        "error: --set trian.epochs=3: the chain has no stage `trian`; did you mean `train`?\n"
    );
    assert_eq!(set("epochs=3"), "error: --set epochs=3: expected STAGE.PATH=VALUE, as in train.epochs=10\n");
    assert!(set("train.epochs=[").starts_with("error: --set train.epochs=[: not valid YAML: "));
}

#[test]
fn an_override_can_mend_the_file() {
    let world = World::new();
    std::fs::write(world.path("pipeline.yaml"), PIPELINE.replace("epochs: 2", "epochs: two")).unwrap();
    world.fer(&["plan", "--set", "train.epochs=2"]).succeeded();
    let ended = world.fer(&["plan", "--set", "train.batch_size=8"]);
    let message = "error: pipeline.yaml:14:15: train.params.epochs: expected a whole number, found \"two\"\n";
    assert_eq!((ended.code, &*ended.stderr), (2, message));
}
