//! Videos that are written, with the sound of their source.

use std::cell::Cell;
use std::path::Path;
use std::process::Command;

use fer_artifact::Size;
use fer_video::{Encoder, Facts, Input, Selection};

/// What a program prints; `None` where it is not installed.
fn said(program: &str, arguments: &[&str], path: &Path) -> Option<String> {
    let output = Command::new(program).args(["-v", "error"]).args(arguments).arg(path).output().ok()?;
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn seconds(path: &Path, stream: &str) -> f64 {
    let entry = ["-select_streams", stream, "-show_entries", "stream=duration", "-of", "csv=p=0"];
    said("ffprobe", &entry, path).unwrap().trim().parse().unwrap()
}

#[test]
fn a_pause_that_is_cut_twice_is_cut_once_out_of_the_sound() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("sound.mp4"), folder.path().join("out.mp4"));
    if said("ffmpeg", &["-f", "lavfi", "-i", "sine=d=16"], &source).is_none() {
        #[expect(clippy::print_stderr, reason = "whoever runs the tests is told")]
        {
            eprintln!("ffmpeg is not installed: this test did not run");
        }
        return;
    }
    let (size, sound) = (Size::new(16, 16).unwrap(), Some("aac".to_owned()));
    let facts = Facts { size, rate: 25.0, finest: 25.0, duration: None, sound };
    let mut encoder = Encoder::start(&out, &Input::File(source), &facts, &Selection::default()).unwrap();
    // 20 frames, a pause of 15 s that somebody interrupts once 2 s of it are filled, 5 frames.
    let asked = Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 50
    };
    for frame in 0..25 {
        let time = f64::from(frame) * 0.04 + if frame < 20 { 0.0 } else { 15.0 };
        encoder.push(time, vec![100; 3 * size.area()], &stop).unwrap();
    }
    assert_eq!(encoder.finish().unwrap(), None);
    let (video, sound) = (seconds(&out, "v"), seconds(&out, "a"));
    // 0.8 s, 2 s, the last second of the pause, 0.2 s.
    assert!((video - 4.0).abs() < 0.1 && (sound - video).abs() < 0.1, "{video} {sound}");
}
