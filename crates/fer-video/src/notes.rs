//! What `ffmpeg` says on standard error: which frame it has read and handed on, of which time, and what went wrong.
//!
//! The filter `showinfo` stands in the chain twice, as `read` before frames are chosen and as `kept` after.

/// The filters' names.
pub(crate) const READ: &str = "showinfo@read=checksum=0";
pub(crate) const KEPT: &str = "showinfo@kept=checksum=0";

/// Something that was said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Note {
    /// A frame is handed on: its number among those read, and its time in seconds.
    Kept { number: u64, time: f64 },
    /// Something went wrong.
    Trouble(String),
}

/// Listens line by line.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    /// Frames read so far.
    pub(crate) read: u64,
    /// Time of the last of them, in seconds.
    pub(crate) read_to: f64,
    /// Seconds in a unit of a time stamp.
    unit: Option<f64>,
}

impl Listener {
    /// What a line says, if that matters.
    pub(crate) fn hear(&mut self, line: &str) -> Option<Note> {
        let (who, level, text) = parts(line)?;
        match (who.starts_with("showinfo@"), level) {
            (true, _) if text.starts_with("config in time_base:") => {
                self.unit = text.split([':', ',']).nth(1).and_then(fraction);
                None
            }
            (true, _) if text.starts_with("n:") => self.frame(who, text),
            (false, "error" | "fatal" | "panic") => {
                Some(Note::Trouble(if who.is_empty() { text.to_owned() } else { format!("{who}: {text}") }))
            }
            _ => None,
        }
    }

    fn frame(&mut self, who: &str, text: &str) -> Option<Note> {
        if who == "showinfo@read" {
            self.read += 1;
            self.read_to = self.read_to.max(self.time(text));
            return None;
        }
        let time = self.time(text);
        Some(Note::Kept { number: self.read.saturating_sub(1), time })
    }

    /// In seconds; not a number where there is none.
    fn time(&self, text: &str) -> f64 {
        let stamp = text.split("pts:").nth(1).and_then(|text| text.split_ascii_whitespace().next());
        let stamp: Option<f64> = stamp.and_then(|stamp| stamp.parse().ok());
        stamp.zip(self.unit).map_or(f64::NAN, |(stamp, unit)| stamp * unit)
    }
}

/// `[who @ 0x1234] [level] text`, where `who` may be missing.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let (first, rest) = line.strip_prefix('[')?.split_once("] ")?;
    match first.split_once(" @ ") {
        None => Some(("", first, rest)),
        Some((who, _)) => {
            let (level, text) = rest.strip_prefix('[')?.split_once("] ")?;
            Some((who, level, text))
        }
    }
}

fn fraction(text: &str) -> Option<f64> {
    let (over, under) = text.trim().split_once('/')?;
    Some(over.parse::<f64>().ok()? / under.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_before_they_are_chosen() {
        let mut listener = Listener::default();
        let mut notes = vec![];
        for line in [
            "[info] Input #0, mov,mp4, from 'file:a':",
            "[showinfo@read @ 0x55] [info] config in time_base: 1/12800, frame_rate: 25/1",
            "[showinfo@read @ 0x55] [info] n:   0 pts:      0 pts_time:0       pos:   220761 fmt:yuv420p",
            "[showinfo@kept @ 0x57] [info] config in time_base: 1/12800, frame_rate: 25/1",
            "[showinfo@kept @ 0x57] [info] n:   0 pts:      0 pts_time:0       pos:   220761 fmt:yuv420p",
            "[showinfo@kept @ 0x57] [info] color_range:unknown color_space:unknown",
            "[showinfo@read @ 0x55] [info] n:   1 pts:    512 pts_time:0.04    pos:   230325 fmt:yuv420p",
            "[h264 @ 0x5604aa8cf3c0] [error] error while decoding MB 27 23",
            "[h264 @ 0x5604aa8cf3c0] [warning] who cares",
            "[showinfo@read @ 0x55] [info] n:   2 pts:   1024 pts_time:0.08    pos:   230325 fmt:yuv420p",
            "[showinfo@kept @ 0x57] [info] n:   1 pts:46081024 pts_time:3600.08 pos:   230325 fmt:yuv420p",
            "[error] file:a: Invalid data found",
            "no bracket",
        ] {
            notes.extend(listener.hear(line));
        }
        let expected = [
            Note::Kept { number: 0, time: 0.0 },
            Note::Trouble("h264: error while decoding MB 27 23".to_owned()),
            Note::Kept { number: 2, time: 46_081_024.0 / 12_800.0 },
            Note::Trouble("file:a: Invalid data found".to_owned()),
        ];
        assert_eq!(notes, expected);
        assert_eq!(listener.read, 3);
    }

    #[test]
    fn a_frame_without_a_time_is_told_as_such() {
        let mut listener = Listener { read: 1, unit: Some(1.0), ..Listener::default() };
        let note = listener.hear("[showinfo@kept @ 0x57] [info] n:   0 pts:   NOPTS pts_time:NOPTS   pos: 7");
        assert!(matches!(note, Some(Note::Kept { number: 0, time }) if time.is_nan()), "{note:?}");
    }
}
