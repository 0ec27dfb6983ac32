use fer_artifact::{Checkpoint, FeatureSet, Model, Provenance, Seed, Split, Targets, read, with_causes, write};
use fer_testkit::feature_set;
use fer_train::{Error, Quiet, TrainData, TrainParams, train};
use serde_json::{Value, json};

use crate::recorder::Recorder;
use crate::train::{params, teacher};

fn sets() -> (FeatureSet, FeatureSet) {
    (feature_set(Split::Train, 20, 10, 10), feature_set(Split::Validation, 9, 10, 10))
}

/// Through a file, as a training that was interrupted would find it.
fn through_a_file(checkpoint: &Checkpoint) -> Checkpoint {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    write(&path, checkpoint, &Provenance::new("test", Seed::new(1))).unwrap();
    read(&path).unwrap()
}

fn bytes(model: &Model) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write(&path, model, &Provenance::new("test", Seed::new(1))).unwrap();
    std::fs::read(path).unwrap()
}

fn assert_every_checkpoint_leads_to_the_same_end(params: &TrainParams) {
    assert_every_checkpoint_of(params, &sets().0);
}

fn assert_every_checkpoint_of(params: &TrainParams, train_set: &FeatureSet) {
    let (_, validation) = sets();
    let teachers = [teacher(train_set, |label| (label + 1) % 7)];
    let data = TrainData { train: train_set, validation: Some(&validation), teachers: &teachers };
    let seed = Seed::new(3);
    let mut whole = Recorder { within: Some(vec![]), ..Recorder::default() };
    let expected = train(params, &data, None, None, seed, &mut whole).unwrap();
    assert!(whole.checkpoints.len() > 2);
    for (done, checkpoint) in (1..).zip(&whole.checkpoints) {
        let mut rest = Recorder::default();
        let resumed = train(params, &data, None, Some(through_a_file(checkpoint)), seed, &mut rest).unwrap();
        assert_eq!(bytes(&resumed.model), bytes(&expected.model), "from epoch {done}");
        assert_eq!(resumed.unselected, expected.unselected, "from epoch {done}");
        assert_eq!(resumed.history, expected.history[done..], "from epoch {done}");
        assert_eq!(rest.checkpoints, whole.checkpoints[done..], "from epoch {done}");
    }
    for (at, checkpoint) in whole.batches.iter().zip(whole.within.as_ref().unwrap()) {
        let (epoch, batch) = (at.epoch, at.batch);
        let mut rest = Recorder::default();
        let resumed = train(params, &data, None, Some(through_a_file(checkpoint)), seed, &mut rest).unwrap();
        assert_eq!(bytes(&resumed.model), bytes(&expected.model), "from epoch {epoch}, batch {batch}");
        assert_eq!(resumed.unselected, expected.unselected, "from epoch {epoch}, batch {batch}");
        assert_eq!(rest.checkpoints, whole.checkpoints[epoch - 1..], "from epoch {epoch}, batch {batch}");
    }
}

#[test]
fn a_resumed_training_with_every_source_of_noise_ends_with_the_same_bytes() {
    assert_every_checkpoint_leads_to_the_same_end(&params(json!({
        "model": {"name": "compact-cnn", "dropout": 0.4}, "epochs": 6, "batch_size": 6, "shuffle": true,
        "evaluate_every": 2, "select": "best", "label_smoothing": 0.1,
        "optimizer": {"learning_rate": 0.2, "momentum": 0.9, "nesterov": true, "weight_decay": 0.001},
        "schedule": {"name": "one-cycle"},
    })));
}

