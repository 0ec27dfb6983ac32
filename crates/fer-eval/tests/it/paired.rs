use fer_artifact::{Predictions, Split};
use fer_eval::paired;

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
    // SciPy 1.17.1: binomtest(a, a + b).pvalue
    let expected = [
        (5, 5, 1.0),
        (3, 10, 0.09228515625),
        (10, 3, 0.09228515625),
        (0, 8, 0.0078125),
        (150, 210, 0.001834007417096482),
        (1900, 2100, 0.0016492663751357264),
    ];
    for (a, b, p_value) in expected {
        let first = predictions(0..a + b, |row| row < a);
        let second = predictions(0..a + b, |row| row >= a);
        let found = paired(&first, &second).p_value;
        assert!((found / p_value - 1.0).abs() < 1e-9, "{a}, {b}: {found}");
    }
    let same = predictions(0..3, |row| row == 1);
    assert_eq!(paired(&same, &same).p_value, 1.0);
}
