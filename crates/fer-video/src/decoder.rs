//! `ffmpeg` as a decoder: raw frames on its standard output, their times on its standard error.

use std::io::{BufRead, BufReader, Read};
use std::mem::take;
use std::process::{ChildStderr, ChildStdout, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender as Unbounded, channel, sync_channel};
use std::thread;

use fer_predict::{Picture, Size};

use crate::frames::{Arrived, Ending, Frame, Item, Message, Sender, WAITING};
use crate::notes::{KEPT, Listener, Note, READ};
use crate::probe::Probe;
use crate::program::{FFMPEG, Program, ask, passthrough};
use crate::{Error, Input, Selection};

pub(crate) struct Decoder {
    pub(crate) program: Program,
    pub(crate) receiver: Receiver<Message>,
    pub(crate) arrived: Arrived,
}

impl Decoder {
    pub(crate) fn start(input: &Input, probe: &Probe, selection: &Selection) -> Result<Self, Error> {
        let version = ask(FFMPEG, &["-version".to_owned()], None, &|| false)?;
        let version = version.map(|said| said.stdout).unwrap_or_default();
        let mut command = Command::new(FFMPEG);
        command.args(arguments(input, probe.size, selection, passthrough(&version)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = Program::start(FFMPEG, &mut command)?;
        let (stdout, stderr) = (program.child.stdout.take(), program.child.stderr.take());
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err(input.refused("its decoder has no output"));
        };
        let (notes, hears) = channel();
        let (sender, receiver) = sync_channel(WAITING);
        let all = if selection.from == 0.0 && selection.to.is_none() { probe.frames.zip(probe.end) } else { None };
        let delay = if selection.from == 0.0 { probe.delay } else { 0.0 };
        let step = 1.0 / probe.rate.unwrap_or(25.0);
        let arrived = Arrived::default();
        let counter = Arrived::clone(&arrived);
        thread::spawn(move || listen(stderr, &notes, &counter));
        let reading = Reading {
            hears,
            size: probe.size,
            from: selection.from,
            delay,
            step,
            all,
            read: 0,
            read_to: 0.0,
            last: None,
        };
        thread::spawn(move || reading.run(stdout, &sender));
        Ok(Self { program, receiver, arrived })
    }
}

fn arguments(input: &Input, size: Size, selection: &Selection, passthrough: [&str; 2]) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"].map(str::to_owned).to_vec();
    if selection.from > 0.0 {
        arguments.extend(["-ss".to_owned(), selection.from.to_string()]);
    }
    if let Some(to) = selection.to {
        arguments.extend(["-t".to_owned(), (to - selection.from).to_string()]);
    }
    arguments.extend(input.arguments());
    let scale = format!("scale={}:{}", size.width(), size.height());
    let filters = [READ.to_owned()].into_iter().chain(selection.pace.filter()).chain([KEPT.to_owned(), scale]);
    let filters = filters.collect::<Vec<_>>().join(",");
    // V leaves cover pictures out.
    arguments.extend(["-map", "0:V:0", "-an", "-sn", "-dn", "-filter:v", &filters].map(str::to_owned));
    arguments.extend(passthrough.map(str::to_owned));
    arguments.extend(["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"].map(str::to_owned));
    arguments
}

enum Heard {
    Note(Note),
    /// So many frames were read, the last one of this time.
    End(u64, f64),
}

/// Passes on what matters of what the program says.
fn listen(stderr: ChildStderr, notes: &Unbounded<Heard>, arrived: &Arrived) {
    let mut listener = Listener::default();
    let mut stderr = BufReader::new(stderr);
    let mut line = vec![];
    while matches!(stderr.read_until(b'\n', &mut line), Ok(1..)) {
        // That nobody hears is no reason not to listen: the program would wait.
        let _ = listener.hear(String::from_utf8_lossy(&line).trim_end()).map(|note| notes.send(Heard::Note(note)));
        arrived.store(listener.read, Ordering::Relaxed);
        line.clear();
    }
    let _ = notes.send(Heard::End(listener.read, listener.read_to));
}

/// Puts frames and their times together.
struct Reading {
    hears: Receiver<Heard>,
    size: Size,
    from: f64,
    /// From the file's start to the picture's, in seconds. A start of 0 is the picture's for some formats, and the file's for
    /// others; any other start is the file's for all.
    delay: f64,
    /// Seconds from frame to frame, for those that have no time.
    step: f64,
    /// How many frames there should be, and when the last one ends.
    all: Option<(u64, f64)>,
    read: u64,
    /// The time of the last frame that was read.
    read_to: f64,
    last: Option<f64>,
}

