use std::collections::BTreeMap;

use fer_artifact::{Array, FeatureSet, Predictions, Provenance, Seed, Split, open, with_causes, write};
use fer_testkit::feature_set;
use fer_train::{Error, Quiet, TrainData, TrainParams, Trained, train};
use serde_json::{Value, json};

use crate::recorder::{Recorder, StopAt};

/// Parameters; plain SGD where none is named, whatever the network's own optimiser.
pub(crate) fn params(mut value: Value) -> TrainParams {
    if value["optimizer"]["name"].is_null() {
        value["optimizer"]["name"] = json!("sgd");
    }
    serde_json::from_value(value).unwrap()
}

pub(crate) fn linear(mut value: Value) -> TrainParams {
    value["model"] = json!({"name": "linear"});
    params(value)
}

pub(crate) fn sets() -> (FeatureSet, FeatureSet) {
    (feature_set(Split::Train, 20, 8, 8), feature_set(Split::Validation, 9, 8, 8))
}

pub(crate) fn run(params: &TrainParams, init: Option<BTreeMap<String, Array>>) -> Result<Trained, Error> {
    let (train_set, validation) = sets();
    let data = TrainData { train: &train_set, validation: Some(&validation), teachers: &[] };
    train(params, &data, init, None, Seed::new(1), &mut Quiet)
}

fn refusal(params: &TrainParams, train_set: &FeatureSet, validation: Option<&FeatureSet>) -> String {
    let data = TrainData { train: train_set, validation, teachers: &[] };
    train(params, &data, None, None, Seed::new(1), &mut Quiet).unwrap_err().to_string()
}

/// A linear network that answers `class` whatever it sees.
pub(crate) fn always(class: usize) -> BTreeMap<String, Array> {
    let mut bias = vec![0.0; 7];
    bias[class] = 1.0;
    [("fc.weight".to_owned(), Array::new([7, 64], vec![0.0; 448])), ("fc.bias".to_owned(), Array::new([7], bias))]
        .into()
}

/// A rate at which nothing changes.
pub(crate) fn still(mut value: Value) -> TrainParams {
    value["optimizer"] = json!({"learning_rate": 1e-30});
    linear(value)
}

/// A small network with noise in its training.
pub(crate) fn noisy(value: Value) -> TrainParams {
    let mut all = json!({
        "model": {"name": "compact-cnn", "dropout": 0.3}, "batch_size": 6, "evaluate_every": 1,
        "optimizer": {"learning_rate": 0.3, "momentum": 0.5},
    });
    all.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    params(all)
}

