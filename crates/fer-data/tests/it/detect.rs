//! Faces in photographs: what becomes of those that a detector finds. The detector here takes every bright pixel for a face
//! whose side is its distance from white; `fer-faces` and the whole program have tests with photographs.

use fer_artifact::{Seed, Size, Split};
use fer_data::{Detect, Error, Faces, FoundFace, IngestParams, Ingested, ingest, ingest_with, load_with};
use fer_imgproc::Picture;
use serde_json::{Value, from_value, json};

use crate::source::Scratch;

fn find(picture: Picture, to: Size) -> Vec<FoundFace> {
    let pixels = picture.into_gray();
    let bright = pixels.iter().filter(|&&pixel| pixel > 100);
    bright.map(|&pixel| FoundFace { side: u32::from(255 - pixel), pixels: vec![pixel; to.area()] }).collect()
}

fn scratch() -> Scratch {
    let scratch = Scratch::new();
    scratch.picture("happy/a.png", (1, 3), &[0, 200, 0]);
    scratch.picture("happy/b.png", (2, 2), &[250, 150, 0, 150]);
    scratch.picture("sad/nobody.png", (1, 2), &[0, 1]);
    scratch
}

fn params(scratch: &Scratch, detect: Value) -> IngestParams {
    let source = json!({"kind": "folder", "path": scratch.path()});
    from_value(json!({
        "source": source, "size": [1, 2], "detect": detect, "split": {"kind": "head", "train": 1},
    }))
    .unwrap()
}

fn run(scratch: &Scratch, detect: Value) -> Ingested {
    ingest_with(&params(scratch, detect), Seed::new(1), Some(&find), scratch.path()).unwrap()
}

#[test]
fn the_largest_face_is_taken_and_pictures_without_one_are_counted_and_named() {
    let scratch = scratch();
    let Ingested { sets, report, .. } = run(&scratch, json!(true));
    assert_eq!(
        (&sets[&Split::Train].images, &sets[&Split::Validation].images),
        (&vec![200; 2].into(), &vec![150; 2].into())
    );
    assert_eq!((report.skipped.count, report.skipped.first[0].row), (1, 2));
    assert_eq!(report.skipped.first[0].reason, "row 2 (sad/nobody.png): expected a face in the photograph, found none");
    assert_eq!(
        report.warnings[0],
        "several faces in 1 photographs, of which the largest were taken, first `happy/b.png`; `detect: {faces: one}` \
         leaves such photographs out, `{faces: all}` takes all faces"
    );
    assert_eq!(sets, run(&scratch, json!({"faces": "largest"})).sets);
}

#[test]
fn all_faces_or_photographs_of_one_face_are_choices() {
    let scratch = scratch();
    let all = run(&scratch, json!({"faces": "all"}));
    let validation = &all.sets[&Split::Validation];
    assert_eq!(validation.images, [250, 250, 150, 150, 150, 150]);
    assert_eq!((&validation.rows, &validation.labels, all.report.warnings.len()), (&vec![1, 2, 3], &vec![3; 3], 0));
    let one = run(&scratch, json!({"faces": "one"}));
    assert!(!one.sets.contains_key(&Split::Validation));
    let reasons: Vec<&str> = one.report.skipped.first.iter().map(|skipped| skipped.reason.as_str()).collect();
    assert_eq!(reasons[0], "row 1 (happy/b.png): expected one face in the photograph, found 3");
}

#[test]
fn evaluation_says_which_pictures_have_no_face() {
    let scratch = scratch();
    let loaded = load_with(&params(&scratch, json!(true)), Some(&find), scratch.path()).unwrap();
    assert_eq!(loaded.images.labels, [3, 3]);
    assert_eq!(
        loaded.notes[0],
        "bad rows skipped: 1 (row 2 (sad/nobody.png): expected a face in the photograph, found none)"
    );
}

#[test]
fn a_rectangle_that_the_source_says_is_the_face() {
    let scratch = scratch();
    scratch.file("list.csv", "path,label,x,y,width,height\nhappy/b.png,happy,0,1,2,1\n");
    let source = json!({"kind": "manifest", "path": scratch.path().join("list.csv")});
    let params: IngestParams = from_value(json!({
        "source": source, "size": [1, 2], "detect": true, "split": {"kind": "head", "train": 1},
    }))
    .unwrap();
    let sets = ingest_with(&params, Seed::new(1), Some(&find), scratch.path()).unwrap().sets;
    assert_eq!(sets[&Split::Train].images, [0, 150]);
}

#[test]
fn detection_needs_photographs_a_size_and_a_detector() {
    let scratch = scratch();
    let with = |detect| params(&scratch, detect);
    for none in [json!(false), json!(null)] {
        assert_eq!(with(none).detect, None);
    }
    assert_eq!(with(json!({})).detect, Some(Detect::default()));
    assert_eq!(with(json!({"faces": "all"})).detect, Some(Detect { faces: Faces::All }));
    let written = serde_json::to_value(with(json!(true))).unwrap();
    assert_eq!(written["detect"], json!({"faces": "largest"}));
    assert!(matches!(ingest(&with(json!(true)), Seed::new(1), scratch.path()), Err(Error::NoDetector)));
    let without_size = IngestParams { size: None, ..with(json!(true)) };
    let message =
        |params: &IngestParams| ingest_with(params, Seed::new(1), Some(&find), scratch.path()).unwrap_err().to_string();
    assert_eq!(message(&without_size), "`detect` needs the size of the crops: add `size: [48, 48]`");
    let mut of_csv = with(json!(true));
    of_csv.source = from_value(json!({"kind": "csv", "path": "faces.csv"})).unwrap();
    assert_eq!(
        message(&of_csv),
        "`detect` looks for faces in pictures, found a source of kind csv, which has pixels of faces; leave `detect` out"
    );
    let refused =
        |detect: Value| from_value::<IngestParams>(json!({"source": {"kind": "csv", "path": "x"}, "detect": detect}));
    assert_eq!(
        refused(json!("yes")).unwrap_err().to_string(),
        "invalid type: string \"yes\", expected true, false or a map such as `{faces: largest}`"
    );
    assert_eq!(
        refused(json!({"faces": "some"})).unwrap_err().to_string(),
        "unknown variant `some`, expected one of `largest`, `all`, `one`"
    );
}
