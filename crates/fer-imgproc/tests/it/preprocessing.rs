use fer_artifact::{FeatureSet, ImageSet, Provenance, Seed, Size, Split, open, write};
use fer_imgproc::{Equalization, Error, Normalization, PreprocessParams, Preprocessing, equalize, preprocess, resize};
use fer_testkit::{image_set, image_sets};
use proptest::prelude::*;
use serde_json::{from_str, json, to_string};
use std::collections::BTreeMap;

use crate::golden;

fn params(equalization: Equalization, normalization: Normalization) -> PreprocessParams {
    PreprocessParams { equalization, normalization, size: None }
}

fn all_params() -> impl Iterator<Item = PreprocessParams> {
    let equalizations = [Equalization::None, Equalization::Global];
    let normalizations = [Normalization::Unit, Normalization::Standard, Normalization::PerImage];
    equalizations.into_iter().flat_map(move |e| normalizations.into_iter().map(move |n| params(e, n)))
}

fn sets_of(sets: impl IntoIterator<Item = ImageSet>) -> BTreeMap<Split, ImageSet> {
    sets.into_iter().map(|set| (set.split, set)).collect()
}

/// The script's sets train and validation.
fn golden_sets() -> BTreeMap<Split, ImageSet> {
    let golden = golden::part("normalize");
    let (height, width) = (golden::number(&golden["height"]), golden::number(&golden["width"]));
    sets_of([Split::Train, Split::Validation].map(|split| {
        let images = golden::bytes(&golden[split.name()]).into();
        ImageSet { images, ..image_set(split, if split == Split::Train { 5 } else { 2 }, height, width) }
    }))
}

fn concatenated(sets: &BTreeMap<Split, FeatureSet>) -> Vec<f32> {
    sets.values().flat_map(|set| set.images.all().unwrap().into_owned()).collect()
}

fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 4.0 * f32::EPSILON * b.abs().max(1.0), "{index}: expected {b}, found {a}");
    }
}

#[test]
fn unit_is_numpy_s_division_bit_for_bit() {
    let mut set = image_set(Split::Train, 1, 16, 16);
    set.images = (0..=255).collect();
    let features = preprocess(&params(Equalization::None, Normalization::Unit), &sets_of([set])).unwrap();
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let expected = golden::floats(&golden::part("normalize")["levels_over_255"]);
    assert_eq!(bits(&features[&Split::Train].images.all().unwrap()), bits(&expected));
}

#[test]
fn standard_has_numpy_s_mean_and_deviation_of_the_equalised_train_set() {
    let golden = golden::part("normalize");
    for (equalization, name) in [(Equalization::None, "none"), (Equalization::Global, "global")] {
        let features = preprocess(&params(equalization, Normalization::Standard), &golden_sets()).unwrap();
        assert_close(&concatenated(&features), &golden::floats(&golden[name]["standard"]));
        let fitted = &features[&Split::Validation].preprocessing["normalization"];
        for field in ["mean", "std"] {
            let (found, expected) = (fitted[field].as_f64().unwrap(), golden[name][field].as_f64().unwrap());
            assert!((found - expected).abs() < 1e-14, "{field}: expected {expected}, found {found}");
        }
    }
}

#[test]
fn per_image_is_numpy_s_with_zeros_for_constant_images() {
    let golden = golden::part("normalize");
    for (equalization, name) in [(Equalization::None, "none"), (Equalization::Global, "global")] {
        let features = preprocess(&params(equalization, Normalization::PerImage), &golden_sets()).unwrap();
        assert_close(&concatenated(&features), &golden::floats(&golden[name]["per_image"]));
        // The second image of validation is 13 all over.
        assert_eq!(features[&Split::Validation].image(1).unwrap(), [0.0; 30].as_slice());
    }
}

#[test]
fn images_are_resized_before_they_are_equalised() {
    let set = image_set(Split::Train, 3, 9, 9);
    let size = Size::new(4, 6).unwrap();
    let params = PreprocessParams { size: Some(size), ..PreprocessParams::default() };
    let mut expected = resize(&set.image(2).unwrap(), Size::new(9, 9).unwrap(), size);
    equalize(&mut expected);
    let features = &preprocess(&params, &sets_of([set])).unwrap()[&Split::Train];
    assert_eq!((features.height, features.width), (4, 6));
    assert_eq!(features.image(2).unwrap(), expected.iter().map(|&level| f32::from(level) / 255.0).collect::<Vec<_>>());
}

