//! Lists of pictures, on tiny imitations of data sets.

use fer_artifact::{Digest, Split};
use fer_data::{ImageSize, IngestParams, source_digest};
use serde_json::{Value, from_value, json};

use crate::source::{Scratch, ingested, refusal, skipping};

/// Parameters of a list in the scratch folder.
fn params(scratch: &Scratch, mut source: Value, more: Value) -> IngestParams {
    source["kind"] = "manifest".into();
    let mut params = json!({"source": source});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut params: IngestParams = from_value(params).unwrap();
    params.check().unwrap();
    params.resolve(scratch.path());
    params
}

#[test]
fn a_list_gives_labels_splits_groups_and_faces() {
    let scratch = Scratch::new();
    scratch.picture("pictures/a.png", (2, 3), &[1, 2, 3, 4, 5, 6]);
    scratch.picture("pictures/b.png", (2, 3), &[7, 8, 9, 10, 11, 12]);
    scratch.picture("pictures/unlisted.png", (1, 1), &[0]);
    let rows = "path,label,split,group,x,y,width,height\n\
        a.png,happy,train,p1,0,0,2,2\na.png,sad,test,p2,1,0,2,2\nb.png,happiness,train,p1,-1,0,3,2\n";
    scratch.file("list.csv", rows);
    let params = params(&scratch, json!({"path": "list.csv", "images": "pictures"}), json!({}));
    let ingested = ingested(&params);
    let (train, test) = (&ingested.sets[&Split::Train], &ingested.sets[&Split::Test]);
    assert_eq!(
        (&train.images, &train.labels, &train.rows),
        (&vec![1, 2, 4, 5, 7, 8, 10, 11].into(), &vec![3, 3], &vec![0, 2])
    );
    assert_eq!((&test.images, &test.labels), (&vec![2, 3, 5, 6].into(), &vec![4]));
    assert_eq!(test.groups.as_ref().unwrap().names, ["p1", "p2"]);
    assert_eq!((test.groups.as_ref().unwrap().ids[0], &train.groups.as_ref().unwrap().ids), (1, &vec![0, 0]));
    assert_eq!(
        (ingested.report.left_out[0].why.as_str(), &ingested.report.left_out[0].files.first[0]),
        ("not in list.csv", &"unlisted.png".to_owned())
    );
    let digest = || source_digest(&params, &Digest::of_file).unwrap();
    let before = digest();
    scratch.file("list.csv", rows.replace("b.png,happiness", "b.png,fear"));
    assert_ne!(digest(), before);
}

#[test]
fn what_is_wrong_with_a_row_is_said_with_its_line() {
    let scratch = Scratch::new();
    scratch.picture("a.png", (2, 2), &[1, 2, 3, 4]);
    let of = |rows: &str| {
        scratch.file("list.csv", format!("path,label,left,top,right,bottom\na.png,3,0,0,1,1\n{rows}\n"));
        let split = json!({"split": {"kind": "head", "train": 1}});
        refusal(&scratch, &params(&scratch, json!({"path": "list.csv"}), split))
    };
    assert_eq!(
        of("a.png,3,0,x,1,1"),
        "list.csv: row 1 (line 3): expected whole numbers for left, top, right, bottom, found `x`"
    );
    assert_eq!(
        of("a.png,3,5,5,9,9"),
        "list.csv: row 1 (a.png): expected a face in the picture, which has a height of 2 and a width of 2, found one outside of it"
    );
    assert_eq!(
        of("b.png,3,0,0,1,1"),
        "list.csv: row 1 (b.png): cannot be read: No such file or directory (os error 2)"
    );
    assert!(of("a.png,9,0,0,1,1").contains("found `9`; the labels of the source are 3, 9: `classes: {"));
    scratch.file("list.csv", "file,label\na.png,3\n");
    assert_eq!(
        refusal(&scratch, &params(&scratch, json!({"path": "list.csv"}), json!({}))),
        "list.csv: expected a column `split` or `usage` or `set` with the splits, found `file`, `label`; name it with \
         `columns`, or choose the split `head`, `stratified` or `folds`"
    );
    scratch.file("list.csv", "file,mood\na.png,3\n");
    assert_eq!(
        refusal(&scratch, &params(&scratch, json!({"path": "list.csv"}), json!({}))),
        "list.csv: expected a column `label` or `emotion` or `expression` or `class` with the labels, found `file`, \
         `mood`; name it with `columns`"
    );
}

/// A fuzzer found it: with a group for some rows alone, the groups belonged to other rows.
#[test]
fn where_some_rows_have_groups_all_must() {
    let scratch = Scratch::new();
    scratch.picture("a.png", (1, 1), &[1]);
    scratch.picture("b.png", (1, 1), &[2]);
    scratch.file("list.csv", "path,label,subject\na.png,3,\nb.png,3,p1\n");
    let split = json!({"split": {"kind": "stratified", "train": 0.5, "validation": 0.5}});
    let params = params(&scratch, json!({"path": "list.csv"}), split);
    assert_eq!(
        refusal(&scratch, &params),
        "list.csv: row 0 (a.png): expected the group that it belongs to, found none"
    );
    let set = &ingested(&skipping(params)).sets[&Split::Train];
    assert_eq!((&set.rows, &set.groups.as_ref().unwrap().names[..]), (&vec![1], &["p1".to_owned()][..]));
    // A column of groups without any is none.
    scratch.file("list.csv", "path,label,subject\na.png,3,\nb.png,3,\n");
    let head = json!({"split": {"kind": "head", "train": 2}});
    let set = ingested(&self::params(&scratch, json!({"path": "list.csv"}), head)).sets[&Split::Train].clone();
    assert_eq!((set.len(), set.groups), (2, None));
}

