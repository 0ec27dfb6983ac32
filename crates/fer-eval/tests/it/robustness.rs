use fer_artifact::{Predictions, Split};
use fer_eval::{CorruptionScores, Robustness, same_class};

fn predictions(classes: &[usize]) -> Predictions {
    let logits = classes.iter().flat_map(|&class| [0, 1, 2].map(|other| if other == class { 2.0 } else { 0.5 }));
    Predictions {
        classes: ["happy", "neutral", "sad"].map(str::to_owned).to_vec(),
        split: Split::Test,
        logits: logits.collect(),
        labels: vec![0; classes.len()],
        rows: (0..classes.len() as u32).collect(),
        origins: None,
        targets: None,
    }
}

#[test]
fn the_share_of_equal_classes_is_counted() {
    assert_eq!(same_class(&predictions(&[0, 1, 2, 2]), &predictions(&[0, 1, 1, 2])), 0.75);
    assert_eq!(same_class(&predictions(&[]), &predictions(&[])), 1.0);
}

#[test]
fn robustness_is_told_in_a_table() {
    let scores = |name, unit, amounts, accuracy| CorruptionScores { name, unit, amounts, accuracy };
    let robustness = Robustness {
        accuracy: 0.7055,
        mean_accuracy: 0.5321,
        corruptions: vec![
            scores("blur", "pixels of deviation", [1.0, 2.0, 3.0], [0.7, 0.51, 0.3049]),
            scores("darkness", "of the light", [0.5, 0.25, 0.125], [1.0, 0.9, 0.0]),
        ],
        mirror_consistency: 0.9,
        shift_changes: 0.06251,
    };
    assert_eq!(
        robustness.table(),
        "  accuracy in %  slight  medium  strong
  blur             70.0    51.0    30.5    1, 2, 3 pixels of deviation
  darkness        100.0    90.0     0.0    0.5, 0.25, 0.125 of the light

  mean of these    53.2 %, of the images as they are 70.5 %
  mirrored         90.0 % keep their class
  moved a pixel    6.3 % change their class
"
    );
}
