//! What is fresh, what runs, and how a stage runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fer_artifact::{Digest, write_atomic};
use fer_eval::Metrics;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::digests::Digests;
use crate::execute::{Folders, execute, inputs};
use crate::folder::Writer;
use crate::lock::{Entry, Lock};
use crate::reason::{input_changes, parameter_changes};
use crate::{Clock, Error, Event, Need, Pipeline, Reason, Reporter, Stage, StageError, StageKind};

pub(crate) const CONFIG_FILE: &str = "config.resolved.yaml";

/// What a run does with the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunOptions {
    /// Which stages are considered.
    pub selection: Selection,
    /// Whether they run even if they are fresh.
    pub force: bool,
}

/// A part of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selection {
    /// The whole chain.
    #[default]
    All,
    /// One stage alone.
    Only(StageKind),
    /// A stage and those after it.
    From(StageKind),
}

impl Selection {
    fn has(self, kind: StageKind) -> bool {
        match self {
            Selection::All => true,
            Selection::Only(only) => kind == only,
            Selection::From(first) => kind >= first,
        }
    }
}

/// A stage of the chain, and why it is not fresh. As JSON it also tells its `state`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The stage.
    pub stage: StageKind,
    /// Empty if the stage is fresh.
    pub reasons: Vec<Reason>,
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("Step", 3)?;
        step.serialize_field("stage", &self.stage)?;
        step.serialize_field("state", self.state())?;
        step.serialize_field("reasons", &self.reasons)?;
        step.end()
    }
}

impl Step {
    /// `fresh`; `missing`, if it never ran or an output is not there; `stale`, if its outputs are of another time.
    pub fn state(&self) -> &'static str {
        let missing = |reason: &Reason| matches!(reason, Reason::NeverRan | Reason::OutputMissing(_));
        match self.reasons.as_slice() {
            [] => "fresh",
            reasons if reasons.iter().any(missing) => "missing",
            _ => "stale",
        }
    }
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
    pub stage: StageKind,
    /// Why it ran; empty if it was fresh and skipped.
    pub reasons: Vec<Reason>,
    /// How long it took; 0 if it was skipped.
    pub seconds: f64,
}

impl Pipeline {
    /// What [`Self::run`] would do with these options, and why; changes nothing.
    ///
    /// # Errors
    /// A selected stage that the chain does not have, or a lock or an input that cannot be read.
    pub fn plan(&self, options: &RunOptions) -> Result<Vec<Step>, Error> {
        self.check_selection(options.selection)?;
        let lock = Lock::read(&self.run_dir)?;
        let mut digests = Digests::new(&self.run_dir);
        let mut steps: Vec<Step> = vec![];
        for stage in self.stages.iter().filter(|stage| options.selection.has(stage.kind())) {
            let mut reasons = self.reasons(stage.as_ref(), &lock, &mut digests)?;
            let makers = stage.inputs().into_iter().filter_map(|slot| StageKind::of_path(slot.path));
            let will_run = |kind: &StageKind| steps.iter().any(|step| step.stage == *kind && !step.reasons.is_empty());
            if reasons.is_empty() {
                reasons.extend(makers.filter(will_run).max().map(Reason::MayChange));
            }
            if options.force && reasons.is_empty() {
                reasons.push(Reason::Forced);
            }
            steps.push(Step { stage: stage.kind(), reasons });
        }
        Ok(steps)
    }

