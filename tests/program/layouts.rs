//! The data sets of `docs/datasets.md`: each snippet there runs through the whole program, on a tiny imitation of its set.

use std::collections::BTreeSet;

use fer_artifact::{ImageSet, read};

use crate::imitations::{all, counts, each, file, photograph, picture, run, snippets};
use crate::world::{World, root};

const SEVEN: [&str; 7] = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
fn pixels(row: usize) -> String {
    (0..16).map(|index| ((row * 37 + index * 11) % 256).to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_snippet_of_the_page_has_a_test() {
    let tested = include_str!("layouts.rs");
    let names: BTreeSet<String> = snippets().into_keys().collect();
    assert!(names.len() >= 15, "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !tested.contains(&format!("\"{name}\""))).collect();
    assert!(missing.is_empty(), "no test of {missing:?}");
}

#[test]
fn fer2013_csv() {
    let world = World::new();
    let usage = ["Training", "Training", "PublicTest", "PrivateTest"];
    let rows = |line: &dyn Fn(usize, &str, &str) -> String| {
        (0..28).map(|row| line(row % 7, &pixels(row), usage[row / 7])).collect::<String>()
    };
    file(
        &world,
        "fer2013.csv",
        format!("emotion,pixels,Usage\n{}", rows(&|label, pixels, usage| format!("{label},{pixels},{usage}\n"))),
    );
    let splits = run(&world, "FER2013");
    assert_eq!(splits["train"][..7], SEVEN);
    assert_eq!((splits["train"].len(), splits["validation"].len(), splits["test"].len()), (14, 7, 7));
    // `icml_face_data.csv` has spaces before its names and another order.
    let icml = rows(&|label, pixels, usage| format!("{label},{usage},{pixels}\n"));
    file(&world, "fer2013.csv", format!("emotion, Usage, pixels\n{icml}"));
    assert_eq!(run(&world, "FER2013"), splits);
}

#[test]
fn fer_plus_beside_fer2013() {
    let world = World::new();
    let usage = ["Training", "Training", "PublicTest", "PrivateTest"];
    let (mut faces, mut votes) = (String::from("emotion,pixels,Usage\n"), String::new());
    votes += "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
    for row in 0..40 {
        let usage = usage[row / 10];
        faces += &format!("{},{},{usage}\n", row % 7, pixels(row));
        // Of ten rows: a majority for each of the eight classes, then one of two halves, and one without a face.
        let mut counts = [0; 10];
        match row % 10 {
            8 => (counts[0], counts[3]) = (5, 5),
            9 => counts[9] = 10,
            class => (counts[class], counts[(class + 1) % 8], counts[8]) = (6, 3, 1),
        }
        let name = if row % 10 == 9 { String::new() } else { format!("fer{row:07}.png") };
        votes += &format!("{usage},{name},{}\n", counts.map(|count| count.to_string()).join(","));
    }
    file(&world, "fer2013.csv", faces);
    file(&world, "fer2013new.csv", votes);
    let splits = run(&world, "FER+");
    let eight = ["neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"];
    // Train keeps the halves, what is held out does not.
    assert_eq!(splits["train"][..9], [&eight[..], &["neutral"]].concat());
    assert_eq!(
        (splits["train"].len(), splits["validation"].clone(), splits["test"].clone()),
        (18, eight.map(str::to_owned).to_vec(), eight.map(str::to_owned).to_vec())
    );
    let set: ImageSet = read(&world.path("run/ingest/train.safetensors")).unwrap();
    let targets = set.targets.unwrap();
    assert_eq!(targets.row(0)[..2], [6.0 / 9.0, 3.0 / 9.0]);
    assert_eq!(targets.row(8)[..4], [0.5, 0.0, 0.0, 0.5]);
}

