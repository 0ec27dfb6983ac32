//! Near copies in a whole source: what is counted, shown and dropped.

use fer_artifact::{DataReport, Dropped, Overlap, Split};
use fer_data::{CsvSource, DropDuplicates, IngestParams, Ingested, Source};

use crate::source::{Scratch, ingested};

const FACE: usize = 48;
/// Changed copies of the first face in `faces.png` (`tests/golden/near/make.py`): mirror, JPEG, a crop of 3 pixels.
const MIRROR: usize = 12;
const JPEG: usize = 13;
const CROP: usize = 21;

/// An image of `faces.png`, as a row's pixels.
fn face(index: usize) -> String {
    let sheet =
        image::load_from_memory(include_bytes!("../../../../tests/golden/near/faces.png")).unwrap().into_luma8();
    let places = (0..FACE).flat_map(|y| (0..FACE).map(move |x| (x, y)));
    let pixels = places.map(|(x, y)| sheet.get_pixel((index * FACE + x) as u32, y as u32).0[0].to_string());
    pixels.collect::<Vec<_>>().join(" ")
}

/// Rows of label, image and usage.
fn of_rows(rows: &[(u8, usize, &str)], drop_duplicates: DropDuplicates) -> Ingested {
    let scratch = Scratch::new();
    let rows: String = rows.iter().map(|(label, image, usage)| format!("{label},{},{usage}\n", face(*image))).collect();
    let path = scratch.file("faces.csv", format!("emotion,pixels,Usage\n{rows}"));
    ingested(&IngestParams { drop_duplicates, ..IngestParams::new(Source::Csv(CsvSource::new(path))) })
}

/// The first face stands in train, mirrored there too, as a JPEG in validation and cropped in test. Another face stands in
/// train and in test, with equal pixels; the last ones are by themselves.
const ROWS: [(u8, usize, &str); 8] = [
    (3, 0, "Training"),
    (3, MIRROR, "Training"),
    (4, JPEG, "PublicTest"),
    (3, CROP, "PrivateTest"),
    (1, 1, "Training"),
    (1, 1, "PrivateTest"),
    (2, 2, "Training"),
    (2, 3, "PrivateTest"),
];

fn near_overlap(report: &DataReport, of: Split, also_in: Split) -> usize {
    let overlaps = &report.near.as_ref().unwrap().overlaps;
    let is_asked = |overlap: &&Overlap| (overlap.of, overlap.also_in) == (of, also_in);
    overlaps.iter().find(is_asked).unwrap().rows
}

#[test]
fn near_copies_are_counted_beside_equal_images() {
    let Ingested { report, subsets, .. } = of_rows(&ROWS, DropDuplicates::None);
    let [train, validation, test] = Split::ALL;
    let near = report.near.as_ref().unwrap();
    assert_eq!(near.copies, [(train, 1), (validation, 0), (test, 0)].into());
    assert_eq!([near_overlap(&report, train, validation), near_overlap(&report, train, test)], [2, 3]);
    assert_eq!([near_overlap(&report, validation, train), near_overlap(&report, validation, test)], [1, 1]);
    assert_eq!([near_overlap(&report, test, train), near_overlap(&report, test, validation)], [2, 1]);
    assert_eq!(subsets.twins, Some(vec![2, 3, 5]));
    // Equal images count as before.
    assert_eq!(report.splits[&train].copies, 0);
    assert_eq!(report.overlaps.iter().map(|overlap| overlap.rows).sum::<usize>(), 2);
    let summary = fer_data::summary(&report);
    for line in [
        "in train too: 0 of 1 validation images, 1 exactly or nearly",
        "in train too: 1 of 3 test images, 2 exactly or nearly",
        "in validation too: 0 of 3 test images, 1 exactly or nearly",
    ] {
        assert!(summary.contains(line), "{summary}");
    }
}

#[test]
fn pairs_are_shown_from_the_most_to_the_least_alike() {
    let report = of_rows(&ROWS, DropDuplicates::None).report;
    let pairs = report.near.unwrap().pairs;
    let told: Vec<_> = pairs.iter().map(|pair| (pair.rows, pair.labels, pair.mirrored)).collect();
    // The crop is found as it is: its view is that of the whole, cropped; the JPEG differs a little more.
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.contains(&([0, 2], [3, 4], false)) && told.contains(&([1, 2], [3, 4], true)), "{told:?}");
    assert!(told.contains(&([0, 3], [3, 3], false)) && told.contains(&([1, 3], [3, 3], true)), "{told:?}");
    assert!(pairs.iter().all(|pair| pair.splits[0] == Split::Train && pair.splits[1] != Split::Train));
    assert!(pairs.iter().map(|pair| pair.likeness).is_sorted_by(|a, b| a >= b));
    let png = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, &pairs[0].picture).unwrap();
    let picture = image::load_from_memory(&png).unwrap();
    assert_eq!((picture.width(), picture.height()), (96, 48));
}

#[test]
fn dropping_near_copies_takes_them_from_train_alone() {
    let Ingested { sets, report, subsets, .. } = of_rows(&ROWS, DropDuplicates::Near);
    assert_eq!(sets[&Split::Train].rows, [6]);
    assert_eq!((sets[&Split::Validation].len(), sets[&Split::Test].len()), (1, 3));
    assert_eq!(report.dropped, Dropped { also_in_test: 1, near_validation: 2, ..Dropped::default() });
    assert_eq!(subsets.twins, Some(vec![]));
    assert_eq!(near_overlap(&report, Split::Test, Split::Train), 0);
    // Across takes equal images alone.
    assert_eq!(of_rows(&ROWS, DropDuplicates::Across).sets[&Split::Train].rows, [0, 1, 6]);
}

#[test]
fn within_train_the_first_of_near_copies_stays() {
    let rows = [(3, MIRROR, "Training"), (3, 0, "Training"), (3, JPEG, "Training"), (2, 2, "Training")];
    let Ingested { sets, report, .. } = of_rows(&rows, DropDuplicates::Near);
    assert_eq!(sets[&Split::Train].rows, [0, 3]);
    assert_eq!(report.dropped, Dropped { near_copies: 2, ..Dropped::default() });
}

#[test]
fn small_images_are_compared_for_equality_alone() {
    let scratch = Scratch::new();
    let rows = "1,1 2 3 4,Training\n1,1 2 3 5,PublicTest\n1,1 2 3 4,PublicTest\n";
    let path = scratch.file("faces.csv", format!("emotion,pixels,Usage\n{rows}"));
    let Ingested { report, subsets, .. } = ingested(&IngestParams::new(Source::Csv(CsvSource::new(path))));
    assert_eq!((report.near, subsets.twins), (None, Some(vec![2])));
}
