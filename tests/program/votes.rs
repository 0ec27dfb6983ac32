//! Votes in the place of labels, through the whole program.

use std::path::Path;

use fer_artifact::{FeatureSet, ImageSet, Predictions, Targets, read};
use serde_json::Value;

use crate::world::{PIPELINE, PREPROCESS, World, assert_same};

/// 140 rows of votes: each person but two or three sees what is drawn, but for each tenth row, which most people cannot tell.
fn with_votes() -> World {
    let world = World::new();
    let faces = world.read("faces.csv");
    let mut votes = String::from("angry,disgust,fear,happy,sad,surprise,neutral,unknown\n");
    for (row, line) in faces.lines().skip(1).enumerate() {
        let label: usize = line.split(',').next().unwrap().parse().unwrap();
        let mut counts = [0; 8];
        let clear = row % 10 != 9;
        counts[label] = if clear { 10 - 2 - row % 2 } else { 2 };
        counts[(label + 1) % 7] = if clear { 2 + row % 2 } else { 1 };
        counts[7] = 10 - counts.iter().sum::<usize>();
        votes.push_str(&(counts.map(|count| count.to_string()).join(",") + "\n"));
    }
    std::fs::write(world.path("votes.csv"), votes).unwrap();
    let votes =
        "      votes: {kind: columns, path: votes.csv, protocol: probability, held_out: majority, others: [unknown]}\n";
    let pipeline = PIPELINE.replace("      split: {kind: usage}\n", &format!("      split: {{kind: usage}}\n{votes}"));
    std::fs::write(world.path("pipeline.yaml"), pipeline).unwrap();
    world
}

fn targets(path: &Path) -> Targets {
    read::<ImageSet>(path).unwrap().targets.unwrap()
}

#[test]
fn targets_pass_through_every_stage_and_are_scored() {
    let world = with_votes();
    let run = world.fer(&["run"]).succeeded();
    // 112 rows of train: of 9, 19, … ten are unknown.
    assert!(run.stderr.contains("  left out of train by their votes: 10 (10 unknown)\n"), "{run:?}");
    assert!(run.stdout.contains(" % of single votes, of at most "), "{run:?}");
    let images = targets(&world.path("run/ingest/train.safetensors"));
    assert_eq!(images.len(), 102);
    // Of ten votes, 8 and 2, or 7 and 3.
    assert!(images.rows().all(|row| row.contains(&0.8) || row.contains(&0.7) || row.contains(&1.0)), "{images:?}");
    let features: FeatureSet = read(&world.path("run/preprocess/train.safetensors")).unwrap();
    assert_eq!(features.targets.unwrap(), images);
    let held_out = targets(&world.path("run/ingest/validation.safetensors"));
    let predictions: Predictions = read(&world.path("run/evaluate/predictions-validation.safetensors")).unwrap();
    assert_eq!(predictions.targets.as_ref().unwrap(), &held_out);
    let metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    let scores = &metrics["splits"]["validation"]["votes"];
    // The same once more, written out.
    let (mut agreement, mut ceiling, mut loss) = (0.0, 0.0, 0.0);
    for index in 0..held_out.len() {
        let (logits, row) = (predictions.logits_of(index), held_out.row(index));
        let best = (0..7).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
        let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
        agreement += f64::from(row[best]);
        ceiling += f64::from(row.iter().copied().fold(0.0, f32::max));
        loss += logits.iter().zip(row).map(|(&x, &t)| f64::from(t) * (sum.ln() - f64::from(x))).sum::<f64>();
    }
    for (name, expected) in [("agreement", agreement), ("ceiling", ceiling), ("cross_entropy", loss)] {
        let (found, expected) = (scores[name].as_f64().unwrap(), expected / held_out.len() as f64);
        assert!((found - expected).abs() < 1e-9, "{name}: {found} for {expected}");
    }
    let report = world.read("run/evaluate/report.html");
    assert!(report.contains("Where people disagree most") && report.contains("80\u{202f}%"));
    assert!(report.contains("Rows left out by their votes"));
    // Of 140 rows, each tenth is unknown: ten of train, two of each other split.
    let missing = "Without the 2 images that the votes left out of this split (2 unknown)";
    assert!(report.contains(missing), "{report}");
}

#[test]
fn a_stage_between_hands_targets_on() {
    let world = with_votes();
    let align = "  - {stage: align, params: {method: {kind: center-crop, share: 0.5}}}\n";
    let chain = world.read("pipeline.yaml").replace(PREPROCESS, &format!("{align}{PREPROCESS}"));
    std::fs::write(world.path("pipeline.yaml"), chain).unwrap();
    world.fer(&["run"]).succeeded();
    for split in ["train", "validation", "test"] {
        let [before, after] =
            ["ingest", "align"].map(|stage| targets(&world.path(&format!("run/{stage}/{split}.safetensors"))));
        assert_eq!(before, after);
    }
}

#[test]
fn other_votes_make_ingest_stale_and_other_targets_train() {
    let world = with_votes();
    world.fer(&["run"]).succeeded();
    let votes = world.read("votes.csv");
    std::fs::write(world.path("votes.csv"), votes.replacen("8,2", "7,3", 1)).unwrap();
    let plan = world.fer(&["plan"]).succeeded();
    assert!(plan.stdout.starts_with("ingest: input votes changed\n"), "{plan:?}");
    world.fer(&["run"]).succeeded();
    let plan = world.fer(&["plan", "--set", "train.targets=draw"]).succeeded();
    assert!(plan.stdout.contains("train: parameter targets"), "{plan:?}");
}

