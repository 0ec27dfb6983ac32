//! `fer watch`: a video or a camera in, a row for each frame and face out.

mod arguments;
mod columns;
mod film;
mod rows;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use fer_artifact::{check_place, folder_of, visible, visible_lines, write_atomic};
use fer_data::is_called_parquet;
use fer_pipeline::progress::Clock;
use fer_predict::ModelSource;
use fer_video::{
    About, Ending, Frame, Input, Item, Keeps, Settled, Settling, Source, Story, Tracked, Tracker, clock, many, report,
};
use indicatif::ProgressBar;

use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;
use crate::interrupt::Interrupt;
use crate::progress::bar;
use crate::terminal::to_stderr;
pub(super) use arguments::WatchArgs;
use columns::Moment;
use film::Film;
use rows::{Form, Rows};
use table::Table;

impl WatchArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let (interrupt, since) = (Interrupt::watch_without_checkpoint()?, SystemClock::start());
        let stop = || interrupt.is_asked();
        let (input, selection) = (Input::of(&self.input)?, self.selection()?);
        self.check_outputs(&input)?;
        let models = self.models()?;
        let tracker = Tracker::new(self.recognizer(&models)?, self.following());
        let mut source = match Source::open(&input, &selection, self.patience(&input), &stop) {
            Err(fer_video::Error::Interrupted { .. }) => return Ok(ExitStatus::Interrupted),
            source => source?,
        };
        let facts = source.facts().clone();
        let bar =
            facts.duration.map_or_else(ProgressBar::hidden, |duration| bar((duration * facts.rate) as u64, "frames"));
        let film = self
            .annotate
            .as_deref()
            .map(|path| Film::start(path, &input, &facts, &selection, tracker.classes(), &stop));
        let film = film.transpose()?;
        let mut outputs = Outputs {
            rows: Rows::new(self.form(), tracker.classes(), bar.clone())?,
            film,
            table: self.parquet.as_deref().map(|path| Table::begin(path, tracker.classes())),
            story: Story::new(
                tracker.classes().len(),
                if self.report.is_some() { Keeps::Pictures } else { Keeps::Numbers },
            ),
            last: None,
        };
        let classes = tracker.classes().to_vec();
        let watched = outputs.watch(&mut source, tracker, &stop, &bar);
        bar.finish_and_clear();
        // Whatever failed, the report and the annotated video hold what was seen until then.
        let ending = if watched.is_ok() { source.ending() } else { &Ending::Interrupted };
        let ended = outputs.ending(ending, &input);
        outputs.tell(&input, facts.rate, since.elapsed().as_secs_f64());
        let report = self.report.as_deref();
        let notes = notes(ending, outputs.last, &models);
        let reported = report.map_or(Ok(()), |path| self.write_report(path, &outputs, &input, &classes, notes));
        let is_filmed = outputs.film.is_none_or(Film::finish);
        let is_tabled = outputs.table.is_none_or(Table::finish);
        watched?;
        let ended = ended?;
        reported?;
        Ok(if is_filmed && is_tabled { ended } else { ExitStatus::Failure })
    }

    /// Before the first frame: where report and table are to lie, there can be a file, and is neither the video nor another output.
    fn check_outputs(&self, input: &Input) -> Result<()> {
        let (annotated, report) = (self.annotate.as_deref(), self.report.as_deref());
        let outputs = [
            (report, vec![(annotated, "the annotated video")]),
            (self.parquet.as_deref(), vec![(annotated, "the annotated video"), (report, "the report")]),
        ];
        for (path, others) in outputs {
            let Some(path) = path else { continue };
            let name = path.display();
            let Some(place) = place_of(path) else { bail!("{name}: expected a file in a folder that exists") };
            can_lie(&place, path)?;
            if input.is_at(path) {
                bail!("{name}: expected another file than the video itself")
            }
            let is_same = |(other, _): &&(Option<&Path>, _)| other.and_then(place_of).as_ref() == Some(&place);
            if let Some((_, what)) = others.iter().find(is_same) {
                bail!("{name}: expected another file than {what}")
            }
        }
        annotated.map_or(Ok(()), |path| can_lie(path, path))?;
        match self.parquet.as_deref().filter(|path| !is_called_parquet(path)) {
            Some(path) => bail!("{}: expected the name of a Parquet file, as `faces.parquet`", path.display()),
            None => Ok(()),
        }
    }

    fn write_report(
        &self,
        path: &Path,
        outputs: &Outputs<'_>,
        input: &Input,
        classes: &[String],
        notes: Vec<String>,
    ) -> Result<()> {
        let name = input.name();
        let title = Path::new(&name).file_name().map_or(name.clone(), |name| name.to_string_lossy().into_owned());
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
struct Outputs<'a> {
    rows: Rows,
    film: Option<Film<'a>>,
    table: Option<Table>,
    story: Story,
    /// The last frame.
    last: Option<Moment>,
}

