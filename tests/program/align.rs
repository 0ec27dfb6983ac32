//! The align stage between ingest and preprocess: stages take images from the nearest earlier stage that leaves them.

use std::path::Path;

use fer_artifact::{ImageSet, Split, read};

use crate::world::{PIPELINE, World, lines};

const ALIGN: &str = "  - stage: align\n    params: {method: {kind: center-crop, share: 0.5}}\n";

fn aligned(world: &World, align: &str) {
    let pipeline = PIPELINE.replace("  - stage: preprocess\n", &format!("{align}  - stage: preprocess\n"));
    std::fs::write(world.path("pipeline.yaml"), pipeline).unwrap();
}

fn images(path: &Path) -> ImageSet {
    read(path).unwrap()
}

#[test]
fn images_go_from_ingest_through_align_into_preprocess() {
    let world = World::ran();
    let before = world.files("run");
    aligned(&world, ALIGN);
    let plan = world.fer(&["plan"]).succeeded();
    assert!(plan.stdout.contains("align: never ran\npreprocess: input ingest/test.safetensors gone"), "{plan:?}");
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stderr.starts_with("ingest: fresh\nalign: runs (never ran)\n"), "{run:?}");
    assert!(run.stderr.contains("input ingest/train.safetensors gone"), "{run:?}");
    let (whole, middle) =
        (images(&world.path("run/ingest/train.safetensors")), images(&world.path("run/align/train.safetensors")));
    assert_eq!((middle.height, middle.width), (whole.height / 2, whole.width / 2));
    assert_eq!(middle.rows, whole.rows);
    let (top, left) = (whole.height / 4, whole.width / 4);
    assert_eq!(middle.image(0).unwrap()[0], whole.image(0).unwrap()[top * whole.width + left]);
    let again = world.fer(&["run"]).succeeded();
    let fresh = ["ingest: fresh", "align: fresh", "preprocess: fresh", "train: fresh", "evaluate: fresh"];
    assert_eq!(lines(&again.stderr), fresh);

    // Without the stage again, the chain reads from ingest and ends with the bytes that it had.
    std::fs::write(world.path("pipeline.yaml"), PIPELINE).unwrap();
    world.fer(&["run"]).succeeded();
    let after = world.files("run");
    let parts = ["ingest/", "preprocess/", "train/model", "evaluate/predictions", "evaluate/metrics"];
    let compared: Vec<&String> = before.keys().filter(|path| parts.iter().any(|part| path.starts_with(part))).collect();
    assert!(compared.len() > 9, "{compared:?}");
    let differing: Vec<_> = compared.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn without_a_method_the_images_of_ingest_are_passed_on() {
    let world = World::new();
    aligned(&world, "  - stage: align\n");
    world.fer(&["run"]).succeeded();
    for split in Split::ALL {
        let path = |stage: &str| world.path(&format!("run/{stage}/{split}.safetensors"));
        assert_eq!(images(&path("align")), images(&path("ingest")));
    }
}

#[test]
fn align_alone_reads_ingest_and_preprocess_alone_reads_align() {
    let world = World::ran();
    std::fs::write(world.path("params.yaml"), "{method: {kind: center-crop, share: 0.5}}").unwrap();
    world.fer(&["stage", "align", "--params", "params.yaml", "--in", "run", "--out", "run/align"]).succeeded();
    world.fer(&["stage", "preprocess", "--in", "run", "--out", "small"]).succeeded();
    let inspect = world.fer(&["inspect", "small/train.safetensors"]).succeeded();
    assert!(inspect.stdout.contains("align/train.safetensors"), "{inspect:?}");
}

