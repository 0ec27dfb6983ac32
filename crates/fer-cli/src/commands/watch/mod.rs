//! `fer watch`: a video or a camera in, a row for each frame and face out.

mod arguments;
mod film;
mod rows;

use anyhow::Result;
use fer_artifact::escaped;
use fer_pipeline::progress::Clock;
use fer_predict::Picture;
use fer_video::{Ending, Input, Item, Keeps, Settled, Settling, Source, Story, Tracked, Tracker};
use indicatif::ProgressBar;

use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;
use crate::interrupt::Interrupt;
use crate::progress::bar;
use crate::terminal::to_stderr;
pub(super) use arguments::WatchArgs;
use film::Film;
use rows::{Form, Moment, Rows, clock};

impl WatchArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let (interrupt, since) = (Interrupt::watch()?, SystemClock::start());
        let stop = || interrupt.is_asked();
        let (input, selection) = (Input::of(&self.input)?, self.selection()?);
        let mut tracker = Tracker::new(self.recognizer()?, self.following());
        let mut source = match Source::open(&input, &selection, self.patience(&input), &stop) {
            Err(fer_video::Error::Interrupted { .. }) => return Ok(ExitStatus::Interrupted),
            source => source?,
        };
        let facts = source.facts().clone();
        let bar = facts.duration.map_or_else(ProgressBar::hidden, |duration| bar((duration * facts.rate) as u64, "frames"));
        let film = self.annotate.as_deref().map(|path| Film::start(path, &input, &facts, &selection, tracker.classes()));
        let film = film.transpose()?;
        let mut outputs = Outputs {
            rows: Rows::new(self.form(), tracker.classes(), bar.clone())?,
            film,
            story: Story::new(tracker.classes().len(), Keeps::Numbers),
            last: None,
        };
        let mut settling = Settling::new();
        while let Some(item) = source.next(&stop) {
            let tracked = match &item {
                Item::Frame(frame) => tracker.push(&frame.picture, frame.time)?,
                Item::Trouble(_) => Tracked::default(),
            };
            settling.push(item, tracked).into_iter().try_for_each(|settled| outputs.take(settled))?;
            bar.inc(1);
        }
        settling.finish(&tracker.finish()).into_iter().try_for_each(|settled| outputs.take(settled))?;
        bar.finish_and_clear();
        let ended = outputs.ending(source.ending(), &input)?;
        outputs.tell(&input, facts.rate, since.elapsed().as_secs_f64());
        let is_filmed = outputs.film.is_none_or(Film::finish);
        Ok(if is_filmed { ended } else { ExitStatus::Failure })
    }

    fn form(&self) -> Form {
        match (self.json, self.csv) {
            (true, _) => Form::Json,
            (_, true) => Form::Csv,
            _ => Form::Table,
        }
    }
}

/// All that is made of a video.
struct Outputs {
    rows: Rows,
    film: Option<Film>,
    story: Story,
    /// The last frame.
    last: Option<Moment>,
}

impl Outputs {
    /// Takes a frame, or what went wrong on the way to it.
    fn take(&mut self, settled: Settled<Item>) -> Result<()> {
        match settled.frame {
            Item::Trouble(trouble) => self.trouble(&trouble)?,
            Item::Frame(frame) => {
                let Settled { faces, dropped, .. } = settled;
                let moment = Moment { number: frame.number, time: frame.time };
                self.last = Some(moment);
                self.rows.frame(moment, &faces)?;
                let episodes = self.story.see(&frame.picture, frame.time, &faces, dropped);
                episodes.iter().try_for_each(|episode| self.rows.episode(episode))?;
                let picture: Picture = frame.picture;
                if let Some(film) = &mut self.film {
                    film.frame(picture, frame.time, &faces);
                }
            }
        }
        self.rows.flush()
    }

    fn trouble(&mut self, trouble: &str) -> Result<()> {
        let place = self.last.map_or("before the first frame".to_owned(), place);
        to_stderr(&format!("warning: {place}: {}", escaped(trouble)));
        self.rows.problem(self.last, trouble)
    }

    /// Ends the rows; says how the video came to its end, unless that is as it should be.
    fn ending(&mut self, ending: &Ending, input: &Input) -> Result<ExitStatus> {
        let episodes = self.story.finish();
        episodes.iter().try_for_each(|episode| self.rows.episode(episode))?;
        let (status, reason) = match ending {
            Ending::Whole | Ending::Open => (ExitStatus::Success, None),
            Ending::Interrupted => (ExitStatus::Interrupted, None),
            Ending::Broken(reason) => (ExitStatus::Failure, Some(reason.clone())),
            Ending::Stalled => (ExitStatus::Failure, Some("no further frame came in time (--timeout)".to_owned())),
        };
        if let Some(reason) = reason {
            let place = self.last.map_or("no frame".to_owned(), |last| format!("the last frame is {}", place(last)));
            to_stderr(&format!("error: {}: {place}: {}", escaped(&input.name()), escaped(&reason)));
            self.rows.problem(self.last, &reason)?;
        }
        self.rows.flush()?;
        Ok(status)
    }

    /// Says what there was in all, and how fast it was looked at.
    fn tell(&self, input: &Input, rate: f64, seconds: f64) {
        let counts = self.story.counts();
        if counts.frames == 0 {
            return;
        }
        let length = counts.last - counts.first + 1.0 / rate;
        let speed = match input.is_live() {
            true => String::new(),
            false => format!(", {:.1} × real time", length / seconds),
        };
        to_stderr(&format!(
            "{} frames of {length:.1} s in {seconds:.1} s{speed}: {} faces, {} frames without a face, {} lone detections \
             left out",
            counts.frames, counts.tracks, counts.empty, counts.dropped
        ));
    }
}

fn place(Moment { number, time }: Moment) -> String {
    format!("frame {number}, at {}", clock(time))
}