impl Outputs<'_> {
    /// Watches until the end.
    fn watch(
        &mut self,
        source: &mut Source,
        mut tracker: Tracker,
        stop: &dyn Fn() -> bool,
        bar: &ProgressBar,
    ) -> Result<()> {
        let mut settling = Settling::new();
        let mut watched = Ok(());
        while watched.is_ok()
            && let Some(item) = source.next(stop)
        {
            let tracked = match &item {
                Item::Frame(frame) => tracker.push(&frame.picture, frame.time),
                Item::Trouble(_) => Ok(Tracked::default()),
            };
            watched = tracked.map_err(Into::into).and_then(|tracked| self.take_all(settling.push(item, tracked)));
            bar.inc(1);
        }
        watched.and(self.take_all(settling.finish(&tracker.finish())))
    }

    fn take_all(&mut self, settled: Vec<Settled<Item>>) -> Result<()> {
        settled.into_iter().try_for_each(|settled| self.take(settled))
    }

    /// Takes a frame, or what went wrong on the way to it.
    fn take(&mut self, settled: Settled<Item>) -> Result<()> {
        let Settled { frame, faces, dropped, ended } = settled;
        match frame {
            Item::Trouble(trouble) => self.trouble(&trouble)?,
            Item::Frame(Frame { number, time, picture }) => {
                let (moment, settled) = (Moment { number, time }, Settled { frame: (), faces, dropped, ended });
                self.last = Some(moment);
                self.rows.frame(moment, &settled.faces)?;
                if let Some(table) = &mut self.table {
                    table.frame(moment, &settled.faces);
                }
                let episodes = self.story.see(&picture, time, &settled);
                episodes.iter().try_for_each(|episode| self.rows.episode(episode))?;
                if let Some(film) = &mut self.film {
                    film.frame(picture, time, &settled.faces);
                }
            }
        }
        self.rows.flush()
    }

    fn trouble(&mut self, trouble: &str) -> Result<()> {
        let place = self.last.map_or("before the first frame".to_owned(), place);
        to_stderr(&format!("warning: {place}: {}", visible(trouble)));
        self.problem(trouble)
    }

    /// A row on what went wrong.
    fn problem(&mut self, problem: &str) -> Result<()> {
        if let Some(table) = &mut self.table {
            table.problem(self.last, problem);
        }
        self.rows.problem(self.last, problem)
    }

    /// Ends the rows; says how the video came to its end, unless that is as it should be.
    fn ending(&mut self, ending: &Ending, input: &Input) -> Result<ExitStatus> {
        let episodes = self.story.finish();
        episodes.iter().try_for_each(|episode| self.rows.episode(episode))?;
        if let Some(reason) = reason(ending) {
            let place = self.last.map_or("no frame".to_owned(), |last| format!("the last frame is {}", place(last)));
            to_stderr(&format!("error: {}: {place}: {}", visible(&input.name()), visible(reason)));
            self.problem(reason)?;
        }
        self.rows.flush()?;
        Ok(match ending {
            Ending::Whole | Ending::Open => ExitStatus::Success,
            Ending::Interrupted => ExitStatus::Interrupted,
            Ending::Broken(_) | Ending::Damaged(_) | Ending::Stalled => ExitStatus::Failure,
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

/// What the report says of the video's end and of the models.
fn notes(ending: &Ending, last: Option<Moment>, models: &[ModelSource]) -> Vec<String> {
    let mut notes = match (reason(ending), last) {
        (Some(reason), Some(last)) => {
            let what = if matches!(ending, Ending::Damaged(_)) { "is damaged" } else { "broke off" };
            vec![format!("The video {what}: {reason}. The last frame is {}.", place(last))]
        }
        (Some(reason), None) => vec![format!("No frame could be read: {reason}.")],
        _ if *ending == Ending::Interrupted => {
            vec!["Watching was interrupted: what came later is missing.".to_owned()]
        }
        _ => vec![],
    };
    if models == [ModelSource::DEFAULT] {
        notes.push(
            "The network is the one that is built in: it is right on 72.4 % of FER2013's PrivateTest, where it takes about \
             three in ten faces for another of its seven expressions."
                .to_owned(),
        );
    }
    notes
}

/// Why there is less than there should be.
fn reason(ending: &Ending) -> Option<&str> {
    match ending {
        Ending::Broken(reason) | Ending::Damaged(reason) => Some(reason),
        Ending::Stalled => Some("no further frame came in time (--timeout)"),
        Ending::Whole | Ending::Open | Ending::Interrupted => None,
    }
}

/// That there is no device, no pipe and no folder in a file's place.
fn can_lie(place: &Path, name: &Path) -> Result<()> {
    check_place(place).map_err(|error| anyhow!("{}: {error}", name.display()))
}

/// Where a file lies, or would lie.
fn place_of(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?)))
}

fn place(Moment { number, time }: Moment) -> String {
    format!("frame {number}, at {}", clock(time))
}
