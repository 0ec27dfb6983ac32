//! The whole way of `fer predict`: a picture, its crop or its faces, and their probabilities by a small network; or a network of
//! somebody else's, and a picture of ours. A file that begins as a safetensors file does is a model.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use fer_fuzz::{of_decoder, only_our_panics, single_threaded, within};
use fer_predict::{Ensemble, Face, Look, Picture, Recognizer, Search, Size};
use libfuzzer_sys::fuzz_target;

/// Larger pictures and images are left to the tests: the fuzzer would spend its time on filling memory.
const LARGEST: usize = 1 << 16;

struct Prepared {
    whole: Recognizer,
    faces: Recognizer,
}

static PREPARED: OnceLock<Prepared> = OnceLock::new();

fuzz_target!(init: prepare(), |bytes: &[u8]| {
    if bytes.get(8) == Some(&b'{') { by_model(bytes) } else { picture(bytes) }
});

/// A picture of anybody's, judged by our network.
fn picture(bytes: &[u8]) {
    let Prepared { whole, faces } = PREPARED.get().expect("it was made before");
    let Ok(size) = Picture::size_of_bytes(bytes) else { return };
    if size.area() > LARGEST {
        return;
    }
    // The detector's layers have some hundred bytes a pixel, of a picture that is no smaller than 32 pixels a side.
    let limit = of_decoder(bytes) + (32 << 20) + 256 * bytes.len() + 2048 * size.area();
    for recognizer in [whole, faces] {
        let judged = within(limit, || Picture::decode(bytes).ok().map(|picture| recognizer.faces(picture)));
        if let Some(judged) = judged {
            sound(&judged.expect("our network judges every picture"), recognizer.classes().len());
        }
    }
}

/// A network of anybody's, which judges our picture.
fn by_model(bytes: &[u8]) {
    // The largest layer has 64 MB for one image, and some four layers are in memory at a time.
    let limit = (512 << 20) + 64 * bytes.len();
    within(limit, || {
        let Ok(ensemble) = Ensemble::from_bytes(Path::new("fuzzed"), bytes) else { return };
        if !ensemble.size().is_ok_and(|size| size.area() <= LARGEST) {
            return;
        }
        let recognizer = Recognizer::new(ensemble, Look::Whole).expect("one network has one size");
        let size = Size::new(9, 7).expect("neither side is 0");
        let pixels = (0..size.area()).map(|at| (at * 4) as u8).collect();
        match recognizer.faces(Picture::from_gray(pixels, size).expect("a byte a pixel")) {
            Ok(faces) => sound(&faces, recognizer.classes().len()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}

fn sound(faces: &[Face], classes: usize) {
    for face in faces {
        assert_eq!(face.probabilities.len(), classes);
        let sum: f64 = face.probabilities.iter().sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        assert!(face.top() < classes);
    }
}

fn prepare() {
    single_threaded();
    only_our_panics();
    let seed = include_bytes!("../seeds/predict/linear.safetensors");
    let recognizer = |look| {
        let ensemble = Ensemble::from_bytes(Path::new("seed"), seed).expect("the seed is a model");
        Recognizer::new(ensemble, look).expect("one network has one size")
    };
    let faces = Look::Faces(Search::default());
    assert!(PREPARED.set(Prepared { whole: recognizer(Look::Whole), faces: recognizer(faces) }).is_ok());
}
