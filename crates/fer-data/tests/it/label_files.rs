//! Labels in text files beside pictures, on tiny imitations of CK+ and of AffectNet's YOLO copy.

use fer_artifact::{Digest, Split};
use fer_data::{IngestParams, source_digest};
use serde_json::{Value, from_value, json};

use crate::source::{Scratch, ingested, refusal, skipping};

fn params(scratch: &Scratch, path: &str, labels: Value, more: Value) -> IngestParams {
    let mut params = json!({"source": {"kind": "folder", "path": path, "labels": labels}});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut params: IngestParams = from_value(params).unwrap();
    params.check().unwrap();
    params.resolve(scratch.path());
    params
}

/// `cohn-kanade-images/S005/001/S005_001_00000001.png`, `Emotion/S005/001/S005_001_00000003_emotion.txt`; the second sequence
/// has no label.
fn ck_plus(scratch: &Scratch) {
    let frames = [("S005/001", 5), ("S005/002", 2), ("S010/004", 3)];
    let mut level = 0;
    for (sequence, count) in frames {
        let stem = sequence.replace('/', "_");
        for frame in 1..=count {
            level += 1;
            scratch.picture(&format!("cohn-kanade-images/{sequence}/{stem}_{frame:08}.png"), (1, 1), &[level]);
        }
        let folder = format!("Emotion/{sequence}");
        match sequence {
            "S005/001" => drop(scratch.file(&format!("{folder}/{stem}_00000005_emotion.txt"), "   3.0000000e+00\n")),
            "S010/004" => drop(scratch.file(&format!("{folder}/{stem}_00000003_emotion.txt"), "   7.0000000e+00\n")),
            _ => std::fs::create_dir_all(scratch.path().join(folder)).unwrap(),
        }
    }
    scratch.file("cohn-kanade-images/S005/.DS_Store", "a Mac's");
}

const EMOTION: &str = "../Emotion/{folder}/{stem}_emotion.txt";

fn classes() -> Value {
    json!([{"neutral": 0}, {"disgust": 3}, {"surprise": 7}])
}

#[test]
fn the_last_frame_of_a_sequence_has_the_label_and_others_are_counted() {
    let scratch = Scratch::new();
    ck_plus(&scratch);
    let more = json!({
        "classes": classes(), "group": {"pattern": "^(S[0-9]+)_"}, "split": {"kind": "head", "train": 2},
    });
    let params = params(&scratch, "cohn-kanade-images", json!({"file": EMOTION}), more);
    let ingested = ingested(&params);
    let train = &ingested.sets[&Split::Train];
    assert_eq!((&train.images, &train.labels), (&vec![5, 10].into(), &vec![1, 2]));
    assert_eq!(train.groups.as_ref().unwrap().names, ["S005", "S010"]);
    let left: Vec<(&str, usize)> =
        ingested.report.left_out.iter().map(|left| (left.why.as_str(), left.files.count)).collect();
    assert_eq!(left, [("hidden, or a system's own", 1), ("it has no label file", 8)]);
    let digest = || source_digest(&params, &Digest::of_file).unwrap();
    let before = digest();
    scratch.file("Emotion/S005/001/S005_001_00000005_emotion.txt", "   7.0000000e+00\n");
    assert_ne!(digest(), before, "a label is a part of the source");
}

#[test]
fn frames_that_lead_up_to_the_label_and_the_first_as_neutral_are_choices() {
    let scratch = Scratch::new();
    ck_plus(&scratch);
    let of = |labels: Value, rows: usize| {
        let more = json!({"classes": classes(), "split": {"kind": "head", "train": rows}});
        let set = ingested(&params(&scratch, "cohn-kanade-images", labels, more)).sets[&Split::Train].clone();
        (set.images, set.labels)
    };
    assert_eq!(
        of(json!({"file": EMOTION, "last_frames": 3}), 6),
        (vec![3, 4, 5, 8, 9, 10].into(), vec![1, 1, 1, 2, 2, 2])
    );
    // A frame that the label holds for is not neutral too.
    let both = json!({"file": EMOTION, "last_frames": 3, "first_frame": 0});
    assert_eq!(of(both, 7), (vec![1, 3, 4, 5, 8, 9, 10].into(), vec![0, 1, 1, 1, 2, 2, 2]));
    let first = json!({"file": EMOTION, "first_frame": "0"});
    assert_eq!(of(first, 4), (vec![1, 5, 8, 10].into(), vec![0, 1, 0, 2]));
}

