//! Pixels give the same values wherever they lie.

use std::path::Path;

use fer_artifact::{FeatureSet, ImageSet, Origins, Pixels, Provenance, Seed, Split, Spool, open, read, write};
use serde_json::Value;

use crate::raw::without_path;

/// Features of `n` images of 2×3, each value its own place.
fn features(n: usize) -> FeatureSet {
    FeatureSet {
        classes: vec!["a".into()],
        split: Split::Train,
        height: 2,
        width: 3,
        images: (0..n * 6).map(|value| value as f32).collect(),
        labels: vec![0; n],
        rows: (0..n as u32).collect(),
        origins: None,
        targets: None,
        preprocessing: Value::Null,
    }
}

fn images(images: Pixels<u8>) -> ImageSet {
    let FeatureSet { classes, split, height, width, labels, rows, origins, .. } = features(images.len() / 6);
    ImageSet { classes, split, height, width, images, labels, rows, groups: None, origins, targets: None }
}

fn provenance() -> Provenance {
    Provenance::new("test", Seed::new(0))
}

/// Writes a set and opens it.
fn opened(path: &Path, set: &FeatureSet) -> FeatureSet {
    write(path, set, &provenance()).unwrap();
    open(path).unwrap()
}

#[test]
fn batches_selections_and_what_is_made_of_pixels_are_the_same_in_memory_and_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    // More than are read at a time.
    let set = features(400_000);
    let file = opened(&folder.path().join("train.safetensors"), &set);
    assert!(file == set);
    let chosen = [399_999, 7, 8, 9, 7];
    let expected: Vec<f32> = chosen.iter().flat_map(|&image| (0..6).map(move |at| (image * 6 + at) as f32)).collect();
    for set in [&set, &file] {
        assert_eq!(set.images.gather(6, &chosen).unwrap(), expected);
        assert_eq!(set.select(&chosen).images, expected);
        assert_eq!(set.select(&chosen).image(1).unwrap(), [42.0, 43.0, 44.0, 45.0, 46.0, 47.0].as_slice());
        assert_eq!(*set.images_of(7..9).unwrap(), expected[6..18]);
        assert!(set.images.gather(6, &[]).unwrap().is_empty() && set.images_of(3..3).unwrap().is_empty());
        let sums = set.images.map(6, 1, |images: &[f32]| images.chunks(6).map(|image| image.iter().sum()).collect());
        assert_eq!(sums.len(), 400_000);
        assert_eq!(sums.select(1, vec![2, 1]), [87.0, 51.0]);
        let (pieces, values): (Vec<usize>, Vec<f32>) =
            set.images.batches(6).fold((vec![], vec![]), |mut all, batch| {
                let batch = batch.unwrap();
                all.0.push(batch.len());
                all.1.extend_from_slice(&batch);
                all
            });
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.is_multiple_of(6)), "{pieces:?}");
        assert!(set.images == values);
    }
}

#[test]
fn what_is_written_while_it_is_made_has_the_bytes_of_what_lies_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let levels: Pixels<u8> = (0..6 * 200_000).map(|value| (value % 251) as u8).collect();
    let half = |images: &[u8]| images.iter().map(|&level| f32::from(level) / 2.0).collect();
    let lazy = FeatureSet { images: levels.map(6, 6, half), ..features(200_000) };
    let mut whole = lazy.clone();
    whole.images.in_memory().unwrap();
    let digest = write(&path("whole"), &whole, &provenance()).unwrap();
    assert_eq!(write(&path("lazy"), &lazy, &provenance()).unwrap(), digest);
    let images = images(levels);
    let digest = write(&path("images"), &images, &provenance()).unwrap();
    // From one file into another, in another order and back.
    let order: Vec<usize> = (0..200_000).rev().collect();
    let turned = open::<ImageSet>(&path("images")).unwrap().select(&order);
    write(&path("turned"), &turned, &provenance()).unwrap();
    assert!(open::<ImageSet>(&path("turned")).unwrap() != images);
    let back = open::<ImageSet>(&path("turned")).unwrap().select(&order);
    assert_eq!(write(&path("back"), &back, &provenance()).unwrap(), digest);
}