#[test]
fn the_challenges_train_csv_and_test_csv() {
    let world = World::new();
    let rows: String = (0..70).map(|row| format!("{},{}\n", row % 7, pixels(row))).collect();
    file(&world, "train.csv", format!("emotion,pixels\n{rows}"));
    let splits = run(&world, "FER2013, `train.csv`");
    assert_eq!(all(&splits), each(&SEVEN, 10));
    assert_eq!(counts(&splits["validation"]).values().copied().collect::<Vec<_>>(), [1; 7]);
    file(&world, "test.csv", format!("pixels\n{}\n{}\n", pixels(1), pixels(2)));
    let answers = world.fer(&["predict", "test.csv", "--csv", "--model", "run/train/model.safetensors"]).succeeded();
    assert_eq!(answers.stdout.lines().count(), 3, "{answers:?}");
}

#[test]
fn kaggles_folders_of_fer2013() {
    let world = World::new();
    for class in SEVEN {
        (0..10).for_each(|number| picture(&world, &format!("archive/train/{class}/Training_{number}.jpg")));
        (0..2).for_each(|number| picture(&world, &format!("archive/test/{class}/PrivateTest_{number}.jpg")));
    }
    let splits = run(&world, "FER2013 as Kaggle folders");
    assert_eq!((splits["train"].len(), splits["validation"].len(), splits["test"].len()), (63, 7, 14));
}

#[test]
fn ck_plus_sequences() {
    let world = World::new();
    for subject in 0..10 {
        for (sequence, label) in [("001", 1 + subject % 7), ("002", 0)] {
            let folder = format!("S{subject:03}/{sequence}");
            for frame in 1..=5 {
                let name = format!("cohn-kanade-images/{folder}/S{subject:03}_{sequence}_{frame:08}.png");
                photograph(&world, &name);
            }
            if label > 0 {
                let name = format!("Emotion/{folder}/S{subject:03}_{sequence}_00000005_emotion.txt");
                file(&world, &name, format!("   {label}.0000000e+00\n"));
            }
        }
    }
    let splits = run(&world, "CK+");
    // A person a fold: one neutral face and three frames of an expression.
    assert_eq!((splits["test"].len(), splits["train"].len()), (4, 36));
    assert_eq!(all(&splits)["neutral"], 10);
    assert_eq!((all(&splits)["angry"], all(&splits)["surprise"]), (6, 3));
    let report = world.read("run/ingest/data-report.json");
    assert!(report.contains("it has no label file"), "{report}");
}

#[test]
fn ck_48() {
    let world = World::new();
    let classes = ["anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"];
    for (index, class) in classes.iter().enumerate() {
        for subject in 0..10 {
            for frame in 1..=3 {
                picture(&world, &format!("CK+48/{class}/S{subject:03}_{index:03}_{frame:08}.png"));
            }
        }
    }
    let splits = run(&world, "CK+48");
    assert_eq!((all(&splits), splits["test"].len()), (each(&classes, 30), 21));
}

#[test]
fn jaffe() {
    let world = World::new();
    for person in ["KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM"] {
        for (number, class) in ["AN", "DI", "FE", "HA", "NE", "SA", "SU"].iter().enumerate() {
            picture(&world, &format!("jaffe/{person}.{class}1.{number}.tiff"));
        }
    }
    file(&world, "jaffe/README", "The Japanese Female Facial Expression set");
    let splits = run(&world, "JAFFE");
    assert_eq!((all(&splits), splits["test"].len()), (each(&SEVEN, 10), 7));
}

#[test]
fn kdef() {
    let world = World::new();
    for person in ["F01", "F02", "F03", "M01", "M02", "M03", "M04", "M05", "M06", "M07"] {
        for session in ["A", "B"] {
            for class in ["AF", "HA", "NE"] {
                photograph(&world, &format!("KDEF/{session}{person}/{session}{person}{class}S.JPG"));
            }
            file(
                &world,
                &format!("KDEF/{session}{person}/{session}{person}HAFL.JPG"),
                "a profile, which is not opened",
            );
        }
    }
    let splits = run(&world, "KDEF");
    assert_eq!(all(&splits), each(&["fear", "happy", "neutral"], 20));
    // Both sessions of a person lie in one split.
    assert_eq!(splits["test"].len(), 6);
    assert!(world.read("run/ingest/data-report.json").contains("\"HAFL\": 20"));
}