#[test]
fn a_training_with_targets_that_is_killed_ends_with_the_same_bytes() {
    let arguments = [
        "--set=train.targets=draw",
        "--set=train.model={name: compact-cnn}",
        "--set=train.epochs=8",
        "--set=preprocess.size={height: 24, width: 24}",
    ];
    let whole = with_votes();
    whole.fer(&[&["run"], &arguments[..]].concat()).succeeded();
    let world = with_votes();
    let mut run = world.start(&[&["run", "--checkpoint-seconds", "0"], &arguments[..]].concat());
    run.until("  epoch 3/");
    run.kill();
    let run = world.fer(&[&["run"], &arguments[..]].concat()).succeeded();
    assert!(run.stderr.contains("goes on from epoch"), "{run:?}");
    assert_same(&world.outputs("run"), &whole.outputs("run"));
}

#[test]
fn a_stage_of_the_users_own_that_drops_targets_is_told() {
    let world = with_votes();
    // What the votes leave out, without the votes: the built-in stage on images without targets.
    let script = "set -eu
sed '/votes/d; s/run_dir: run/run_dir: plain/; /command/d' pipeline.yaml > plain.yaml
fer run plain.yaml --only ingest
fer stage preprocess --params plain-params.yaml --in plain --out $FER_OUTPUT_DIR --seed $FER_SEED
";
    std::fs::write(world.path("own.sh"), script).unwrap();
    std::fs::write(world.path("plain-params.yaml"), "normalization: {kind: unit}\n").unwrap();
    let own = "  - stage: preprocess\n    command: [sh, own.sh]\n";
    let chain = world.read("pipeline.yaml").replace(PREPROCESS, own);
    std::fs::write(world.path("pipeline.yaml"), chain).unwrap();
    let run = world.fer(&["run"]);
    assert_eq!(run.code, 1);
    let told = "train.safetensors: expected the tensor `targets` of run/ingest/train.safetensors, found none: hand it on with `rows`";
    assert!(run.stderr.contains(told), "{run:?}");
}

#[test]
fn pictures_are_exported_with_their_targets() {
    let world = with_votes();
    world.fer(&["run", "--only", "ingest"]).succeeded();
    world.fer(&["export-images", "run/ingest/test.safetensors", "pictures"]).succeeded();
    let text = world.read("pictures/targets.csv");
    let first = text.lines().next().unwrap();
    assert_eq!(first, "name,angry,disgust,fear,happy,sad,surprise,neutral");
    assert_eq!(text.lines().count(), 1 + targets(&world.path("run/ingest/test.safetensors")).len());
}

#[test]
fn rules_for_targets_without_votes_are_refused() {
    let world = World::new();
    let run = world.fer(&["run", "--set", "train.targets=draw"]);
    assert_eq!(run.code, 1);
    let told = "error: train: targets: `draw` needs images of which more is known than their labels";
    assert!(run.stderr.contains(told), "{run:?}");
}

#[test]
fn an_evaluation_takes_votes_in_the_place_of_labels() {
    let world = World::ran();
    // angry, disgust, fear, happy, sad, surprise, neutral in FER+'s columns.
    let places = [4, 5, 6, 1, 3, 2, 0];
    let header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
    let (mut votes, mut expected) = (header.to_owned(), 0);
    for (row, line) in world.read("faces.csv").lines().skip(1).enumerate() {
        let label: usize = line.split(',').next().unwrap().parse().unwrap();
        let usage = line.rsplit(',').next().unwrap();
        let mut counts = [0; 10];
        // Seven of ten; or contempt, for which the model has no class; or five of ten, which is no majority.
        let [clear, other] = [if row % 3 == 2 { 5 } else { 7 }, 10 - if row % 3 == 2 { 5 } else { 7 }];
        counts[if row % 3 == 1 { 7 } else { places[label] }] = clear;
        counts[8] = other;
        expected += usize::from(row % 3 == 0 && usage == "PrivateTest");
        let counts = counts.map(|count| count.to_string()).join(",");
        votes.push_str(&format!("{usage},fer{row:07}.png,{counts}\n"));
    }
    std::fs::write(world.path("fer2013new.csv"), &votes).unwrap();
    let evaluate =
        ["evaluate", "--model", "run", "--data", "faces.csv", "--votes", "fer2013new.csv", "--split", "test"];
    let run = world.fer(&[&evaluate[..], &["--json", "--report", "report"]].concat()).succeeded();
    let scores = run.json();
    assert!(expected > 0 && scores["n"] == expected, "{scores}");
    assert!(run.stderr.contains("left out of test by their votes: ") && run.stderr.contains(" contempt, "), "{run:?}");
    // Everybody who voted for a class voted for the same one.
    assert_eq!(scores["votes"]["ceiling"], 1.0);
    assert_eq!(scores["votes"]["agreement"], scores["accuracy"]);
    let metrics: Value = serde_json::from_str(&world.read("report/metrics.json")).unwrap();
    assert_eq!(metrics["splits"]["test"]["votes"], scores["votes"]);
    let unclear = votes.lines().skip(1).map(|line| {
        let names: Vec<&str> = line.split(',').take(2).collect();
        names.join(",") + ",5,5,0,0,0,0,0,0,0,0\n"
    });
    std::fs::write(world.path("fer2013new.csv"), header.to_owned() + &unclear.collect::<String>()).unwrap();
    let failed = world.fer(&evaluate);
    assert!(
        failed.code == 1 && failed.stderr.contains("expected rows whose votes are clear, found none"),
        "{failed:?}"
    );
}