#[test]
fn a_program_in_place_of_align_is_held_to_what_it_was_given() {
    let world = World::ran();
    let copy = "command: [sh, -c, 'cp $FER_INPUT_DIR/ingest/*.safetensors $FER_OUTPUT_DIR']";
    aligned(&world, &format!("  - stage: align\n    {copy}\n"));
    world.fer(&["run"]).succeeded();
    let lost = "command: [sh, -c, 'cp $FER_INPUT_DIR/ingest/train.safetensors $FER_OUTPUT_DIR']";
    aligned(&world, &format!("  - stage: align\n    {lost}\n"));
    let run = world.fer(&["run"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("validation.safetensors: expected an artifact made from run/ingest/"), "{run:?}");
}

#[test]
fn align_stands_between_ingest_and_preprocess() {
    let world = World::new();
    let misplaced = PIPELINE.replace("  - stage: train\n", "  - stage: align\n  - stage: train\n");
    std::fs::write(world.path("pipeline.yaml"), misplaced).unwrap();
    let plan = world.fer(&["plan"]);
    assert_eq!(plan.code, 2);
    let message = "stage `align` cannot follow `preprocess`; expected the kinds in the order \
                   ingest, align, preprocess, train, evaluate";
    assert!(plan.stderr.contains(message), "{plan:?}");
}

/// A portrait of 200×200 pixels: turned by so many degrees, a pixel of it so many pixels of the photograph, the middle of the
/// face at this place.
#[cfg(feature = "faces")]
struct Portrait {
    turn: f64,
    scale: f64,
    middle: [f64; 2],
}

#[cfg(feature = "faces")]
impl Portrait {
    /// Where the middle of the face is in the photograph, and its eyes, nose and corners of the mouth, read off by eye.
    const MIDDLE: [f64; 2] = [159.0, 122.0];
    const LANDMARKS: [[f64; 2]; 5] = [[138.0, 101.0], [182.0, 102.0], [157.0, 124.0], [137.0, 143.0], [176.0, 143.0]];

    fn axes(&self) -> [[f64; 2]; 2] {
        let (sine, cosine) = self.turn.to_radians().sin_cos();
        [[cosine * self.scale, -sine * self.scale], [sine * self.scale, cosine * self.scale]]
    }

    fn write(&self, path: &Path) {
        use fer_artifact::Size;
        use fer_imgproc::{Picture, warp, write_png};

        let photograph = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures/astronaut.jpg");
        let picture = Picture::open(&photograph).unwrap();
        let (size, to) = (picture.size(), Size::new(200, 200).unwrap());
        let matrix = [0, 1].map(|axis: usize| {
            let [a, b] = self.axes()[axis];
            [a, b, Self::MIDDLE[axis] - a * self.middle[0] - b * self.middle[1]]
        });
        let rgb: Vec<u8> = warp(&picture.into_gray(), size, matrix, to).iter().flat_map(|&level| [level; 3]).collect();
        write_png(path, &rgb, to).unwrap();
    }

    /// A line as `fer predict --json` prints it.
    fn line(&self, file: &str) -> String {
        let [[a, b], [c, d]] = self.axes().map(|axis| axis.map(|step| step / (self.scale * self.scale)));
        let landmarks = Self::LANDMARKS.map(|[x, y]| {
            let [x, y] = [x - Self::MIDDLE[0], y - Self::MIDDLE[1]];
            [self.middle[0] + a * x + c * y, self.middle[1] + b * x + d * y]
        });
        let side = 90.0 / self.scale;
        let place = serde_json::json!({"x": 0, "y": 0, "width": side, "height": side});
        serde_json::json!({"file": file, "box": place, "landmarks": landmarks}).to_string() + "\n"
    }
}

/// A world with these portraits; returns what `fer predict` would print of them.
#[cfg(feature = "faces")]
fn portraits(world: &World, portraits: &[Portrait], align: &str) -> String {
    let ingest = "source: {kind: folder, path: faces}, classes: from-folders, split: {kind: head, train: 3}";
    let stages =
        format!("  - stage: ingest\n    params: {{{ingest}}}\n  - stage: align\n    params: {{method: {align}}}\n");
    std::fs::write(world.path("pipeline.yaml"), format!("version: 1\nrun_dir: run\nstages:\n{stages}")).unwrap();
    let line = |(index, portrait): (usize, &Portrait)| {
        let file = format!("faces/happy/{index}.png");
        portrait.write(&world.path(&file));
        portrait.line(&file)
    };
    portraits.iter().enumerate().map(line).collect()
}

/// Mean difference of the images of a file from its first one, in levels.
#[cfg(feature = "faces")]
fn apart(path: &Path) -> Vec<f64> {
    let set = images(path);
    let first = set.image(0).unwrap().into_owned();
    let difference = |index| {
        let image = set.image(index).unwrap();
        let sum: f64 = image.iter().zip(&first).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
        sum / image.len() as f64
    };
    (1..set.len()).map(difference).collect()
}

#[cfg(feature = "faces")]
#[test]
fn portraits_become_alike_by_landmarks_that_are_found() {
    let world = World::new();
    let portrait = |scale, middle| Portrait { turn: 0.0, scale, middle };
    let three = [portrait(1.0, [100.0, 100.0]), portrait(0.7, [105.0, 90.0]), portrait(1.3, [70.0, 110.0])];
    portraits(&world, &three, "{kind: landmarks, size: {height: 48, width: 48}}");
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stderr.contains("images without a face, resized as they are: 0 of 3 train"), "{run:?}");
    let (before, after) = (world.path("run/ingest/train.safetensors"), world.path("run/align/train.safetensors"));
    assert!(apart(&before).iter().all(|levels| *levels > 30.0), "{:?}", apart(&before));
    assert!(apart(&after).iter().all(|levels| *levels < 15.0), "{:?}", apart(&after));
    let found = images(&after);
    assert_eq!((found.height, found.width), (48, 48));
}