#[test]
fn raf_db() {
    let world = World::new();
    let mut list = String::new();
    for row in 0..77 {
        let split = if row < 70 { "train" } else { "test" };
        picture(&world, &format!("basic/Image/aligned/{split}_{row:05}_aligned.jpg"));
        list += &format!("{split}_{row:05}.jpg {}\n", 1 + row % 7);
    }
    file(&world, "basic/EmoLabel/list_patition_label.txt", list);
    let splits = run(&world, "RAF-DB");
    let order = ["surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"];
    assert_eq!((splits["train"].len(), splits["validation"].len()), (63, 7));
    assert_eq!(splits["test"], order);
    for row in 0..77 {
        let split = if row < 70 { "train" } else { "test" };
        picture(&world, &format!("DATASET/{split}/{}/{split}_{row:05}_aligned.jpg", 1 + row % 7));
    }
    assert_eq!(all(&run(&world, "RAF-DB as Kaggle folders")), each(&order, 11));
}

#[test]
fn expw() {
    let world = World::new();
    let mut list = String::new();
    for row in 0..70 {
        picture(&world, &format!("image/origin/some_{}.jpg", row / 2));
        // Two faces a picture: the left and the right half.
        let left = 24 * (row % 2);
        list += &format!("some_{}.jpg {} 0 {left} {} 48 30.5 {}\n", row / 2, row % 2, left + 24, row % 7);
    }
    file(&world, "label.lst", list);
    assert_eq!(all(&run(&world, "ExpW")), each(&SEVEN, 10));
}

#[test]
fn affectnet_in_its_three_forms() {
    let world = World::new();
    let order = ["neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt"];
    // What `numpy.save` writes of a text of one letter.
    let npy = |letter: char| {
        let header = "{'descr': '<U1', 'fortran_order': False, 'shape': (), }";
        [b"\x93NUMPY\x01\x00v\x00", format!("{header:117}\n").as_bytes(), &u32::from(letter).to_le_bytes()].concat()
    };
    for row in 0..24 {
        let split = if row < 16 { "train_set" } else { "val_set" };
        picture(&world, &format!("AffectNet/{split}/images/{row}.jpg"));
        let digit = char::from_digit(row % 8, 10).unwrap();
        file(&world, &format!("AffectNet/{split}/annotations/{row}_exp.npy"), npy(digit));
        file(&world, &format!("AffectNet/{split}/annotations/{row}_val.npy"), npy('0'));
    }
    let splits = run(&world, "AffectNet");
    // Rows are in the order of the names: 16, 17, …, 23.
    assert_eq!((splits["train"].len(), &splits["validation"][..]), (16, &order.map(str::to_owned)[..]));

    let mut list =
        "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\n"
            .to_owned();
    for row in 0..88 {
        picture(&world, &format!("Manually_Annotated_Images/{}/{row}.jpg", row % 3));
        list += &format!("{}/{row}.jpg,4,4,40,40,1.5;2.5,{},0.1,-0.2\n", row % 3, row % 11);
    }
    file(&world, "training.csv", list);
    let splits = run(&world, "AffectNet, the old list");
    assert_eq!(all(&splits), each(&order, 8));

    let yolo = ["angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise"];
    for (folder, rows) in [("train", 16), ("valid", 8), ("test", 8)] {
        for row in 0..rows {
            picture(&world, &format!("YOLO_format/{folder}/images/ffhq_{row:02}.png"));
            file(
                &world,
                &format!("YOLO_format/{folder}/labels/ffhq_{row:02}.txt"),
                format!("{} 0.5 0.5 0.9 0.9\n", row % 8),
            );
        }
    }
    file(&world, "YOLO_format/data.yaml", "names: ['Anger', 'Contempt']\n");
    let splits = run(&world, "AffectNet, the YOLO copy");
    assert_eq!((all(&splits), &splits["test"][..]), (each(&yolo, 4), &yolo.map(str::to_owned)[..]));
}

