use fer_artifact::{FER2013_CLASSES, ImageSet, Split, Tta, with_causes};
use fer_predict::{BUILT_IN, Ensemble, Error, ModelSource, Size, built_in};
use serde_json::Value;

use crate::models::{Models, halves, linear, opposite};

fn size(side: usize) -> Size {
    Size::new(side, side).unwrap()
}

fn set(images: Vec<u8>) -> ImageSet {
    let n = images.len() / 4;
    ImageSet {
        classes: halves().classes,
        split: Split::Validation,
        height: 2,
        width: 2,
        images: images.into(),
        labels: vec![1; n],
        rows: (1000..1000 + n as u32).collect(),
        groups: None,
        origins: None,
        targets: None,
    }
}

#[test]
fn logits_are_those_of_each_image_and_no_labels_are_needed() {
    let models = Models::new();
    let ensemble = Ensemble::open(&[models.put("halves", &halves())]).unwrap();
    assert_eq!(ensemble.classes(), ["left", "right"]);
    let found = ensemble.logits(&[255, 0, 255, 0, 0, 51, 0, 51], size(2)).unwrap();
    assert_eq!(found, [2.0, 0.0, 0.0, 0.4]);
    assert!(ensemble.logits(&[], size(2)).unwrap().is_empty());
    let error = ensemble.logits(&[1; 6], size(2)).unwrap_err();
    assert_eq!(error.to_string(), "expected whole images of 2×2, 4 pixels each, found 6 pixels");
}

#[test]
fn several_models_answer_with_the_mean_of_their_probabilities() {
    let models = Models::new();
    let paths = [models.put("halves", &halves()), models.put("opposite", &opposite())];
    let found = Ensemble::open(&paths).unwrap().logits(&[255, 0, 255, 0], size(2)).unwrap();
    // e²/(e² + 1) and e⁻²/(e⁻² + 1) sum to 1.
    let difference = (found[0] - found[1]).abs();
    assert!(difference < 1e-6, "{found:?}");
}

