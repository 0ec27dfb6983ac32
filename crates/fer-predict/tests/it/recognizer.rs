use fer_artifact::with_causes;
use fer_predict::{Crop, Ensemble, Error, Face, Look, Picture, Recognizer, Search, Size};

use crate::models::{Models, halves, linear};

const PHOTOGRAPH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/pictures/astronaut.jpg");

fn gray(height: usize, width: usize, pixels: Vec<u8>) -> Picture {
    Picture::from_gray(pixels, Size::new(height, width).unwrap()).unwrap()
}

/// The built-in networks on whole pictures.
fn whole() -> Recognizer {
    Recognizer::new(Ensemble::built_in(), Look::Whole).unwrap()
}

/// Two crops that differ.
fn two_crops(recognizer: &Recognizer) -> [Crop; 2] {
    [31, 77].map(|step| {
        let pixels = (0..48 * 48).map(|index| (index * step % 251) as u8).collect();
        recognizer.crops(gray(48, 48, pixels)).remove(0)
    })
}

#[test]
fn a_whole_picture_is_a_face_at_the_networks_size() {
    let models = Models::new();
    let ensemble = Ensemble::open(&[models.put("halves", &halves())]).unwrap();
    let recognizer = Recognizer::new(ensemble, Look::Whole).unwrap();
    let bright_left: Vec<u8> = (0..64).map(|index| if index % 8 < 4 { 255 } else { 0 }).collect();
    let crops = recognizer.crops(gray(8, 8, bright_left));
    assert_eq!((crops.len(), crops[0].place(), crops[0].pixels().len()), (1, None, 4));
    let colours = [[255, 255, 255], [0, 0, 0], [255, 255, 255], [0, 0, 0]].concat();
    let picture = Picture::from_rgb(colours, Size::new(2, 2).unwrap()).unwrap();
    let faces = recognizer.faces(picture).unwrap();
    // Logits 2 and 0.
    let expected = 2f64.exp() / (2f64.exp() + 1.0);
    assert!((faces[0].probabilities[0] - expected).abs() < 1e-6, "{faces:?}");
    assert_eq!((faces[0].top(), faces[0].place), (0, None));
}

#[test]
fn of_equal_classes_the_first_is_the_top() {
    let top = |probabilities: &[f64]| Face { place: None, probabilities: probabilities.to_vec() }.top();
    assert_eq!((top(&[0.2, 0.4, 0.4]), top(&[1.0])), (1, 0));
}

#[test]
fn crops_of_several_pictures_are_judged_together_as_each_alone() {
    let recognizer = whole();
    let crops = two_crops(&recognizer);
    let together = recognizer.judge(&[&crops[0], &crops[1]]).unwrap();
    assert_ne!(together[0].probabilities, together[1].probabilities);
    for (crop, face) in crops.iter().zip(&together) {
        let alone = recognizer.judge(&[crop]).unwrap();
        let sum: f64 = face.probabilities.iter().sum();
        assert!((sum - 1.0).abs() < 1e-9, "{face:?}");
        for (a, b) in alone[0].probabilities.iter().zip(&face.probabilities) {
            assert!((a - b).abs() < 1e-5, "{alone:?} {face:?}");
        }
    }
    assert!(recognizer.judge(&[]).unwrap().is_empty());
}

#[test]
fn a_recognizer_serves_several_threads_at_once() {
    fn is_shared<T: Send + Sync>(_: &T) {}
    let recognizer = whole();
    is_shared(&recognizer);
    let crops = two_crops(&recognizer);
    let expected = crops.each_ref().map(|crop| recognizer.judge(&[crop]).unwrap());
    let maps = crops.each_ref().map(|crop| recognizer.heat_maps(&[crop], &[3]).unwrap());
    std::thread::scope(|scope| {
        for turn in 0..4 {
            let (recognizer, crop, expected, maps) =
                (&recognizer, &crops[turn % 2], &expected[turn % 2], &maps[turn % 2]);
            scope.spawn(move || {
                for _ in 0..3 {
                    assert_eq!(&recognizer.judge(&[crop]).unwrap(), expected);
                    assert_eq!(&recognizer.heat_maps(&[crop], &[3]).unwrap(), maps);
                }
            });
        }
    });
}

#[test]
fn a_crop_of_another_size_is_refused() {
    let models = Models::new();
    let ensemble = Ensemble::open(&[models.put("halves", &halves())]).unwrap();
    let small = Recognizer::new(ensemble, Look::Whole).unwrap();
    let crops = two_crops(&whole());
    let error = small.judge(&[&crops[0]]).unwrap_err();
    assert!(matches!(error, Error::Pixels(_)), "{error}");
    assert_eq!(error.to_string(), "expected whole images of 2×2, 4 pixels each, found 2304 pixels");
}

