use fer_artifact::{Metrics, Predictions, Split};
use fer_eval::{probabilities, score};
use fer_testkit::score_cases;
use proptest::prelude::*;

fn predictions(logits: &[Vec<f32>], labels: &[u8], classes: usize) -> Predictions {
    Predictions {
        classes: (0..classes).map(|class| format!("c{class}")).collect(),
        split: Split::Test,
        logits: logits.concat(),
        labels: labels.to_vec(),
        rows: (0..labels.len() as u32).collect(),
        origins: None,
        targets: None,
    }
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{what}: {found} is not {expected}");
}

#[test]
fn scores_equal_scikit_learns() {
    for case in score_cases() {
        let found = score(&predictions(&case.logits, &case.labels, case.logits[0].len()));
        let (expected, name) = (case.scores, case.name);
        assert_eq!((found.n, &found.confusion), (expected.n, &expected.confusion), "{name}");
        assert_eq!(found.absent_classes, expected.absent_classes, "{name}");
        assert_close(found.loss, expected.loss, &format!("{name}: loss"));
        assert_close(found.accuracy, expected.accuracy, &format!("{name}: accuracy"));
        assert_close(found.balanced_accuracy, expected.balanced_accuracy, &format!("{name}: balanced accuracy"));
        assert_close(found.macro_f1, expected.macro_f1, &format!("{name}: macro F1"));
        assert_close(found.ece, expected.ece, &format!("{name}: ece"));
        for (found, expected) in found.accuracy_ci95.iter().zip(expected.accuracy_ci95) {
            assert_close(*found, expected, &format!("{name}: interval"));
        }
        assert_eq!(found.per_class.len(), expected.per_class.len());
        for (found, expected) in found.per_class.iter().zip(&expected.per_class) {
            assert_eq!((&found.name, found.support), (&expected.name, expected.support), "{name}");
            assert_close(found.precision, expected.precision, &format!("{name}: precision of {}", found.name));
            assert_close(found.recall, expected.recall, &format!("{name}: recall of {}", found.name));
            assert_close(found.f1, expected.f1, &format!("{name}: F1 of {}", found.name));
        }
    }
}

/// Two classes of seven, all right: scikit-learn's `balanced_accuracy_score` and macro `f1_score` are 1.
#[test]
fn classes_without_images_are_named_and_do_not_lower_the_scores() {
    let logits: Vec<Vec<f32>> =
        [3, 4, 3].iter().map(|&label| (0..7).map(|class| if class == label { 9.0 } else { 0.0 }).collect()).collect();
    let scores = score(&predictions(&logits, &[3, 4, 3], 7));
    assert_eq!((scores.balanced_accuracy, scores.macro_f1), (1.0, 1.0));
    assert_eq!(scores.absent_classes, ["c0", "c1", "c2", "c5", "c6"]);
}

#[test]
fn no_images_score_zero_and_leave_the_accuracy_open() {
    let scores = score(&predictions(&[], &[], 2));
    assert_eq!((scores.n, scores.loss, scores.accuracy, scores.macro_f1, scores.ece), (0, 0.0, 0.0, 0.0, 0.0));
    assert_eq!(scores.accuracy_ci95, [0.0, 1.0]);
    assert_eq!(scores.confusion, [[0, 0], [0, 0]]);
}