#[test]
fn a_labelled_set_keeps_its_labels_and_rows() {
    let models = Models::new();
    let ensemble = Ensemble::open(&[models.put("halves", &halves())]).unwrap();
    // More images than go through the network at once.
    let images: Vec<u8> = (0..300 * 4).map(|index| (index * 7919 % 256) as u8).collect();
    let set = set(images);
    let found = ensemble.predict(&set).unwrap();
    assert_eq!((&found.labels, &found.rows, found.split), (&set.labels, &set.rows, Split::Validation));
    assert_eq!(found.logits, ensemble.logits(&set.images.all().unwrap(), size(2)).unwrap());
    for (index, logits) in found.logits.chunks(2).enumerate() {
        let image = set.image(index).unwrap();
        let level = |pixel: usize| f32::from(image[pixel]) / 255.0;
        assert!((logits[0] - level(0) - level(2)).abs() < 1e-6 && (logits[1] - level(1) - level(3)).abs() < 1e-6);
    }
    let other = ImageSet { classes: vec!["right".into(), "left".into()], ..set };
    let error = with_causes(&ensemble.predict(&other).unwrap_err());
    assert!(error.ends_with(r#"validation: expected the model's classes ["left", "right"], found ["right", "left"]"#));
}

#[test]
fn a_logit_that_is_not_finite_names_its_image_and_its_row() {
    let models = Models::new();
    let model = linear(2, &[("left", vec![f32::MAX; 4]), ("right", vec![0.0; 4])]);
    let ensemble = Ensemble::open(&[models.put("large", &model)]).unwrap();
    let mut images = vec![0; 4 * 300];
    images[4 * 280..4 * 281].fill(255);
    let error = with_causes(&ensemble.logits(&images, size(2)).unwrap_err());
    assert!(error.contains("large: cannot use the model: image 280: expected finite logits, found inf"), "{error}");
    let error = with_causes(&ensemble.predict(&set(images)).unwrap_err());
    assert!(error.contains("validation: row 1280: expected finite logits, found inf"), "{error}");
}

#[test]
fn models_of_other_classes_are_not_averaged() {
    let models = Models::new();
    let mut other = halves();
    other.classes.reverse();
    let paths = [models.put("halves", &halves()), models.put("other", &other)];
    let error = Ensemble::open(&paths).unwrap_err().to_string();
    let (first, other) = (paths[0].display(), paths[1].display());
    assert_eq!(
        error,
        format!(r#"{other}: expected the classes of {first}, ["left", "right"], found ["right", "left"]"#)
    );
    assert!(matches!(Ensemble::open(&[] as &[&str]), Err(Error::NoModel)));
}

#[test]
fn models_of_other_sizes_each_resize_for_themselves() {
    let models = Models::new();
    let one = linear(1, &[("left", vec![1.0]), ("right", vec![0.0])]);
    let paths = [models.put("halves", &halves()), models.put("one", &one)];
    let both = Ensemble::open(&paths).unwrap();
    let of = |path| Ensemble::open(&[path]).unwrap().logits(&[255, 0, 255, 0], size(2)).unwrap();
    let [first, second] = [&paths[0], &paths[1]].map(of);
    let expected = fer_eval::average(&[&first, &second], 2);
    assert_eq!(both.logits(&[255, 0, 255, 0], size(2)).unwrap(), expected);
    let error = both.size().unwrap_err().to_string();
    assert_eq!(error, format!("{}: expected images of 2×2 as {}, found 1×1", paths[1].display(), paths[0].display()));
    assert!(matches!(both.heat_maps(&[255, 0, 255, 0], size(2), &[0]), Err(Error::Size { .. })));
}

#[test]
fn a_model_that_says_nothing_of_preprocessing_or_contradicts_itself_is_refused() {
    let models = Models::new();
    let mut model = halves();
    model.preprocessing = Value::Null;
    let error = Ensemble::open(&[models.put("silent", &model)]).unwrap_err().to_string();
    assert!(
        error.contains("silent: its header does not say how to preprocess an image: invalid type: null"),
        "{error}"
    );
    model.preprocessing = crate::models::preprocessing(4);
    let error = Ensemble::open(&[models.put("torn", &model)]).unwrap_err().to_string();
    assert!(error.ends_with("torn: expected images of 2×2, as its network takes, found a preprocessing to 4×4"));
}

#[test]
fn a_model_in_memory_is_the_model_in_its_file() {
    let models = Models::new();
    let path = models.put("halves", &halves());
    let bytes = std::fs::read(&path).unwrap();
    let images: Vec<u8> = (0..40).collect();
    let of = |ensemble: Ensemble| ensemble.logits(&images, size(2)).unwrap();
    assert_eq!(of(Ensemble::from_bytes("it".as_ref(), &bytes).unwrap()), of(Ensemble::open(&[path]).unwrap()));
    let error = Ensemble::from_bytes("it".as_ref(), &bytes[..50]).unwrap_err().to_string();
    assert!(error.starts_with("it: not a valid safetensors file"), "{error}");
}

#[test]
fn the_built_in_network_knows_fer2013_and_can_look_twice() {
    let ensemble = Ensemble::built_in();
    assert_eq!(ensemble.classes(), FER2013_CLASSES);
    assert_eq!(ensemble.size().unwrap(), size(48));
    let image: Vec<u8> = (0..48 * 48).map(|index| (index * 31 % 251) as u8).collect();
    let mirrored: Vec<u8> = image.chunks(48).flat_map(|row| row.iter().rev()).copied().collect();
    let [plain, mirror] = [&image, &mirrored].map(|image| ensemble.logits(image, size(48)).unwrap());
    assert_ne!(plain, mirror);
    let flipped = ensemble.with_tta(Tta::Flip).unwrap().logits(&image, size(48)).unwrap();
    // The temperature, which divides logits after the mean, is 0.88 and keeps the order of classes.
    assert!(flipped != plain && flipped != mirror);
    assert!(Ensemble::built_in().with_tta(Tta::TenCrop).is_ok(), "a network for any size");
    let models = Models::new();
    let error = Ensemble::open(&[models.put("halves", &halves())]).unwrap().with_tta(Tta::TenCrop).unwrap_err();
    assert!(with_causes(&error).contains("`linear` takes 2×2 pixels alone"), "{error}");
}

#[test]
fn every_built_in_name_has_a_model_and_no_other_name_has_one() {
    let fer_plus = ["neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"];
    for (name, classes) in BUILT_IN.into_iter().zip([&FER2013_CLASSES[..], &fer_plus]) {
        let ensemble = Ensemble::from_bytes(name.as_ref(), built_in(name).unwrap()).unwrap();
        assert_eq!(ensemble.classes(), classes);
    }
    assert!(built_in("fer").is_none() && built_in("FER48").is_none());
}

#[test]
fn a_built_in_name_is_taken_where_nothing_lies_at_that_path() {
    let models = Models::new();
    for name in BUILT_IN {
        let source = ModelSource::of(name.as_ref()).unwrap();
        assert_eq!(source, ModelSource::BuiltIn(name));
        let digest = fer_artifact::Digest::of_bytes(built_in(name).unwrap());
        assert_eq!((source.digest().unwrap(), source.to_string()), (digest, name.to_owned()));
        assert_eq!(source.read().unwrap().classes.len(), source.header().unwrap().classes.len());
        let file = models.put(name, &halves());
        assert_eq!(ModelSource::of(&file).unwrap(), ModelSource::File(file), "its last part alone is no name");
    }
    let image: Vec<u8> = (0..48 * 48).map(|index| (index * 31 % 251) as u8).collect();
    let of = |ensemble: Ensemble| ensemble.logits(&image, size(48)).unwrap();
    assert_eq!(of(Ensemble::open(&["fer48"]).unwrap()), of(Ensemble::built_in()));
    let message = "fer49: expected a model file, a run folder, or the name of a built-in model (`fer48`, `ferplus48`), found \
                   nothing of this name";
    assert_eq!(Ensemble::open(&["fer48", "fer49"]).unwrap_err().to_string(), message);
}
