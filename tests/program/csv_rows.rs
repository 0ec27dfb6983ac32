//! `fer predict` on the rows of CSV files. The model tells which half of 4×4 pixels is bright.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::predict::{encoded, half, put, rows, world};
use crate::world::{Ended, World, lines};

const LEFT: &str = "255 255 0 0 255 255 0 0 255 255 0 0 255 255 0 0";
const TOP: &str = "255 255 255 255 255 255 255 255 0 0 0 0 0 0 0 0";
const MODEL: [&str; 2] = ["--model", "halves.safetensors"];

fn predict(world: &World, arguments: &[&str]) -> Ended {
    world.fer(&[&["predict"], arguments, &MODEL].concat())
}

fn judged(world: &World, paths: &[&str]) -> (Ended, Vec<Value>) {
    let ended = predict(world, &[paths, &["--json"]].concat());
    let rows = rows(&ended);
    (ended, rows)
}

#[test]
fn a_row_gives_a_row_with_or_without_labels_and_whatever_the_labels() {
    let world = world();
    put(&world, "plain.csv", format!("pixels\n{LEFT}\n\n{TOP}\n").as_bytes());
    put(&world, "labelled.csv", format!("emotion;pixels;Usage\n99;{LEFT};Nowhere\n;{TOP};\n").as_bytes());
    let names: Vec<String> = (0..16).map(|index| format!("pixel{index}")).collect();
    let each = [names.join(","), LEFT.replace(' ', ","), TOP.replace(' ', ",")].join("\n");
    put(&world, "each.CSV", each.as_bytes());
    for file in ["plain.csv", "labelled.csv", "each.CSV"] {
        let (ended, rows) = judged(&world, &[file]);
        assert_eq!((ended.code, &*ended.stderr), (0, ""));
        let told: Vec<_> = rows.iter().map(|row| (&row["file"], &row["row"], &row["class"])).collect();
        assert_eq!(told, [(&json!(file), &json!(0), &json!("left")), (&json!(file), &json!(1), &json!("top"))]);
        // No face is looked for, though `--no-detect` is not said.
        assert!(rows.iter().all(|row| row.get("box").is_none() && row.get("problem").is_none()), "{rows:?}");
    }
}

#[test]
fn a_row_is_judged_as_the_picture_of_its_pixels() {
    let world = world();
    // Neither of the model's size nor of one brightness.
    let picture = image::GrayImage::from_fn(9, 9, |x, y| image::Luma([(x * 23 + y * 5) as u8]));
    put(&world, "face.png", &encoded(&picture, image::ImageFormat::Png));
    let pixels: Vec<String> = picture.as_raw().iter().map(u8::to_string).collect();
    put(&world, "face.csv", format!("pixels\n{}\n", pixels.join(" ")).as_bytes());
    let (_, rows) = judged(&world, &["face.csv"]);
    let picture = predict(&world, &["face.png", "--no-detect", "--json"]).succeeded().json();
    assert_eq!(rows[0]["probabilities"], picture["probabilities"]);
    assert_ne!(rows[0]["probabilities"]["left"], rows[0]["probabilities"]["right"]);
}

#[test]
fn csv_and_table_have_the_row_beside_the_file_and_pictures_have_none() {
    let world = world();
    put(&world, "a.csv", format!("pixels\n{TOP}\n1 2 3\n").as_bytes());
    put(&world, "b.png", &encoded(&half(4, "left"), image::ImageFormat::Png));
    let call = ["a.csv", "b.png", "--no-detect"];
    let wrong = "line 3: expected 16 pixel values as in the rows before, found 3";
    assert_eq!(
        lines(&predict(&world, &[&call[..], &["--csv"]].concat()).succeeded().stdout),
        [
            "file,row,x,y,width,height,score,class,p_left,p_right,p_top,p_bottom,problem",
            "a.csv,0,,,,,,top,0.017663,0.017663,0.964351,0.000324,",
            &format!("a.csv,1,,,,,,,,,,,\"{wrong}\""),
            "b.png,,,,,,,left,0.964351,0.000324,0.017663,0.017663,",
        ]
    );
    assert_eq!(
        lines(&predict(&world, &call).succeeded().stdout),
        [
            "class     box                      left    right      top   bottom  file",
            "top       -                       1.8 %    1.8 %   96.4 %    0.0 %  a.csv, row 0",
            &format!("-         -                           -        -        -        -  a.csv, row 1: {wrong}"),
            "left      -                      96.4 %    0.0 %    1.8 %    1.8 %  b.png",
        ]
    );
}