#[test]
fn a_file_that_is_cut_while_it_is_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("train.safetensors"), folder.path().join("copy.safetensors"));
    let set = opened(&path, &features(10));
    write(&copy, &set, &provenance()).unwrap();
    let before = std::fs::read(&copy).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(std::fs::metadata(&path).unwrap().len() - 100).unwrap();
    let expected = "not a valid safetensors file: it ends within its images; it was cut short while it was read";
    assert_eq!(without_path(&set.image(9).unwrap_err(), &path), expected);
    assert_eq!(without_path(&set.images.check().unwrap_err(), &path), expected);
    // What would have been written stays as it was.
    assert_eq!(without_path(&write(&copy, &set, &provenance()).unwrap_err(), &path), expected);
    assert!(std::fs::read(&copy).unwrap() == before);
    assert!(set != features(10), "what cannot be read is equal to nothing");
}

#[test]
fn numbers_are_checked_where_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.safetensors");
    let mut set = features(3);
    set.images.in_memory().unwrap()[13] = f32::NAN;
    write(&path, &set, &provenance()).unwrap();
    let expected = "images[13]: expected a finite number, found NaN";
    assert_eq!(without_path(&read::<FeatureSet>(&path).unwrap_err(), &path), expected);
    let set: FeatureSet = open(&path).unwrap();
    assert!(set.images_of(0..2).is_ok());
    assert_eq!(without_path(&set.image(2).unwrap_err(), &path), expected);
    assert_eq!(without_path(&set.images.check().unwrap_err(), &path), expected);
}

#[test]
fn a_spool_gives_back_what_it_took_and_leaves_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<u8> = (0..=255).cycle().take(70 * 5).collect();
    for most in [0, 17, 345, 349, 350, 1000] {
        let mut spool = Spool::within(folder.path(), most);
        all.chunks(5).for_each(|pixels| spool.push(pixels).unwrap());
        let pixels = spool.finish().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(pixels, all, "{most} in memory");
        assert_eq!(pixels.gather(5, &[69, 0]).unwrap(), [&all[345..], &all[..5]].concat());
    }
    let nowhere = folder.path().join("nowhere");
    let mut spool = Spool::within(&nowhere, 1);
    spool.push(&[1]).unwrap();
    let message = spool.push(&[2]).unwrap_err().to_string();
    assert_eq!(message, format!("{}: cannot keep pixels in a temporary file in the folder", nowhere.display()));
}

#[test]
fn origins_stay_with_their_images_and_their_bounds_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.safetensors");
    let origins: Origins = ["", "happy/ä.png", "b.jpg#xywh=1,2,3,4"].into_iter().collect();
    let set = FeatureSet { origins: Some(origins), ..features(3) };
    let back = opened(&path, &set);
    assert_eq!(back, set);
    let chosen = back.select(&[2, 0, 1]).origins.unwrap();
    assert_eq!([chosen.get(0), chosen.get(1), chosen.get(2)], ["b.jpg#xywh=1,2,3,4", "", "happy/ä.png"]);

    let whole = std::fs::read(&path).unwrap();
    let spoiled = |from: &[u8], to: &[u8]| {
        let at = whole.windows(from.len()).rposition(|window| window == from).unwrap();
        std::fs::write(&path, [&whole[..at], to, &whole[at + from.len()..]].concat()).unwrap();
        without_path(&open::<FeatureSet>(&path).unwrap_err(), &path)
    };
    let ends = |ends: [u32; 3]| ends.map(u32::to_le_bytes).concat();
    let good = ends([0, 12, 30]);
    let expected = "expected the end of a name, not before that of the image before, found";
    assert_eq!(spoiled(&good, &ends([13, 12, 30])), format!("origin_ends[1]: {expected} 12"));
    assert_eq!(spoiled(&good, &ends([0, 12, 31])), format!("origin_ends[2]: {expected} 31"));
    assert_eq!(spoiled(&good, &ends([0, 7, 30])), format!("origin_ends[1]: {expected} 7"), "within a letter");
    assert_eq!(
        spoiled(&good, &ends([0, 12, 29])),
        "origin_ends: expected the last name to end where the names end, found 30 bytes of names"
    );
    let message = spoiled("ä".as_bytes(), &[0xFF, 0xFE]);
    assert!(message.starts_with("origins: expected text in UTF-8, found invalid utf-8"), "{message}");
}
