//! `fer predict` on drawn pictures, on a photograph, and on all that is no picture. A model made by hand tells in which
//! half a picture is bright.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor};
use std::path::Path;
use std::process::Stdio;

use fer_artifact::{Array, Model, Provenance, Seed, read, write};
use image::{DynamicImage, Frame, GrayImage, ImageFormat, Luma};
use serde_json::{Value, json};

use crate::world::{Ended, World, lines};

const HALVES: [&str; 4] = ["left", "right", "top", "bottom"];

/// A world with `halves.safetensors`, a linear network on 4×4 pixels from 0 to 1: the logit of a class is the sum over
/// the eight pixels of its half. And with `none.safetensors`, whose logits are all 0.
pub(crate) fn world() -> World {
    let world = World::ran();
    let mut model: Model = read(&world.path("run/train/model.safetensors")).unwrap();
    model.classes = HALVES.map(str::to_owned).to_vec();
    model.network = json!({"name": "linear", "height": 4, "width": 4, "classes": 4});
    let size = json!({"height": 4, "width": 4});
    model.preprocessing = json!({"equalization": "none", "normalization": {"kind": "unit"}, "size": size});
    let is_in = |half: usize, pixel: usize| [pixel % 4 < 2, pixel % 4 >= 2, pixel / 4 < 2, pixel / 4 >= 2][half];
    let weights = (0..64).map(|index| f32::from(is_in(index / 16, index % 16))).collect();
    for (file, data) in [("halves.safetensors", weights), ("none.safetensors", vec![0.0; 64])] {
        let weight = Array { shape: vec![4, 16], data };
        let bias = Array { shape: vec![4], data: vec![0.0; 4] };
        model.tensors = BTreeMap::from([("fc.weight".to_owned(), weight), ("fc.bias".to_owned(), bias)]);
        write(&world.path(file), &model, &Provenance::new("a test", Seed::new(0))).unwrap();
    }
    world
}

/// A picture that is white in one half.
pub(crate) fn half(side: u32, half: &str) -> GrayImage {
    GrayImage::from_fn(side, side, |x, y| {
        let white = match half {
            "left" => x < side / 2,
            "right" => x >= side / 2,
            "top" => y < side / 2,
            _ => y >= side / 2,
        };
        Luma([if white { 255 } else { 0 }])
    })
}

