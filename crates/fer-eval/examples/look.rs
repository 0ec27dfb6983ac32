//! scratch
#[path = "../tests/it/sample.rs"]
#[allow(dead_code)]
mod sample;
use fer_artifact::*;
use sample::Sample;
use serde_json::json;
use std::collections::BTreeMap;
fn real(s: &mut Sample) {
    // real pixels from scratch data, labels kept as in the file
    let text = std::fs::read_to_string("/work/tmp/data/fer2013_dev.csv").unwrap();
    let rows: Vec<(u8, Vec<f32>)> = text
        .lines()
        .skip(1)
        .take(6000)
        .map(|l| {
            let mut f = l.split(',');
            let lab = f.next().unwrap().parse().unwrap();
            (lab, f.next().unwrap().split(' ').map(|p| p.parse::<f32>().unwrap() / 255.0).collect())
        })
        .collect();
    for (_, set) in s.features.iter_mut() {
        let n = set.len();
        set.height = 48;
        set.width = 48;
        set.images.clear();
        for i in 0..n {
            set.images.extend(&rows[i % rows.len()].1);
        }
    }
}
fn report_json(classes: usize) -> serde_json::Value {
    let counts = |k: usize| (0..classes).map(|c| k * (c * 37 % 11 + 2)).collect::<Vec<_>>();
    json!({"classes": FER2013_CLASSES.to_vec()[..classes.min(7)].iter().map(|s| s.to_string()).chain((7..classes).map(|i| format!("class {i}"))).collect::<Vec<_>>(), "height":48,"width":48,
    "splits": {"train": {"rows": 28709, "class_counts": counts(300), "copies": 1224, "contradictions": 38, "blank": 11},
      "validation": {"rows": 3589, "class_counts": counts(40), "copies": 30, "contradictions": 1, "blank": 2},
      "test": {"rows": 3589, "class_counts": counts(41), "copies": 28, "contradictions": 0, "blank": 0}},
    "overlaps": [{"of":"train","also_in":"validation","rows":250},{"of":"train","also_in":"test","rows":260},{"of":"validation","also_in":"train","rows":279},{"of":"validation","also_in":"test","rows":41},{"of":"test","also_in":"train","rows":288},{"of":"test","also_in":"validation","rows":44}],
    "contradictions": {"count": 38, "first": (0..20).map(|i| json!({"rows":[i*37, i*91+400], "labels":[i%7, (i+1)%7]})).collect::<Vec<_>>()},
    "blank": {"count": 13, "first": [59, 2059, 2171, 2809, 2892, 3262, 3931, 4275, 5274, 5439, 5881, 6102, 6458]},
    "absent_from_train": [], "skipped": {"count": 2, "first": [{"row": 17, "reason": "row 17: column `pixels`: expected 2304 pixels, found 2303"},{"row": 208, "reason": "row 208: column `emotion`: expected a label from 0 to 6, found \"9\""}]},
    "dropped": {"also_in_validation":0,"also_in_test":0,"copies":0}})
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let out = &a[2];
    let cfg = "version: 1\nseed: 42\nrun_dir: runs/fer2013\nstages:\n- stage: ingest\n  params:\n    source:\n      kind: csv\n      path: data/fer2013.csv\n    split:\n      kind: usage\n    classes: [angry, disgust, fear, happy, sad, surprise, neutral]\n    on_bad_row: skip\n    drop_duplicates: none\n- stage: preprocess\n  params:\n    equalization: global\n    normalization:\n      kind: unit\n- stage: train\n  params:\n    model:\n      name: face-cnn\n      rrelu:\n        lower: 0.125\n        upper: 0.3333333333333333\n      dropout:\n      - 0.2\n      - 0.5\n    epochs: 100\n    batch_size: 128\n- stage: evaluate\n  params:\n    splits: held-out\n    batch_size: 256\n";
    let mut s = match a[1].as_str() {
        "usual" => {
            let mut s = Sample::new(&FER2013_CLASSES, &[(Split::Validation, 3589), (Split::Test, 3589)], 2.4);
            s.data_report = Some(report_json(7));
            real(&mut s);
            s
        }
        "two" => {
            let mut s = Sample::new(&["smile", "no smile"], &[(Split::Validation, 200)], 1.4);
            s.model.training = serde_json::Value::Null;
            s
        }
        "twelve" => {
            let names: Vec<String> = (0..12)
                .map(|i| {
                    format!(
                        "{}{}",
                        ["compound ", "happily ", "sadly ", "fearfully "][i % 4],
                        ["surprised", "disgusted", "angry"][i % 3]
                    )
                })
                .collect();
            let n: Vec<&str> = names.iter().map(|s| s.as_str()).collect();
            let mut s = Sample::new(&n, &[(Split::Test, 1500), (Split::Train, 900)], 2.5);
            s.data_report = Some(json!({"rows":3, "note":"by a program of the user's own"}));
            real(&mut s);
            s
        }
        "twenty" => {
            let names: Vec<String> = (0..20)
                .map(|i| {
                    if i == 3 {
                        "a class whose name somebody wrote as a whole sentence, because they could <b>".into()
                    } else {
                        format!("class number {i}")
                    }
                })
                .collect();
            let n: Vec<&str> = names.iter().map(|s| s.as_str()).collect();
            let mut s = Sample::new(&n, &[(Split::Validation, 12000)], 3.0);
            s.data_report = Some(report_json(20));
            s
        }
        "perfect" => {
            let mut s = Sample::new(&["yes", "no", "perhaps"], &[(Split::Test, 9)], 40.0);
            s.model.training["history"] = json!([{"epoch":1,"loss":1.2,"learning_rate":0.1}]);
            s.model.training["select"] = json!("last");
            s.model.training["epochs"] = json!(1);
            s.model.training["epoch"] = json!(1);
            s
        }
        "noval" => {
            let mut s = Sample::new(&FER2013_CLASSES, &[(Split::Validation, 400)], 2.0);
            s.model.training = json!({"epochs":100,"epoch":100,"select":"last","history":(1..=100).map(|e| json!({"epoch":e,"loss":1.9*(0.97f64).powi(e),"learning_rate":0.0003})).collect::<Vec<_>>() });
            s
        }
        _ => panic!(),
    };
    s.model.tensors = BTreeMap::from([("fc.weight".to_string(), Array::new([42_582_919], vec![0.0; 42_582_919]))]);
    let input = fer_eval::ReportInput { title: "fer2013 with face-cnn", configuration: cfg, ..s.input() };
    std::fs::write(out, fer_eval::report(&input).unwrap()).unwrap();
    println!("{}", s.evaluation.metrics);
}