#[test]
fn images_in_a_file_train_the_model_of_images_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let opened = |set: &FeatureSet| -> FeatureSet {
        let path = folder.path().join(set.split.name());
        write(&path, set, &Provenance::new("test", Seed::new(0))).unwrap();
        open(&path).unwrap()
    };
    let (train_set, validation) = sets();
    let (train_file, validation_file) = (opened(&train_set), opened(&validation));
    for more in [json!({}), json!({"augmentation": {"flip": 0.5, "shift": 0.2}, "mixup": {"alpha": 0.2}})] {
        let mut value = json!({"epochs": 3, "batch_size": 7, "shuffle": true, "evaluate_every": 1, "select": "best"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let params = linear(value);
        let run = |train_set, validation| {
            let data = TrainData { train: train_set, validation: Some(validation), teachers: &[] };
            train(&params, &data, None, None, Seed::new(1), &mut Quiet).unwrap()
        };
        assert_eq!(run(&train_file, &validation_file).model, run(&train_set, &validation).model);
    }
    let path = folder.path().join("train");
    let length = std::fs::metadata(&path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 200).unwrap();
    let error = refusal(&linear(json!({})), &train_file, None);
    let reason = "it ends within its images; it was cut short while it was read";
    assert_eq!(error, format!("{}: not a valid safetensors file: {reason}", path.display()));
}

#[test]
fn data_that_do_not_fit_are_refused() {
    let (train_set, validation) = sets();
    let params = linear(json!({}));
    let empty = feature_set(Split::Train, 0, 8, 8);
    assert_eq!(refusal(&params, &empty, None), "train: expected at least one image, found none");
    let larger = feature_set(Split::Validation, 9, 8, 9);
    assert_eq!(
        refusal(&params, &train_set, Some(&larger)),
        "validation: expected images of 8×8 pixels as in train, found 8×9"
    );
    let renamed = FeatureSet { classes: vec!["calm".into(), "other".into()], ..validation };
    assert_eq!(
        refusal(&params, &train_set, Some(&renamed)),
        r#"validation: expected the classes of train, ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"], found ["calm", "other"]"#
    );
    let small = feature_set(Split::Train, 7, 7, 7);
    assert_eq!(
        refusal(&TrainParams::default(), &small, None),
        "`face-cnn` takes images of at least 8x8 pixels, found 7x7"
    );
}

#[test]
fn choices_on_validation_accuracy_need_validation_images() {
    let (train_set, _) = sets();
    let empty = feature_set(Split::Validation, 0, 8, 8);
    for validation in [None, Some(&empty)] {
        assert_eq!(
            refusal(&linear(json!({"select": "best"})), &train_set, validation),
            "select: best needs validation images, found none: choose a `split` that sets some aside"
        );
        assert_eq!(
            refusal(&linear(json!({"early_stopping": {"patience": 1}})), &train_set, validation),
            "early_stopping needs validation images, found none: choose a `split` that sets some aside"
        );
    }
}

#[test]
fn weights_to_start_from_must_be_there_and_fit() {
    let params = linear(json!({"init": "start.safetensors"}));
    assert_eq!(
        run(&params, None).unwrap_err().to_string(),
        "init: expected the tensors of start.safetensors, found none"
    );
    let mut tensors = always(0);
    // A weight for other classes would begin afresh, bias and all; a bias alone is an error.
    tensors.insert("fc.bias".to_owned(), Array::new([5], vec![0.0; 5]));
    tensors.insert("fc.scale".to_owned(), Array::new([1], vec![0.0]));
    assert_eq!(
        with_causes(&run(&params, Some(tensors)).unwrap_err()),
        "init: the tensors do not fit `linear`: `fc.bias`: expected shape [7], found [5]; `fc.scale` [1] is not expected"
    );
}

/// Labels go round, so class 0 holds 3 of 20 and 2 of 9 images, class 6 2 of 20 and 1 of 9.
#[test]
fn accuracies_are_counted_over_whole_splits() {
    for (class, train_count, validation_count) in [(0, 3.0, 2.0), (6, 2.0, 1.0)] {
        let trained = run(&still(json!({"epochs": 1, "batch_size": 3})), Some(always(class))).unwrap();
        assert_eq!(trained.history[0].train_accuracy, Some(train_count / 20.0));
        assert_eq!(trained.history[0].validation_accuracy, Some(validation_count / 9.0));
    }
}

/// Logits are 1 for the one class and 0 for the six others: cross entropy is ln(e + 6), less 1 where that is the label.
#[test]
fn validation_loss_is_the_mean_cross_entropy_over_the_whole_split() {
    for (class, count) in [(0, 2.0), (6, 1.0)] {
        let trained = run(&still(json!({"epochs": 1, "batch_size": 3, "label_smoothing": 0.1})), Some(always(class)));
        let loss = trained.unwrap().history[0].validation_loss.unwrap();
        assert!((loss - ((std::f64::consts::E + 6.0).ln() - count / 9.0)).abs() < 1e-6, "{loss}");
    }
}

#[test]
fn scores_are_taken_every_few_epochs_and_after_the_last() {
    let trained = run(&linear(json!({"epochs": 7, "evaluate_every": 3})), None).unwrap();
    for record in trained.history {
        let due = [3, 6, 7].contains(&record.epoch);
        let scores = [record.train_accuracy, record.validation_accuracy, record.validation_loss];
        assert_eq!(scores.map(|score| score.is_some()), [due; 3], "{record:?}");
    }
}

#[test]
fn the_model_is_enough_to_predict_and_tells_of_its_training() {
    let (mut train_set, validation) = sets();
    train_set.preprocessing = json!({"equalization": "global"});
    let params = params(json!({"model": {"name": "compact-cnn"}, "epochs": 2, "shuffle": true}));
    let data = TrainData { train: &train_set, validation: Some(&validation), teachers: &[] };
    let trained = train(&params, &data, None, None, Seed::new(1), &mut Recorder::default()).unwrap();
    let model = trained.model;
    assert_eq!(model.classes, train_set.classes);
    assert_eq!(model.preprocessing, train_set.preprocessing);
    assert_eq!(model.network, json!({"name": "compact-cnn", "dropout": 0.25, "height": 8, "width": 8, "classes": 7}));
    let shapes: BTreeMap<_, _> =
        model.tensors.iter().map(|(name, array)| (name.clone(), array.shape.clone())).collect();
    let config: fer_model::NetworkConfig = serde_json::from_value(model.network).unwrap();
    assert_eq!(shapes, config.tensors().unwrap());

    let Value::Object(mut training) = model.training else { panic!("expected an object") };
    let history: Vec<Value> = serde_json::from_value(training.remove("history").unwrap()).unwrap();
    assert_eq!(training.remove("params").unwrap(), serde_json::to_value(&params).unwrap());
    assert_eq!(Value::Object(training), json!({"epochs": 2, "epoch": 2, "select": "last"}));
    for (line, record) in history.iter().zip(&trained.history) {
        let mut expected = serde_json::to_value(record).unwrap();
        assert!(expected.as_object_mut().unwrap().remove("images_per_second").is_some());
        assert_eq!(line, &expected);
    }
    assert_eq!(history.len(), 2);
}

#[test]
fn equal_seeds_give_equal_models_and_others_do_not() {
    let (train_set, _) = sets();
    let params = noisy(json!({"epochs": 2, "shuffle": true}));
    let model = |seed| {
        let data = TrainData { train: &train_set, validation: None, teachers: &[] };
        train(&params, &data, None, None, Seed::new(seed), &mut Quiet).unwrap().model
    };
    assert_eq!(model(1), model(1));
    assert_ne!(model(1).tensors, model(2).tensors);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let params = noisy(json!({"epochs": 2}));
    let model = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&params, None).unwrap().model)
    };
    let one = model(1);
    assert_eq!(model(2), one);
    assert_eq!(model(3), one);
}