pub(crate) fn encoded(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    DynamicImage::from(picture.clone()).into_rgb8().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG file with the orientation that a camera notes (EXIF tag 0x0112), right after its first marker.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

pub(crate) fn put(world: &World, file: &str, bytes: &[u8]) {
    let path = world.path(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

pub(crate) fn rows(ended: &Ended) -> Vec<Value> {
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Rows of crops as JSON.
fn crops(world: &World, paths: &[&str]) -> (Ended, Vec<Value>) {
    let options = ["--no-detect", "--json", "--model", "halves.safetensors"];
    let ended = world.fer(&[&["predict"], paths, &options].concat());
    let rows = rows(&ended);
    (ended, rows)
}

fn photograph() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures/astronaut.jpg")).unwrap()
}

#[test]
fn probabilities_are_the_softmax_and_those_of_several_models_the_mean() {
    let world = world();
    put(&world, "left.png", &encoded(&half(4, "left"), ImageFormat::Png));
    let (_, rows) = crops(&world, &["left.png"]);
    // Logits 8, 0, 4 and 4.
    let sum = 8f64.exp() + 1.0 + 2.0 * 4f64.exp();
    let expected = [8f64.exp() / sum, 1.0 / sum, 4f64.exp() / sum, 4f64.exp() / sum];
    assert_eq!((&rows[0]["file"], &rows[0]["class"]), (&json!("left.png"), &json!("left")));
    assert!(rows[0].get("box").is_none() && rows[0].get("problem").is_none(), "{}", rows[0]);
    let near = |found: &Value, expected: f64| (found.as_f64().unwrap() - expected).abs() < 1e-6;
    for (class, expected) in HALVES.iter().zip(expected) {
        assert!(near(&rows[0]["probabilities"][class], expected), "{class}: {}", rows[0]);
    }
    assert!(near(&rows[0]["probability"], expected[0]));
    let options = ["--no-detect", "--json", "--model", "halves.safetensors", "--model", "none.safetensors"];
    let both = world.fer(&[&["predict", "left.png"][..], &options].concat()).succeeded().json();
    for (class, expected) in HALVES.iter().zip(expected) {
        assert!(near(&both["probabilities"][class], (expected + 0.25) / 2.0), "{class}: {both}");
    }
}

#[test]
fn every_format_is_read_by_its_content_whatever_its_size_and_name() {
    let world = world();
    for (file, format) in [
        ("a.png", ImageFormat::Png),
        ("b.jpg", ImageFormat::Jpeg),
        ("c.webp", ImageFormat::WebP),
        ("d.bmp", ImageFormat::Bmp),
        ("e.gif", ImageFormat::Gif),
        ("f.txt", ImageFormat::Png),
    ] {
        put(&world, &format!("in/{file}"), &encoded(&half(64, "right"), format));
    }
    put(
        &world,
        "in/g.png",
        &encoded(&image::imageops::resize(&half(64, "right"), 300, 20, image::imageops::Nearest), ImageFormat::Png),
    );
    let (ended, rows) = crops(&world, &["in"]);
    assert_eq!((ended.code, rows.len()), (0, 7));
    for row in &rows {
        assert_eq!(row["class"], "right", "{row}");
    }
}

#[test]
fn of_a_gif_the_first_frame_is_taken() {
    let world = world();
    let mut bytes = vec![];
    let frame = |name| Frame::new(DynamicImage::from(half(16, name)).into_rgba8());
    image::codecs::gif::GifEncoder::new(&mut bytes).encode_frames([frame("top"), frame("bottom")]).unwrap();
    put(&world, "moving.gif", &bytes);
    assert_eq!(crops(&world, &["moving.gif"]).1[0]["class"], "top");
}

#[test]
fn the_cameras_orientation_is_respected() {
    let world = world();
    let jpeg = encoded(&half(32, "left"), ImageFormat::Jpeg);
    // EXIF 2.3, tag Orientation: where the stored first column is seen.
    for (orientation, seen) in [(1, "left"), (2, "right"), (3, "right"), (5, "top"), (6, "top"), (8, "bottom")] {
        put(&world, "photo.jpg", &with_orientation(&jpeg, orientation));
        assert_eq!(crops(&world, &["photo.jpg"]).1[0]["class"], seen, "{orientation}");
    }
}

#[test]
fn what_cannot_be_read_gets_a_row_that_says_so_and_the_rest_goes_on() {
    let world = world();
    let png = encoded(&half(64, "top"), ImageFormat::Png);
    let jpeg = encoded(&half(64, "top"), ImageFormat::Jpeg);
    put(&world, "in/a_text.txt", b"Dear Sir or Madam\n");
    put(&world, "in/b_nothing.png", b"");
    put(&world, "in/c_half.png", &png[..png.len() / 2]);
    put(&world, "in/d_head.jpg", &jpeg[..20]);
    let mut huge = encoded(&half(4, "top"), ImageFormat::Bmp);
    huge[18..26].copy_from_slice(&[0, 0x80, 0, 0, 0, 0x80, 0, 0]);
    put(&world, "in/e_huge.bmp", &huge);
    std::fs::create_dir_all(world.path("in/f_empty")).unwrap();
    put(&world, "in/g_good.png", &png);
    put(&world, "in/.hidden.png", &png);
    let (ended, rows) = crops(&world, &["in", "nowhere.png"]);
    assert_eq!((ended.code, &*ended.stderr), (0, ""), "one could be read");
    let expected = [
        ("in/a_text.txt", "not a picture: found text; expected png, jpg, webp, bmp, gif, tiff or pnm"),
        ("in/b_nothing.png", "not a picture: found an empty file; expected png, jpg, webp, bmp, gif, tiff or pnm"),
        ("in/c_half.png", "a broken picture: "),
        ("in/d_head.jpg", "a broken picture: "),
        ("in/e_huge.bmp", "too large: expected at most 128 million pixels, found 32768×32768"),
        ("in/f_empty", "an empty folder"),
        ("in/g_good.png", ""),
        ("nowhere.png", "cannot be read: No such file or directory (os error 2)"),
    ];
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    for (row, (file, problem)) in rows.iter().zip(expected) {
        assert_eq!(row["file"], file);
        assert!(row["problem"].as_str().unwrap_or_default().starts_with(problem), "{row}");
        assert_eq!(row.get("problem").is_none(), problem.is_empty(), "{row}");
    }
}

#[test]
fn if_nothing_could_be_read_the_exit_code_is_1() {
    let world = world();
    put(&world, "in/a.txt", b"a");
    put(&world, "in/b.txt", b"b");
    let (ended, rows) = crops(&world, &["in"]);
    assert_eq!((ended.code, &*ended.stderr, rows.len()), (1, "error: none of 2 pictures could be read\n", 2));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for_and_a_circle_of_links_is_not_walked() {
    let world = world();
    put(&world, "in/sub/a.png", &encoded(&half(8, "top"), ImageFormat::Png));
    let pipe = std::process::Command::new("mkfifo").arg(world.path("in/pipe")).status().unwrap();
    assert!(pipe.success());
    std::os::unix::fs::symlink("..", world.path("in/sub/up")).unwrap();
    let (ended, rows) = crops(&world, &["in"]);
    let told: Vec<_> = rows.iter().map(|row| (&row["file"], &row["problem"])).collect();
    assert_eq!(told[0], (&json!("in/pipe"), &json!("not a file")));
    assert_eq!(told[1], (&json!("in/sub/a.png"), &Value::Null));
    assert_eq!(told[2], (&json!("in/sub/up"), &json!("a link to a folder, which is not followed")));
    assert_eq!((ended.code, told.len()), (0, 3));
}

#[test]
fn a_table_and_csv_tell_the_same() {
    let world = world();
    put(&world, "a, b.png", &encoded(&half(4, "bottom"), ImageFormat::Png));
    put(&world, "c.txt", b"text");
    let call = ["predict", "a, b.png", "c.txt", "--no-detect", "--model", "halves.safetensors"];
    let table = world.fer(&call).succeeded();
    assert_eq!(
        lines(&table.stdout),
        [
            "class     box                      left    right      top   bottom  file",
            "bottom    -                       1.8 %    1.8 %    0.0 %   96.4 %  a, b.png",
            "-         -                           -        -        -        -  c.txt: not a picture: found text; expected png, jpg, webp, bmp, gif, tiff or pnm",
        ]
    );
    let csv = world.fer(&[&call[..], &["--csv"]].concat()).succeeded();
    assert_eq!(
        lines(&csv.stdout),
        [
            "file,row,x,y,width,height,score,class,p_left,p_right,p_top,p_bottom,problem",
            "\"a, b.png\",,,,,,,bottom,0.017663,0.017663,0.000324,0.964351,",
            "c.txt,,,,,,,,,,,,\"not a picture: found text; expected png, jpg, webp, bmp, gif, tiff or pnm\"",
        ]
    );
}

#[test]
fn a_photograph_gives_a_face_and_a_wall_gives_none() {
    let world = world();
    put(&world, "in/astronaut.jpg", &photograph());
    put(&world, "in/wall.png", &encoded(&GrayImage::from_pixel(200, 100, Luma([90])), ImageFormat::Png));
    let call = ["predict", "in", "--json", "--model", "halves.safetensors"];
    let rows = rows(&world.fer(&call).succeeded());
    assert_eq!(rows.len(), 2);
    let place = &rows[0]["box"];
    let edge = |name: &str| place[name].as_i64().unwrap();
    // Eyes and mouth, read off the picture by eye.
    for (x, y) in [(138, 101), (182, 102), (157, 145)] {
        assert!((edge("x")..edge("x") + edge("width")).contains(&x), "{place}");
        assert!((edge("y")..edge("y") + edge("height")).contains(&y), "{place}");
    }
    assert!(rows[0]["score"].as_f64().unwrap() > 0.9, "{}", rows[0]);
    let [left, right] = [0, 1].map(|eye| rows[0]["landmarks"][eye][0].as_f64().unwrap());
    assert!((left - 138.0).abs() < 4.0 && (right - 182.0).abs() < 4.0, "{}", rows[0]);
    assert_eq!(rows[1], json!({"file": "in/wall.png", "problem": "no face"}));
}

#[test]
fn a_face_is_found_upright_however_the_camera_was_held() {
    let world = world();
    let upright = image::load_from_memory(&photograph()).unwrap();
    let mut turned = Cursor::new(vec![]);
    upright.rotate270().write_to(&mut turned, ImageFormat::Jpeg).unwrap();
    put(&world, "upright.jpg", &photograph());
    put(&world, "turned.jpg", &with_orientation(&turned.into_inner(), 6));
    let call = ["predict", "upright.jpg", "turned.jpg", "--json", "--model", "halves.safetensors"];
    let rows = rows(&world.fer(&call).succeeded());
    for edge in ["x", "y", "width", "height"] {
        let [one, other] = [0, 1].map(|row| rows[row]["box"][edge].as_i64().unwrap());
        assert!((one - other).abs() <= 8, "{rows:?}");
    }
}

#[test]
fn a_copy_that_cannot_be_written_holds_no_other_up() {
    let world = world();
    let long = format!("in/{}.jpg", "n".repeat(245));
    for name in ["in/a.jpg", &long, "in/z.jpg"] {
        put(&world, name, &photograph());
    }
    let ended = world.fer(&["predict", "in", "--json", "--model", "halves.safetensors", "--annotate", "out"]);
    assert_eq!((ended.code, rows(&ended).len()), (1, 3));
    assert!(ended.stderr.contains("no annotated copy: "), "{}", ended.stderr);
    assert_eq!(world.files("out").into_keys().collect::<Vec<_>>(), ["in/a.jpg.faces.png", "in/z.jpg.faces.png"]);
    let ended = world.fer(&["predict", "in", "--model", "halves.safetensors", "--annotate", "in"]);
    let message =
        "error: --annotate: expected a folder other than the input `in`: its copies would be taken for pictures\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (1, message));
}

#[test]
fn annotated_copies_show_the_boxes_and_leave_the_pictures_alone() {
    let world = world();
    put(&world, "in/astronaut.jpg", &photograph());
    put(&world, "in/wall.png", &encoded(&GrayImage::from_pixel(60, 60, Luma([90])), ImageFormat::Png));
    let call = ["predict", "in", "--json", "--model", "halves.safetensors", "--annotate", "in/out"];
    let rows = rows(&world.fer(&call).succeeded());
    let files: Vec<String> = world.files("in").into_keys().collect();
    assert_eq!(files, ["astronaut.jpg", "out/in/astronaut.jpg.faces.png", "wall.png"]);
    assert!(world.files("in")["astronaut.jpg"] == photograph());
    let drawn = image::open(world.path("in/out/in/astronaut.jpg.faces.png")).unwrap().into_rgb8();
    let before = image::load_from_memory(&photograph()).unwrap().into_rgb8();
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|edge| rows[0]["box"][edge].as_u64().unwrap() as u32);
    for corner in [(x, y), (x + width - 1, y), (x, y + height - 1), (x + width - 1, y + height - 1), (x, y - 1)] {
        assert_eq!(drawn.get_pixel(corner.0, corner.1).0, [255, 214, 0], "{corner:?}");
    }
    for (x, y) in [(x + width / 2, y + height / 2), (x + width, y + height), (0, 0)] {
        assert_eq!(drawn.get_pixel(x, y), before.get_pixel(x, y), "({x}, {y})");
    }
    // A second call does not take its own output for pictures.
    assert_eq!(world.fer(&call).succeeded().stdout.lines().count(), 2);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let world = world();
    let picture = encoded(&half(4, "left"), ImageFormat::Png);
    (0..600).for_each(|index| put(&world, &format!("in/{index}.png"), &picture));
    let mut command = world.command(&["predict", "in", "--no-detect", "--model", "halves.safetensors"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_number_of_pictures() {
    let world = world();
    // 1 MB of gray each, and 300 MB together with those before.
    let picture = encoded(&half(1000, "left"), ImageFormat::Png);
    (0..300).for_each(|index| put(&world, &format!("in/{index}.png"), &picture));
    let mut command =
        world.command(&["predict", "in", "--no-detect", "--model", "halves.safetensors", "--threads", "2"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let rows = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // After the first 256 the program is at work on the rest, and can be asked.
    let mut peak = None;
    for _ in rows {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = line.trim().trim_end_matches(" kB").parse::<u64>().ok().or(peak);
    }
    assert!(child.wait().unwrap().success());
    let peak = peak.expect("the system tells a process's peak of memory");
    assert!(peak < 150_000, "{peak} kB");
}

#[test]
fn usage_that_makes_no_sense_is_refused() {
    let world = World::new();
    for wrong in [
        &["predict", "--model", "m"][..],
        &["predict", "a.png", "--model", "m", "--json", "--csv"],
        &["predict", "a.png", "--model", "m", "--no-detect", "--annotate", "out"],
        &["predict", "a.png", "--model", "m", "--min-face", "5"],
    ] {
        assert_eq!(world.fer(wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn a_narrow_terminal_keeps_room_for_the_name_of_the_file() {
    let world = World::ran();
    let told = |columns: &str| {
        let mut command = world.command(&["predict", "faces.csv", "--model", "run"]);
        let output = command.env("COLUMNS", columns).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (narrow, wide) = (told("80"), told("200"));
    assert_eq!(lines(&narrow)[0].split_whitespace().collect::<Vec<_>>(), ["class", "box", "sure", "file"]);
    assert_eq!(lines(&wide)[0].split_whitespace().count(), 10);
    for (narrow, wide) in lines(&narrow).iter().zip(lines(&wide)).skip(1) {
        assert!(narrow.len() <= 80 && narrow.ends_with(wide.split_once("faces.csv").unwrap().1), "{narrow}");
        let shares = |line: &str| -> Vec<f64> {
            let before = line.split("faces.csv").next().unwrap();
            before.split(" %").filter_map(|part| part.split_whitespace().last()?.parse().ok()).collect()
        };
        let (sure, all) = (shares(narrow), shares(wide));
        assert_eq!((sure.len(), all.len()), (1, 7), "{narrow} {wide}");
        assert_eq!(sure[0], all.iter().copied().fold(0.0, f64::max));
    }
}