/// `list_patition_label.txt`: names of the pictures before they were aligned, labels from 1, splits in the names.
#[test]
fn raf_db_is_read() {
    let scratch = Scratch::new();
    for (name, pixel) in [("train_00001", 1), ("train_00002", 2), ("test_0001", 3)] {
        scratch.picture(&format!("basic/Image/aligned/{name}_aligned.png"), (1, 1), &[pixel]);
    }
    let list = "train_00001.png 5\ntrain_00002.png 4\ntest_0001.png 7\n";
    scratch.file("basic/EmoLabel/list_patition_label.txt", list);
    let source = json!({
        "path": "basic/EmoLabel/list_patition_label.txt", "images": "basic/Image/aligned",
        "columns": ["path", "label"], "rename": "{stem}_aligned.png", "pattern": "^(?<split>train|test)_",
    });
    let classes = json!({"classes": [
        {"surprise": 1}, {"fear": 2}, {"disgust": 3}, {"happy": 4}, {"sad": 5}, {"angry": 6}, {"neutral": 7},
    ]});
    let sets = ingested(&params(&scratch, source.clone(), classes)).sets;
    assert_eq!((&sets[&Split::Train].images, &sets[&Split::Train].labels), (&vec![1, 2].into(), &vec![4, 3]));
    assert_eq!((&sets[&Split::Test].images, &sets[&Split::Test].labels), (&vec![3].into(), &vec![6]));
    // Without the map, 7 is none of the default's numbers.
    let message = refusal(&scratch, &skipping(params(&scratch, source, json!({}))));
    assert!(message.contains("`classes: {angry: ["), "{message}");
}

/// `label.lst`: name, face, top, left, right, bottom, confidence, label; several faces a picture.
#[test]
fn expw_is_read() {
    let scratch = Scratch::new();
    scratch.picture("origin/angry_actor_104.png", (4, 4), &(0..16).collect::<Vec<u8>>());
    let list = "angry_actor_104.png 0 0 1 3 2 22.93 0\nangry_actor_104.png 1 2 0 4 4 50.3 6\n";
    scratch.file("label.lst", list);
    let source = json!({
        "path": "label.lst", "images": "origin",
        "columns": ["path", "_", "top", "left", "right", "bottom", "_", "label"],
    });
    let more = json!({"size": [2, 2], "split": {"kind": "head", "train": 2}});
    let set = &ingested(&params(&scratch, source, more)).sets[&Split::Train];
    assert_eq!((&*set.image(0).unwrap(), &set.labels), (&[1, 2, 5, 6][..], &vec![0, 6]));
    assert_eq!((set.height, set.width, set.len()), (2, 2, 2));
    let origins = set.origins.as_ref().unwrap();
    assert_eq!(origins.get(1), "angry_actor_104.png#xywh=0,2,4,2");
}

/// The old list of AffectNet, with Windows' or Linux' separators.
#[test]
fn affectnets_old_list_is_read() {
    let scratch = Scratch::new();
    scratch.picture("689/a.png", (3, 3), &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    scratch.file(
        "training.csv",
        "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\n\
         689/a.png,0,0,2,2,134.03;153.81,1,0.78,-0.3\n689\\a.png,1,1,2,2,1;2,11,-2,-2\n",
    );
    let classes: Value = serde_json::from_str(r#"[{"neutral": 0}, {"happy": 1}]"#).unwrap();
    let more = json!({"classes": classes, "split": {"kind": "head", "train": 1}});
    let ingested = ingested(&params(&scratch, json!({"path": "training.csv"}), more));
    assert_eq!(ingested.sets[&Split::Train].images, [1, 2, 4, 5]);
    assert_eq!(ingested.report.other_labels, [("11".to_owned(), 1)].into());
    assert_eq!(from_value::<ImageSize>(json!([2, 2])).unwrap().get().area(), 4);
}

/// What is left out need not be whole.
#[test]
fn a_row_of_another_label_is_left_out_whatever_its_face_and_split_are() {
    let scratch = Scratch::new();
    scratch.picture("a.png", (2, 2), &[1, 2, 3, 4]);
    scratch.file(
        "list.csv",
        "path,label,split,left,top,right,bottom\na.png,1,train,0,0,2,2\na.png,10,,NULL,NULL,NULL,NULL\n",
    );
    let more = json!({"classes": {"happy": [1]}, "split": {"kind": "usage"}});
    let report = ingested(&params(&scratch, json!({"path": "list.csv"}), more)).report;
    assert_eq!((report.splits[&Split::Train].rows, report.other_labels["10"]), (1, 1));
}
