use fer_artifact::{ImageSet, read};
use serde_json::Value;

use crate::world::{World, lines};

#[test]
fn inspect_shows_header_and_tensors() {
    let world = World::ran();
    let ended = world.fer(&["inspect", "run/ingest/validation.safetensors"]).succeeded();
    let text = lines(&ended.stdout);
    assert_eq!(text[0], "kind            images");
    for line in [
        "producer        fer 0.1.0",
        "classes         angry, disgust, fear, happy, sad, surprise, neutral",
        "split           validation",
        "images    U8  [14, 48, 48]",
        "labels    U8  [14]",
        "rows     U32  [14]",
        "3 tensors, 32284 elements",
    ] {
        assert!(text.contains(&line), "{line}: {}", ended.stdout);
    }
}

#[test]
fn inspect_tells_the_same_as_json() {
    let world = World::ran();
    let shown = world.fer(&["inspect", "run/train/model.safetensors", "--json"]).succeeded().json();
    assert_eq!(shown["header"]["kind"], "model");
    assert_eq!(shown["header"]["params"]["epochs"], 2);
    assert_eq!(shown["header"]["network"]["classes"], 7);
    let weight = serde_json::json!({"name": "fc.weight", "dtype": "F32", "shape": [7, 2304]});
    assert!(shown["tensors"].as_array().unwrap().contains(&weight), "{shown}");
}

#[test]
fn inspect_refuses_what_is_no_safetensors_file() {
    let world = World::new();
    let ended = world.fer(&["inspect", "pipeline.yaml"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("error: pipeline.yaml: not a valid safetensors file: "), "{ended:?}");
    let ended = world.fer(&["inspect", "nowhere.safetensors"]);
    assert_eq!(ended.code, 1);
    let cause = "error: nowhere.safetensors: cannot read the file: No such file or directory (os error 2)\n";
    assert_eq!(ended.stderr, cause, "one clear chain, nothing twice");
}

#[test]
fn exported_images_can_be_ingested_again() {
    let world = World::ran();
    world.fer(&["export-images", "run/ingest/train.safetensors", "pictures"]).succeeded();
    let before: ImageSet = read(&world.path("run/ingest/train.safetensors")).unwrap();
    assert!(world.path(&format!("pictures/{}.png", before.rows[5])).is_file());
    assert_eq!(lines(&world.read("pictures/dataset.csv"))[5], format!("{}.png,{}", before.rows[5], before.labels[5]));
    let head = format!("{{source: {{kind: folder, path: pictures}}, split: {{kind: head, train: {}}}}}", before.len());
    std::fs::write(world.path("params.yaml"), head).unwrap();
    world.fer(&["stage", "ingest", "--params", "params.yaml", "--out", "again"]).succeeded();
    let after: ImageSet = read(&world.path("again/train.safetensors")).unwrap();
    assert!(before.images == after.images && before.labels == after.labels);
}

#[test]
fn export_images_writes_jpeg_if_asked() {
    let world = World::ran();
    let ended = world.fer(&["export-images", "run/ingest/test.safetensors", "pictures", "--format", "jpg"]).succeeded();
    assert_eq!(ended.stdout, "14 images in pictures\n");
    assert!(lines(&world.read("pictures/dataset.csv"))[0].contains(".jpg,"));
    let ended = world.fer(&["export-images", "run/preprocess/test.safetensors", "pictures"]);
    let message = "error: run/preprocess/test.safetensors: expected an artifact of kind `images`, found `features`\n";
    assert_eq!((ended.code, &*ended.stderr), (1, message));
}

#[test]
fn evaluate_scores_as_the_chain_does() {
    let world = World::ran();
    validation(&world);
    let call = ["evaluate", "--model", "run/train/model.safetensors", "--data", "validation.csv"];
    let mut metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    let scores = world.fer(&[&call[..], &["--json"]].concat()).succeeded().json();
    // Who has no train knows of no copies in it.
    let without = metrics["splits"]["validation"].as_object_mut().unwrap().remove("without_twins").unwrap();
    assert_eq!(without["n"], 14);
    assert_eq!(scores, metrics["splits"]["validation"]);
    let table = world.fer(&call).succeeded();
    assert!(table.stdout.contains("  images             14\n"), "{table:?}");
    assert!(table.stdout.contains("surprise"), "{table:?}");
}

/// The rows of validation alone, in their order.
fn validation(world: &World) {
    let text = world.read("faces.csv");
    let rows = text.lines().filter(|line| line.starts_with("emotion") || line.ends_with(",PublicTest"));
    std::fs::write(world.path("validation.csv"), rows.collect::<Vec<_>>().join("\n") + "\n").unwrap();
}

#[test]
fn an_exported_model_carries_scores_and_temperature_and_is_calibrated() {
    let world = World::ran();
    validation(&world);
    let metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    let temperature = metrics["temperature"].as_f64().unwrap();
    for (out, flag) in [("full.safetensors", None), ("half.safetensors", Some("--f16"))] {
        let call: Vec<&str> = ["export-model", "run", out].into_iter().chain(flag).collect();
        let ended = world.fer(&call).succeeded();
        assert!(ended.stdout.starts_with(&format!("{out}: ")), "{ended:?}");
        assert!(ended.stdout.ends_with(&format!(", temperature {temperature:.3}\n")), "{ended:?}");
    }
    let header = world.fer(&["inspect", "half.safetensors", "--json"]).succeeded().json()["header"].clone();
    assert_eq!(header["evaluation"]["splits"], metrics["splits"]);
    assert_eq!(header["evaluation"]["temperature"], metrics["temperature"]);
    assert!(header["evaluation"]["data"]["ingest.source"].is_string(), "{header}");
    assert_eq!((&header["params"]["epochs"], &header["preprocessing"]["equalization"]), (&2.into(), &"global".into()));
    let trained = fer_artifact::Digest::of_file(&world.path("run/train/model.safetensors")).unwrap().to_string();
    assert_eq!(header["parents"]["train/model.safetensors"], trained);

    let scores = |model: &str| {
        let call = ["evaluate", "--model", model, "--data", "validation.csv", "--json"];
        world.fer(&call).succeeded().json()
    };
    let close = |found: &Value, expected: &Value, within: f64| {
        let [found, expected] = [found, expected].map(|value| value.as_f64().unwrap());
        assert!((found - expected).abs() <= within, "{found} is not {expected}");
    };
    let full = scores("full.safetensors");
    assert_eq!(full["accuracy"], metrics["splits"]["validation"]["accuracy"]);
    close(&full["ece"], &metrics["ece_calibrated"]["validation"], 1e-5);
    close(&scores("half.safetensors")["loss"], &full["loss"], 1e-2);
    let size = |name: &str| std::fs::metadata(world.path(name)).unwrap().len();
    let saved = size("full.safetensors") - size("half.safetensors");
    assert!(saved.abs_diff(7 * 2304 * 2) < 64, "{saved} bytes");
}

#[test]
fn a_model_is_exported_with_its_own_scores_or_not_at_all() {
    let world = World::ran();
    world.fer(&["run", "--only", "train", "--set", "train.epochs=1"]).succeeded();
    let ended = world.fer(&["export-model", "run", "out.safetensors"]);
    let message = "error: run: its scores are not those of its model; `fer run` renews them\n";
    assert_eq!((ended.code, &*ended.stderr), (1, message));
    assert!(!world.path("out.safetensors").exists());
}

#[test]
fn several_models_are_averaged_and_images_looked_at_twice() {
    let world = World::ran();
    validation(&world);
    let scores = |arguments: &[&str]| {
        let call = [&["evaluate", "--data", "validation.csv", "--json"], arguments].concat();
        world.fer(&call).succeeded().json()
    };
    let model = ["--model", "run/train/model.safetensors"];
    let one = scores(&model);
    world.fer(&["run", "--run-dir", "other", "--set", "train.epochs=1"]).succeeded();
    let other = ["--model", "other/train/model.safetensors"];
    let (both, same) = (scores(&[model, other].concat()), scores(&[model, model].concat()));
    assert!((same["loss"].as_f64().unwrap() - one["loss"].as_f64().unwrap()).abs() < 1e-6, "{same} {one}");
    // The logarithm is concave: a mean is at least as good as its members are on average.
    let loss = |scores: &Value| scores["loss"].as_f64().unwrap();
    assert!(loss(&both) < (loss(&one) + loss(&scores(&other))) / 2.0, "{both}");
    assert_ne!(loss(&scores(&[&model[..], &["--tta", "flip"]].concat())), loss(&one));
    let crops = ["evaluate", "--data", "validation.csv", "--tta", "ten-crop", model[0], model[1]];
    let ended = world.fer(&crops);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("`linear` takes 48×48 pixels alone"), "{ended:?}");
}