    /// The state of every stage of the chain.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub fn status(&self) -> Result<Vec<Step>, Error> {
        self.plan(&RunOptions::default())
    }

    /// Runs the selected stages that are not fresh, in order, each to its end before the next begins.
    ///
    /// # Errors
    /// The first failure; the outputs of the stages before it are in place, those of the failed one are as before.
    pub fn run(&self, options: &RunOptions, clock: &dyn Clock, reporter: &mut dyn Reporter) -> Result<Outcome, Error> {
        self.check_selection(options.selection)?;
        self.check_inputs(options.selection)?;
        let _writer = Writer::hold(&self.run_dir)?;
        let mut lock = Lock::read(&self.run_dir)?;
        let mut digests = Digests::new(&self.run_dir);
        write_atomic(&self.run_dir.join(CONFIG_FILE), |out| out.write_all(self.resolved().as_bytes()))?;
        let mut stages = vec![];
        for stage in self.stages.iter().filter(|stage| options.selection.has(stage.kind())) {
            let mut reasons = self.reasons(stage.as_ref(), &lock, &mut digests)?;
            if options.force && reasons.is_empty() {
                reasons.push(Reason::Forced);
            }
            let mut seconds = 0.0;
            if reporter.stop_requested() {
                return Err(Error::Interrupted { stage: stage.kind() });
            }
            if reasons.is_empty() {
                reporter.event(&Event::Fresh { stage: stage.kind() });
            } else {
                reporter.event(&Event::Started { stage: stage.kind(), reasons: &reasons });
                seconds = self.run_one(stage.as_ref(), &mut lock, &mut digests, clock, reporter)?;
            }
            stages.push(Ran { stage: stage.kind(), reasons, seconds });
        }
        self.outcome(stages)
    }

    fn run_one(
        &self,
        stage: &dyn Stage,
        lock: &mut Lock,
        digests: &mut Digests,
        clock: &dyn Clock,
        reporter: &mut dyn Reporter,
    ) -> Result<f64, Error> {
        let (kind, start) = (stage.kind(), clock.elapsed());
        let inputs = inputs(stage, digests)?;
        let folders = Folders { input: &self.run_dir, staging: &self.run_dir, target: &self.run_dir.join(kind.name()) };
        let written = execute(stage, self.seed, &inputs, &folders, clock, reporter)?;
        let in_run = |name: &String| format!("{kind}/{name}");
        let outputs: BTreeMap<String, Digest> = written.iter().map(|(name, digest)| (in_run(name), *digest)).collect();
        let possible = stage.outputs().into_iter().map(|slot| in_run(&slot.path.to_owned()));
        digests.replace(&outputs, possible.filter(|path| !outputs.contains_key(path)));
        let seconds = (clock.elapsed() - start).as_secs_f64();
        let entry = Entry {
            version: stage.version(),
            seed: self.seed.value(),
            params: stage.params(),
            inputs,
            outputs,
            seconds,
            finished: clock.now(),
        };
        lock.stages.insert(kind, entry);
        lock.write(&self.run_dir)?;
        reporter.event(&Event::Finished { stage: kind, seconds });
        Ok(seconds)
    }

    fn reasons(&self, stage: &dyn Stage, lock: &Lock, digests: &mut Digests) -> Result<Vec<Reason>, Error> {
        let Some(entry) = lock.stages.get(&stage.kind()) else { return Ok(vec![Reason::NeverRan]) };
        let mut reasons = vec![];
        if entry.version != stage.version() {
            reasons.push(Reason::Version { from: entry.version, to: stage.version() });
        }
        if entry.seed != self.seed.value() {
            reasons.push(Reason::Seed { from: entry.seed, to: self.seed.value() });
        }
        reasons.extend(parameter_changes(&entry.params, &stage.params()));
        reasons.extend(input_changes(&entry.inputs, &inputs(stage, digests)?));
        for (path, digest) in &entry.outputs {
            match digests.of(path)? {
                None => reasons.push(Reason::OutputMissing(path.clone())),
                Some(found) if found != *digest => reasons.push(Reason::OutputAltered(path.clone())),
                Some(_) => {}
            }
        }
        Ok(reasons)
    }

    fn check_selection(&self, selection: Selection) -> Result<(), Error> {
        let (Selection::Only(stage) | Selection::From(stage)) = selection else { return Ok(()) };
        let chain: Vec<StageKind> = self.stages.iter().map(|stage| stage.kind()).collect();
        if chain.contains(&stage) { Ok(()) } else { Err(Error::NotInChain { stage, chain }) }
    }

    /// Every needed input must be there, or be made by a stage that is selected too.
    fn check_inputs(&self, selection: Selection) -> Result<(), Error> {
        let selected = |kind: StageKind| selection.has(kind) && self.stages.iter().any(|stage| stage.kind() == kind);
        for stage in self.stages.iter().filter(|stage| selection.has(stage.kind())) {
            for slot in stage.inputs().into_iter().filter(|slot| slot.need == Need::Always) {
                let path = self.run_dir.join(slot.path);
                let maker = StageKind::of_path(slot.path).expect("inputs lie in a stage's folder");
                if !selected(maker) && !path.is_file() {
                    return Err(Error::MissingInput { stage: stage.kind(), path, maker });
                }
            }
        }
        Ok(())
    }

    fn outcome(&self, stages: Vec<Ran>) -> Result<Outcome, Error> {
        let mut outcome = Outcome { stages, metrics: None, report: None };
        if outcome.stages.iter().any(|ran| ran.stage == StageKind::Evaluate) {
            let path = self.run_dir.join("evaluate/metrics.json");
            let failed = |source: StageError| Error::Stage { stage: StageKind::Evaluate, source };
            let text = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
            outcome.metrics = Some(serde_json::from_slice(&text).map_err(|error| failed(error.into()))?);
            outcome.report = Some(self.run_dir.join("evaluate/report.html"));
        }
        Ok(outcome)
    }
}