/// Nobody takes frames any more.
struct Left;

/// What went wrong since the last frame.
#[derive(Default)]
struct Troubles {
    first: Option<String>,
    more: usize,
}

impl Reading {
    fn run(mut self, mut stdout: ChildStdout, sender: &Sender) {
        let ending = self.frames(&mut stdout, sender);
        let _ = ending.map(|ending| sender.send(Message::End(ending)));
    }

    fn frames(&mut self, stdout: &mut ChildStdout, sender: &Sender) -> Result<Ending, Left> {
        let (mut kept, mut last_trouble) = (0, None);
        loop {
            let mut rgb = vec![0; 3 * self.size.area()];
            let is_whole = stdout.read_exact(&mut rgb).is_ok();
            let mut troubles = Troubles::default();
            let note = self.note(&mut troubles);
            if let Some(trouble) = troubles.told() {
                last_trouble = Some((self.last, trouble.clone()));
                // Where nothing could be read, it is the ending's reason.
                if kept > 0 || is_whole {
                    sender.send(Message::Item(Item::Trouble(trouble))).map_err(|_| Left)?;
                }
            }
            match note {
                Some((number, time)) if is_whole => {
                    let time = self.time(time);
                    let picture = Picture::from_rgb(rgb, self.size).expect("as many bytes as were read");
                    kept += 1;
                    sender.send(Message::Item(Item::Frame(Frame { number, time, picture }))).map_err(|_| Left)?;
                }
                _ => return Ok(self.ending(kept, last_trouble)),
            }
        }
    }

    /// The number and time of the next frame, and what went wrong before it.
    fn note(&mut self, troubles: &mut Troubles) -> Option<(u64, f64)> {
        loop {
            match self.hears.recv().ok()? {
                Heard::Note(Note::Kept { number, time }) => return Some((number, time)),
                Heard::Note(Note::Trouble(trouble)) => troubles.add(trouble),
                Heard::End(read, read_to) => {
                    (self.read, self.read_to) = (read, read_to);
                    return None;
                }
            }
        }
    }

    /// In millionths of a second: more digits say nothing.
    fn time(&mut self, stamp: f64) -> f64 {
        if self.last.is_none() && stamp >= self.delay / 2.0 {
            self.delay = 0.0;
        }
        let time = match (stamp.is_finite(), self.last) {
            (true, _) => self.from + self.delay + stamp,
            (false, Some(last)) => last + self.step,
            (false, None) => self.from,
        };
        self.last = Some(time);
        (1e6 * time).round() / 1e6
    }

    /// `trouble` is what went wrong last, after the frame of this time.
    fn ending(&self, kept: u64, trouble: Option<(Option<f64>, String)>) -> Ending {
        match (trouble, self.all) {
            (Some((Some(time), trouble)), _) if self.last > Some(time) => {
                Ending::Damaged(format!("a part at {time:.2} s could not be read: {trouble}"))
            }
            (Some((_, trouble)), _) => Ending::Broken(trouble),
            // Frames may be there for others to be decoded, and not be shown; and the last one may be shown for long.
            (None, Some((all, end))) if self.read + 2 < all && self.read_to + self.delay + 1.0 < end => {
                Ending::Broken(format!("expected {all} frames, found {}", self.read))
            }
            (None, _) if kept == 0 => Ending::Broken("expected a frame, found none".to_owned()),
            _ => Ending::Whole,
        }
    }
}

impl Troubles {
    fn add(&mut self, trouble: String) {
        match self.first {
            None => self.first = Some(trouble),
            Some(_) => self.more += 1,
        }
    }

    fn told(&mut self) -> Option<String> {
        let first = take(&mut self.first)?;
        Some(if self.more > 0 { format!("{first} (and {} more)", self.more) } else { first })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::Pace;

    #[test]
    fn the_program_is_told_what_to_hand_on() {
        let selection = Selection { from: 1.5, to: Some(4.0), pace: Pace::Every(NonZeroU32::new(5).unwrap()) };
        let size = Size::new(480, 640).unwrap();
        let said = arguments(&Input::File("a.mp4".into()), size, &selection, ["-vsync", "passthrough"]).join(" ");
        assert_eq!(
            said,
            "-hide_banner -nostdin -nostats -loglevel level+info -ss 1.5 -t 2.5 -i file:a.mp4 -map 0:V:0 -an -sn -dn \
             -filter:v showinfo@read=checksum=0,select='not(mod(n,5))',showinfo@kept=checksum=0,scale=640:480 \
             -vsync passthrough -f rawvideo -pix_fmt rgb24 pipe:1"
        );
    }
}
