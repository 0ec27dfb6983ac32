//! What can be known before a training is said before it.

use crate::world::{PIPELINE, PREPROCESS, World};

/// The world's faces, all of them of train.
fn train_alone(world: &World) {
    let faces = world.read("faces.csv").replace(",PublicTest", ",Training").replace(",PrivateTest", ",Training");
    std::fs::write(world.path("faces.csv"), faces).unwrap();
}

#[test]
fn nothing_to_evaluate_is_said_once_the_source_is_read() {
    let world = World::new();
    train_alone(&world);
    let ended = world.fer(&["run"]);
    assert_eq!(ended.code, 1);
    let message = "error: evaluate: nothing to evaluate: the data has neither validation nor test; choose a `split` of ingest \
                   that sets some aside, or score train with `splits: [train]`\n";
    assert!(ended.stderr.ends_with(message), "{ended:?}");
    assert!(!ended.stderr.contains("preprocess: runs"), "{ended:?}");
    // What has no evaluation runs, and what starts later says it as early.
    world.fer(&["run", "--only", "ingest"]).succeeded();
    world.fer(&["run", "--only", "preprocess"]).succeeded();
    let ended = world.fer(&["run", "--from", "train"]);
    assert!(ended.stderr.ends_with(message) && !ended.stderr.contains("epoch"), "{ended:?}");
    world.fer(&["run", "--set", "evaluate.splits=[train]"]).succeeded();
}

#[test]
fn a_choice_by_validation_without_validation_is_said_once_the_source_is_read() {
    let world = World::new();
    train_alone(&world);
    let ended = world.fer(&["run", "--set=evaluate.splits=[train]", "--set=train.select=best"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.ends_with(
            "error: train: select: best needs validation images, found none: choose a `split` that sets some aside\n"
        ),
        "{ended:?}"
    );
    assert!(!ended.stderr.contains("preprocess: runs"), "{ended:?}");
    let ended = world.fer(&["run", "--set=evaluate.splits=[test]"]);
    assert!(ended.stderr.contains("split `test` is to be evaluated, but the data has only `train`"), "{ended:?}");
}

#[test]
fn a_chain_without_a_stage_that_another_needs_is_not_planned() {
    let world = World::new();
    std::fs::write(world.path("pipeline.yaml"), PIPELINE.replace(PREPROCESS, "")).unwrap();
    let message = "error: train: input run/preprocess/train.safetensors is missing, and the chain has no stage `preprocess`, \
                   which makes it: write `- stage: preprocess` before `train`, or put the file there\n";
    for command in ["plan", "run"] {
        let ended = world.fer(&[command]);
        assert_eq!((ended.code, ended.stderr.as_str()), (1, message), "{command}");
    }
}

#[test]
fn doubtful_rates_and_trainings_without_success_are_told() {
    let world = World::new();
    let wild = "--set=train.optimizer={name: adamw, learning_rate: 0.5}";
    let ended = world.fer(&["run", wild]).succeeded();
    assert!(
        ended.stderr.contains("warning: a learning_rate of 0.5 is far above what usually trains with adamw"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("above the 1.95 of guessing"), "{ended:?}");
    let usual = world.fer(&["run", "--set=train.optimizer={name: adamw, learning_rate: 0.001}"]).succeeded();
    assert!(!usual.stderr.contains("warning"), "{usual:?}");
}

#[test]
fn one_answer_for_all_images_is_told_and_stands_in_the_report() {
    let world = World::new();
    // All of train is happy: soon the network says nothing else.
    let faces = world.read("faces.csv");
    let one = |line: &str| match line.split_once(',') {
        Some((_, rest)) if line.ends_with(",Training") => format!("3,{rest}\n"),
        _ => format!("{line}\n"),
    };
    std::fs::write(world.path("faces.csv"), faces.lines().map(one).collect::<String>()).unwrap();
    let ended = world.fer(&["run", "--set=train.optimizer={name: adamw, learning_rate: 0.01}", "--set=train.epochs=4"]);
    let ended = ended.succeeded();
    let told = ended.stderr.lines().filter(|line| line.contains("are predicted as")).count();
    let report = world.read("run/evaluate/report.html");
    let metrics: serde_json::Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    let columns = |split: &str| {
        let rows = metrics["splits"][split]["confusion"].as_array().unwrap();
        (0..7).filter(|&class| rows.iter().any(|row| row[class] != 0)).count()
    };
    let alone = ["validation", "test"].into_iter().filter(|split| columns(split) == 1).count();
    assert_eq!(alone, 2, "{metrics}");
    assert_eq!((told, report.matches("are predicted as").count()), (alone, alone), "{ended:?}");
}

#[test]
fn each_network_has_an_optimizer_of_its_own() {
    let world = World::new();
    let file = PIPELINE.replace("      optimizer: {name: sgd, learning_rate: 0.05}\n", "");
    std::fs::write(world.path("pipeline.yaml"), file).unwrap();
    let resolved = |settings: &[&str]| {
        let arguments: Vec<String> = settings.iter().map(|setting| format!("--set={setting}")).collect();
        let arguments: Vec<&str> =
            ["run", "--only", "ingest"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        world.fer(&arguments).succeeded();
        let text = world.read("run/config.resolved.yaml");
        let after = text.split("    optimizer:\n").nth(1).unwrap();
        let lines = after.lines().take_while(|line| line.starts_with("      "));
        lines.map(str::trim).filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join(", ")
    };
    let sgd =
        |rate: &str| format!("name: sgd, learning_rate: {rate}, momentum: 0.0, nesterov: false, weight_decay: 0.0");
    assert_eq!(resolved(&["train.model={name: face-cnn}"]), sgd("0.1"), "the seed's");
    let adamw = |rate: &str| format!("name: adamw, betas:, eps: 1e-8, learning_rate: {rate}, weight_decay: 0.01");
    assert_eq!(resolved(&["train.model={name: compact-cnn}"]), adamw("0.003"));
    let rate = "train.optimizer.learning_rate=0.01";
    assert_eq!(resolved(&["train.model={name: compact-cnn}", rate]), adamw("0.01"), "the rate alone changes");
    assert_eq!(resolved(&["train.model={name: compact-cnn}", "train.optimizer={name: sgd}"]), sgd("0.1"));
    assert_eq!(resolved(&["train.model={name: face-resnet}"]), adamw("0.003"));
    let wrong = world.fer(&["plan", "--set=train.optimizer.momentum=0.9"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("`momentum` does not apply to `adamw`"), "{wrong:?}");
}