#[test]
fn evaluate_refuses_data_that_it_cannot_read() {
    let world = World::ran();
    let call = |data: &str| world.fer(&["evaluate", "--model", "run/train/model.safetensors", "--data", data]);
    let ended = call("nowhere.csv");
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("error: nowhere.csv: "), "{ended:?}");
    std::fs::write(world.path("bad.csv"), "label,feature\n9,0 0 0 0\n").unwrap();
    let ended = call("bad.csv");
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("bad.csv") && ended.stderr.contains('9'), "{ended:?}");
}

#[test]
fn synth_writes_equal_faces_for_equal_seeds() {
    let world = World::new();
    for (file, seed) in [("a.csv", "5"), ("b.csv", "5"), ("c.csv", "6")] {
        world.fer(&["synth", file, "--rows", "7", "--seed", seed]).succeeded();
    }
    assert_eq!(lines(&world.read("a.csv")).len(), 8);
    assert!(world.read("a.csv") == world.read("b.csv"));
    assert!(world.read("a.csv") != world.read("c.csv"));
    let ended = world.fer(&["synth", "faces.png"]);
    let message = "error: faces.png: expected a file name that ends in .csv or .csv.zst\n";
    assert_eq!((ended.code, &*ended.stderr), (1, message));
}

#[test]
fn wrong_usage_exits_with_2_and_help_has_examples() {
    let world = World::new();
    for arguments in [&["walk"][..], &[], &["run", "--threads", "0"], &["stage", "preprocess"]] {
        assert_eq!(world.fer(arguments).code, 2, "{arguments:?}");
    }
    let commands =
        ["run", "plan", "status", "verify", "gc", "inspect", "stage", "export-images", "export-model", "evaluate"];
    for command in commands.into_iter().chain(["diff", "runs", "synth", "predict"]) {
        let help = world.fer(&[command, "--help"]).succeeded();
        assert!(help.stdout.contains("Example"), "{command}: {}", help.stdout);
    }
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let world = World::new();
    for (shell, mark) in [("bash", "complete -F _fer"), ("zsh", "#compdef fer"), ("fish", "complete -c fer")] {
        let script = world.fer(&["completions", shell]).succeeded().stdout;
        assert!(script.contains(mark) && script.contains("export-images"), "{shell}");
    }
    world.fer(&["man", "pages/man1"]).succeeded();
    let pages = world.files("pages/man1");
    for page in ["fer.1", "fer-run.1", "fer-sweep-plan.1"] {
        assert!(pages.contains_key(page), "{page} is not in {:?}", pages.keys());
    }
    assert!(String::from_utf8_lossy(&pages["fer-run.1"]).contains(".SH SYNOPSIS"));
}
