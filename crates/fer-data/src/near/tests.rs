//! Hashes and decisions against OpenCV (`tests/golden/near/make.py`), and the search against comparing all pairs.

use fer_artifact::Size;
use serde::Deserialize;

use super::fingerprint::{Fingerprint, Fingerprinter, MIRROR};
use super::search::{ABSENT, Picture, search};

const FACE: usize = 48;

#[derive(Deserialize)]
struct Golden {
    hashes: Vec<String>,
    odd: Odd,
    pairs: Vec<Case>,
}

#[derive(Deserialize)]
struct Odd {
    height: usize,
    width: usize,
    hash: String,
}

#[derive(Deserialize)]
struct Case {
    change: String,
    images: [usize; 2],
    likeness: Option<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../tests/golden/near/cases.json")).unwrap()
}

/// The images of `faces.png`, which stand side by side.
fn images() -> Vec<Vec<u8>> {
    let sheet =
        image::load_from_memory(include_bytes!("../../../../tests/golden/near/faces.png")).unwrap().into_luma8();
    let image = |index: u32| {
        let places = (0..FACE as u32).flat_map(|y| (0..FACE as u32).map(move |x| (x, y)));
        places.map(|(x, y)| sheet.get_pixel(index * FACE as u32 + x, y).0[0]).collect()
    };
    (0..sheet.width() / FACE as u32).map(image).collect()
}

fn fingerprinter(height: usize, width: usize) -> Fingerprinter {
    Fingerprinter::new(Size::new(height, width).unwrap()).unwrap()
}

fn fingerprints() -> Vec<Fingerprint> {
    let printer = fingerprinter(FACE, FACE);
    images().iter().map(|image| printer.of(image).unwrap()).collect()
}

fn mirrored(image: &[u8]) -> Vec<u8> {
    image.chunks(FACE).flat_map(|row| row.iter().rev().copied().collect::<Vec<_>>()).collect()
}

#[test]
fn hashes_are_the_signs_of_opencvs_lowest_waves() {
    let (golden, images) = (golden(), images());
    let hash = |printer: &Fingerprinter, pixels: &[u8]| format!("{:016x}", printer.of(pixels).unwrap().whole.hash);
    let printer = fingerprinter(FACE, FACE);
    let found: Vec<String> = images[..golden.hashes.len()].iter().map(|image| hash(&printer, image)).collect();
    assert_eq!(found, golden.hashes);
    let Odd { height, width, hash: expected } = golden.odd;
    let part: Vec<u8> = images[0].chunks(FACE).take(height).flat_map(|row| row[..width].to_vec()).collect();
    assert_eq!(hash(&fingerprinter(height, width), &part), expected);
}

#[test]
fn changed_copies_are_near_and_other_faces_are_not_as_opencv_says() {
    let (golden, prints) = (golden(), fingerprints());
    for Case { change, images: [one, other], likeness } in golden.pairs {
        let found = prints[one].likeness(&prints[other]);
        match (found, likeness) {
            (Some(found), Some(expected)) => {
                assert!((found.value - expected).abs() < 0.005, "{change} {one} {other}: {found:?}, not {expected}");
                assert_eq!(found.mirrored, change.starts_with("mirror"), "{change} {one} {other}");
            }
            (found, expected) => assert_eq!(found.map(|found| found.value), expected, "{change} {one} {other}"),
        }
        assert_eq!(prints[other].likeness(&prints[one]), found, "{change}: whichever comes first");
        let is_copy =
            !["another face", "upside down"].contains(&&*change) && !change.contains(" 8 ") && !change.contains("15");
        assert_eq!(found.is_some(), is_copy, "{change} {one} {other}");
    }
}

#[test]
fn a_mirror_changes_the_bits_of_the_odd_waves_alone() {
    let printer = fingerprinter(FACE, FACE);
    let images = images();
    for image in &images[..12] {
        let (hash, of_mirror) =
            (printer.of(image).unwrap().whole.hash, printer.of(&mirrored(image)).unwrap().whole.hash);
        assert_eq!(hash ^ of_mirror, MIRROR);
    }
}

#[test]
fn what_shows_nothing_or_is_too_small_has_no_fingerprint() {
    let printer = fingerprinter(FACE, FACE);
    assert_eq!(printer.of(&[77; FACE * FACE]), None);
    let faint: Vec<u8> = (0..FACE * FACE).map(|place| 77 + (place % FACE / 24) as u8).collect();
    assert_eq!(printer.of(&faint), None);
    assert!(Fingerprinter::new(Size::new(23, 48).unwrap()).is_none());
    assert!(Fingerprinter::new(Size::new(24, 24).unwrap()).is_some());
}

#[test]
fn the_search_finds_what_comparing_all_pairs_finds() {
    let prints = fingerprints();
    // Every third image stands in train, the others in validation and test.
    let firsts = |id: usize| std::array::from_fn(|split| if id % 3 == split { id as u32 } else { ABSENT });
    let pictures: Vec<Picture<'_>> =
        prints.iter().enumerate().map(|(id, print)| Picture { firsts: firsts(id), fingerprint: Some(print) }).collect();
    let found = search(&pictures);
    let mut expected = vec![[ABSENT; 3]; prints.len()];
    let mut pairs = 0;
    for one in 0..prints.len() {
        for other in (0..prints.len()).filter(|&other| other != one && prints[one].likeness(&prints[other]).is_some()) {
            expected[one][other % 3] = expected[one][other % 3].min(other as u32);
            pairs += usize::from(one < other);
        }
    }
    assert!(pairs > 100, "{pairs}");
    assert_eq!(found.firsts, expected);
    let threads = |count| rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
    for count in [1, 5] {
        let again = threads(count).install(|| search(&pictures));
        assert_eq!((again.firsts, again.pairs), (found.firsts.clone(), found.pairs.clone()), "{count} threads");
    }
    let values: Vec<f64> = found.pairs.iter().map(|pair| pair.likeness.value).collect();
    assert!(found.pairs.len() == 12 && values.is_sorted_by(|a, b| a >= b), "{values:?}");
}
