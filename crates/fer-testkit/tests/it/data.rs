use fer_artifact::Split;
use fer_testkit::{feature_set, image_set, model, predictions};

#[test]
fn images_are_the_same_in_every_call_and_differ_among_themselves() {
    let set = image_set(Split::Train, 30, 6, 7);
    assert_eq!(set, image_set(Split::Train, 30, 6, 7));
    for a in 0..30 {
        for b in 0..a {
            assert_ne!(set.image(a).unwrap(), set.image(b).unwrap(), "images {a} and {b}");
        }
    }
}

#[test]
fn the_brightest_band_tells_the_label() {
    let set = image_set(Split::Test, 21, 14, 3);
    for index in 0..set.len() {
        let sum = |band: &[u8]| band.iter().map(|&level| u32::from(level)).sum::<u32>();
        let bands: Vec<u32> = set.image(index).unwrap().chunks(6).map(sum).collect();
        let brightest = (0..7).max_by_key(|&band| bands[band]).unwrap();
        assert_eq!(brightest, usize::from(set.labels[index]));
    }
}

#[test]
fn rows_do_not_repeat_across_splits() {
    let mut rows: Vec<u32> = Split::ALL.into_iter().flat_map(|split| image_set(split, 50, 1, 1).rows).collect();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), 150);
}

#[test]
fn features_are_the_images_over_255() {
    let (images, features) = (image_set(Split::Train, 3, 4, 5), feature_set(Split::Train, 3, 4, 5));
    assert_eq!((features.height, features.width, &features.rows), (4, 5, &images.rows));
    let (values, levels) = (features.images.all().unwrap(), images.images.all().unwrap());
    assert!(values.iter().zip(&*levels).all(|(&x, &level)| (x * 255.0).round() == f32::from(level)));
}

#[test]
fn two_of_three_predictions_are_right() {
    let predictions = predictions(Split::Validation, 9);
    let right = (0..9).filter(|&i| predictions.logits_of(i)[usize::from(predictions.labels[i])] == 1.0).count();
    assert_eq!(right, 6);
}

#[test]
fn the_model_is_right_for_every_image() {
    let (set, model) = (feature_set(Split::Train, 21, 8, 8), model(8, 8));
    let weights = &model.tensors["fc.weight"].data;
    for index in 0..set.len() {
        let image = set.image(index).unwrap();
        let logit = |class: usize| -> f32 {
            weights[class * 64..][..64].iter().zip(&*image).map(|(weight, value)| weight * value).sum()
        };
        let predicted = (0..7).max_by(|&a, &b| logit(a).total_cmp(&logit(b))).unwrap();
        assert_eq!(predicted, usize::from(set.labels[index]), "image {index}");
    }
}
