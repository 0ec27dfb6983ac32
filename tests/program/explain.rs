//! `fer explain`, and the heat maps in the report, with a small residual network that has learnt next to nothing.

use std::path::Path;

use image::RgbImage;

use crate::world::World;

const NETWORK: &str = "train.model={name: face-resnet, stem: [4, 4], widths: [4, 4, 8], blocks: [1, 1, 1]}";
const MODEL: [&str; 2] = ["--model", "net/train/model.safetensors"];

/// A world with a model in `net` and, in `in`, a photograph with one face, a text, and a picture without a face.
fn world() -> World {
    let world = World::new();
    world.fer(&["run", "--run-dir", "net", "--set", NETWORK, "--set", "train.epochs=1"]).succeeded();
    std::fs::create_dir(world.path("in")).unwrap();
    let photograph = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures/astronaut.jpg");
    std::fs::copy(photograph, world.path("in/astronaut.jpg")).unwrap();
    std::fs::write(world.path("in/notes.txt"), "no picture").unwrap();
    RgbImage::from_pixel(80, 60, image::Rgb([90; 3])).save(world.path("in/wall.png")).unwrap();
    world
}

/// Of a sheet's tile, whose upper left corner this is, whether it is all gray.
fn is_gray(sheet: &RgbImage, (left, top): (u32, u32)) -> bool {
    let mut pixels = (0..192 * 192).map(|index| sheet.get_pixel(left + index % 192, top + index / 192).0);
    pixels.all(|[red, green, blue]| red == green && green == blue)
}

#[test]
fn a_sheet_shows_the_face_and_a_heat_map_for_the_class_it_is_taken_for() {
    let world = world();
    let ended = world.fer(&[&["explain", "in", "--out", "in/why"][..], &MODEL].concat()).succeeded();
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{ended:?}");
    assert!(
        lines[0].starts_with("in/astronaut.jpg: ")
            && lines[0].ends_with(" %, in in/why/in/astronaut.jpg.explained.png")
    );
    assert!(lines[1].starts_with("in/notes.txt: not a picture"), "{ended:?}");
    assert_eq!(lines[2], "in/wall.png: no face");
    let files: Vec<String> = world.files("in").into_keys().collect();
    assert_eq!(files, ["astronaut.jpg", "notes.txt", "wall.png", "why/in/astronaut.jpg.explained.png"]);
    let sheet = image::open(world.path("in/why/in/astronaut.jpg.explained.png")).unwrap().into_rgb8();
    assert_eq!(sheet.dimensions(), (8 + 2 * 200, 8 + 192 + 20 + 8));
    assert!(is_gray(&sheet, (8, 8)), "the face as the network sees it");
    assert!(!is_gray(&sheet, (208, 8)), "its heat map");
    // The class is what predict says, and equal calls give equal pictures.
    let predicted = world.fer(&[&["predict", "in/astronaut.jpg", "--json"][..], &MODEL].concat()).succeeded().json();
    let class = predicted["class"].as_str().unwrap();
    assert!(lines[0].starts_with(&format!("in/astronaut.jpg: {class} ")), "{ended:?} {predicted}");
    let again = world.fer(&[&["explain", "in", "--out", "in/why"][..], &MODEL].concat()).succeeded();
    assert_eq!(again.stdout, ended.stdout, "its own output is no picture to explain");
    assert!(image::open(world.path("in/why/in/astronaut.jpg.explained.png")).unwrap().into_rgb8() == sheet);
}

#[test]
fn classes_that_are_asked_for_have_a_heat_map_each() {
    let world = world();
    let call = ["explain", "in/astronaut.jpg", "--no-detect", "--class", "sad", "--class", "happy", "--out", "two"];
    let ended = world.fer(&[&call[..], &MODEL].concat()).succeeded();
    let said = ended.stdout.strip_prefix("in/astronaut.jpg: sad ").unwrap();
    assert!(said.contains(" %, happy ") && said.ends_with(" %, in two/astronaut.jpg.explained.png\n"), "{ended:?}");
    let sheet = image::open(world.path("two/astronaut.jpg.explained.png")).unwrap();
    assert_eq!(sheet.width(), 8 + 3 * 200);
    let all = ["explain", "in/astronaut.jpg", "--class", "all", "--out", "all"];
    world.fer(&[&all[..], &MODEL].concat()).succeeded();
    assert_eq!(image::open(world.path("all/astronaut.jpg.explained.png")).unwrap().width(), 8 + 8 * 200);
    let ended = world.fer(&[&["explain", "in", "--class", "joy"][..], &MODEL].concat());
    let message =
        "error: --class: expected `all` or one of angry, disgust, fear, happy, sad, surprise, neutral, found `joy`";
    assert!(ended.code == 1 && ended.stderr.starts_with(message), "{ended:?}");
}

#[test]
fn without_a_picture_or_a_convolution_there_is_nothing_to_explain() {
    let world = world();
    let ended = world.fer(&[&["explain", "in/notes.txt"][..], &MODEL].concat());
    assert_eq!((ended.code, ended.stderr.as_str()), (1, "error: the picture could not be read\n"), "{ended:?}");
    world.fer(&["run"]).succeeded();
    let ended = world.fer(&["explain", "in", "--model", "run/train/model.safetensors"]);
    assert!(ended.code == 1 && ended.stderr.contains("`linear` has no convolution, and so no maps"), "{ended:?}");
}

#[test]
fn the_report_shows_what_a_network_looks_at() {
    let world = world();
    assert!(world.read("net/evaluate/report.html").contains("<h3>What the network looks at</h3>"));
    world.fer(&["run"]).succeeded();
    assert!(!world.read("run/evaluate/report.html").contains("What the network looks at"), "a linear network");
}
