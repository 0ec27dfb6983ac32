use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::{self, JoinHandle};

use fer_predict::Size;

use crate::program::{FFMPEG, Program, ask};
use crate::{Error, Facts, Input, Selection};

/// What is written, by the end of a file's name: the form's name and the sound that it takes as it is.
const FORMS: [(&str, &str, &[&str]); 4] = [
    ("mp4", "mp4", &["aac", "mp3", "ac3", "eac3", "alac"]),
    ("m4v", "mp4", &["aac", "mp3", "ac3", "eac3", "alac"]),
    ("mov", "mov", &["aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le"]),
    ("mkv", "matroska", &["aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "opus", "vorbis", "flac"]),
];
/// Encoders, the best first: not every `ffmpeg` has the first.
const ENCODERS: [&[&str]; 3] =
    [&["libx264", "-preset", "veryfast", "-crf", "20"], &["libopenh264", "-b:v", "4M"], &["mpeg4", "-q:v", "3"]];

/// Where a video makes a pause, or its clock a leap, no more seconds than these are filled; and no more than these where
/// somebody waits for the end.
const LONGEST: f64 = 10.0;
const HURRIED: f64 = 1.0;
/// Cuts of the sound that one call of the program takes.
const CUTS: usize = 100;

/// A video that is being written, frame by frame, by a second `ffmpeg`.
///
/// It has a constant number of frames a second, so many that each of the source's has a place; a frame is shown from its time on,
/// until the next one's. The sound of the source is kept. A file that exists is complete: what is written lies beside
/// it until [`Self::finish`].
#[derive(Debug)]
pub struct Encoder {
    path: PathBuf,
    part: PathBuf,
    form: &'static str,
    program: Program,
    stdin: Option<ChildStdin>,
    errors: Option<JoinHandle<String>>,
    rate: f64,
    /// The source's time at which the video begins.
    start: f64,
    /// The source's time from which on frames are counted: later by what was cut out.
    from: f64,
    /// What is not filled of pauses, from and to, in the source's seconds after its beginning: the sound is cut there too.
    cuts: Vec<(f64, f64)>,
    /// Frames written.
    written: u64,
    last: Vec<u8>,
    sound: Option<Sound>,
}

#[derive(Debug)]
struct Sound {
    input: Input,
    /// `copy`, or the codec that it is brought to.
    codec: &'static str,
}

impl Encoder {
    /// Begins a video of what is selected of a source; its form follows from the file's name, which ends in `.mp4`,
    /// `.m4v`, `.mov` or `.mkv`.
    ///
    /// # Errors
    /// [`Error::Output`] for another name, a missing folder, or the source itself; [`Error::NoProgram`].
    pub fn start(path: &Path, input: &Input, facts: &Facts, selection: &Selection) -> Result<Self, Error> {
        let (form, kept) = check(path, input)?;
        let listed = ask(FFMPEG, &["-hide_banner".to_owned(), "-encoders".to_owned()], None, &|| false)?;
        let listed = listed.map(|said| said.stdout).unwrap_or_default();
        let has = |encoder: &str| listed.split_ascii_whitespace().any(|word| word == encoder);
        let encoder = ENCODERS.iter().find(|encoder| has(encoder[0]));
        let encoder = encoder.ok_or_else(|| refused(path, "this ffmpeg has no encoder for H.264 or MPEG-4"))?;
        let sound = facts.sound.as_ref().map(|codec| Sound {
            input: input.clone(),
            codec: if kept.contains(&codec.as_str()) { "copy" } else { "aac" },
        });
        let (part, rate) = (beside(path, "part"), facts.finest.clamp(0.1, 240.0));
        let mut command = Command::new(FFMPEG);
        command.args(arguments(facts.size, rate, encoder, form));
        // `file:` makes a path of what looks like an option or an address.
        let mut to = OsString::from("file:");
        to.push(&part);
        command.arg(to);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut program = Program::start(FFMPEG, &mut command)?;
        let (stdin, errors) = (program.child.stdin.take(), Some(errors(&mut program.child)));
        let (path, from) = (path.to_owned(), selection.from);
        let (start, cuts, written, last) = (from, vec![], 0, vec![]);
        Ok(Self { path, part, form, program, stdin, errors, rate, start, from, cuts, written, last, sound })
    }

    /// Adds a frame: red, green and blue of its pixels, row by row. Where `stop` says so, a long pause before it is not filled.
    ///
    /// # Errors
    /// [`Error::Output`] if it cannot be written.
    pub fn push(&mut self, time: f64, rgb: Vec<u8>, stop: &dyn Fn() -> bool) -> Result<(), Error> {
        self.shorten(time, LONGEST);
        let slot = ((time - self.from) * self.rate).round().max(0.0) as u64;
        if self.last.is_empty() {
            self.last.clone_from(&rgb);
        }
        while self.written < slot {
            if stop() && self.shorten(time, HURRIED) {
                return self.push(time, rgb, &|| false);
            }
            self.write()?;
        }
        self.last = rgb;
        if self.written == slot { self.write() } else { Ok(()) }
    }

    /// Cuts a pause before this time down to so many seconds, if it is longer.
    fn shorten(&mut self, time: f64, longest: f64) -> bool {
        let pause = time - self.from - self.written as f64 / self.rate;
        let is_long = pause > longest;
        if is_long {
            let (cut, end) = (pause - longest, time - self.start);
            match self.cuts.last_mut() {
                // More of the pause that was cut before.
                Some((from, to)) if *to == end => *from -= cut,
                _ => self.cuts.push((end - cut, end)),
            }
            self.from += cut;
        }
        is_long
    }

    /// Writes the last frame once more.
    fn write(&mut self) -> Result<(), Error> {
        let written = self.stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(&self.last));
        self.written += 1;
        // The program says why it takes no more.
        if written.is_err() { Err(self.failed()) } else { Ok(()) }
    }

    fn failed(&mut self) -> Error {
        self.stdin = None;
        let _ = self.program.child.wait();
        let said = self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default();
        let reason = said.lines().last().unwrap_or("ffmpeg ended for no known reason");
        refused(&self.path, reason)
    }

    /// Ends the video, adds the sound and puts the file in its place; says why there is no sound, if it cannot be kept.
    ///
    /// # Errors
    /// [`Error::Output`] if that fails, or there was no frame.
    pub fn finish(mut self) -> Result<Option<String>, Error> {
        self.stdin = None;
        let status = self.program.child.wait().map_err(|source| Error::Program { program: FFMPEG, source })?;
        if self.written == 0 {
            return Err(refused(&self.path, "no frame to write"));
        }
        if !status.success() {
            return Err(self.failed());
        }
        let (mut finished, mut missing) = (self.part.clone(), None);
        if let Some(sound) = &self.sound {
            let with_sound = beside(&self.path, "sound");
            missing = self.add_sound(sound, &with_sound)?.err();
            finished = if missing.is_none() { with_sound } else { finished };
        }
        std::fs::rename(&finished, &self.path).map_err(|error| refused(&self.path, error.to_string()))?;
        Ok(missing)
    }

    /// The inner error is why it cannot be added.
    fn add_sound(&self, Sound { input, codec }: &Sound, to: &Path) -> Result<Result<(), String>, Error> {
        if self.cuts.len() > CUTS {
            return Ok(Err(format!("more than {CUTS} pauses of more than {LONGEST} s are shortened")));
        }
        let cut: f64 = self.cuts.iter().map(|(from, to)| to - from).sum();
        let length = (self.written as f64 / self.rate + cut).to_string();
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut arguments = ["-hide_banner", "-nostdin", "-y", "-loglevel", "error"].map(str::to_owned).to_vec();
        arguments.extend(["-i".to_owned(), format!("file:{}", text(&self.part))]);
        // A start of 0 would leave out what an encoder put before it.
        if self.start > 0.0 {
            arguments.extend(["-ss".to_owned(), self.start.to_string()]);
        }
        arguments.extend(["-t".to_owned(), length]);
        arguments.extend(input.arguments());
        // What is cut has to be decoded.
        let codec = if self.cuts.is_empty() { codec } else { "aac" };
        arguments.extend(["-map", "0:v", "-map", "1:a:0", "-c:v", "copy", "-c:a", codec].map(str::to_owned));
        if !self.cuts.is_empty() {
            arguments.extend(["-af".to_owned(), without(&self.cuts)]);
        }
        arguments.extend(["-movflags", "+faststart", "-f", self.form].map(str::to_owned));
        arguments.push(format!("file:{}", text(to)));
        match ask(FFMPEG, &arguments, None, &|| false)? {
            Ok(said) if said.is_well => Ok(Ok(())),
            said => {
                let _ = std::fs::remove_file(to);
                let said = said.map(|said| said.stderr).unwrap_or_default();
                Ok(Err(said.lines().last().unwrap_or("ffmpeg ended for no known reason").to_owned()))
            }
        }
    }
}

/// However it ends, nothing half done stays behind.
impl Drop for Encoder {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.program.child.kill();
        let _ = std::fs::remove_file(&self.part);
    }
}