#[test]
fn a_resumed_training_by_the_whole_recipe_ends_with_the_same_bytes() {
    assert_every_checkpoint_leads_to_the_same_end(&params(json!({
        "model": {"name": "face-resnet", "stem": [2, 8], "widths": [8, 8, 8], "blocks": [1, 1, 1]},
        "epochs": 5, "batch_size": 6, "shuffle": true, "evaluate_every": 1, "select": "best",
        "distillation": {"predictions": ["teacher.safetensors"], "share": 0.5},
        "label_smoothing": 0.1, "class_weights": "balanced", "decay": "matrices", "clip_norm": 1.0,
        "augmentation": {
            "flip": 0.5, "warp": 0.8, "shift": 0.1, "scale": 0.1, "rotation": 10, "brightness": 0.1, "contrast": 0.1,
            "erasing": {"probability": 0.5}
        },
        "crops": [{"from_epoch": 1, "size": 8}, {"from_epoch": 3, "size": 10}],
        "mixup": {"alpha": 0.2, "probability": 0.5}, "final_plain_epochs": 2, "ema": 0.9,
        "optimizer": {"learning_rate": 0.05, "momentum": 0.9, "nesterov": true, "weight_decay": 0.001},
        "schedule": {"name": "cosine", "warmup_epochs": 1},
    })));
}

/// Images that people disagree on: two of three say the label.
fn disputed() -> FeatureSet {
    let (mut set, _) = sets();
    let mut shares = vec![0.0; 7 * set.len()];
    for (row, &label) in shares.chunks_exact_mut(7).zip(&set.labels) {
        row[usize::from(label)] = 2.0 / 3.0;
        row[usize::from(label + 1) % 7] = 1.0 / 3.0;
    }
    set.targets = Some(Targets::new(7, shares));
    set
}

#[test]
fn a_resumed_training_with_targets_ends_with_the_same_bytes() {
    for targets in ["shares", "draw"] {
        let params = params(json!({
            "model": {"name": "linear"}, "epochs": 4, "batch_size": 6, "shuffle": true, "evaluate_every": 1,
            "targets": targets, "distillation": {"predictions": ["teacher.safetensors"], "share": 0.25},
            "label_smoothing": 0.1, "class_weights": "balanced", "mixup": {"alpha": 0.2, "probability": 0.5},
        }));
        assert_every_checkpoint_of(&params, &disputed());
    }
    let likeliest = json!({"model": {"name": "linear"}, "epochs": 3, "batch_size": 6, "targets": "likeliest"});
    assert_every_checkpoint_of(&params(likeliest), &disputed());
}

#[test]
fn targets_are_learnt_and_the_rule_decides_which_way() {
    let set = disputed();
    let learn = |targets: &str, set: &FeatureSet| {
        let params = params(json!({"model": {"name": "linear"}, "epochs": 5, "batch_size": 6, "targets": targets}));
        let data = TrainData { train: set, validation: None, teachers: &[] };
        train(&params, &data, None, None, Seed::new(1), &mut Quiet).unwrap().model.tensors
    };
    let rules = ["shares", "labels", "draw", "likeliest"].map(|rule| learn(rule, &set));
    for one in 0..4 {
        assert!((0..one).all(|other| rules[one] != rules[other]), "{one}");
    }
    assert_eq!(rules[1], learn("shares", &FeatureSet { targets: None, ..set }));
}

#[test]
fn a_resumed_training_with_adamw_ends_with_the_same_bytes() {
    assert_every_checkpoint_leads_to_the_same_end(&params(json!({
        "model": {"name": "compact-cnn"}, "epochs": 4, "batch_size": 6, "optimizer": {"name": "adamw"},
        "schedule": {"name": "cosine", "warmup_epochs": 2},
    })));
}

#[test]
fn a_resumed_training_without_momentum_ends_with_the_same_bytes() {
    let params = params(json!({"model": {"name": "linear"}, "epochs": 3, "batch_size": 6, "evaluate_every": 1}));
    assert_every_checkpoint_leads_to_the_same_end(&params);
}

#[test]
fn a_training_that_stopped_early_stays_stopped() {
    assert_every_checkpoint_leads_to_the_same_end(&params(json!({
        "model": {"name": "linear"}, "epochs": 50, "evaluate_every": 1, "early_stopping": {"patience": 2},
        "optimizer": {"learning_rate": 1e-30},
    })));
}

