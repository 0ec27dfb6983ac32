//! `fer watch` on videos that the tests make: of a photograph's face and its mirror image, moved over a background. Those
//! that `ffmpeg` makes or reads need it installed; without it they say that they did not run.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::predict::rows;
use crate::world::{Ended, World, lines};

pub(crate) const PHOTOGRAPH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/pictures/astronaut.jpg");
const CLASSES: [&str; 7] = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];

/// A world; `None`, and a word about it, where there is no `ffmpeg`.
pub(crate) fn world() -> Option<World> {
    let found = Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success());
    if !found {
        #[expect(clippy::print_stderr, reason = "whoever runs the tests is told")]
        {
            eprintln!("ffmpeg is not installed: this test did not run");
        }
        return None;
    }
    Some(World::new())
}

pub(crate) fn ffmpeg(world: &World, arguments: &[&str]) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y"]).args(arguments).current_dir(world.path("."));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes a video of 480×240 pixels and 25 frames a second: the face (of some 80 pixels) and its mirror image, each with
/// its left edge at such a place, by the time `t`; where a place is far out, it is not seen.
pub(crate) fn video(world: &World, file: &str, seconds: f64, left: &str, mirrored: &str) {
    let faces = format!(
        "[1]crop=150:180:95:30,scale=130:156,split[a][b];[b]hflip[c];[0][a]overlay=x='{left}':y=20:shortest=1[d];\
         [d][c]overlay=x='{mirrored}':y=50:shortest=1"
    );
    let (background, length) = ("color=0x6a7a8a:s=480x240:r=25", seconds.to_string());
    let sound = format!("sine=d={seconds}");
    let input = ["-f", "lavfi", "-i", background, "-loop", "1", "-i", PHOTOGRAPH, "-f", "lavfi", "-i", &sound];
    let output = ["-filter_complex", &faces, "-map", "2:a", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10"];
    let form = ["-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", "-t", &length, file];
    ffmpeg(world, &[&input[..], &output, &form].concat());
}

pub(crate) const AWAY: &str = "-1000";

pub(crate) fn watch(world: &World, arguments: &[&str]) -> (Ended, Vec<Value>) {
    let ended = world.fer(&[&["watch", "--json"], arguments].concat());
    let rows = rows(&ended);
    (ended, rows)
}

/// Frame and middle of the box, of each row of a track.
fn path(rows: &[Value], track: u64) -> Vec<(u64, f64)> {
    let of = rows.iter().filter(|row| row["track"] == track);
    let middle = |row: &Value| row["box"]["x"].as_f64().unwrap() + row["box"]["width"].as_f64().unwrap() / 2.0;
    of.map(|row| (row["frame"].as_u64().unwrap(), middle(row))).collect()
}

fn tracks(rows: &[Value]) -> Vec<u64> {
    let mut tracks: Vec<u64> = rows.iter().filter_map(|row| row["track"].as_u64()).collect();
    tracks.sort_unstable();
    tracks.dedup();
    tracks
}

/// What `ffprobe` says of a file's picture.
pub(crate) fn probed(world: &World, file: &str, entry: &str) -> String {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", "v", "-of", "csv=p=0", "-show_entries"]);
    let output = command.arg(format!("stream={entry}")).arg(world.path(file)).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_moving_face_has_a_row_a_frame_and_one_number() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 1.2, "20+150*t", AWAY);
    let (ended, rows) = watch(&world, &["a.mp4"]);
    assert_eq!((ended.code, rows.len()), (0, 30), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("30 frames of 1.2 s in "), "{}", ended.stderr);
    assert!(ended.stderr.contains(" × real time: 1 face, 0 frames without a face, "), "{}", ended.stderr);
    for (number, row) in rows.iter().enumerate() {
        assert_eq!((row["frame"].as_u64(), row["track"].as_u64()), (Some(number as u64), Some(1)), "{row}");
        assert!((row["time"].as_f64().unwrap() - number as f64 / 25.0).abs() < 1e-9, "{row}");
        assert_eq!(row["landmarks"].as_array().unwrap().len(), 5);
        for kind in ["probabilities", "smoothed"] {
            let sum: f64 = CLASSES.iter().map(|class| row[kind][class].as_f64().unwrap()).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{row}");
        }
    }
    assert_eq!(rows[0]["probabilities"], rows[0]["smoothed"], "the first frame is smoothed with nothing");
    assert_ne!(rows[9]["probabilities"], rows[9]["smoothed"]);
    let path = path(&rows, 1);
    let speed = (path[29].1 - path[0].1) / (29.0 / 25.0);
    assert!((speed - 150.0).abs() < 8.0, "{speed} pixels a second");
    // The same as CSV, with all numbers.
    let csv = world.fer(&["watch", "a.mp4", "--csv"]).succeeded().stdout;
    let csv: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(csv[0][..9], ["time", "frame", "track", "x", "y", "width", "height", "score", "left_eye_x"]);
    assert_eq!(csv[0][18..21], ["class", "p_angry", "p_disgust"]);
    assert_eq!((csv.len(), csv[0].len()), (31, 34));
    assert_eq!(csv[8][3], rows[7]["box"]["x"].to_string());
    assert_eq!(csv[8][18], rows[7]["class"]);
    assert_eq!(csv[8][22], format!("{:.6}", rows[7]["probabilities"]["happy"].as_f64().unwrap()));
    // And as episodes.
    let table = world.fer(&["watch", "a.mp4"]).succeeded().stdout;
    assert!(lines(&table)[0].starts_with("face  class  "), "{table}");
    assert!(lines(&table)[1].starts_with("   1  happy        0:00.00     0:01.16  "), "{table}");
}

