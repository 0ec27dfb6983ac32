//! `fold: all`: a sweep of every fold, and the scores of all rows together.
#![cfg(unix)]

use serde_json::{Value, json};

use crate::sweep::sweep;
use crate::world::{PIPELINE, World, lines};

/// A world whose pipeline file makes every one of three folds test once.
fn folded(more: &str) -> World {
    let split = "split: {kind: folds, folds: 3, fold: all, pool: true, validation: 0.1}";
    let world = World::new();
    let text = PIPELINE.replace("split: {kind: usage}", split);
    std::fs::write(world.path("sweep.yaml"), format!("{text}{more}")).unwrap();
    world
}

fn count(matrix: &Value) -> Vec<Vec<u64>> {
    serde_json::from_value(matrix.clone()).unwrap()
}

#[test]
fn every_fold_is_test_once_and_all_rows_are_scored_together() {
    let world = folded("");
    let ended = sweep(&world, "run", &["--index", "1"]).succeeded();
    assert!(ended.stdout.contains("\n1 of 3 folds together\n"), "{ended:?}");
    let ended = sweep(&world, "run", &["--jobs", "2"]).succeeded();
    let told = lines(&ended.stdout);
    assert!(told[0].starts_with("folds  validation accuracy"), "{ended:?}");
    assert!(told[1].trim_start().starts_with("3 ") && told[1].contains('±'), "{ended:?}");
    assert_eq!(told[3..5], ["all 3 folds together", "  images             140"]);
    let status = sweep(&world, "status", &["--json"]).succeeded().json();
    let (pooled, scores) = (&status["pooled"][0], &status["pooled"][0]["scores"]);
    assert_eq!((&pooled["n"], &pooled["folds"], &pooled["seed"]), (&json!(3), &json!(3), &json!(7)));
    // The confusion matrix is the sum of those of the folds, and the accuracy what its diagonal says.
    let mut sum = vec![vec![0; 7]; 7];
    for fold in 0..3 {
        let text = world.read(&format!("run/cells/fold={fold}/evaluate/metrics.json"));
        let metrics: Value = serde_json::from_str(&text).unwrap();
        for (sums, counts) in sum.iter_mut().zip(count(&metrics["splits"]["test"]["confusion"])) {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
    assert_eq!(count(&scores["confusion"]), sum);
    let correct: u64 = (0..7).map(|class| sum[class][class]).sum();
    assert_eq!(scores["accuracy"], json!(correct as f64 / 140.0));
    assert_eq!(status["combinations"].as_array().unwrap().len(), 1);
    let markdown = sweep(&world, "run", &["--md"]).succeeded().stdout;
    assert!(markdown.contains("### all 3 folds together\n\n```\n  images             140\n"), "{markdown}");
}

#[test]
fn folds_cross_with_a_matrix_and_seeds() {
    let world = folded("matrix: {train.epochs: [1, 2], seeds: [1, 2]}\n");
    let plan = sweep(&world, "plan", &["--json"]).succeeded().json();
    let names: Vec<&str> = plan.as_array().unwrap().iter().map(|cell| cell["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 12);
    assert_eq!(names[..3], ["epochs=1,fold=0,seed=1", "epochs=1,fold=0,seed=2", "epochs=1,fold=1,seed=1"]);
    let ended = sweep(&world, "run", &[]).succeeded();
    let told = lines(&ended.stdout);
    assert!(told[0].starts_with("train.epochs  folds and seeds  "), "{ended:?}");
    assert!(told[1].starts_with("1 ") && told[1].contains("  6  "), "{ended:?}");
    let titles: Vec<&str> = told.iter().filter(|line| line.starts_with("all ")).copied().collect();
    let title = |epochs: u32, seed: u32| format!("all 3 folds together, train.epochs {epochs}, seed {seed}");
    assert_eq!(titles, [title(1, 1), title(1, 2), title(2, 1), title(2, 2)]);
}

#[test]
fn the_number_of_folds_cannot_vary_beside_all_of_them() {
    let world = folded("matrix: {ingest.split.folds: [3, 5]}\n");
    let message =
        "`ingest.split.folds` cannot vary beside `fold: all`, which makes as many cells as the file has folds";
    let ended = world.fer(&["sweep", "plan", "sweep.yaml"]);
    assert!(ended.code == 2 && ended.stderr.contains(message), "{ended:?}");
}

#[test]
fn run_names_the_sweep_where_every_fold_is_asked_for() {
    let world = folded("");
    let ended = world.fer(&["run", "sweep.yaml"]);
    let message = "`fold: all` makes a sweep of this file: `fer sweep run sweep.yaml` runs every fold, `fer sweep plan \
                   sweep.yaml` shows them\n";
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.starts_with("error: sweep.yaml:8:") && ended.stderr.ends_with(message), "{ended:?}");
    world.fer(&["run", "sweep.yaml", "--set", "ingest.split.fold=1", "--only", "ingest"]).succeeded();
    let ended = sweep(&world, "plan", &["--set", "ingest.split.folds=1"]);
    assert!(ended.stderr.contains("expected 2 to 1000 `folds`"), "{ended:?}");
    world.fer(&["run", "sweep.yaml", "--cell", "2", "--only", "ingest"]).succeeded();
    assert!(world.path("run/cells/fold=2/ingest/test.safetensors").is_file());
}
