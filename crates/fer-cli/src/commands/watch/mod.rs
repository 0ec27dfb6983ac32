//! `fer watch`: a video or a camera in, a row for each frame and face out.

mod arguments;
mod film;
mod rows;

use std::path::Path;

use anyhow::Result;
use fer_artifact::{escaped, visible_lines, write_atomic};
use fer_pipeline::progress::Clock;
use fer_predict::Picture;
use fer_video::{About, Ending, Input, Item, Keeps, Settled, Settling, Source, Story, Tracked, Tracker, report};
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
        let bar =
            facts.duration.map_or_else(ProgressBar::hidden, |duration| bar((duration * facts.rate) as u64, "frames"));
        let film =
            self.annotate.as_deref().map(|path| Film::start(path, &input, &facts, &selection, tracker.classes()));
        let film = film.transpose()?;
        let mut outputs = Outputs {
            rows: Rows::new(self.form(), tracker.classes(), bar.clone())?,
            film,
            story: Story::new(
                tracker.classes().len(),
                if self.report.is_some() { Keeps::Pictures } else { Keeps::Numbers },
            ),
            last: None,
        };
        let classes = tracker.classes().to_vec();
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
        if let Some(path) = &self.report {
            self.write_report(path, &outputs, &input, &classes, source.ending())?;
        }
        let is_filmed = outputs.film.is_none_or(Film::finish);
        Ok(if is_filmed { ended } else { ExitStatus::Failure })
    }

    fn write_report(
        &self,
        path: &Path,
        outputs: &Outputs,
        input: &Input,
        classes: &[String],
        ending: &Ending,
    ) -> Result<()> {
        let name = input.name();
        let title = Path::new(&name).file_name().map_or(name.clone(), |name| name.to_string_lossy().into_owned());
        let mut notes = match (reason(ending), outputs.last) {
            (Some(reason), Some(last)) => {
                vec![format!("The video broke off: the last frame is {}; {reason}.", place(last))]
            }
            _ if *ending == Ending::Interrupted => {
                vec!["Watching was interrupted: what came later is missing.".to_owned()]
            }
            _ => vec![],
        };
        if self.models.is_empty() {
            notes.push(
                "The network is the one that is built in: it is right on 70.6 % of FER2013's PublicTest, where it takes \
                 about three in ten faces for another of its seven expressions."
                    .to_owned(),
            );
        }
        let about = About { title: &title, classes, style: fer_eval::STYLE, following: self.following(), notes };
        // Names come from files of other people.
        let page = report(&outputs.story, &about)?;
        write_atomic(path, |out| out.write_all(visible_lines(&page).as_bytes()))?;
        Ok(())
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
        if let Some(reason) = reason(ending) {
            let place = self.last.map_or("no frame".to_owned(), |last| format!("the last frame is {}", place(last)));
            to_stderr(&format!("error: {}: {place}: {}", escaped(&input.name()), escaped(reason)));
            self.rows.problem(self.last, reason)?;
        }
        self.rows.flush()?;
        Ok(match ending {
            Ending::Whole | Ending::Open => ExitStatus::Success,
            Ending::Interrupted => ExitStatus::Interrupted,
            Ending::Broken(_) | Ending::Stalled => ExitStatus::Failure,
        })
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
            "{} of {length:.1} s in {seconds:.1} s{speed}: {}, {} without a face, {} left out",
            many(counts.frames, "frame"),
            many(counts.tracks as u64, "face"),
            many(counts.empty, "frame"),
            many(counts.dropped, "detection")
        ));
    }
}

fn many(count: u64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Why there is less than there should be.
fn reason(ending: &Ending) -> Option<&str> {
    match ending {
        Ending::Broken(reason) => Some(reason),
        Ending::Stalled => Some("no further frame came in time (--timeout)"),
        Ending::Whole | Ending::Open | Ending::Interrupted => None,
    }
}

fn place(Moment { number, time }: Moment) -> String {
    format!("frame {number}, at {}", clock(time))
}