#[test]
fn the_header_says_what_was_done_and_does_it_again() {
    let mut sets = golden_sets();
    let features = preprocess(&params(Equalization::Global, Normalization::Standard), &sets).unwrap();
    for split in [Split::Train, Split::Validation] {
        let text = to_string(&features[&split].preprocessing).unwrap();
        let read: Preprocessing = from_str(&text).unwrap();
        assert_eq!(read.apply(&sets.remove(&split).unwrap()).unwrap(), features[&split]);
    }
}

#[test]
fn the_header_of_the_defaults_names_the_size_of_the_train_images() {
    let features = preprocess(&PreprocessParams::default(), &sets_of([image_set(Split::Train, 2, 5, 3)])).unwrap();
    assert_eq!(
        features[&Split::Train].preprocessing,
        json!({"equalization": "global", "normalization": {"kind": "unit"}, "size": {"height": 5, "width": 3}})
    );
}

#[test]
fn new_pictures_of_another_size_are_brought_to_the_fitted_one() {
    let fitted = Preprocessing::fit(&PreprocessParams::default(), &image_set(Split::Train, 2, 5, 3)).unwrap();
    let features = fitted.apply(&image_set(Split::Test, 4, 20, 30)).unwrap();
    assert_eq!((features.height, features.width, features.images.len()), (5, 3, 4 * 15));
}

#[test]
fn validation_and_test_do_not_touch_what_is_fitted() {
    let alone = golden_sets().into_iter().take(1).collect();
    let params = params(Equalization::Global, Normalization::Standard);
    let (alone, both) = (preprocess(&params, &alone).unwrap(), preprocess(&params, &golden_sets()).unwrap());
    assert_eq!(alone[&Split::Train], both[&Split::Train]);
}

#[test]
fn without_a_train_set_there_is_nothing_to_fit() {
    let message = |sets| preprocess(&PreprocessParams::default(), &sets_of(sets)).unwrap_err().to_string();
    assert_eq!(
        message(vec![image_set(Split::Test, 2, 2, 2), image_set(Split::Validation, 2, 2, 2)]),
        "expected a set `train`, which preprocessing is fitted on, found `validation` and `test`"
    );
    assert_eq!(message(vec![]), "expected a set `train`, which preprocessing is fitted on, found no set at all");
    assert_eq!(
        message(vec![image_set(Split::Train, 0, 2, 2)]),
        "expected at least one image in `train`, which preprocessing is fitted on, found none"
    );
}

#[test]
fn a_train_set_of_one_level_cannot_be_scaled() {
    let mut set = image_set(Split::Train, 2, 3, 3);
    set.images.in_memory().unwrap().fill(128);
    let params = params(Equalization::Global, Normalization::Standard);
    assert_eq!(
        preprocess(&params, &sets_of([set])).unwrap_err().to_string(),
        "expected pixels in `train` that differ, since normalization `standard` divides by their standard deviation; \
         found 128 in every one of them"
    );
}

#[test]
fn sets_of_different_sizes_need_a_common_one() {
    let sets = || sets_of([image_set(Split::Train, 2, 4, 5), image_set(Split::Test, 2, 6, 5)]);
    assert_eq!(
        preprocess(&PreprocessParams::default(), &sets()).unwrap_err().to_string(),
        "expected images of 4×5 in `test`, as in `train`, found 6×5; `size` would resize them"
    );
    let size = Some(Size::new(4, 5).unwrap());
    let features = preprocess(&PreprocessParams { size, ..PreprocessParams::default() }, &sets()).unwrap();
    assert_eq!((features[&Split::Test].height, features[&Split::Test].width), (4, 5));
}

#[test]
fn pixels_without_labels_have_the_features_of_a_set() {
    let sets = sets_of([image_set(Split::Train, 5, 6, 4)]);
    let set = &sets[&Split::Train];
    for normalization in [Normalization::Unit, Normalization::Standard, Normalization::PerImage] {
        let size = Some(Size::new(4, 5).unwrap());
        let params = PreprocessParams { size, ..params(Equalization::Global, normalization) };
        let fitted = Preprocessing::fit(&params, set).unwrap();
        let own = Size::new(6, 4).unwrap();
        let pixels = set.images.all().unwrap();
        assert_eq!(fitted.apply(set).unwrap().images, fitted.features(&pixels, own).unwrap());
        assert!(fitted.features(&[], own).unwrap().is_empty());
        let error = fitted.features(&pixels[..25], own).unwrap_err();
        assert_eq!(error.to_string(), "expected whole images of 6×4, 24 pixels each, found 25 pixels");
    }
}