#[test]
fn shuffling_changes_the_order_and_nothing_without_it_does() {
    let losses = |shuffle: bool, seed| {
        let (train_set, _) = sets();
        let data = TrainData { train: &train_set, validation: None, teachers: &[] };
        let params = still(json!({"epochs": 2, "batch_size": 6, "shuffle": shuffle}));
        let mut observer = Recorder::default();
        // Weights that tell images apart, so that batches have losses of their own.
        let mut weights = always(0);
        weights.get_mut("fc.weight").unwrap().data.iter_mut().zip(0..).for_each(|(x, i)| *x = (i % 5) as f32 * 0.1);
        train(&params, &data, Some(weights), None, Seed::new(seed), &mut observer).unwrap();
        observer.batches.iter().map(|batch| batch.loss).collect::<Vec<_>>()
    };
    let plain = losses(false, 1);
    assert_eq!(plain[..4], plain[4..], "the same order in both epochs");
    assert_eq!(plain, losses(false, 2));
    let shuffled = losses(true, 1);
    assert_ne!(shuffled[..3], shuffled[4..7], "an order of its own in every epoch");
    assert_ne!(shuffled, losses(true, 2));
    // All images are seen: the epoch's mean stays.
    assert!((shuffled[3] - plain[3]).abs() < 1e-6 && (shuffled[7] - plain[3]).abs() < 1e-6);
}

#[test]
fn a_loss_that_is_not_finite_ends_the_training_and_leaves_the_last_checkpoint_good() {
    let (train_set, _) = sets();
    let data = TrainData { train: &train_set, validation: None, teachers: &[] };
    // The rate grows tenfold in every epoch until the weights leave the range of f32.
    let schedule = json!({"name": "step", "step_size": 1, "gamma": 1e12});
    let params = linear(json!({"batch_size": 10, "schedule": schedule}));
    let mut observer = Recorder::default();
    let error = train(&params, &data, None, None, Seed::new(1), &mut observer).unwrap_err();
    let Error::Diverged { epoch, batch, loss, learning_rate } = error else { panic!("{error}") };
    assert!(!loss.is_finite() && learning_rate > 1.0 && batch == 2);
    assert_eq!(observer.checkpoints.len(), epoch - 1);
    let last = observer.checkpoints.last().unwrap();
    assert!(last.tensors.values().flat_map(|array| &array.data).all(|value| value.is_finite()));
    assert_eq!(last.state["epoch"], epoch - 1);
    let message = Error::Diverged { epoch: 3, batch: 7, loss: f32::NAN, learning_rate: 0.5 }.to_string();
    assert_eq!(
        message,
        "epoch 3, batch 7: the loss is NaN, which is not finite: the training diverged; try a learning_rate below 0.5"
    );
}

#[test]
fn a_weight_that_is_not_finite_ends_the_training_before_the_observer_is_told() {
    let (train_set, _) = sets();
    let data = TrainData { train: &train_set, validation: None, teachers: &[] };
    let params = linear(json!({"optimizer": {"learning_rate": 1e300}}));
    let mut observer = Recorder::default();
    let error = train(&params, &data, None, None, Seed::new(1), &mut observer).unwrap_err();
    assert!(observer.epochs.is_empty());
    assert!(matches!(&error, Error::DivergedWeights { epoch: 1, tensor, .. } if tensor == "fc.bias"), "{error}");
}