#[test]
fn a_bad_row_gets_a_row_that_says_why_and_the_rest_goes_on() {
    let world = world();
    let short = LEFT.strip_suffix(" 0").unwrap();
    // 9 values are a square too, but not as in the rows before: a row cut short is no smaller face.
    let rows = [short, LEFT, "1 2 3 4 5 6 7 8 9", "", &LEFT.replacen("255", "256", 1), &format!("{TOP},7"), TOP];
    let rows: Vec<String> = rows.iter().map(|pixels| format!("0,{pixels}")).collect();
    put(&world, "faces.csv", format!("emotion,pixels\n{}\n", rows.join("\n")).as_bytes());
    let (ended, rows) = judged(&world, &["faces.csv"]);
    let expected = [
        Err("line 2: expected the pixel values of a square image, found 15, which is no square number"),
        Ok("left"),
        Err("line 4: expected 16 pixel values as in the rows before, found 9"),
        Err("line 5: expected pixel values, found an empty field"),
        Err("line 6: expected integers from 0 to 255, found `256` as value 0, counted from 0"),
        Err(
            "line 7: expected 2 fields as in the header, found more, the next one `7`; fields with commas in them need \
             quotes around them",
        ),
        Ok("top"),
    ];
    assert_eq!((ended.code, rows.len()), (0, expected.len()));
    for (index, (row, expected)) in rows.iter().zip(expected).enumerate() {
        let (key, told) = expected.map_or_else(|problem| ("problem", problem), |class| ("class", class));
        assert_eq!((&row["row"], &row[key]), (&json!(index), &json!(told)), "{row}");
    }
}

#[test]
fn a_file_that_is_no_csv_file_of_faces_says_why() {
    let world = world();
    let png = encoded(&half(4, "left"), image::ImageFormat::Png);
    let cases: [(&str, &[u8], &str); 6] = [
        (
            "votes.csv",
            b"Usage,happy\nTraining,3\n",
            "expected a column `feature` or `pixels` with the pixels, found `Usage`, `happy`; call it so in the header",
        ),
        ("head.csv", b"pixels\n", "expected at least one row after the header, found none"),
        ("empty.csv", b"", "expected a header and rows, found an empty file"),
        ("picture.csv", &png, "expected CSV text, found a png picture"),
        ("latin.csv", b"pixels\n\xe9\n", "line 2: expected UTF-8 text, found the byte 0xE9; save the file as UTF-8"),
        ("quote.csv", b"pixels\n\"1 2\n", "line 2: expected a closing quote, found the end of the file"),
    ];
    for (file, bytes, problem) in cases {
        put(&world, file, bytes);
        let (ended, rows) = judged(&world, &[file]);
        assert_eq!(rows, [json!({"file": file, "problem": problem})]);
        assert_eq!((ended.code, &*ended.stderr), (1, "error: the picture could not be read\n"), "{file}");
    }
    let (ended, rows) = judged(&world, &["nowhere.csv"]);
    assert_eq!(
        (ended.code, &rows[0]["problem"]),
        (1, &json!("cannot be read: No such file or directory (os error 2)"))
    );
}

#[test]
fn in_a_folder_rows_stand_in_their_files_place_and_are_not_drawn_on() {
    let world = world();
    let png = encoded(&half(64, "top"), image::ImageFormat::Png);
    put(&world, "in/a.png", &png);
    put(&world, "in/b.csv", format!("pixels\n{LEFT}\n{TOP}\n").as_bytes());
    put(&world, "in/c.png", &png);
    let (_, rows) = judged(&world, &["in", "--annotate", "drawn"]);
    let told: Vec<_> = rows.iter().map(|row| (row["file"].as_str().unwrap(), row["row"].as_u64())).collect();
    assert_eq!(told, [("in/a.png", None), ("in/b.csv", Some(0)), ("in/b.csv", Some(1)), ("in/c.png", None)]);
    assert_eq!((&rows[0]["problem"], &rows[1]["class"]), (&json!("no face"), &json!("left")));
    assert!(world.files("drawn").is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_number_of_rows() {
    let world = world();
    // 10 kB of gray a row, and 200 MB together; the file is twice as long.
    let row = format!("{}\n", ["7"; 100 * 100].join(" "));
    let mut file = std::io::BufWriter::new(std::fs::File::create(world.path("many.csv")).unwrap());
    file.write_all(b"pixels\n").unwrap();
    (0..20_000).for_each(|_| file.write_all(row.as_bytes()).unwrap());
    file.into_inner().unwrap();
    let mut command = world.command(&["predict", "many.csv", "--model", "halves.safetensors", "--threads", "2"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (mut peak, mut count) = (None, 0);
    for _ in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        count += 1;
        if count % 256 == 0 {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
            peak = line.trim().trim_end_matches(" kB").parse::<u64>().ok().or(peak);
        }
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(count, 1 + 20_000);
    let peak = peak.expect("the system tells a process's peak of memory");
    assert!(peak < 150_000, "{peak} kB");
}