#[test]
fn two_who_cross_keep_their_numbers_and_who_leaves_is_gone() {
    let Some(world) = world() else { return };
    video(&world, "cross.mp4", 3.2, "10+110*t", "340-110*t");
    let (_, rows) = watch(&world, &["cross.mp4"]);
    assert_eq!(tracks(&rows), [1, 2]);
    let (first, second) = (path(&rows, 1), path(&rows, 2));
    assert!(first.first().unwrap().1 < 120.0 && first.last().unwrap().1 > 350.0, "{first:?}");
    assert!(second.first().unwrap().1 > 350.0 && second.last().unwrap().1 < 120.0, "{second:?}");
    video(&world, "leaves.mp4", 2.0, "150+400*t", AWAY);
    let (_, rows) = watch(&world, &["leaves.mp4"]);
    assert_eq!((tracks(&rows), rows.len()), (vec![1], 50));
    assert_eq!(rows[49], json!({"time": 1.96, "frame": 49, "problem": "no face"}));
}

#[test]
fn a_cut_begins_a_new_track() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 1.0, "50", AWAY);
    video(&world, "b.mp4", 1.0, AWAY, "220");
    let filter = "[1]negate,hue=s=3,negate,eq=brightness=0.3[n];[0][n]concat=n=2[v]";
    ffmpeg(&world, &["-i", "a.mp4", "-i", "b.mp4", "-filter_complex", filter, "-map", "[v]", "cut.mp4"]);
    let (_, rows) = watch(&world, &["cut.mp4"]);
    let last_of_first = path(&rows, 1).last().unwrap().0;
    assert_eq!((last_of_first, tracks(&rows)), (24, vec![1, 2]));
    assert!(path(&rows, 2)[0].0 >= 25 && path(&rows, 2).len() > 20);
}

#[test]
fn a_broken_file_gives_what_came_before_and_says_where_it_broke() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 2.0, "50+50*t", AWAY);
    let bytes = std::fs::read(world.path("a.mp4")).unwrap();
    std::fs::write(world.path("cut.mp4"), &bytes[..bytes.len() / 2]).unwrap();
    let (ended, rows) = watch(&world, &["cut.mp4"]);
    let seen = path(&rows, 1).len();
    assert!(ended.code == 1 && (5..49).contains(&seen), "{ended:?}");
    let last = rows.last().unwrap();
    assert_eq!(last["frame"].as_u64().unwrap() as usize + 1, seen.max(path(&rows, 1).last().unwrap().0 as usize + 1));
    assert!(last["problem"].is_string(), "{last}");
    assert!(ended.stderr.contains("error: cut.mp4: the last frame is frame "), "{}", ended.stderr);
    let csv = world.fer(&["watch", "cut.mp4", "--csv"]);
    let nothing = ",".repeat(32);
    let start = format!("{},{}{nothing}", last["time"].as_f64().unwrap(), last["frame"]);
    assert!(csv.stdout.lines().last().unwrap().starts_with(&start), "{}", csv.stdout);
}

