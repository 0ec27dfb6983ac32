//! Runs what is not fresh.

use fer_artifact::names::{REPORT, split_file};
use fer_artifact::{Digest, Kind, Metrics, RECORD, Split, has_file, read_regular, write_atomic};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::compare::read_metrics;
use crate::execute::{Folders, execute};
use crate::link::Link;
use crate::progress::{Clock, Event, Reporter};
use crate::recorder::Recorder;
use crate::run_folder::checkpoints::Note;
use crate::run_folder::digests::Digests;
use crate::run_folder::folder::{CONFIG_FILE, Writer, check_writable, io, remove_unfinished};
use crate::run_folder::links;
use crate::run_folder::lock::{Entry, Lock};
use crate::run_folder::origin::note_base;
use crate::run_folder::store::Store;
use crate::slot::Presence;
use crate::{CheckpointEvery, Error, Pipeline, Reason, StageKind, StageName};

/// What a run does with the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunOptions {
    /// Which stages are considered.
    pub selection: Selection,
    /// Whether they run even if they are fresh, and from their beginning.
    pub force: bool,
    /// When a training writes checkpoints.
    pub checkpoint_every: CheckpointEvery,
    /// Bytes that the run folder may hold beside what is in place: earlier outputs, and checkpoints of other
    /// trainings.
    pub store_limit: u64,
}

impl Default for RunOptions {
    fn default() -> Self {
        let checkpoint_every = CheckpointEvery::default();
        Self { selection: Selection::All, force: false, checkpoint_every, store_limit: 2_000_000_000 }
    }
}

/// A part of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selection {
    /// The whole chain.
    #[default]
    All,
    /// One stage alone.
    Only(StageName),
    /// A stage and those after it.
    From(StageName),
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The selected stages, in order.
    pub stages: Vec<Ran>,
    /// The scores that stand in the run folder, if the chain ends in them.
    pub metrics: Option<Metrics>,
    /// The report, likewise.
    pub report: Option<PathBuf>,
}

/// What a run did with a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ran {
    /// The stage.
    pub stage: StageName,
    /// Why it ran; empty if it was fresh and skipped.
    pub reasons: Vec<Reason>,
    /// How long it took; 0 if it was skipped.
    pub seconds: f64,
}

impl Pipeline {
    /// Runs the selected stages that are not fresh, in order, each to its end before the next begins.
    ///
    /// # Errors
    /// The first failure; the outputs of the stages before it are in place, those of the failed one are as before.
    pub fn run(&self, options: &RunOptions, clock: &dyn Clock, reporter: &mut dyn Reporter) -> Result<Outcome, Error> {
        self.check_selection(options.selection)?;
        self.check_inputs(options.selection)?;
        let writer = Writer::hold(&self.run_dir)?;
        links::refuse(&self.run_dir, &self.stages.iter().map(Link::name).collect::<Vec<_>>())?;
        remove_unfinished(&self.run_dir);
        let mut recorder = Recorder::new(&self.run_dir, clock, reporter);
        let outcome = self.run_here(options, clock, &mut recorder, &writer);
        recorder.end(outcome.as_ref().err());
        outcome
    }

    /// Runs what is selected in a run folder that is held.
    fn run_here(
        &self,
        options: &RunOptions,
        clock: &dyn Clock,
        reporter: &mut dyn Reporter,
        writer: &Writer,
    ) -> Result<Outcome, Error> {
        self.write_configuration()?;
        let (lock, digests) = (Lock::read(&self.run_dir)?, Digests::new(&self.run_dir));
        let mut runner = Runner { pipeline: self, options, clock, reporter, writer, lock, digests };
        let mut stages = vec![];
        for stage in self.selected(options.selection) {
            self.check_splits(stage, options.selection)?;
            stages.push(runner.run(stage)?);
            runner.digests.save();
        }
        self.outcome(stages)
    }

    /// Writes the resolved configuration, and where its pipeline file stands, unless that is there.
    fn write_configuration(&self) -> Result<(), Error> {
        if !self.is_configured() {
            write_atomic(&self.run_dir.join(CONFIG_FILE), |out| out.write_all(self.resolved().as_bytes()))?;
        }
        note_base(&self.run_dir, &self.base)
    }

    /// Whether this chain is the one that the run folder was last started with.
    pub(crate) fn is_configured(&self) -> bool {
        let stands = read_regular(&self.run_dir.join(CONFIG_FILE), RECORD).ok();
        stands.as_deref() == Some(self.resolved().as_bytes())
    }

    /// The selected stages, in order.
    pub(crate) fn selected(&self, selection: Selection) -> impl Iterator<Item = &Link> {
        let first = match selection {
            Selection::From(first) => self.stages.iter().position(|link| link.name() == first).unwrap_or(0),
            Selection::All | Selection::Only(_) => 0,
        };
        let is_selected = move |link: &&Link| match selection {
            Selection::Only(only) => link.name() == only,
            Selection::All | Selection::From(_) => true,
        };
        self.stages[first..].iter().filter(is_selected)
    }