fn refused(path: &Path, reason: impl Into<String>) -> Error {
    Error::Output { path: path.to_owned(), reason: reason.into() }
}

/// The form of a file of this name, and the codecs of sound that it takes.
fn check(path: &Path, input: &Input) -> Result<(&'static str, &'static [&'static str]), Error> {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
    let Some((_, form, kept)) = FORMS.iter().find(|(known, ..)| *known == ending) else {
        return Err(refused(path, "expected a name that ends in .mp4, .m4v, .mov or .mkv"));
    };
    if input.is_at(path) {
        return Err(refused(path, "expected another file than the video itself"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(refused(path, format!("expected a folder at {}, found none", folder.display())));
    }
    Ok((form, kept))
}

fn arguments(size: Size, rate: f64, encoder: &[&str], form: &str) -> Vec<String> {
    let size = format!("{}x{}", size.width(), size.height());
    let rate = rate.to_string();
    // Encoders want even sides; players take BT.709 for granted.
    let filter = "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv";
    let before = ["-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s"];
    let input = [&size, "-framerate", &rate, "-i", "pipe:0", "-an", "-vf", filter, "-pix_fmt", "yuv420p"];
    let colours = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-c:v"];
    let after = ["-movflags", "+faststart", "-f", form];
    [&before[..], &input, &colours, encoder, &after].concat().into_iter().map(str::to_owned).collect()
}

/// The filter that leaves these seconds out of a sound, which is silent until it begins and where it has a gap.
fn without(cuts: &[(f64, f64)]) -> String {
    let between = |(from, to): &(f64, f64)| format!("between(t,{from},{to})");
    let cuts = cuts.iter().map(between).collect::<Vec<_>>().join("+");
    format!("aresample=async=1:first_pts=0,aselect='not({cuts})',asetpts=N/SR/TB")
}

/// A hidden file beside another, of the same ending.
fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{}.{what}-{name}", std::process::id()))
}

fn errors(child: &mut Child) -> JoinHandle<String> {
    let stderr = child.stderr.take();
    thread::spawn(move || {
        let mut bytes = vec![];
        let _ = stderr.map(|mut stderr| stderr.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