#[test]
fn metrics_are_json_as_the_contract_writes_it() {
    // Logits ln 3 and 0: probabilities 3/4 and 1/4.
    let scores = score(&predictions(&[vec![3f32.ln(), 0.0]], &[0], 2));
    let metrics = Metrics { splits: [(Split::Validation, scores)].into(), ..Metrics::default() };
    let json = serde_json::to_string(&metrics).unwrap();
    let keys =
        ["n", "loss", "accuracy", "balanced_accuracy", "macro_f1", "ece", "accuracy_ci95", "per_class", "confusion"];
    let places: Vec<usize> = keys.iter().map(|key| json.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{json}");
    assert!(json.starts_with(r#"{"splits":{"validation":{"n":1,"#), "{json}");
    assert!(json.contains(r#""per_class":[{"name":"c0","precision":1.0,"recall":1.0,"f1":1.0,"support":1}"#), "{json}");
    assert!(json.ends_with(r#""confusion":[[1,0],[0,0]]}}}"#), "{json}");
    assert_eq!(serde_json::from_str::<Metrics>(&json).unwrap(), metrics);
}

#[test]
fn probabilities_stay_finite_for_any_logits() {
    assert_eq!(probabilities(&[f32::MAX, f32::MIN]), [1.0, 0.0]);
    let found = probabilities(&[0.0, 2f32.ln(), 5f32.ln()]);
    for (found, expected) in found.iter().zip([0.125, 0.25, 0.625]) {
        assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
    }
}

/// Images of up to six classes; the logits of an image differ from each other.
fn any_predictions() -> impl Strategy<Value = (Vec<Vec<f32>>, Vec<u8>, usize)> {
    (1usize..6).prop_flat_map(|classes| {
        let order = Just((0..classes).map(|class| class as f32 * 0.7).collect::<Vec<f32>>()).prop_shuffle();
        let image = (order, 0..classes as u8);
        prop::collection::vec(image, 1..40).prop_map(move |images| {
            let (logits, labels) = images.into_iter().unzip();
            (logits, labels, classes)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_add_up((logits, labels, classes) in any_predictions()) {
        let scores = score(&predictions(&logits, &labels, classes));
        let trace: usize = (0..classes).map(|class| scores.confusion[class][class]).sum();
        prop_assert_eq!(scores.confusion.iter().flatten().sum::<usize>(), labels.len());
        prop_assert_eq!(scores.accuracy, trace as f64 / labels.len() as f64);
        prop_assert_eq!(scores.per_class.iter().map(|class| class.support).sum::<usize>(), labels.len());
        let [low, high] = scores.accuracy_ci95;
        prop_assert!(0.0 <= low && low <= scores.accuracy && scores.accuracy <= high && high <= 1.0);
        prop_assert!((0.0..=1.0).contains(&scores.ece) && scores.loss >= 0.0);
    }

    #[test]
    fn the_order_of_the_images_changes_no_bit(
        (logits, labels, classes) in any_predictions(), turn in 0usize..40
    ) {
        let mut pairs: Vec<_> = logits.iter().cloned().zip(labels.iter().copied()).collect();
        let n = pairs.len();
        pairs.rotate_left(turn % n);
        pairs[n / 2..].reverse();
        let (turned, turned_labels): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        prop_assert_eq!(
            score(&predictions(&turned, &turned_labels, classes)),
            score(&predictions(&logits, &labels, classes))
        );
    }

    #[test]
    fn renumbered_classes_have_the_same_scores((logits, labels, classes) in any_predictions(), turn in 0usize..6) {
        let renumber = |class: usize| (class + turn) % classes;
        let mut moved = logits.clone();
        for (to, from) in moved.iter_mut().zip(&logits) {
            for class in 0..classes {
                to[renumber(class)] = from[class];
            }
        }
        let moved_labels: Vec<u8> = labels.iter().map(|&label| renumber(label.into()) as u8).collect();
        let (before, after) =
            (score(&predictions(&logits, &labels, classes)), score(&predictions(&moved, &moved_labels, classes)));
        prop_assert_eq!(before.accuracy, after.accuracy);
        prop_assert!((before.macro_f1 - after.macro_f1).abs() < 1e-12);
        prop_assert!((before.loss - after.loss).abs() < 1e-12);
        for class in 0..classes {
            let (was, is) = (&before.per_class[class], &after.per_class[renumber(class)]);
            prop_assert_eq!((was.precision, was.recall, was.f1, was.support), (is.precision, is.recall, is.f1, is.support));
            for other in 0..classes {
                prop_assert_eq!(before.confusion[class][other], after.confusion[renumber(class)][renumber(other)]);
            }
        }
    }
}