#[test]
fn heat_maps_are_the_mean_over_the_networks() {
    let models = Models::new();
    let path = models.path().join("built-in");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/fer48.safetensors"), &path).unwrap();
    let twice = Recognizer::new(Ensemble::open(&[&path, &path]).unwrap(), Look::Whole).unwrap();
    let once = whole();
    let crops = two_crops(&once);
    let [one, two] = [&once, &twice].map(|it| it.heat_maps(&[&crops[0], &crops[1]], &[3, 5]).unwrap());
    assert_eq!(one.len(), 2);
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(one.len(), 48 * 48);
        assert!(one.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(one.iter().zip(two).all(|(one, two)| (one - two).abs() < 1e-6), "the mean of two equal maps");
    }
    assert!(one.concat().contains(&1.0));
}

#[test]
fn a_network_without_convolutions_has_no_heat_maps() {
    let models = Models::new();
    let recognizer = Recognizer::new(Ensemble::open(&[models.put("halves", &halves())]).unwrap(), Look::Whole).unwrap();
    let crops = recognizer.crops(gray(2, 2, vec![1, 2, 3, 4]));
    let error = with_causes(&recognizer.heat_maps(&[&crops[0]], &[0]).unwrap_err());
    assert!(
        error.ends_with("cannot use the model: `linear` has no convolution, and so no maps to show what it looks at")
    );
}

#[test]
fn models_of_other_sizes_cannot_share_crops() {
    let models = Models::new();
    let one = linear(1, &[("left", vec![1.0]), ("right", vec![0.0])]);
    let ensemble = Ensemble::open(&[models.put("halves", &halves()), models.put("one", &one)]).unwrap();
    assert!(matches!(Recognizer::new(ensemble, Look::Whole), Err(Error::Size { .. })));
}

#[cfg(feature = "faces")]
#[test]
fn the_face_in_a_photograph_has_a_place_and_a_wall_has_none() {
    let recognizer = Recognizer::new(Ensemble::built_in(), Look::Faces(Search::default())).unwrap();
    let picture = Picture::open(PHOTOGRAPH.as_ref()).unwrap();
    let crops = recognizer.crops(picture.clone());
    let faces = recognizer.faces(picture).unwrap();
    let [face] = &faces[..] else { panic!("{faces:?}") };
    let place = face.place.unwrap();
    // The eyes, read off the picture by eye.
    for (x, y) in [(138, 101), (182, 102)] {
        assert!((place.x..place.x + place.width).contains(&x) && (place.y..place.y + place.height).contains(&y));
    }
    assert_eq!((crops[0].place(), crops[0].pixels().len()), (Some(place), 48 * 48));
    assert_eq!(recognizer.judge(&[&crops[0]]).unwrap(), faces);
    assert!(recognizer.faces(gray(120, 160, vec![128; 120 * 160])).unwrap().is_empty());
    let large = Recognizer::new(Ensemble::built_in(), Look::Faces(Search { smallest: Some(200), ..Search::default() }))
        .unwrap();
    assert!(large.crops(Picture::open(PHOTOGRAPH.as_ref()).unwrap()).is_empty());
}

#[cfg(feature = "faces")]
#[test]
fn pictures_of_any_form_are_looked_through() {
    let recognizer =
        Recognizer::new(Ensemble::built_in(), Look::Faces(Search { smallest: Some(1), ..Search::default() })).unwrap();
    for (height, width) in [(1, 1), (1, 2000), (2000, 1), (7, 41), (300, 20)] {
        let pixels = (0..height * width).map(|index| (index * 7919 % 251) as u8).collect();
        assert!(recognizer.crops(gray(height, width, pixels)).is_empty(), "{height}×{width}");
    }
}

#[cfg(not(feature = "faces"))]
#[test]
fn without_the_detector_faces_are_not_looked_for() {
    let error = Recognizer::new(Ensemble::built_in(), Look::Faces(Search::default())).unwrap_err();
    assert!(matches!(error, Error::NoDetector));
    assert!(Picture::open(PHOTOGRAPH.as_ref()).is_ok());
}

#[test]
#[cfg(feature = "faces")]
fn a_face_near_its_place_is_found_again_and_no_other() {
    let recognizer = Recognizer::new(Ensemble::built_in(), Look::Faces(Search::default())).unwrap();
    let picture = Picture::open(PHOTOGRAPH.as_ref()).unwrap();
    let [face] = &recognizer.crops(picture.clone())[..] else { panic!("one face") };
    let place = face.place().unwrap();
    let [again] = &recognizer.crops_near(picture.clone(), &[place])[..] else { panic!("one face") };
    let found = again.place().unwrap();
    assert!(place.x.abs_diff(found.x) < 6 && place.width.abs_diff(found.width) < 8, "{place:?} {found:?}");
    let elsewhere = fer_predict::Place { x: 0, y: 200, width: 30, height: 30, ..place };
    assert!(recognizer.crops_near(picture, &[elsewhere]).is_empty());
}
