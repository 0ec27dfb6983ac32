//! Scores of parts of a split, against scikit-learn's of these images alone (`tests/golden/scores/make.py`).

use std::collections::BTreeMap;

use fer_artifact::{Metrics, Predictions, Split, SplitMetrics, SubsetMetrics, Subsets, Tta};
use fer_eval::{add_subsets, metrics};
use fer_testkit::{ScoreCase, score_cases};

/// Two cases of seven classes: 60 images, and 3.
fn cases() -> [ScoreCase; 2] {
    let names = ["seven classes, some skill", "two classes of seven, all right"];
    let found: Vec<ScoreCase> = score_cases().into_iter().filter(|case| names.contains(&&*case.name)).collect();
    found.try_into().expect("both cases are there")
}

/// The images of both cases in turn, as long as there are two; each case's rows.
fn mixed([one, other]: &[ScoreCase; 2]) -> (Predictions, [Vec<u32>; 2]) {
    let mut predictions = Predictions {
        classes: (0..7).map(|class| format!("c{class}")).collect(),
        split: Split::Test,
        logits: vec![],
        labels: vec![],
        rows: vec![],
        origins: None,
        targets: None,
    };
    let mut rows = [vec![], vec![]];
    for index in 0..one.labels.len() {
        for (case, rows) in [one, other].into_iter().zip(&mut rows) {
            let Some(&label) = case.labels.get(index) else { continue };
            let row = 1000 - 7 * predictions.labels.len() as u32;
            predictions.logits.extend(&case.logits[index]);
            predictions.labels.push(label);
            predictions.rows.push(row);
            rows.push(row);
        }
    }
    (predictions, rows)
}

fn scored(split: Split, subsets: &Subsets) -> SplitMetrics {
    let (predictions, _) = mixed(&cases());
    let predictions = BTreeMap::from([(split, Predictions { split, ..predictions })]);
    let mut found: Metrics = metrics(&predictions, Tta::None);
    add_subsets(&mut found, &predictions, subsets);
    found.splits.remove(&split).unwrap()
}

fn assert_close(found: SubsetMetrics, expected: &SplitMetrics) {
    let numbers = |part: SubsetMetrics| {
        let [low, high] = part.accuracy_ci95;
        [part.accuracy, part.balanced_accuracy, part.macro_f1, low, high]
    };
    assert_eq!(found.n, expected.n);
    for (found, expected) in numbers(found).into_iter().zip(numbers(expected.into())) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }
}

#[test]
fn parts_have_scikit_learns_scores_of_their_images() {
    let (cases, (_, rows)) = (cases(), mixed(&cases()));
    let kinds: BTreeMap<String, Vec<u32>> =
        [("many".to_owned(), rows[0].clone()), ("few".to_owned(), rows[1].clone()), ("absent".to_owned(), vec![5])]
            .into();
    let subsets = Subsets { twins: Some(rows[1].clone()), by: [("kind".to_owned(), kinds)].into() };
    let found = scored(Split::Test, &subsets);
    assert_eq!(found.n, 63);
    assert_close(found.without_twins.unwrap(), &cases[0].scores);
    let by = &found.by["kind"];
    assert_eq!(by.keys().collect::<Vec<_>>(), ["few", "many"], "a value without images has no scores");
    assert_close(by["many"], &cases[0].scores);
    assert_close(by["few"], &cases[1].scores);
}

#[test]
fn what_nobody_looked_for_is_absent_and_what_is_not_there_is_told() {
    let whole = scored(Split::Test, &Subsets::default());
    assert_eq!((whole.without_twins, whole.by.len()), (None, 0));
    assert!(!serde_json::to_string(&whole).unwrap().contains("twins"));
    let none = scored(Split::Test, &Subsets { twins: Some(vec![]), by: BTreeMap::new() });
    assert_eq!(none.without_twins, Some(SubsetMetrics::from(&whole)));
    // Images of train are no twins of train.
    let train = scored(Split::Train, &Subsets { twins: Some(vec![1000]), by: BTreeMap::new() });
    assert_eq!(train.without_twins, None);
}

#[test]
fn nothing_is_left_where_every_image_has_a_twin() {
    let (_, [mut rows, more]) = mixed(&cases());
    rows.extend(more);
    let rest = scored(Split::Test, &Subsets { twins: Some(rows), by: BTreeMap::new() }).without_twins.unwrap();
    assert_eq!((rest.n, rest.accuracy, rest.accuracy_ci95), (0, 0.0, [0.0, 1.0]));
}
