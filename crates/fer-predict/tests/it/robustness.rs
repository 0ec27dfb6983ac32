use fer_artifact::{ImageSet, Split};
use fer_eval::CorruptionScores;
use fer_predict::Ensemble;

use crate::models::{Models, halves};

/// Images of two pixels a side, of which one half is white and the other black.
fn set(is_left_white: &[bool]) -> ImageSet {
    let image = |&left: &bool| if left { [255, 0, 255, 0] } else { [0, 255, 0, 255] };
    ImageSet {
        classes: halves().classes,
        split: Split::Validation,
        height: 2,
        width: 2,
        images: is_left_white.iter().flat_map(image).collect::<Vec<u8>>().into(),
        labels: is_left_white.iter().map(|left| u8::from(!left)).collect(),
        rows: (0..is_left_white.len() as u32).collect(),
        groups: None,
        origins: None,
        targets: None,
    }
}

#[test]
fn a_network_that_compares_halves_bears_what_leaves_the_halves() {
    let models = Models::new();
    let ensemble = Ensemble::open(&[models.put("halves", &halves())]).unwrap();
    let set = set(&[true, true, true, false]);
    let clean = ensemble.predict(&set).unwrap();
    let mut told = 0;
    let found = ensemble.robustness(&set, &clean, &mut |images| told += images).unwrap();
    assert_eq!(told, 4 * Ensemble::ROBUSTNESS_LOOKS);
    assert_eq!(Ensemble::ROBUSTNESS_LOOKS, 12 * 3 + 1 + 4);
    assert_eq!(found.accuracy, 1.0);
    let of = |name: &str| -> &CorruptionScores { found.corruptions.iter().find(|one| one.name == name).unwrap() };
    for name in ["darkness", "contrast", "noise"] {
        assert_eq!(of(name).accuracy, [1.0; 3], "{name}");
    }
    assert_eq!(of("darkness").amounts, [0.5, 0.25, 0.125]);
    // Shrunk to a single pixel, and enlarged again: both halves are gray, and of equal classes the first is said.
    assert_eq!(of("resolution").accuracy, [0.75; 3]);
    // Each image is taken for the other one.
    assert_eq!(found.mirror_consistency, 0.0);
    // Moved to a side, both halves are equal, and the first is said: two of four neighbours of one image of four.
    assert_eq!(found.shift_changes, 2.0 / 16.0);
    let all: Vec<f64> = found.corruptions.iter().flat_map(|one| one.accuracy).collect();
    assert_eq!(found.mean_accuracy, all.iter().sum::<f64>() / 36.0);
}

#[test]
fn without_images_there_is_nothing_that_changes() {
    let models = Models::new();
    let ensemble = Ensemble::open(&[models.put("halves", &halves())]).unwrap();
    let set = set(&[]);
    let found = ensemble.robustness(&set, &ensemble.predict(&set).unwrap(), &mut |_| {}).unwrap();
    assert_eq!((found.accuracy, found.mirror_consistency, found.shift_changes), (0.0, 1.0, 0.0));
}