/// `{train,valid,test}/{images,labels}/`, `class x y width height`, in parts of the picture.
#[test]
fn lines_with_a_rectangle_are_faces_and_splits_are_folders() {
    let scratch = Scratch::new();
    scratch.picture("train/images/a.png", (4, 4), &(0..16).collect::<Vec<u8>>());
    scratch.file("train/labels/a.txt", "4 0.25 0.25 0.5 0.5\n5 0.75 0.5 0.5 1.0\n\n");
    scratch.picture("train/images/b.png", (2, 4), &[0, 1, 2, 3, 4, 5, 6, 7]);
    scratch.file("train/labels/b.txt", "4 0.5 0.5 1 1");
    scratch.picture("train/images/nobody.png", (4, 4), &[7; 16]);
    scratch.file("train/labels/nobody.txt", "");
    scratch.picture("valid/images/c.png", (4, 4), &[9; 16]);
    scratch.file("valid/labels/c.txt", "5 0.5 0.5 0.5 0.5");
    scratch.picture("test/images/d.png", (4, 4), &[8; 16]);
    scratch.file("test/labels/d.txt", "4 0.5 0.5 0.5 0.5");
    scratch.file("data.yaml", "names: [anger, contempt]");
    scratch.file("train/labels/stray.txt", "4 0.5 0.5 0.5 0.5");
    let labels = json!({"file": "{folder}/../labels/{stem}.txt"});
    let more = json!({"classes": [{"happy": 4}, {"neutral": 5}], "size": [2, 2]});
    let params = params(&scratch, "", labels, more);
    let ingested = ingested(&params);
    let train = &ingested.sets[&Split::Train];
    // The upper left quarter as it is; the right half at half its height.
    assert_eq!(
        (&train.labels, &train.rows, &*train.image(0).unwrap()),
        (&vec![0, 1, 0], &vec![1, 2, 3], &[0, 1, 4, 5][..])
    );
    assert_eq!(train.image(1).unwrap().len(), 4);
    assert_eq!(train.origins.as_ref().unwrap().get(0), "train/images/a.png#xywh=percent:0,0,50,50");
    assert_eq!((&ingested.sets[&Split::Validation].labels, &ingested.sets[&Split::Test].labels), (&vec![1], &vec![0]));
    let left: Vec<(&str, usize, &str)> = ingested
        .report
        .left_out
        .iter()
        .map(|left| (left.why.as_str(), left.files.count, left.files.first[0].as_str()))
        .collect();
    assert_eq!(left, [("its label file is empty", 1, "train/images/nobody.png"), ("text", 2, "data.yaml")]);
}

#[test]
fn what_is_no_label_is_a_bad_row() {
    let scratch = Scratch::new();
    scratch.picture("images/a.png", (2, 2), &[1; 4]);
    scratch.picture("images/b.png", (2, 2), &[2; 4]);
    scratch.file("labels/a.txt", "happy");
    let of = |text: &str| {
        scratch.file("labels/b.txt", text);
        let more = json!({"split": {"kind": "head", "train": 1}});
        params(&scratch, "images", json!({"file": "../labels/{stem}.txt"}), more)
    };
    assert_eq!(
        refusal(&scratch, &of("happy 0.5 0.5 1")),
        "images: row 1 (b.png): expected a label, or a label and a rectangle (`class x y width height`), in \
         ../labels/b.txt, found `happy 0.5 0.5 1`"
    );
    assert_eq!(
        refusal(&scratch, &of("bored")),
        "images: row 1 (b.png): expected a class (angry, disgust, fear, happy, sad, surprise, neutral) or its number from \
         0 to 6, found `bored`"
    );
    assert_eq!(
        refusal(&scratch, &of("happy 5 5 1 1")),
        "images: row 1 (b.png): expected a face in the picture, which has a height of 2 and a width of 2, found one \
         outside of it"
    );
    assert_eq!(ingested(&skipping(of("bored"))).report.skipped.first[0].row, 1);
    let none = params(&scratch, "labels", json!({"file": "{stem}.xml"}), json!({}));
    assert_eq!(refusal(&scratch, &none), "labels: expected at least one picture with a label file, found none");
}

#[test]
fn a_path_that_is_the_same_for_all_pictures_is_refused() {
    let labels = json!({"file": "labels.txt"});
    let params: Result<IngestParams, _> =
        from_value(json!({"source": {"kind": "folder", "path": "x", "labels": labels}}));
    assert_eq!(
        params.unwrap_err().to_string(),
        "expected a path with `{stem}` in it, such as `{folder}/../labels/{stem}.txt`, found `labels.txt`"
    );
}

/// The pictures lie in the source's folder itself.
#[test]
fn a_picture_beside_no_folder_has_its_label_file_too() {
    let scratch = Scratch::new();
    scratch.picture("yolo/images/a.png", (1, 1), &[5]);
    scratch.file("yolo/labels/a.txt", "7");
    let more = json!({"classes": classes(), "split": {"kind": "head", "train": 1}});
    for file in ["{folder}/../labels/{stem}.txt", "../labels/{stem}.txt"] {
        let params = params(&scratch, "yolo/images", json!({"file": file, "first_frame": null}), more.clone());
        assert_eq!(ingested(&params).sets[&Split::Train].labels, [2], "{file}");
    }
    // As long as it may be; one that was cut off would say something else.
    let label = "3 0.5 0.5 1 1";
    scratch.file("yolo/labels/a.txt", format!("{label}{}", "\n".repeat((1 << 20) - label.len())));
    let longest = params(&scratch, "yolo/images", json!({"file": "../labels/{stem}.txt"}), more.clone());
    assert_eq!(ingested(&longest).sets[&Split::Train].len(), 1);
    scratch.file("yolo/labels/a.txt", format!("3 0.5 0.5 1 1{}", "\n".repeat(1 << 20)));
    let params = params(&scratch, "yolo/images", json!({"file": "../labels/{stem}.txt"}), more);
    assert!(refusal(&scratch, &params).contains("more than 1048576 bytes"), "{}", refusal(&scratch, &params));
}
