use std::collections::BTreeMap;

use fer_artifact::{ClassMetrics, Metrics, Split, SplitMetrics, SubsetMetrics};

/// Scores with these names and counts; those of the classes are made up.
fn scores(names: &[&str], confusion: Vec<Vec<usize>>) -> SplitMetrics {
    let class = |(index, name): (usize, &&str)| ClassMetrics {
        name: (*name).to_owned(),
        precision: 0.25,
        recall: 1.0,
        f1: 0.4,
        support: confusion[index].iter().sum(),
    };
    SplitMetrics {
        n: 1289,
        loss: 1.25,
        accuracy: 0.6312,
        balanced_accuracy: 0.5,
        macro_f1: 0.47,
        ece: 0.0625,
        accuracy_ci95: [0.615, 0.6472],
        without_twins: None,
        by: BTreeMap::new(),
        votes: None,
        absent_classes: vec![],
        per_class: names.iter().enumerate().map(class).collect(),
        confusion,
    }
}

#[test]
fn the_table_shows_scores_first_and_true_classes_in_rows() {
    let scores = scores(&["happy", "sad"], vec![vec![1234, 12], vec![5, 38]]);
    let metrics = Metrics { splits: [(Split::Test, scores)].into(), ..Metrics::default() };
    let expected = "\
test
  images             1,289
  accuracy           63.1 %  (95 % interval 61.5 to 64.7 %)
  balanced accuracy  50.0 %
  macro F1           0.470
  calibration error  0.062
  loss               1.2500

  true \\ predicted  happy  sad    support   recall  precision     F1
  happy             1,234   12      1,246  100.0 %     25.0 %  0.400
  sad                   5   38         43  100.0 %     25.0 %  0.400
";
    assert_eq!(fer_eval::table(&metrics), expected);
}

#[test]
fn absent_classes_are_named_below_the_scores_that_leave_them_out() {
    let mut scores = scores(&["happy", "sad", "fear"], vec![vec![3, 0, 0], vec![0, 0, 0], vec![0, 0, 0]]);
    scores.absent_classes = vec!["sad".to_owned(), "fear".to_owned()];
    let shown = fer_eval::split_table(&scores);
    let line = shown.lines().find(|line| line.contains("absent")).unwrap();
    assert_eq!(
        line,
        "  absent classes     sad, fear  (no images: not in the balanced accuracy, nor in the macro F1 unless predicted)"
    );
}

#[test]
fn long_names_give_way_to_numbers_in_the_columns() {
    let shown = fer_eval::split_table(&scores(&["happily surprised", "sad"], vec![vec![1, 2], vec![3, 4]]));
    let lines: Vec<&str> = shown.lines().skip_while(|line| !line.contains("predicted")).collect();
    assert_eq!(lines[0], "  true \\ predicted      0  1    support   recall  precision     F1");
    assert!(lines[1].starts_with("   0 happily surprised  1  2  "), "{}", lines[1]);
    assert!(lines[2].starts_with("   1 sad                3  4  "), "{}", lines[2]);
}

#[test]
fn splits_stand_one_after_the_other() {
    let one = scores(&["a"], vec![vec![3]]);
    let splits = [(Split::Test, one.clone()), (Split::Validation, one)].into();
    let ece_calibrated = [(Split::Validation, 0.0123), (Split::Test, 0.0456)].into();
    let shown = fer_eval::table(&Metrics { splits, temperature: Some(1.5), ece_calibrated, tta: None });
    assert!(shown.starts_with("validation\n  images"), "{shown}");
    assert!(shown.contains("\n\ntest\n  images"), "{shown}");
    let last = "\n\ntemperature 1.500 from validation; calibration error with it 0.012 on validation, 0.046 on test\n";
    assert!(shown.ends_with(last), "{shown}");
}

#[test]
fn scores_of_parts_stand_below_those_of_the_whole() {
    let part =
        |n| SubsetMetrics { n, accuracy: 0.5, accuracy_ci95: [0.25, 0.75], balanced_accuracy: 0.5, macro_f1: 0.4 };
    let mut scores = scores(&["happy", "sad"], vec![vec![1234, 12], vec![5, 38]]);
    scores.without_twins = Some(part(1289));
    assert!(fer_eval::split_table(&scores).ends_with("\n\n  no image has a copy in train\n"));
    scores.without_twins = Some(part(1280));
    scores.by = [("sex".to_owned(), [("female".to_owned(), part(7)), ("m".to_owned(), part(1))].into())].into();
    let expected = "
  without the 9 images with a copy in train:
      1,280 images, accuracy 50.0 % (25.0 to 75.0 %), macro F1 0.400

  by sex:
    female        7 images, accuracy 50.0 % (25.0 to 75.0 %), macro F1 0.400
    m              1 image, accuracy 50.0 % (25.0 to 75.0 %), macro F1 0.400
";
    let shown = fer_eval::split_table(&scores);
    assert!(shown.ends_with(expected), "{shown}");
}