#[test]
fn what_is_no_video_is_named() {
    let Some(world) = world() else { return };
    ffmpeg(&world, &["-f", "lavfi", "-i", "sine=d=1", "sound.wav"]);
    ffmpeg(&world, &["-f", "lavfi", "-i", "sine=d=1", "sound.mp3"]);
    let cover = ["-i", "sound.mp3", "-i", PHOTOGRAPH, "-map", "0", "-map", "1", "-c", "copy"];
    ffmpeg(&world, &[&cover[..], &["-disposition:v", "attached_pic", "cover.mp3"]].concat());
    ffmpeg(&world, &["-f", "lavfi", "-i", "color=s=64x64", "-frames:v", "0", "zero.mp4"]);
    std::fs::write(world.path("empty.mp4"), "").unwrap();
    std::fs::create_dir(world.path("folder")).unwrap();
    let unreadable = "not a video that ffmpeg can read: invalid data found when processing input";
    for (file, problem) in [
        ("sound.wav", "expected a video, found sound alone"),
        ("cover.mp3", "expected a video, found sound with a cover picture"),
        ("zero.mp4", "expected a video, found a file without any stream"),
        ("empty.mp4", unreadable),
        ("faces.csv", unreadable),
        ("folder", "expected a video file, an address, a camera or `-`, found a folder"),
        ("none.mp4", "cannot be opened: No such file or directory (os error 2)"),
    ] {
        let ended = world.fer(&["watch", file, "--json"]);
        assert_eq!((ended.code, &*ended.stdout), (1, ""), "{ended:?}");
        assert_eq!(ended.stderr, format!("error: {file}: {problem}\n"));
    }
}

#[test]
fn a_part_of_the_frames_has_their_own_numbers_and_times() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 2.0, "50+50*t", AWAY);
    let of = |arguments: &[&str]| {
        let (ended, rows) = watch(&world, &[&["a.mp4"], arguments].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        rows.iter().map(|row| (row["frame"].as_u64().unwrap(), row["time"].as_f64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(of(&["--every", "20"]), [(0, 0.0), (20, 0.8), (40, 1.6)]);
    assert_eq!(of(&["--from", "0:01.6", "--to", "1.76"]), [(0, 1.6), (1, 1.64), (2, 1.68), (3, 1.72)]);
    assert_eq!(of(&["--fps", "4", "--to", "1"]), [(0, 0.0), (7, 0.28), (13, 0.52), (19, 0.76)]);
    let late = world.fer(&["watch", "a.mp4", "--from", "5"]);
    assert!(
        late.code == 1 && late.stderr.starts_with("error: a.mp4: expected a start before its end at 2"),
        "{late:?}"
    );
    let never = world.fer(&["watch", "a.mp4", "--from", "5", "--to", "4"]);
    assert_eq!(never.stderr, "error: --to: expected a time after --from, 5 s, found 4 s\n");
}

#[test]
fn times_of_a_variable_rate_are_true_and_a_turned_video_is_upright() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 1.0, "150", AWAY);
    let slow = "setpts='if(lt(N,10),N*0.04,0.4+(N-10)*0.2)/TB'";
    ffmpeg(&world, &["-i", "a.mp4", "-vf", slow, "-an", "-vsync", "vfr", "vfr.mkv"]);
    let (_, rows) = watch(&world, &["vfr.mkv"]);
    let times: Vec<f64> = rows.iter().map(|row| row["time"].as_f64().unwrap()).collect();
    assert_eq!(times.len(), 25);
    for (number, time) in times.iter().enumerate() {
        let expected = if number < 10 { number as f64 * 0.04 } else { 0.4 + (number as f64 - 10.0) * 0.2 };
        // Matroska has milliseconds.
        assert!((time - expected).abs() < 0.0011, "{number}: {time}");
    }
    // On its side, with a note that says so.
    ffmpeg(&world, &["-i", "a.mp4", "-vf", "transpose=clock", "-an", "side.mp4"]);
    ffmpeg(&world, &["-i", "side.mp4", "-c", "copy", "-metadata:s:v", "rotate=90", "turned.mp4"]);
    let (_, upright) = watch(&world, &["a.mp4"]);
    let (ended, turned) = watch(&world, &["turned.mp4"]);
    assert_eq!((ended.code, turned.len()), (0, 25));
    let [expected, found] = [&upright, &turned].map(|rows| path(rows, 1)[5].1);
    assert!((expected - found).abs() < 6.0, "{expected} {found}");
}

/// The head of Y4M in gray, and a frame of it: the photograph.
fn y4m() -> (String, Vec<u8>) {
    let picture = image::open(PHOTOGRAPH).unwrap().into_luma8();
    let head = format!("YUV4MPEG2 W{} H{} F10:1 Cmono XCOLORRANGE=FULL\n", picture.width(), picture.height());
    (head, [b"FRAME\n", &picture.into_raw()[..]].concat())
}

/// Starts the program with so many frames on its standard input, which stays open.
fn with_input(world: &World, arguments: &[&str], frames: usize) -> Child {
    let mut child = world.command(arguments);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (head, frame) = y4m();
    let input = child.stdin.as_mut().unwrap();
    input.write_all(head.as_bytes()).unwrap();
    (0..frames).for_each(|_| input.write_all(&frame).unwrap());
    input.flush().unwrap();
    child
}

fn text(stream: Option<impl Read>) -> String {
    let mut text = String::new();
    stream.unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn y4m_on_standard_input_needs_no_other_program() {
    let world = World::new();
    let (head, frame) = y4m();
    let watch = |bytes: &[u8]| {
        let mut command = world.command(&["watch", "-", "--json"]);
        command.env("PATH", world.path("."));
        let output = assert_cmd::Command::from_std(command).write_stdin(bytes).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    };
    let whole = [head.as_bytes(), &frame.repeat(6)].concat();
    let ended = watch(&whole);
    let found = rows(&ended);
    let times: Vec<f64> = found.iter().map(|row| row["time"].as_f64().unwrap()).collect();
    assert_eq!((ended.code, times), (0, vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5]), "{}", ended.stderr);
    assert!(found.iter().all(|row| row["track"] == 1 && row["smoothed"]["happy"].as_f64().unwrap() > 0.5));
    let cut = watch(&whole[..whole.len() - 5]);
    let problem = json!({"time": 0.4, "frame": 4, "problem": "it ends within frame 5"});
    assert_eq!((cut.code, rows(&cut).last().unwrap()), (1, &problem));
    let none = watch(head.as_bytes());
    assert_eq!((none.code, rows(&none)), (1, vec![json!({"problem": "expected a frame, found none"})]));
    let other = watch(b"RIFF....AVI ");
    assert!(other.stderr.starts_with("error: -: expected a video in the format Y4M, found something else; `ffmpeg -i"));
    let mut command = world.command(&["watch", "faces.csv"]);
    let output = command.env("PATH", world.path(".")).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message.starts_with(
            "error: cannot find the program `ffprobe`, which reads and writes videos; install it: `apt install ffmpeg`"
        ),
        "{message}"
    );
}

