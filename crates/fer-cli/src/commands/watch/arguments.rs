use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use fer_predict::{Ensemble, Look, ModelSource, Recognizer, Roll, Search, WayUp};
use fer_video::{Following, Input, Pace, Selection};

use crate::commands::arguments::{ThreadArgs, model_sources};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer watch party.mp4
  fer watch party.mp4 --json > faces.jsonl
  fer watch party.mp4 --annotate party-faces.mp4 --report party.html --from 1:30 --to 2:00
  fer watch party.mp4 --parquet faces.parquet
  fer watch /dev/video0 --json
  fer watch rtsp://camera.local/stream --fps 5 --csv > faces.csv
  ffmpeg -i party.mp4 -f yuv4mpegpipe - | fer watch -
The programs ffmpeg and ffprobe have to be installed; `-` without --annotate needs neither. Without --json and --csv, a row
is printed for each episode: a stretch of time in which a face shows one expression. Ctrl-C ends with all that was
seen until then. The exit code is 1 if the video broke off or a stream stalled, 130 after Ctrl-C.")]
pub(crate) struct WatchArgs {
    /// A video file; an address (http, rtsp and others); a camera such as /dev/video0; or `-` for Y4M on standard input.
    #[arg(value_name = "FILE|URL|CAMERA|-")]
    pub(super) input: String,
    /// Print JSON: one object a line, one line a frame and face.
    #[arg(long, conflicts_with = "csv")]
    pub(super) json: bool,
    /// Print CSV: one row a frame and face.
    #[arg(long)]
    pub(super) csv: bool,
    /// Write the rows of --csv to a Parquet file, for pandas, Polars or DuckDB.
    #[arg(long, value_name = "FILE")]
    pub(super) parquet: Option<PathBuf>,
    /// Write the video with boxes and expressions drawn into it (.mp4, .m4v, .mov or .mkv), with its sound.
    #[arg(long, value_name = "FILE")]
    pub(super) annotate: Option<PathBuf>,
    /// Write a page with a filmstrip, a timeline and the episodes of each face.
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Start here, in seconds, or as M:S or H:M:S.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = time)]
    from: f64,
    /// End before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<f64>,
    /// Look at the first of each N frames.
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "fps")]
    every: NonZeroU32,
    /// Look at no more than so many frames a second.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    fps: Option<f64>,
    /// End a stream that shows no frame for so many seconds; 0 waits for ever (default: 30 for addresses and cameras, 0 for files and `-`).
    #[arg(long, value_name = "SECONDS", value_parser = time)]
    timeout: Option<f64>,
    /// Look for new faces in the whole picture of each N-th frame that is looked at; between, near where they were.
    #[arg(long, value_name = "N", default_value = "5")]
    detect_every: NonZeroU32,
    /// Time constant of the filter that smooths a face's probabilities; 0 turns it off.
    #[arg(long, value_name = "SECONDS", default_value = "0.3", value_parser = time)]
    smoothing: f64,
    /// Use this model: a file, a run folder for its last training, or the name of a built-in network, `fer48` (default) or `ferplus48`. Repeat it to average the probabilities of several models.
    #[arg(long = "model", value_name = "MODEL|RUN|NAME")]
    models: Vec<PathBuf>,
    /// Side of the smallest face to find, in pixels (default: a 32nd of the picture's longer side).
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u16).range(20..))]
    min_face: Option<u16>,
    /// Crop tilted faces as they lie in the picture, instead of turning them upright.
    #[arg(long)]
    no_align: bool,
    #[command(flatten)]
    pub(super) threads: ThreadArgs,
}

impl WatchArgs {
    pub(super) fn selection(&self) -> Result<Selection> {
        if let Some(to) = self.to.filter(|&to| to <= self.from) {
            bail!("--to: expected a time after --from, {} s, found {to} s", self.from)
        }
        let pace = self.fps.map_or(Pace::Every(self.every), Pace::PerSecond);
        Ok(Selection { from: self.from, to: self.to, pace })
    }

    pub(super) fn following(&self) -> Following {
        Following { detect_every: self.detect_every, smoothing: self.smoothing }
    }

    pub(super) fn patience(&self, input: &Input) -> Option<Duration> {
        match self.timeout {
            Some(seconds) => (seconds > 0.0).then(|| Duration::from_secs_f64(seconds)),
            None => input.patience(),
        }
    }

    pub(super) fn models(&self) -> Result<Vec<ModelSource>> {
        model_sources(&self.models)
    }

    pub(super) fn recognizer(&self, models: &[ModelSource]) -> Result<Recognizer> {
        let look = Look::Faces(Search {
            smallest: self.min_face.map(usize::from),
            roll: if self.no_align { Roll::Kept } else { Roll::TakenOut },
            way_up: WayUp::Upright,
        });
        Ok(Recognizer::new(Ensemble::read(models)?, look)?)
    }
}

/// Seconds, minutes and seconds, or hours, minutes and seconds; at most as many as a year has.
fn time(text: &str) -> Result<f64, String> {
    let refused = || format!("expected a time in seconds, or as M:S or H:M:S, found `{text}`");
    let parts: Vec<&str> = text.split(':').collect();
    let numbers = parts.iter().map(|part| part.parse::<f64>().ok().filter(|number| (0.0..=3.2e7).contains(number)));
    let numbers: Vec<f64> = numbers.collect::<Option<_>>().ok_or_else(refused)?;
    match numbers.len() {
        1..=3 if numbers[1..].iter().all(|&part| part < 60.0) => {
            Ok(numbers.iter().fold(0.0, |sum, part| 60.0 * sum + part))
        }
        _ => Err(refused()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| (0.001..=1000.0).contains(rate));
    rate.ok_or_else(|| format!("expected a number of frames a second from 0.001 to 1000, found `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_have_minutes_and_hours() {
        assert_eq!(
            ["0", "1.5", "1:30", "1:02:03.5", "90"].map(|text| time(text).unwrap()),
            [0.0, 1.5, 90.0, 3723.5, 90.0]
        );
        for wrong in ["", "-1", "1:60", "1:2:3:4", "x", "nan", "inf", "1e9"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