#[test]
fn images_that_are_larger_than_a_network_takes_need_a_size() {
    let set = image_set(Split::Train, 1, 1, 5000);
    let error = Preprocessing::fit(&PreprocessParams::default(), &set).unwrap_err();
    assert_eq!(error.to_string(), "expected a side of 1 to 4096 pixels, found 5000");
    let size = Some(Size::new(1, 4096).unwrap());
    let fitted = Preprocessing::fit(&PreprocessParams { size, ..PreprocessParams::default() }, &set).unwrap();
    assert_eq!(fitted.apply(&set).unwrap().images.len(), 4096);
}

#[test]
fn a_set_that_contradicts_itself_is_refused() {
    let mut set = image_set(Split::Train, 2, 4, 5);
    set.images.in_memory().unwrap().pop();
    let error = preprocess(&PreprocessParams::default(), &sets_of([set])).unwrap_err();
    assert_eq!(error.to_string(), "expected 40 pixels in `train`, found 39");
    let flat = image_set(Split::Train, 2, 0, 5);
    assert!(matches!(Preprocessing::fit(&PreprocessParams::default(), &flat), Err(Error::Size(_))));
}

#[test]
fn images_in_a_file_have_the_features_of_images_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    // More than are read at a time.
    let sets = sets_of([image_set(Split::Train, 9000, 32, 33), image_set(Split::Test, 5, 32, 33)]);
    let provenance = Provenance::new("test", Seed::new(0));
    let opened = sets.iter().map(|(&split, set)| {
        let path = folder.path().join(split.name());
        write(&path, set, &provenance).unwrap();
        (split, open::<ImageSet>(&path).unwrap())
    });
    let opened: BTreeMap<Split, ImageSet> = opened.collect();
    for params in all_params() {
        assert!(preprocess(&params, &opened).unwrap() == preprocess(&params, &sets).unwrap());
    }
}

#[test]
fn an_empty_validation_set_stays_empty() {
    let sets = sets_of([image_set(Split::Train, 2, 4, 5), image_set(Split::Validation, 0, 0, 0)]);
    for params in all_params() {
        let features = preprocess(&params, &sets).unwrap();
        let empty = &features[&Split::Validation];
        assert_eq!((empty.len(), empty.height, empty.width, empty.images.len()), (0, 4, 5, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn results_do_not_depend_on_the_number_of_threads(sets in image_sets()) {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for params in all_params() {
            let one = pool(1).install(|| preprocess(&params, &sets));
            let three = pool(3).install(|| preprocess(&params, &sets));
            match (one, three) {
                (Ok(one), Ok(three)) => prop_assert_eq!(one, three),
                (Err(one), Err(three)) => prop_assert_eq!(one.to_string(), three.to_string()),
                (one, three) => prop_assert!(false, "{one:?} and {three:?}"),
            }
        }
    }

    #[test]
    fn labels_rows_classes_and_sizes_pass_through(sets in image_sets()) {
        let features = preprocess(&PreprocessParams::default(), &sets).unwrap();
        prop_assert!(features.keys().eq(sets.keys()));
        for (images, features) in sets.values().zip(features.values()) {
            prop_assert_eq!((images.split, &images.classes), (features.split, &features.classes));
            prop_assert_eq!((&images.labels, &images.rows), (&features.labels, &features.rows));
            prop_assert_eq!((images.height, images.width), (features.height, features.width));
        }
    }

    #[test]
    fn the_defaults_are_equalised_levels_over_255(sets in image_sets()) {
        let features = preprocess(&PreprocessParams::default(), &sets).unwrap();
        for (images, features) in sets.values().zip(features.values()) {
            for index in 0..images.len() {
                let mut expected = images.image(index).unwrap().into_owned();
                equalize(&mut expected);
                let expected: Vec<f32> = expected.iter().map(|&level| f32::from(level) / 255.0).collect();
                prop_assert_eq!(features.image(index).unwrap(), expected);
            }
        }
    }

    #[test]
    fn standard_gives_train_mean_zero_and_deviation_one(sets in image_sets()) {
        let fitted = preprocess(&params(Equalization::Global, Normalization::Standard), &sets);
        prop_assume!(fitted.is_ok());
        let fitted = fitted.unwrap();
        let train = fitted[&Split::Train].images.all().unwrap();
        let n = train.len() as f64;
        let mean = train.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let variance = train.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
        prop_assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5, "mean {mean}, variance {variance}");
    }
}
