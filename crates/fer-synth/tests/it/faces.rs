use std::path::Path;

use fer_artifact::{FER2013_CLASSES, Seed, Split};
use fer_synth::{CsvEncoding, SyntheticFace, synthesize, write_faces};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample.csv.zst");
/// As `data/README.md` says: `fer synth data/sample.csv.zst --rows 2100 --seed 42`.
const SAMPLE_ROWS: usize = 2100;
const SAMPLE_SEED: Seed = Seed::new(42);

fn written(faces: &[SyntheticFace], encoding: CsvEncoding) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_faces(faces, encoding, &mut bytes).unwrap();
    bytes
}

/// How many faces of each class a part holds.
fn counts(faces: &[SyntheticFace], split: Split) -> [usize; 7] {
    let mut counts = [0; FER2013_CLASSES.len()];
    for face in faces.iter().filter(|face| face.split == split) {
        counts[usize::from(face.label)] += 1;
    }
    counts
}

#[test]
fn the_same_seed_draws_the_same_faces_and_another_seed_draws_others() {
    let faces = synthesize(21, Seed::new(5));
    assert_eq!(faces, synthesize(21, Seed::new(5)));
    let others = synthesize(21, Seed::new(6));
    assert!(faces.iter().zip(&others).all(|(a, b)| a.pixels != b.pixels));
    assert!(faces.iter().zip(&others).any(|(a, b)| a.label != b.label));
}

#[test]
fn a_row_does_not_depend_on_how_many_follow() {
    assert_eq!(synthesize(10, Seed::new(5))[..], synthesize(100, Seed::new(5))[..10]);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| synthesize(40, Seed::new(5)))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn no_rows_are_no_faces() {
    assert_eq!(synthesize(0, Seed::new(5)), []);
    assert_eq!(written(&[], CsvEncoding::Plain), b"emotion,pixels,Usage\n");
}

#[test]
fn a_multiple_of_seventy_rows_is_balanced_in_every_part() {
    let faces = synthesize(140, Seed::new(5));
    assert_eq!(counts(&faces, Split::Train), [16; 7]);
    assert_eq!(counts(&faces, Split::Validation), [2; 7]);
    assert_eq!(counts(&faces, Split::Test), [2; 7]);
}

#[test]
fn labels_do_not_follow_one_another_in_a_fixed_order() {
    let labels: Vec<u8> = synthesize(70, Seed::new(5)).iter().map(|face| face.label).collect();
    assert!(labels.chunks(7).any(|block| block != &labels[..7]));
}

#[test]
fn every_face_is_a_picture_of_its_own_with_light_and_shade() {
    let faces = synthesize(350, Seed::new(5));
    for (row, face) in faces.iter().enumerate() {
        assert_eq!(face.pixels.len(), 48 * 48);
        let mean = face.pixels.iter().map(|&v| f64::from(v)).sum::<f64>() / 2304.0;
        let variance = face.pixels.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / 2304.0;
        assert!((30.0..225.0).contains(&mean), "row {row}: mean {mean}");
        assert!(variance.sqrt() > 10.0, "row {row}: standard deviation {}", variance.sqrt());
    }
    let mut pictures: Vec<&[u8]> = faces.iter().map(|face| &face.pixels[..]).collect();
    pictures.sort_unstable();
    pictures.dedup();
    assert_eq!(pictures.len(), faces.len());
}

#[test]
fn the_text_is_kaggles_format() {
    let faces = [
        SyntheticFace { pixels: vec![0, 7, 255, 30], label: 3, split: Split::Train },
        SyntheticFace { pixels: vec![1, 2, 3, 4], label: 0, split: Split::Validation },
        SyntheticFace { pixels: vec![9, 9, 9, 9], label: 6, split: Split::Test },
    ];
    let text = "emotion,pixels,Usage\n3,0 7 255 30,Training\n0,1 2 3 4,PublicTest\n6,9 9 9 9,PrivateTest\n";
    assert_eq!(String::from_utf8(written(&faces, CsvEncoding::Plain)).unwrap(), text);
    let packed = written(&faces, CsvEncoding::Zstd);
    assert_eq!(zstd::decode_all(&packed[..]).unwrap(), text.as_bytes());
}

#[test]
fn the_name_of_a_file_decides_its_encoding() {
    assert_eq!(CsvEncoding::of_path(Path::new("a/b.csv")), Some(CsvEncoding::Plain));
    assert_eq!(CsvEncoding::of_path(Path::new("a/b.csv.zst")), Some(CsvEncoding::Zstd));
    assert_eq!(CsvEncoding::of_path(Path::new("a/b.csv.gz")), None);
    assert_eq!(CsvEncoding::of_path(Path::new("csv")), None);
}

#[test]
fn the_sample_in_the_repository_is_what_the_generator_draws() {
    let file = std::fs::read(SAMPLE).unwrap();
    assert!(file.len() <= 4_000_000, "{} bytes", file.len());
    let text = zstd::decode_all(&file[..]).unwrap();
    let drawn = written(&synthesize(SAMPLE_ROWS, SAMPLE_SEED), CsvEncoding::Plain);
    // Not `assert_eq`: nobody wants 17 MB of digits on the terminal.
    let first = text.iter().zip(&drawn).position(|(a, b)| a != b);
    assert_eq!((first, text.len()), (None, drawn.len()), "draw it again: fer synth {SAMPLE} --rows 2100 --seed 42");
}
