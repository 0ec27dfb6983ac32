//! `fer show`: contact sheets of sources, artifacts, pipelines and runs.

use image::GenericImageView;

use crate::world::World;

/// Width and height of a picture.
fn size(world: &World, name: &str) -> (u32, u32) {
    image::open(world.path(name)).unwrap().dimensions()
}

/// What a call says, a line each.
fn shown(world: &World, arguments: &[&str]) -> Vec<String> {
    let ended = world.fer(&[&["show"], arguments].concat()).succeeded();
    ended.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn faces_of_a_source_of_an_artifact_and_of_a_run_stand_by_class() {
    let world = World::ran();
    let classes = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
    let lines = |of: usize, shown: usize| classes.map(|class| format!("  {class}: {shown} of {of} images"));
    let source = shown(&world, &["faces.csv", "--of-each", "3"]);
    assert_eq!((source[0].as_str(), &source[1..]), ("sheet.png: Faces of train, 21 pictures", &lines(16, 3)[..]));
    // Three faces of 96 pixels in a row, and no more than a row a class.
    let (width, height) = size(&world, "sheet.png");
    assert!((300..400).contains(&width) && (7 * 96..7 * 200).contains(&height), "{width}×{height}");
    let artifact = shown(&world, &["run/ingest/test.safetensors", "--out", "test.png"]);
    assert_eq!((artifact[0].as_str(), &artifact[1..]), ("test.png: Faces of test, 14 pictures", &lines(2, 2)[..]));
    let run = shown(&world, &["run", "--class", "sad", "--class", "happy", "--split", "validation"]);
    assert_eq!(run[1..], ["  sad: 2 of 2 images", "  happy: 2 of 2 images"]);
    let unknown = world.fer(&["show", "run", "--class", "joy"]);
    assert!(
        unknown.code == 1 && unknown.stderr.contains("--class joy: expected one of angry, disgust,"),
        "{unknown:?}"
    );
}

#[test]
fn a_pipeline_that_never_ran_is_shown_and_leaves_no_run() {
    let world = World::new();
    let told = shown(&world, &["--augmented"]);
    assert_eq!(told[0], "sheet.png: What the network is trained on, 14 pictures", "as read, and preprocessed");
    assert!(!world.path("run").exists());
}

#[test]
fn each_augmentation_is_shown_by_itself_and_the_first_epochs_as_they_are_trained_on() {
    let world = World::new();
    let all = "{flip: 0.5, shift: 0.1, rotation: 10, contrast: 0.3, erasing: {probability: 0.2}}";
    let chain = world.read("pipeline.yaml").replace("epochs: 2\n", &format!("epochs: 2\n      augmentation: {all}\n"));
    std::fs::write(world.path("pipeline.yaml"), chain).unwrap();
    let told = shown(&world, &["--augmented", "--class", "sad"]);
    // As read, preprocessed, five changes, two epochs.
    assert_eq!(told[0], "sheet.png: What the network is trained on, 9 pictures");
    world.fer(&["run"]).succeeded();
    let before = std::fs::read(world.path("sheet.png")).unwrap();
    shown(&world, &["run", "--augmented", "--class", "sad"]);
    assert_eq!(std::fs::read(world.path("sheet.png")).unwrap(), before, "of the run as of the file");
    let page = world.read("run/evaluate/report.html");
    assert!(page.contains("<h3>What the network is trained on</h3>") && page.contains("<h3>Faces of train</h3>"));
    for caption in ["as read", "preprocessed", "flip", "shift", "rotation", "contrast", "erasing", "epoch 1", "epoch 2"]
    {
        let found = page.matches(&format!("<span class=\"detail\">{caption}</span>")).count();
        assert_eq!(found, 7, "{caption}");
    }
    assert!(page.contains("<title>run on faces.csv</title>"));
}

#[test]
fn near_copies_are_shown_in_pairs() {
    let world = World::new();
    // The third row again, one level lighter, in another split.
    let text = world.read("faces.csv");
    let row: Vec<&str> = text.lines().nth(3).unwrap().split(',').collect();
    let lighter: Vec<String> =
        row[1].split(' ').map(|level| (level.parse::<u16>().unwrap() + 1).min(255).to_string()).collect();
    std::fs::write(world.path("faces.csv"), format!("{text}{},{},PrivateTest\n", row[0], lighter.join(" "))).unwrap();
    let told = shown(&world, &["faces.csv", "--duplicates"]);
    assert_eq!(told[0], "sheet.png: Near copies, 2 pictures", "{told:?}");
    assert!(told[1].starts_with("  likeness 1.000") || told[1].starts_with("  likeness 0.99"), "{told:?}");
    world.fer(&["run"]).succeeded();
    assert_eq!(shown(&world, &["run", "--duplicates"]), told);
    assert_eq!(shown(&world, &["run/ingest/test.safetensors", "--duplicates"]), told);
}

#[test]
fn classes_are_taken_once_in_any_spelling() {
    let world = World::new();
    let told = shown(&world, &["faces.csv", "--class", "Sad", "--class", "sad"]);
    assert_eq!(told, ["sheet.png: Faces of train, 16 pictures", "  sad: 16 of 16 images"]);
}

#[test]
fn all_rows_of_a_source_without_splits_are_shown_under_its_name() {
    let world = World::new();
    let rows = world.read("faces.csv");
    let plain: Vec<&str> = rows.lines().map(|row| row.rsplit_once(',').unwrap().0).collect();
    std::fs::write(world.path("plain.csv"), plain.join("\n")).unwrap();
    let told = shown(&world, &["plain.csv", "--class", "sad"]);
    assert_eq!(told, ["sheet.png: Faces of plain.csv, 20 pictures", "  sad: 20 of 20 images"]);
    let refused = world.fer(&["show", "plain.csv", "--split", "test"]);
    assert!(refused.code == 1 && refused.stderr.contains("expected a source that says splits"), "{refused:?}");
}

#[test]
fn a_sheet_replaces_a_picture_alone_and_never_lies_in_its_source() {
    let world = World::ran();
    let assert_refused = |arguments: &[&str], expected: &str| {
        let ended = world.fer(&[&["show"], arguments].concat());
        assert!(ended.code == 1 && ended.stderr.contains(expected), "{ended:?}");
    };
    let source = world.read("faces.csv");
    assert_refused(&["faces.csv", "--out", "faces.csv"], "--out faces.csv: expected the name of a PNG picture");
    assert_eq!(world.read("faces.csv"), source);
    std::fs::write(world.path("notes.png"), "notes").unwrap();
    assert_refused(&["faces.csv", "--out", "notes.png"], "found another file");
    assert_eq!(world.read("notes.png"), "notes");
    std::fs::create_dir_all(world.path("pictures/sad")).unwrap();
    image::GrayImage::new(24, 24).save(world.path("pictures/sad/1.png")).unwrap();
    for out in ["pictures/sheet.png", "pictures/sad/sheet.png", "pictures/sad/../sad/1.png"] {
        assert_refused(&["pictures", "--out", out], "`--out FILE` writes it to a file outside");
    }
    assert_eq!(world.files("pictures").len(), 1);
    for _ in 0..2 {
        assert_eq!(shown(&world, &["pictures"])[0], "sheet.png: Faces of pictures, 1 pictures");
    }
}

#[test]
fn no_option_is_dropped_in_silence() {
    let world = World::ran();
    for arguments in [
        ["run", "--duplicates", "--class", "sad"],
        ["run", "--duplicates", "--of-each", "3"],
        ["run", "--augmented", "--of-each", "3"],
    ] {
        let ended = world.fer(&[&["show"], &arguments[..]].concat());
        assert!(ended.code == 2 && ended.stderr.contains("cannot be used with"), "{ended:?}");
    }
    let other = world.fer(&["show", "run/ingest/test.safetensors", "--split", "train"]);
    assert!(other.code == 1 && other.stderr.contains("--split train: expected test, as the file says"), "{other:?}");
}

#[test]
#[cfg(unix)]
fn an_interrupt_leaves_no_temporary_folder() {
    let world = World::new();
    std::fs::create_dir(world.path("scratch")).unwrap();
    let stage = "  - stage: preprocess\n    command: [sh, -c, 'sleep 60']\n";
    let chain = world.read("pipeline.yaml").replace(crate::world::PREPROCESS, stage);
    std::fs::write(world.path("pipeline.yaml"), chain).unwrap();
    let mut command = world.command(&["show"]);
    let mut child = command.env("TMPDIR", world.path("scratch")).spawn().unwrap();
    // The folder is there while the stages run.
    let is_empty = || std::fs::read_dir(world.path("scratch")).unwrap().next().is_none();
    while is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was interrupted");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(is_empty());
}

#[test]
fn what_cannot_be_shown_is_said() {
    let world = World::ran();
    std::fs::copy(world.path("run/ingest/train.safetensors"), world.path("alone.safetensors")).unwrap();
    let cases: [(&[&str], &str); 4] = [
        (
            &["alone.safetensors", "--duplicates"],
            "expected a source, a run, or an artifact beside the `data-report.json`",
        ),
        (&["faces.csv", "--augmented"], "--augmented: expected a pipeline file or a run"),
        (&["run/train/model.safetensors"], "model"),
        (&["missing"], "missing"),
    ];
    for (arguments, expected) in cases {
        let ended = world.fer(&[&["show"], arguments].concat());
        assert!(ended.code == 1 && ended.stderr.contains(expected), "{ended:?}");
    }
}