    pub(crate) fn check_selection(&self, selection: Selection) -> Result<(), Error> {
        let (Selection::Only(stage) | Selection::From(stage)) = selection else { return Ok(()) };
        let chain: Vec<StageName> = self.stages.iter().map(Link::name).collect();
        if chain.contains(&stage) { Ok(()) } else { Err(Error::NotInChain { stage, chain }) }
    }

    /// Every needed input must be there, or be made by a stage that is selected too.
    pub(crate) fn check_inputs(&self, selection: Selection) -> Result<(), Error> {
        let selected: Vec<StageName> = self.selected(selection).map(Link::name).collect();
        let is_in_chain = |maker| self.stages.iter().any(|link| link.name() == maker);
        for link in self.selected(selection) {
            for input in link.inputs().into_iter().filter(|input| input.presence == Presence::Required) {
                let (path, maker) = (self.run_dir.join(input.path), input.maker);
                let is_there = || has_file(&path).map_err(io(&path, "read the file"));
                if selected.contains(&maker) || is_there()? {
                    continue;
                }
                let stage = link.name();
                return Err(match is_in_chain(maker) {
                    true => Error::MissingInput { stage, path, maker },
                    false => Error::NoMaker { stage, path, maker },
                });
            }
        }
        Ok(())
    }

    /// Fails if a selected stage, this one or a later one, would fail for want of splits in the data. They are known once
    /// the source is read.
    fn check_splits(&self, next: &Link, selection: Selection) -> Result<(), Error> {
        let place = |link: &Link| self.stages.iter().position(|known| known.name() == link.name()).unwrap_or(0);
        let has_splits = |link: &&Link| matches!(link.stage.entry().leaves, Some(Kind::Images | Kind::Features));
        let Some(data) = self.stages[..place(next)].iter().rev().find(has_splits) else { return Ok(()) };
        let folder = self.run_dir.join(data.name().as_str());
        let mut splits = vec![];
        for split in Split::ALL {
            let path = folder.join(split_file(split));
            splits.extend(has_file(&path).map_err(io(&path, "read the file"))?.then_some(split));
        }
        let later = self.selected(selection).skip_while(|link| link.name() != next.name());
        // Another source may have other splits.
        for link in later.take_while(|link| link.kind() != StageKind::Ingest) {
            let failed = |source| Error::Stage { stage: link.name(), source };
            link.stage.check_splits(&splits).map_err(failed)?;
        }
        Ok(())
    }

    fn outcome(&self, stages: Vec<Ran>) -> Result<Outcome, Error> {
        let mut outcome = Outcome { stages, metrics: None, report: None };
        let ran = |link: &&Link| outcome.stages.iter().any(|ran| ran.stage == link.name());
        let last = self.stages.iter().rev().filter(|link| link.is_evaluation()).find(ran).map(Link::name);
        if let Some(stage) = last {
            outcome.metrics = read_metrics(&self.run_dir, stage)?;
            outcome.report = Some(self.run_dir.join(stage.as_str()).join(REPORT));
        }
        Ok(outcome)
    }
}

/// A run under way.
struct Runner<'a> {
    pipeline: &'a Pipeline,
    options: &'a RunOptions,
    clock: &'a dyn Clock,
    reporter: &'a mut dyn Reporter,
    writer: &'a Writer,
    lock: Lock,
    digests: Digests,
}

