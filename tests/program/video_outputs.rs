//! What `fer watch` leaves: the annotated video, the report, and no more memory for a longer video.

use std::process::Command;

use crate::video::{AWAY, PHOTOGRAPH, ffmpeg, probed, video, watch, world};
use crate::world::World;

#[test]
fn the_annotated_video_has_boxes_and_its_sound() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 1.0, "20+100*t", AWAY);
    world.fer(&["watch", "a.mp4", "--annotate", "out.mp4", "--json"]).succeeded();
    assert_eq!(probed(&world, "out.mp4", "width,height,r_frame_rate,nb_frames"), "480,240,25/1,25");
    for file in ["a.mp4", "out.mp4"] {
        ffmpeg(&world, &["-i", file, "-map", "a", "-c", "copy", "-f", "adts", &format!("{file}.aac")]);
    }
    let [sound, kept] = ["a.mp4.aac", "out.mp4.aac"].map(|file| std::fs::read(world.path(file)).unwrap());
    assert!(sound.len() > 1000 && sound == kept, "the sound as it was");
    ffmpeg(&world, &["-ss", "0.5", "-i", "out.mp4", "-frames:v", "1", "frame.png"]);
    let (_, rows) = watch(&world, &["a.mp4"]);
    let frame = image::open(world.path("frame.png")).unwrap().into_rgb8();
    let side = |name: &str| rows[12]["box"][name].as_u64().unwrap() as u32;
    let is_yellow = |x: u32, y: u32| {
        let [red, green, blue] = frame.get_pixel(x, y).0;
        red > 180 && green > 150 && blue < 130
    };
    let (x, y, width, height) = (side("x"), side("y"), side("width"), side("height"));
    let upper = (x..x + width).filter(|&x| (y.saturating_sub(1)..y + 3).any(|y| is_yellow(x, y))).count();
    assert!(upper as u32 > 6 * width / 10, "{upper} of {width} pixels of the upper line");
    assert!(!is_yellow(x + width / 2, y + height / 2), "the face is seen");
    let hidden = std::fs::read_dir(world.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    let hidden: Vec<_> = hidden.filter(|name| name.to_string_lossy().starts_with('.')).collect();
    assert!(hidden.is_empty(), "nothing half done is left: {hidden:?}");
    for (file, reason) in [
        ("out.avi", "expected a name that ends in .mp4, .m4v, .mov or .mkv"),
        ("a.mp4", "expected another file than the video itself"),
        ("no/out.mp4", "expected a folder at no, found none"),
    ] {
        let ended = world.fer(&["watch", "a.mp4", "--annotate", file]);
        assert_eq!((ended.code, ended.stderr), (1, format!("error: {file}: {reason}\n")));
    }
    let before = std::fs::read(world.path("a.mp4")).unwrap();
    for (report, reason) in [
        ("./a.mp4", "expected another file than the video itself"),
        ("./new.mp4", "expected another file than the annotated video"),
        (".", "expected a file, found a folder"),
        ("no/out.html", "expected a file in a folder that exists"),
    ] {
        let ended = world.fer(&["watch", "a.mp4", "--annotate", "new.mp4", "--report", report]);
        assert_eq!((ended.code, ended.stderr), (1, format!("error: {report}: {reason}\n")));
    }
    assert!(std::fs::read(world.path("a.mp4")).unwrap() == before && !world.path("new.mp4").exists());
}

#[test]
fn a_leap_of_the_clock_is_not_filled_and_frames_of_a_variable_rate_are_kept() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 1.0, "20+100*t", AWAY);
    let leap = "setpts='N*0.04/TB+gte(N,20)*3600/TB'";
    ffmpeg(&world, &["-i", "a.mp4", "-vf", leap, "-vsync", "vfr", "leap.mkv"]);
    let ended = world.fer(&["watch", "leap.mkv", "--annotate", "out.mp4", "--json"]).succeeded();
    assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
    let frames: u64 = probed(&world, "out.mp4", "nb_frames").parse().unwrap();
    assert!((25..700).contains(&frames), "{frames}");
    let slow = "setpts='if(lt(N,10),N*0.04,0.4+(N-10)*0.2)/TB'";
    ffmpeg(&world, &["-i", "a.mp4", "-vf", slow, "-an", "-vsync", "vfr", "vfr.mp4"]);
    world.fer(&["watch", "vfr.mp4", "--annotate", "kept.mp4", "--json"]).succeeded();
    assert_eq!(probed(&world, "kept.mp4", "r_frame_rate"), "25/1");
}

#[test]
fn an_annotated_video_of_a_part_keeps_its_place_in_the_sound() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 2.0, "20+100*t", AWAY);
    world.fer(&["watch", "a.mp4", "--from", "0.5", "--to", "1.5", "--every", "5", "--annotate", "out.mkv"]).succeeded();
    assert_eq!(probed(&world, "out.mkv", "r_frame_rate"), "5/1");
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "csv=p=0", "-show_entries", "format=duration"]).arg(world.path("out.mkv"));
    let seconds: f64 = String::from_utf8(command.output().unwrap().stdout).unwrap().trim().parse().unwrap();
    assert!((0.95..1.2).contains(&seconds), "{seconds}");
}