#[cfg(feature = "faces")]
#[test]
fn tilted_portraits_become_alike_by_landmarks_that_a_file_gives() {
    let world = World::new();
    let portrait = |turn, scale, middle| Portrait { turn, scale, middle };
    let three =
        [portrait(0.0, 1.0, [100.0, 100.0]), portrait(25.0, 0.7, [105.0, 90.0]), portrait(-40.0, 1.2, [90.0, 110.0])];
    let given = portraits(&world, &three, "{kind: landmarks, size: {height: 48, width: 48}, from: faces.jsonl}");
    // A line without a face counts for nothing.
    std::fs::write(world.path("faces.jsonl"), format!("{given}{{\"file\": \"faces/wall.png\"}}\n")).unwrap();
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stderr.contains("resized as they are: 0 of 3 train"), "{run:?}");
    let (before, after) = (world.path("run/ingest/train.safetensors"), world.path("run/align/train.safetensors"));
    assert!(apart(&before).iter().all(|levels| *levels > 30.0), "{:?}", apart(&before));
    assert!(apart(&after).iter().all(|levels| *levels < 6.0), "{:?}", apart(&after));

    world.fer(&["status"]).succeeded();
    let one = lines(&given)[0];
    std::fs::write(world.path("faces.jsonl"), format!("{one}\n")).unwrap();
    let stale = world.fer(&["status"]);
    assert!(stale.code == 1 && stale.stdout.contains("stale: input landmarks changed"), "{stale:?}");
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stderr.contains("resized as they are: 2 of 3 train"), "{run:?}");

    let wrong = |faces: &str, message: &str| {
        std::fs::write(world.path("faces.jsonl"), faces).unwrap();
        let run = world.fer(&["run"]);
        assert!(run.code == 1 && run.stderr.contains(message), "{message}: {run:?}");
    };
    wrong(
        &one.replace("faces/happy/0.png", "others/0.png"),
        "faces.jsonl: expected faces of the images, found none of theirs",
    );
    wrong(
        &one.replace("\"width\":90.0", "\"width\":-5"),
        "faces.jsonl, line 1: expected a box with a width and a height, found -5 × 90",
    );
    wrong(
        &one.replace("\"width\":90.0", "\"width\":1e9"),
        "row 0 (happy/0.png): expected a face in an image of 200×200",
    );
    let other = one.replace("faces/happy/0.png", "more/happy/0.png");
    wrong(
        &format!("{one}\n\n{other}\n"),
        "expected the faces of one picture of this name, found those of faces/happy/0.png and more/",
    );

    std::fs::write(world.path("faces.jsonl"), format!("{one}\nno line\n")).unwrap();
    let run = world.fer(&["run"]);
    assert_eq!(run.code, 1);
    let message = "faces.jsonl, line 2: expected a line of `fer predict --json` with `file`, `box` and `landmarks`";
    assert!(run.stderr.contains(message), "{run:?}");
}

#[cfg(feature = "faces")]
#[test]
fn faces_given_by_row_belong_to_the_rows_of_a_csv_file() {
    let world = World::new();
    let face = |row: usize| {
        format!(
            "{{\"file\":\"faces.csv\",\"row\":{row},\"box\":{{\"x\":8,\"y\":8,\"width\":16,\"height\":16}},\
             \"landmarks\":[[16,10],[16,22],[20,16],[24,12],[24,20]]}}\n"
        )
    };
    std::fs::write(world.path("faces.jsonl"), face(0) + &face(1)).unwrap();
    aligned(&world, "  - stage: align\n    params: {method: {kind: landmarks, from: faces.jsonl}}\n");
    let run = world.fer(&["run", "--only", "ingest"]).succeeded();
    assert!(!run.stderr.contains("without a face"), "{run:?}");
    let run = world.fer(&["run", "--only", "align"]).succeeded();
    assert!(
        run.stderr.contains("resized as they are: 110 of 112 train, 14 of 14 validation, 14 of 14 test"),
        "{run:?}"
    );
    let (before, after) =
        (images(&world.path("run/ingest/train.safetensors")), images(&world.path("run/align/train.safetensors")));
    let is_equal: Vec<bool> = (0..4).map(|index| before.image(index).unwrap() == after.image(index).unwrap()).collect();
    assert_eq!(is_equal, [false, false, true, true]);
}