#[test]
fn sfew() {
    let world = World::new();
    for class in ["Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"] {
        photograph(&world, &format!("SFEW/Train/{class}/A_000{}.png", class.len()));
    }
    photograph(&world, "SFEW/Val/Happy/B_0001.png");
    picture(&world, "SFEW/Val/Sad/without_a_face.png");
    let splits = run(&world, "SFEW 2.0");
    assert_eq!((splits["train"].len(), &splits["validation"][..]), (7, &["happy".to_owned()][..]));
    let report = world.read("run/ingest/data-report.json");
    assert!(report.contains("(Val/Sad/without_a_face.png): expected a face in the photograph, found none"), "{report}");
}

#[test]
fn parquet_of_the_hub() {
    let world = World::new();
    for entry in std::fs::read_dir(root().join("tests/golden/parquet/hub/data")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        file(&world, &format!("hub/data/{name}"), std::fs::read(&path).unwrap());
    }
    file(&world, "hub/README.md", "---\nconfigs: []\n---\n");
    let splits = run(&world, "Sets on the Hugging Face hub");
    assert_eq!(splits["train"], ["happy", "angry", "neutral", "happy", "angry"]);
    assert_eq!(
        (&splits["validation"][..], &splits["test"][..]),
        (&["neutral".to_owned()][..], &["happy".to_owned(), "angry".to_owned()][..])
    );
    // The same files to a model: labelled, and row by row.
    let model = ["--model", "run/train/model.safetensors"];
    let scores = world.fer(&[&["evaluate", "--data", "hub/data", "--json"], &model[..]].concat()).succeeded().json();
    assert_eq!(scores["n"], 8);
    let one = "hub/data/test-00000-of-00001.parquet";
    let predict = [&["predict", one, "--no-detect", "--json"], &model[..]].concat();
    let rows: Vec<serde_json::Value> =
        world.fer(&predict).succeeded().stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = rows.iter().map(|row| (row["file"].as_str().unwrap(), row["row"].as_u64().unwrap())).collect();
    assert_eq!(told, [(one, 0), (one, 1)]);
    // Pictures in a table are photographs unless it is said that they are not: no face in these.
    let looked = world.fer(&[&["predict", one, "--json"], &model[..]].concat()).succeeded();
    assert_eq!(looked.stdout.matches("\"problem\":\"no face\"").count(), 2, "{looked:?}");
}

#[test]
fn evaluate_finds_the_faces_in_photographs() {
    let world = World::ran();
    photograph(&world, "photographs/happy/one.png");
    picture(&world, "photographs/sad/nobody.png");
    let call = ["evaluate", "--model", "run/train/model.safetensors", "--data", "photographs", "--json"];
    let ended = world.fer(&[&call[..], &["--detect"]].concat()).succeeded();
    assert_eq!(ended.json()["n"], 1);
    assert!(
        ended.stderr.contains("bad rows skipped: 1 (row 1 (sad/nobody.png): expected a face in the photograph"),
        "{ended:?}"
    );
    assert_eq!(world.fer(&call).succeeded().json()["n"], 2);
    // The crop is the one that `fer predict` judges.
    let crop = world.fer(&["predict", "photographs/happy/one.png", "--json", "--model", "run/train/model.safetensors"]);
    let predicted = crop.succeeded().json();
    let loss = -predicted["probabilities"]["happy"].as_f64().unwrap().ln();
    let found = ended.json()["loss"].as_f64().unwrap();
    assert!((found - loss).abs() < 1e-3, "{found} {loss}");
}