/// Sound as numbers from −32,768 to 32,767, 8,000 a second.
fn sound(world: &World, file: &str) -> Vec<i16> {
    ffmpeg(world, &["-i", file, "-map", "a", "-ac", "1", "-ar", "8000", "-f", "s16le", "sound.raw"]);
    let bytes = std::fs::read(world.path("sound.raw")).unwrap();
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

#[test]
fn sound_is_cut_with_a_long_pause() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 1.0, "20+100*t", AWAY);
    let begins = |file: &str| {
        let sound = sound(&world, file);
        (sound.iter().position(|level| level.abs() > 8000).unwrap() as f64 / 8000.0, sound.len() as f64 / 8000.0)
    };
    // 20 frames, a pause of 15 s, 5 frames; a tone begins with these, in a sound that begins with the frames or late.
    for late in [0.0, 3.0] {
        let (pause, late_by) = ("setpts='N*0.04/TB+gte(N,20)*15/TB'", late.to_string());
        let tone = format!("aevalsrc='gte(t,{})*sin(2764*t)':d={}:s=8000", 15.8 - late, 16.0 - late);
        let input = ["-i", "a.mp4", "-itsoffset", &late_by, "-f", "lavfi", "-i", &tone, "-map", "0:v", "-map", "1:a"];
        ffmpeg(&world, &[&input[..], &["-vf", pause, "-vsync", "vfr", "-c:a", "pcm_s16le", "pause.mkv"]].concat());
        let ended = world.fer(&["watch", "pause.mkv", "--annotate", "out.mp4", "--json"]).succeeded();
        assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
        let ((before, _), (after, length)) = (begins("pause.mkv"), begins("out.mp4"));
        assert!((before + late - 15.8).abs() < 0.1 && (after - 10.8).abs() < 0.1, "{late}: {before} {after}");
        assert!((length - 11.0).abs() < 0.2, "{late}: {length}");
    }
}

#[test]
fn the_table_has_the_columns_of_csv_and_no_other_output_may_lie_there() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 1.0, "20+100*t", "if(lt(t,0.5),1000,300)");
    let csv = world.fer(&["watch", "a.mp4", "--csv", "--parquet", "t.parquet"]).succeeded().stdout;
    let table = std::fs::read(world.path("t.parquet")).unwrap();
    assert!(table.starts_with(b"PAR1") && table.ends_with(b"PAR1"));
    let has = |text: &str| table.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    let missing: Vec<&str> = csv.lines().next().unwrap().split(',').filter(|name| !has(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    #[cfg(unix)]
    assert!(std::process::Command::new("mkfifo").arg(world.path("pipe.parquet")).status().unwrap().success());
    for (file, reason) in [
        ("a.mp4", "expected another file than the video itself"),
        ("out.mp4", "expected another file than the annotated video"),
        ("out.html", "expected another file than the report"),
        (".", "expected a file, found a folder"),
        ("no/t.parquet", "expected a file in a folder that exists"),
        ("t.csv", "expected the name of a Parquet file, as `faces.parquet`"),
        #[cfg(unix)]
        ("pipe.parquet", "expected a file, found a pipe"),
    ] {
        let options = ["watch", "a.mp4", "--annotate", "out.mp4", "--report", "out.html", "--parquet", file];
        let ended = world.fer(&options);
        assert_eq!((ended.code, ended.stderr), (1, format!("error: {file}: {reason}\n")));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_length() {
    let Some(world) = world() else { return };
    let faces = "[1]crop=150:180:95:30,scale=60:72[a];[0][a]overlay=x='20+10*sin(t)':y=10:shortest=1";
    for (file, frames) in [("short.mp4", "300"), ("long.mp4", "10000")] {
        let input = ["-f", "lavfi", "-i", "color=gray:s=128x96:r=25", "-loop", "1", "-i", PHOTOGRAPH];
        let output = ["-filter_complex", faces, "-c:v", "libx264", "-preset", "ultrafast", "-frames:v", frames, file];
        ffmpeg(&world, &[&input[..], &output].concat());
    }
    let of = |file: &str| world.peak(&["watch", file, "--every", "4", "--json", "--report", "report.html"]);
    let (short, long) = (of("short.mp4"), of("long.mp4"));
    assert!((20..250).contains(&long) && long < short + 40, "{short} MiB for 300 frames, {long} MiB for 10,000");
}

#[test]
fn the_report_tells_of_each_face() {
    let Some(world) = world() else { return };
    video(&world, "a.mp4", 2.0, "10+20*t", "if(lt(t,1),1000,300)");
    world.fer(&["watch", "a.mp4", "--report", "report.html"]).succeeded();
    let page = world.read("report.html");
    for part in
        ["<title>a.mp4", "Face 1", "Face 2", "data:image/jpeg;base64,", "<svg", "happy", "Before you quote a number"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<script") && !page.contains("src=\"http"), "one file, without scripts");
    world.fer(&["watch", "a.mp4", "--report", "again.html"]).succeeded();
    assert_eq!(page, world.read("again.html"), "the same video gives the same page");
}
