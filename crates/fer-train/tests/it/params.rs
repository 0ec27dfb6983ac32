use std::collections::BTreeSet;

use fer_train::{FileOf, TrainParams};
use serde_json::{Value, from_value, json, to_value};

fn refusal(params: Value) -> String {
    from_value::<TrainParams>(params).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_the_seeds_and_are_written_out() {
    let params: TrainParams = from_value(json!({})).unwrap();
    assert_eq!(params, TrainParams::default());
    let expected = json!({
        "model": {"name": "face-cnn", "rrelu": {"lower": 0.125, "upper": 0.3333333333333333}, "dropout": [0.2, 0.5]},
        "init": null,
        "epochs": 100,
        "batch_size": 128,
        "shuffle": false,
        "evaluate_every": 5,
        "select": "last",
        "optimizer": {
            "name": "sgd", "learning_rate": 0.1, "momentum": 0.0, "nesterov": false, "weight_decay": 0.0
        },
        "clip_norm": null,
        "schedule": {"name": "constant"},
        "label_smoothing": 0.0,
        "distillation": null,
        "class_weights": "none",
        "decay": "all",
        "augmentation": null,
        "crops": [],
        "mixup": null,
        "final_plain_epochs": 0,
        "ema": null,
        "early_stopping": null,
    });
    assert_eq!(to_value(params).unwrap(), expected);
}

#[test]
fn all_forms_read_back_as_they_were_written() {
    let forms = [
        json!({"model": {"name": "linear"}, "init": "weights/start.safetensors", "shuffle": true}),
        json!({"select": "best", "early_stopping": {"patience": 3}, "label_smoothing": 0.1}),
        json!({"optimizer": {"name": "adamw"}, "schedule": {"name": "step"}, "clip_norm": 5}),
        json!({"optimizer": {"name": "adamw", "betas": [0.8, 0.9], "eps": 1e-6, "weight_decay": 0}}),
        json!({"optimizer": {"momentum": 0.9, "nesterov": true}, "schedule": {"name": "cosine", "warmup_epochs": 99}}),
        json!({"schedule": {"name": "one-cycle", "pct_start": 0}}),
        json!({"class_weights": "balanced", "decay": "matrices", "final_plain_epochs": 6, "ema": 0.999}),
        json!({"augmentation": {"flip": 0.5, "erasing": {"probability": 0.5}}, "mixup": {"alpha": 0.2}}),
        json!({"distillation": {"predictions": ["a.safetensors", "b.safetensors"], "share": 1}}),
        json!({"init": ["a.safetensors", {"from": "teacher"}]}),
        json!({"crops": [{"from_epoch": 1, "size": 36}, {"from_epoch": 61, "size": 44}]}),
    ];
    for form in forms {
        let params: TrainParams = from_value(form.clone()).unwrap();
        assert_ne!(params, TrainParams::default(), "{form}");
        assert_eq!(from_value::<TrainParams>(to_value(&params).unwrap()).unwrap(), params, "{form}");
    }
    let params: TrainParams = from_value(json!({"init": "a/b"})).unwrap();
    assert_eq!(params.init, Some(FileOf::Path("a/b".into()).into()));
}

#[test]
fn the_other_optimiser_and_schedules_have_pytorchs_defaults() {
    let written = |params: Value| to_value(from_value::<TrainParams>(params).unwrap()).unwrap();
    let adamw = written(json!({"optimizer": {"name": "adamw"}}));
    assert_eq!(
        adamw["optimizer"],
        json!({"name": "adamw", "learning_rate": 0.001, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01})
    );
    let schedule = |name: &str| written(json!({"schedule": {"name": name}}))["schedule"].clone();
    assert_eq!(schedule("step"), json!({"name": "step", "step_size": 10, "gamma": 0.8}));
    assert_eq!(schedule("cosine"), json!({"name": "cosine", "warmup_epochs": 0}));
    let one_cycle = json!({"name": "one-cycle", "pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 10000.0});
    assert_eq!(schedule("one-cycle"), one_cycle);
}

#[test]
fn what_is_out_of_range_is_refused_with_the_range() {
    let count = "invalid value: integer `0`, expected a whole number from 1";
    for name in ["epochs", "batch_size", "evaluate_every"] {
        assert_eq!(refusal(json!({name: 0})), count);
    }
    assert_eq!(refusal(json!({"early_stopping": {"patience": 0}})), count);
    assert_eq!(refusal(json!({"schedule": {"name": "step", "step_size": 0}})), count);
    let float = |found: &str, expected: &str| format!("invalid value: floating point `{found}`, expected {expected}");
    assert_eq!(refusal(json!({"optimizer": {"learning_rate": 0}})), float("0.0", "a number above 0"));
    assert_eq!(refusal(json!({"optimizer": {"weight_decay": -0.1}})), float("-0.1", "a number from 0"));
    assert_eq!(refusal(json!({"optimizer": {"momentum": 1}})), float("1.0", "a number from 0 to below 1"));
    assert_eq!(refusal(json!({"clip_norm": 0.0})), float("0.0", "a number above 0"));
    assert_eq!(refusal(json!({"label_smoothing": 1.5})), float("1.5", "a number from 0 to below 1"));
}

#[test]
fn crops_come_in_order_from_the_first_epoch_on() {
    let crops = |epochs: &[usize]| {
        let crops: Vec<_> = epochs.iter().map(|epoch| json!({"from_epoch": epoch, "size": 8})).collect();
        refusal(json!({"crops": crops}))
    };
    assert_eq!(crops(&[2]), "crops: expected rising from_epoch, the first one 1, found [2]");
    assert_eq!(crops(&[1, 9, 9]), "crops: expected rising from_epoch, the first one 1, found [1, 9, 9]");
    assert_eq!(
        refusal(json!({"mixup": {"alpha": 1.0, "probability": 2}})),
        "invalid value: floating point `2.0`, expected a number from 0 to 1"
    );
}

#[test]
fn distillation_names_its_teachers_and_their_share() {
    let distillation = |settings: Value| refusal(json!({"distillation": settings}));
    assert_eq!(distillation(json!({})), "missing field `predictions`");
    assert_eq!(
        distillation(json!({"predictions": []})),
        "distillation: expected at least one file of predictions, found none"
    );
    assert_eq!(
        distillation(json!({"predictions": ["a"], "share": 1.5})),
        "invalid value: floating point `1.5`, expected a number from 0 to 1"
    );
    let params: TrainParams = from_value(json!({"distillation": {"predictions": ["a"]}})).unwrap();
    assert_eq!(params.distillation.unwrap().share.get(), 0.5);
}

#[test]
fn a_setting_of_another_optimiser_or_schedule_is_refused() {
    let optimizer = |settings: Value| refusal(json!({"optimizer": settings}));
    assert_eq!(optimizer(json!({"name": "adamw", "momentum": 0.9})), "`momentum` does not apply to `adamw`");
    assert_eq!(optimizer(json!({"name": "adamw", "nesterov": false})), "`nesterov` does not apply to `adamw`");
    assert_eq!(optimizer(json!({"betas": [0.9, 0.99]})), "`betas` does not apply to `sgd`");
    assert_eq!(optimizer(json!({"name": "sgd", "eps": 1e-8})), "`eps` does not apply to `sgd`");
    let schedule = |settings: Value| refusal(json!({"schedule": settings}));
    assert_eq!(schedule(json!({"gamma": 0.5})), "`gamma` does not apply to `constant`");
    assert_eq!(schedule(json!({"name": "step", "warmup_epochs": 1})), "`warmup_epochs` does not apply to `step`");
    assert_eq!(schedule(json!({"name": "cosine", "step_size": 1})), "`step_size` does not apply to `cosine`");
    assert_eq!(schedule(json!({"name": "one-cycle", "gamma": 1})), "`gamma` does not apply to `one-cycle`");
}

#[test]
fn unknown_keys_are_refused_at_every_level() {
    for params in [
        json!({"learning_rate": 0.1}),
        json!({"model": {"name": "linear", "learning_rate": 1}}),
        json!({"optimizer": {"lr": 0.1}}),
        json!({"schedule": {"lr": 0.1}}),
        json!({"early_stopping": {"patience": 1, "lr": 0.1}}),
    ] {
        let message = refusal(params);
        assert!(message.starts_with("unknown field `l"), "{message}");
    }
    assert_eq!(refusal(json!({"early_stopping": {}})), "missing field `patience`");
    assert_eq!(refusal(json!({"select": "first"})), "unknown variant `first`, expected `last` or `best`");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    assert_eq!(
        refusal(json!({"optimizer": {"nesterov": true}})),
        "nesterov: expected a momentum above 0 with it, found 0"
    );
    assert_eq!(
        refusal(json!({"targets": "likeliest", "mixup": {"alpha": 0.2}})),
        "targets: `likeliest` chooses one class, which `mixup` would mix with others: leave one of the two out"
    );
}

#[test]
fn the_page_of_parameters_has_all_of_them() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/training.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let defaults = to_value(TrainParams::default()).unwrap();
    // Both are left out where they say nothing, so that headers of other trainings stay as they were.
    let names = defaults.as_object().unwrap().keys().map(String::as_str).chain(["shards", "targets"]);
    assert_eq!(rows.collect::<BTreeSet<_>>(), names.collect());
    let changes = to_value(fer_imgproc::Augmentation::default()).unwrap();
    for name in changes.as_object().unwrap().keys().map(String::as_str).chain(["blur", "noise"]) {
        assert!(page.contains(&format!("`{name}`")) || page.contains(&format!(".{name}`")), "{name}");
    }
}