#[test]
fn a_stream_that_stalls_ends_in_time_with_what_there_was() {
    let world = World::new();
    let mut child = with_input(&world, &["watch", "-", "--json", "--timeout", "0.5"], 4);
    let (stdout, stderr) = (text(child.stdout.take()), text(child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(1), "{stderr}");
    let rows: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let problem = json!({"time": 0.3, "frame": 3, "problem": "no further frame came in time (--timeout)"});
    assert_eq!((rows.len(), &rows[4]), (5, &problem));
    assert!(
        stderr.contains("error: -: the last frame is frame 3, at 0:00.30: no further frame came in time"),
        "{stderr}"
    );
}

#[test]
fn ctrl_c_leaves_whole_rows_and_a_whole_video() {
    let Some(world) = world() else { return };
    let outputs = ["--annotate", "out.mp4", "--report", "out.html", "--parquet", "out.parquet"];
    let arguments = [&["watch", "-", "--json"], &outputs[..]].concat();
    let mut child = with_input(&world, &arguments, 12);
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut seen = String::new();
    for _ in 0..5 {
        std::io::BufRead::read_line(&mut stdout, &mut seen).unwrap();
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    stdout.read_to_string(&mut seen).unwrap();
    let stderr = text(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
    let rows: Vec<Value> = seen.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let frames = probed(&world, "out.mp4", "nb_frames");
    assert!(rows.len() >= 5 && rows.iter().all(|row| row["track"] == 1), "{seen}");
    assert_eq!(frames, rows.len().to_string(), "a frame of the video for each row");
    assert!(world.read("out.html").ends_with("</html>\n"));
    assert!(std::fs::read(world.path("out.parquet")).unwrap().ends_with(b"PAR1"));
}

#[test]
fn a_trimmed_file_is_whole_and_times_do_not_depend_on_the_start() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 2.0, "20+50*t", AWAY);
    ffmpeg(&world, &["-i", "a.mp4", "-c:v", "libx264", "-g", "50", "-c:a", "copy", "long.mp4"]);
    ffmpeg(&world, &["-ss", "0.9", "-i", "long.mp4", "-c", "copy", "trimmed.mp4"]);
    let (ended, _) = watch(&world, &["trimmed.mp4"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ffmpeg(&world, &["-i", "a.mp4", "-c", "copy", "a.ts"]);
    let [whole, late] = [&["a.ts"][..], &["a.ts", "--from", "1"]].map(|arguments| {
        let (_, rows) = watch(&world, arguments);
        rows.last().unwrap()["time"].as_f64().unwrap()
    });
    assert!((whole - late).abs() < 0.002, "{whole} {late}");
}
