use fer_artifact::{Predictions, Split};
use fer_eval::{Baseline, Paired, paired};
use serde_json::Value;

/// Predictions of two classes: the true class is 0, and the image's row is in `right` or not.
fn predictions(rows: impl IntoIterator<Item = u32>, right: impl Fn(u32) -> bool) -> Predictions {
    let rows: Vec<u32> = rows.into_iter().collect();
    let logits = rows.iter().flat_map(|&row| if right(row) { [1.0, 0.0] } else { [0.0, 1.0] });
    Predictions {
        classes: vec!["happy".into(), "sad".into()],
        split: Split::Test,
        logits: logits.collect(),
        labels: vec![0; rows.len()],
        rows,
        origins: None,
        targets: None,
    }
}

#[test]
fn images_are_paired_by_row_whatever_their_order() {
    let first = predictions([9, 1, 2, 3, 4], |row| row != 2);
    let second = predictions([4, 3, 2, 1, 7], |row| row == 2 || row == 4);
    let found = paired(&first, &second);
    assert_eq!((found.images, found.only_first, found.only_second), (4, 2, 1));
}

#[test]
fn the_p_value_is_mcnemars() {
    let golden: Value = serde_json::from_str(include_str!("../../../../tests/golden/mcnemar/cases.json")).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let [a, b] = ["only_first", "only_second"].map(|name| case[name].as_u64().unwrap() as u32);
        let p_value = case["p_value"].as_f64().unwrap();
        let first = predictions(0..a + b, |row| row < a);
        let second = predictions(0..a + b, |row| row >= a);
        let found = paired(&first, &second).p_value;
        assert!((found / p_value - 1.0).abs() < 1e-9, "{a}, {b}: {found}");
    }
    let same = predictions(0..3, |row| row == 1);
    assert_eq!(paired(&same, &same).p_value, 1.0);
}

#[test]
fn a_comparison_is_told_in_a_sentence() {
    let paired = Paired { images: 1200, only_first: 60, only_second: 0, p_value: 1.734e-18 };
    let baseline = Baseline { model: "runs/a".into(), accuracy: 0.6254, paired };
    assert_eq!(
        baseline.sentence(),
        "The baseline runs/a classifies 62.5 % of the same 1,200 images rightly. Only this one is right on 60, only the \
         baseline on 0: by McNemar's exact test, p = 1.7e-18."
    );
}