#[test]
fn the_seeds_network_draws_its_slopes_again_after_a_resume() {
    assert_every_checkpoint_leads_to_the_same_end(&params(json!({"epochs": 3, "batch_size": 10})));
}

fn refusal(change: impl Fn(&mut Value, &mut FeatureSet, &mut Seed, &mut Checkpoint)) -> String {
    let (mut train_set, validation) = sets();
    let mut value = json!({"model": {"name": "linear"}, "epochs": 2, "evaluate_every": 1});
    let mut observer = Recorder::default();
    let mut seed = Seed::new(1);
    let data = TrainData { train: &train_set, validation: Some(&validation), teachers: &[] };
    train(&params(value.clone()), &data, None, None, seed, &mut observer).unwrap();
    let mut checkpoint = observer.checkpoints.remove(0);
    change(&mut value, &mut train_set, &mut seed, &mut checkpoint);
    let data = TrainData { train: &train_set, validation: Some(&validation), teachers: &[] };
    with_causes(&train(&params(value), &data, None, Some(checkpoint), seed, &mut Quiet).unwrap_err())
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let other = "the checkpoint is of another training: expected";
    let rate = |params: &mut Value, _: &mut FeatureSet, _: &mut Seed, _: &mut Checkpoint| {
        params["optimizer"] = json!({"learning_rate": 0.25});
    };
    let sgd =
        |rate| format!(r#"{{"learning_rate":{rate},"momentum":0.0,"name":"sgd","nesterov":false,"weight_decay":0.0}}"#);
    assert_eq!(refusal(rate), format!("{other} optimizer {}, found {}", sgd("0.25"), sgd("0.1")));
    assert_eq!(refusal(|_, _, seed, _| *seed = Seed::new(2)), format!("{other} seed 2, found 1"));
    let fewer = |_: &mut Value, train: &mut FeatureSet, _: &mut Seed, _: &mut Checkpoint| {
        train.labels.pop();
        train.images.in_memory().unwrap().truncate(19 * 64);
    };
    assert_eq!(refusal(fewer), format!("{other} number of training images 19, found 20"));
    let renamed = |_: &mut Value, _: &mut FeatureSet, _: &mut Seed, checkpoint: &mut Checkpoint| {
        checkpoint.classes = vec!["calm".into()];
    };
    assert_eq!(
        refusal(renamed),
        format!("{other} classes angry, disgust, fear, happy, sad, surprise, neutral, found calm")
    );
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let missing = refusal(|_, _, _, checkpoint| {
        checkpoint.tensors.remove("model.fc.bias");
    });
    assert_eq!(missing, "the tensors do not fit `linear`: `fc.bias` [7] is missing");
    let best = refusal(|_, _, _, checkpoint| checkpoint.tensors.retain(|name, _| !name.starts_with("best.")));
    assert_eq!(best, "the checkpoint is of another training: expected best weights present, found absent");
    let state = refusal(|_, _, _, checkpoint| checkpoint.state = Value::Null);
    assert_eq!(state, "the checkpoint holds no state of a training: invalid type: null, expected struct State");
}

/// A training of `epochs` with checkpoints after each batch and epoch.
fn recorded(epochs: usize, schedule: &Value, resume: Option<Checkpoint>) -> Result<(Model, Recorder), Error> {
    let (train_set, validation) = sets();
    let params = params(json!({
        "model": {"name": "compact-cnn", "dropout": 0.3}, "epochs": epochs, "batch_size": 6, "shuffle": true,
        "evaluate_every": 2, "schedule": schedule,
    }));
    let data = TrainData { train: &train_set, validation: Some(&validation), teachers: &[] };
    let mut recorder = Recorder { within: Some(vec![]), ..Recorder::default() };
    let trained = train(&params, &data, None, resume, Seed::new(3), &mut recorder)?;
    Ok((trained.model, recorder))
}

#[test]
fn a_training_can_be_made_longer_where_its_rates_do_not_depend_on_its_length() {
    for schedule in [json!({"name": "constant"}), json!({"name": "step", "step_size": 2})] {
        let (expected, _) = recorded(5, &schedule, None).unwrap();
        // Epoch 3 is not due to be evaluated: a training of three evaluates it all the same, as its last.
        let (_, short) = recorded(3, &schedule, None).unwrap();
        let last_batch = short.within.unwrap().pop().unwrap();
        let (longer, _) = recorded(5, &schedule, Some(last_batch.clone())).unwrap();
        assert_eq!(bytes(&longer), bytes(&expected), "{schedule}");
        let error = recorded(5, &schedule, short.checkpoints.last().cloned()).unwrap_err().to_string();
        assert_eq!(error, "the checkpoint is of another training: expected epochs 5, found 3");
        let error = recorded(2, &schedule, Some(last_batch)).unwrap_err().to_string();
        assert_eq!(error, "the checkpoint is of another training: expected epochs 2, found 3");
        // As the last of one epoch, epoch 1 would have been evaluated.
        let error = recorded(1, &schedule, Some(short.checkpoints[0].clone())).unwrap_err().to_string();
        assert_eq!(error, "the checkpoint is of another training: expected epochs 1, found 3");
    }
}

#[test]
fn a_training_whose_rates_depend_on_its_length_cannot_be_made_longer() {
    for name in ["cosine", "one-cycle"] {
        let (_, short) = recorded(2, &json!({"name": name}), None).unwrap();
        let error = recorded(4, &json!({"name": name}), short.checkpoints.last().cloned()).unwrap_err().to_string();
        assert_eq!(error, "the checkpoint is of another training: expected epochs 4, found 2");
    }
}

#[test]
fn a_stable_training_can_be_made_longer_from_any_point_before_its_fall_and_from_no_other() {
    let schedule = json!({"name": "stable", "warmup_epochs": 1, "cooldown": 0.25});
    // The rate falls in the last epoch of four, in the last two of eight, in the last three of twelve.
    let (_, short) = recorded(4, &schedule, None).unwrap();
    for epochs in [8, 12] {
        let (expected, whole) = recorded(epochs, &schedule, None).unwrap();
        for (done, checkpoint) in (1..).zip(&short.checkpoints) {
            let outcome = recorded(epochs, &schedule, Some(through_a_file(checkpoint)));
            match outcome {
                Ok((longer, rest)) => {
                    assert!(done <= 3, "{done}");
                    assert_eq!(bytes(&longer), bytes(&expected), "{done}");
                    assert_eq!(rest.checkpoints, whole.checkpoints[done..], "{done}");
                }
                Err(error) => {
                    let refusal = format!("the checkpoint is of another training: expected epochs {epochs}, found 4");
                    assert_eq!((done, error.to_string()), (4, refusal));
                }
            }
        }
        for (at, checkpoint) in short.batches.iter().zip(short.within.as_ref().unwrap()) {
            let outcome = recorded(epochs, &schedule, Some(through_a_file(checkpoint)));
            assert_eq!(outcome.is_ok(), at.epoch <= 3, "{}, {}", at.epoch, at.batch);
            assert!(outcome.is_err() || bytes(&outcome.unwrap().0) == bytes(&expected), "{}, {}", at.epoch, at.batch);
        }
    }
    // Shorter too: what eight epochs have before the fall of four.
    let (expected, _) = recorded(4, &schedule, None).unwrap();
    let (_, long) = recorded(8, &schedule, None).unwrap();
    let (shorter, _) = recorded(4, &schedule, Some(long.checkpoints[2].clone())).unwrap();
    assert_eq!(bytes(&shorter), bytes(&expected));
    assert!(recorded(4, &schedule, Some(long.checkpoints[3].clone())).is_err());
}