#[test]
fn the_observer_can_stop_within_an_epoch_and_after_one() {
    let (train_set, _) = sets();
    let data = TrainData { train: &train_set, validation: None, teachers: &[] };
    let params = linear(json!({"epochs": 9, "batch_size": 6}));
    for (stop, batches) in [(StopAt::Batch { epoch: 2, batch: 3 }, 7), (StopAt::Epoch(2), 8)] {
        let mut observer = Recorder { stop: Some(stop), ..Recorder::default() };
        let error = train(&params, &data, None, None, Seed::new(1), &mut observer).unwrap_err();
        assert_eq!(error.to_string(), "stopped in epoch 2 of 9 as asked");
        assert_eq!(observer.batches.len(), batches);
    }
}

#[test]
fn the_average_follows_the_weights_as_arithmetic_says_and_is_what_is_kept() {
    let (train_set, validation) = sets();
    let data = TrainData { train: &train_set, validation: Some(&validation), teachers: &[] };
    let params = linear(json!({"epochs": 2, "batch_size": 6, "ema": 0.25, "evaluate_every": 1}));
    let mut recorder = Recorder { within: Some(vec![]), ..Recorder::default() };
    let trained = train(&params, &data, None, None, Seed::new(1), &mut recorder).unwrap();
    let within = recorder.within.unwrap();
    assert_eq!(within.len(), 8);
    let value = |step: usize, name: &str| within[step].tensors[name].data[3];
    for step in 1..8 {
        // The decay of step t is the smaller of 0.25 and (1 + t)/(10 + t), with t steps done.
        let t = step as f32 + 1.0;
        let decay = ((1.0 + t) / (10.0 + t)).min(0.25);
        let expected = decay * value(step - 1, "average.fc.weight") + (1.0 - decay) * value(step, "model.fc.weight");
        assert!((value(step, "average.fc.weight") - expected).abs() < 1e-6, "step {step}");
    }
    assert_eq!(trained.model.tensors["fc.weight"].data[3], value(7, "average.fc.weight"));
}

#[test]
fn crops_that_image_or_network_do_not_allow_are_refused() {
    let (train_set, _) = sets();
    let crops = |model: Value, side: usize| {
        let crops = json!([{"from_epoch": 1, "size": side}]);
        refusal(&params(json!({"model": model, "crops": crops})), &train_set, None)
    };
    let resnet = json!({"name": "face-resnet", "stem": [1, 1], "widths": [1, 1, 1], "blocks": [1, 1, 1]});
    assert_eq!(crops(resnet, 9), "crops: expected a side of 8 to 8 pixels for `face-resnet`, found 9");
    assert_eq!(crops(json!({"name": "linear"}), 7), "crops: expected a side of 8 to 8 pixels for `linear`, found 7");
}

#[test]
fn augmented_images_do_not_depend_on_batches_and_train_on_any_number_of_threads() {
    let recipe = json!({
        "epochs": 2, "batch_size": 7, "shuffle": true, "mixup": {"alpha": 0.4},
        "augmentation": {"flip": 0.5, "rotation": 20, "erasing": {"probability": 0.5}},
    });
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&linear(recipe.clone()), None).unwrap().model)
    };
    assert_eq!(on(1), on(3));
}

/// A teacher that is sure of these classes.
pub(crate) fn teacher(set: &FeatureSet, of: impl Fn(u8) -> u8) -> Predictions {
    let sure = |&label: &u8| (0..7).map(|class| if class == of(label) { 300.0 } else { 0.0 }).collect::<Vec<f32>>();
    Predictions {
        classes: set.classes.clone(),
        split: set.split,
        logits: set.labels.iter().flat_map(sure).collect(),
        labels: set.labels.clone(),
        rows: set.rows.clone(),
        origins: None,
        targets: None,
    }
}

#[test]
fn a_teacher_that_repeats_the_labels_changes_nothing_and_one_that_differs_is_followed() {
    let (train_set, _) = sets();
    let learn = |distillation: Value, teachers: &[Predictions]| {
        let params = linear(json!({"epochs": 80, "distillation": distillation}));
        let data = TrainData { train: &train_set, validation: None, teachers };
        train(&params, &data, None, None, Seed::new(1), &mut Quiet).unwrap()
    };
    let alone = learn(Value::Null, &[]);
    assert_eq!(alone.history[79].train_accuracy, Some(1.0));
    let half = json!({"predictions": ["a.safetensors"], "share": 0.5});
    let same = learn(half, &[teacher(&train_set, |label| label)]);
    assert_eq!(same.model.tensors, alone.model.tensors);
    let all = json!({"predictions": ["a.safetensors"], "share": 1});
    let other = learn(all, &[teacher(&train_set, |label| (label + 1) % 7)]);
    assert_eq!(other.history[79].train_accuracy, Some(0.0));
}