impl Runner<'_> {
    /// Runs a stage, unless it is fresh.
    fn run(&mut self, link: &Link) -> Result<Ran, Error> {
        let kind = link.name();
        let reasons = self.pipeline.reasons(link, &self.lock, &self.digests, self.options)?;
        if self.reporter.stop_requested() {
            return Err(Error::Interrupted { stage: kind });
        }
        let mut seconds = 0.0;
        if reasons.is_empty() {
            self.reporter.event(&Event::Fresh { stage: kind });
        } else {
            self.reporter.event(&Event::Started { stage: kind, reasons: &reasons });
            let start = self.clock.elapsed();
            self.renew(link).inspect_err(|error| self.doubt(error))?;
            seconds = (self.clock.elapsed() - start).as_secs_f64();
            self.reporter.event(&Event::Finished { stage: kind, seconds });
        }
        Ok(Ran { stage: kind, reasons, seconds })
    }

    /// What a stage failed by may be a digest that was taken of bytes that were read wrongly: the next run takes it anew.
    fn doubt(&self, error: &Error) {
        if matches!(error, Error::Stage { .. } | Error::InputChanged { .. }) {
            self.digests.forget();
        }
    }

    /// Takes a stage's outputs from the store or from another cell, or makes them, and enters them in the lock.
    fn renew(&mut self, link: &Link) -> Result<(), Error> {
        let (kind, run_dir) = (link.name(), &self.pipeline.run_dir);
        self.writer.check()?;
        check_writable(&run_dir.join(kind.as_str()))?;
        let inputs = link.digests(&self.digests)?;
        let key = link.origin(self.pipeline.seed, &inputs).key();
        let siblings = self.pipeline.siblings.as_ref().filter(|_| !self.options.force);
        let _claim = siblings.map(|siblings| siblings.claim(kind, &key, self.reporter)).transpose()?;
        let entry = if let Some(entry) = self.take_stored(link, &key)? {
            self.reporter.event(&Event::Reused { stage: kind });
            entry
        } else if let Some(shared) = siblings.and_then(|siblings| siblings.find(kind, &key, run_dir)) {
            self.reporter.event(&Event::Shared { stage: kind, cell: &shared.cell });
            self.keep_former(kind, &key)?;
            shared.commit(link, run_dir)?
        } else {
            self.make(link, inputs, &key)?
        };
        self.writer.check()?;
        self.digests.learn(&entry.outputs);
        self.lock.stages.insert(kind, entry);
        self.lock.write(run_dir)?;
        // An input of the training that cannot be read is for its own stage to tell.
        if let Ok(present) = self.pipeline.present_checkpoints(&self.digests) {
            Store::new(run_dir).trim(self.options.store_limit, &present);
        }
        Ok(())
    }

    fn take_stored(&self, link: &Link, key: &str) -> Result<Option<Entry>, Error> {
        let (kind, store) = (link.name(), Store::new(&self.pipeline.run_dir));
        if self.options.force || store.find(kind, key).is_none() {
            return Ok(None);
        }
        self.keep_former(kind, key)?;
        store.take(kind, key, &link.possible())
    }

    fn make(&mut self, link: &Link, inputs: BTreeMap<String, Digest>, key: &str) -> Result<Entry, Error> {
        let (kind, run_dir, seed) = (link.name(), &self.pipeline.run_dir, self.pipeline.seed);
        let (start, target) = (self.clock.elapsed(), run_dir.join(kind.as_str()));
        let chain = self.pipeline.resolved();
        let (input, staging, chain) = (run_dir, run_dir, Some(&*chain));
        let (writer, company) = (Some(self.writer), &self.pipeline.company);
        let folders = Folders { input, chain, staging, target: &target, writer, company };
        self.borrow_checkpoint(link, &inputs);
        let staged = execute(link, seed, &inputs, &folders, self.options, self.clock, self.reporter)?;
        self.writer.check()?;
        self.check_unchanged(link, &inputs)?;
        self.keep_former(kind, key)?;
        let outputs = staged.commit(&target)?;
        for (name, digest) in &outputs {
            self.reporter.event(&Event::Detail { stage: kind, text: &format!("wrote {kind}/{name}, {digest}") });
        }
        let outputs = outputs.into_iter().map(|(name, digest)| (format!("{kind}/{name}"), digest)).collect();
        Ok(Entry {
            version: link.stage.version(),
            seed: seed.value(),
            kind: (kind != link.kind()).then_some(link.kind()),
            params: link.stage.params(),
            inputs,
            outputs,
            seconds: (self.clock.elapsed() - start).as_secs_f64(),
            finished: self.clock.now(),
        })
    }

    /// Fails if what the stage has read is no longer what the plan saw: it may have read another thing. A file that the command of a
    /// program of the user's names may be one that the program writes.
    fn check_unchanged(&self, link: &Link, inputs: &BTreeMap<String, Digest>) -> Result<(), Error> {
        let found = link.digests(&self.digests)?;
        let is_named_by_a_command = |name: &str| name.starts_with(['.', '/']);
        let mut names = inputs.keys().chain(found.keys()).filter(|name| !is_named_by_a_command(name));
        match names.find(|name| inputs.get(*name) != found.get(*name)) {
            None => Ok(()),
            Some(input) => Err(Error::InputChanged { stage: link.name(), input: input.clone() }),
        }
    }

    /// Takes over a checkpoint of another cell, for a stage that can go on from it.
    fn borrow_checkpoint(&mut self, link: &Link, inputs: &BTreeMap<String, Digest>) {
        let siblings = self.pipeline.siblings.as_ref().filter(|_| !self.options.force);
        let (Some(siblings), Some(resumable)) = (siblings, link.stage.resumable()) else { return };
        let (stage, run_dir) = (link.name(), &self.pipeline.run_dir);
        let key = resumable.checkpoint_key(&link.origin(self.pipeline.seed, inputs));
        let may_go_on = |note: &Note| resumable.may_go_on_from(note);
        if let Some(cell) = siblings.borrow_checkpoint(stage, &key, &may_go_on, run_dir) {
            self.reporter.event(&Event::Note { stage, text: &format!("has a checkpoint of {cell}") });
        }
    }

    /// Keeps in the store what the stage wrote last, if that is in place, unaltered, and not what comes now.
    fn keep_former(&self, stage: StageName, key: &str) -> Result<(), Error> {
        let Some(entry) = self.lock.stages.get(&stage) else { return Ok(()) };
        let former = entry.origin(stage).key();
        if former == key || self.options.store_limit == 0 {
            return Ok(());
        }
        for (path, digest) in &entry.outputs {
            if self.digests.of(path)? != Some(*digest) {
                return Ok(());
            }
        }
        Store::new(&self.pipeline.run_dir).keep(stage, &former, entry);
        Ok(())
    }
}
