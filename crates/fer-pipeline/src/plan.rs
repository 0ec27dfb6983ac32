//! What is fresh, and why the rest is not.

use std::path::PathBuf;

use fer_train::Memory;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::link::Link;
use crate::reason::{input_changes, parameter_changes};
use crate::run_folder::checkpoints::CHECKPOINTS;
use crate::run_folder::digests::Digests;
use crate::run_folder::lock::Lock;
use crate::run_folder::store::Store;
use crate::slot::Presence;
use crate::stage::{EarlierRuns, Resumable};
use crate::{Activity, Error, Pipeline, Reason, RunOptions, RunState, StageName};

/// A stage of the chain, and why it is not fresh. As JSON it also tells its `state`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The stage.
    pub stage: StageName,
    /// Empty if the stage is fresh.
    pub reasons: Vec<Reason>,
    /// What a training that will run takes of the memory, where that is told.
    pub memory: Option<Memory>,
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let running = self.reasons.iter().find_map(|reason| match reason {
            Reason::Running { process, activity } => Some((process, activity)),
            _ => None,
        });
        let fields = 3 + 2 * usize::from(running.is_some()) + usize::from(self.memory.is_some());
        let mut step = serializer.serialize_struct("Step", fields)?;
        step.serialize_field("stage", &self.stage)?;
        step.serialize_field("state", self.state())?;
        step.serialize_field("reasons", &self.reasons)?;
        if let Some((process, activity)) = running {
            step.serialize_field("process", process)?;
            step.serialize_field("activity", activity)?;
        }
        if let Some(memory) = &self.memory {
            step.serialize_field("memory", memory)?;
        }
        step.end()
    }
}

impl Step {
    /// `fresh`; `running`, if a process is at it; `interrupted`, if it will go on where it was; `failed`, if its last run
    /// did; `missing`, if it never ran or an output is not there; `stale`, if its outputs are of another time.
    pub fn state(&self) -> &'static str {
        let running = |reason: &Reason| matches!(reason, Reason::Running { .. });
        let interrupted = |reason: &Reason| matches!(reason, Reason::Interrupted { .. });
        let failed = |reason: &Reason| matches!(reason, Reason::Failed(_));
        let missing = |reason: &Reason| matches!(reason, Reason::NeverRan | Reason::OutputMissing(_));
        match self.reasons.as_slice() {
            [] => "fresh",
            reasons if reasons.iter().any(running) => "running",
            reasons if reasons.iter().any(failed) => "failed",
            reasons if reasons.iter().any(interrupted) => "interrupted",
            reasons if reasons.iter().any(missing) => "missing",
            _ => "stale",
        }
    }
}

impl Step {
    /// Takes in what the last run of the stage tells.
    fn learn(&mut self, reason: &Reason) {
        match reason {
            Reason::Running { .. } => self.reasons = vec![reason.clone()],
            // What it left, it will go on from.
            Reason::Lost(_) if self.state() == "interrupted" => {}
            _ if self.reasons.is_empty() => {}
            _ => self.reasons.push(reason.clone()),
        }
    }
}

impl Pipeline {
    /// What [`Self::run`] would do with these options, and why, and what memory a training will take; runs nothing.
    ///
    /// # Errors
    /// A selected stage that the chain does not have, an input that is missing and that no selected stage makes, or a lock
    /// or an input that cannot be read.
    pub fn plan(&self, options: &RunOptions) -> Result<Vec<Step>, Error> {
        self.check_selection(options.selection)?;
        self.check_inputs(options.selection)?;
        let mut steps = self.steps(options)?;
        for place in 0..steps.len() {
            let Step { stage, reasons, .. } = &steps[place];
            let link = self.stages.iter().find(|link| link.name() == *stage && !reasons.is_empty());
            steps[place].memory = link.and_then(|link| self.forecast(link, &steps));
        }
        Ok(steps)
    }

    fn steps(&self, options: &RunOptions) -> Result<Vec<Step>, Error> {
        let lock = Lock::read(&self.run_dir)?;
        let digests = Digests::new(&self.run_dir);
        let mut steps: Vec<Step> = vec![];
        for link in self.selected(options.selection) {
            let makers = link.inputs().into_iter().map(|input| input.maker);
            let will_run = |kind: &StageName| steps.iter().any(|step| step.stage == *kind && !step.reasons.is_empty());
            let last_to_run = makers.filter(will_run).max();
            let reasons = match last_to_run {
                None => self.reasons(link, &lock, &digests, options)?,
                Some(maker) => match self.changes(link, &lock, &digests)? {
                    changes if changes.is_empty() => vec![Reason::MayChange(maker)],
                    changes => changes,
                },
            };
            steps.push(Step { stage: link.name(), reasons, memory: None });
        }
        digests.save();
        Ok(steps)
    }

    /// The state of every stage of the chain: what [`Self::plan`] tells, and which stage is running, or failed.
    ///
    /// # Errors
    /// A lock or an input that cannot be read.
    pub fn status(&self) -> Result<Vec<Step>, Error> {
        let mut steps = self.steps(&RunOptions::default())?;
        let last = RunState::read(&self.run_dir);
        // How another chain ended in this folder says nothing of this one.
        let last = last.filter(|last| matches!(last, RunState::Running { .. }) || self.is_configured());
        let (stage, reason) = match last {
            Some(RunState::Running { process, activity: Some(activity) }) => {
                (activity.stage, Reason::Running { process, activity })
            }
            Some(RunState::Failed { activity: Some(activity), message }) => {
                let own = message.strip_prefix(&format!("{}: ", activity.stage)).map(str::to_owned);
                (activity.stage, Reason::Failed(own.unwrap_or(message)))
            }
            Some(RunState::Interrupted { activity: Some(activity) }) if activity.epoch.is_some() => {
                (activity.stage, Reason::Lost(Activity { seconds_left: None, ..activity }))
            }
            _ => return Ok(steps),
        };
        steps.iter_mut().filter(|step| step.stage == stage).for_each(|step| step.learn(&reason));
        Ok(steps)
    }

    /// Why a stage whose inputs are in place has to run, and what it can make use of; empty if it has not.
    pub(crate) fn reasons(
        &self,
        link: &Link,
        lock: &Lock,
        digests: &Digests,
        options: &RunOptions,
    ) -> Result<Vec<Reason>, Error> {
        let mut reasons = self.changes(link, lock, digests)?;
        if options.force {
            if reasons.is_empty() {
                reasons.push(Reason::Forced);
            }
        } else if !reasons.is_empty() {
            let reuse = self.reuse(link, lock, digests, &reasons)?;
            if matches!(reuse, Some(Reason::Interrupted { .. })) {
                reasons.retain(|reason| *reason != Reason::NeverRan);
            }
            reasons.extend(reuse);
        }
        Ok(reasons)
    }

    /// What a stage that has to run can make use of, or why it cannot.
    fn reuse(&self, link: &Link, lock: &Lock, digests: &Digests, reasons: &[Reason]) -> Result<Option<Reason>, Error> {
        let inputs = link.digests(digests)?;
        let origin = link.origin(self.seed, &inputs);
        if Store::new(&self.run_dir).find(link.name(), &origin.key()).is_some() {
            return Ok(Some(Reason::Stored));
        }
        if !reasons.iter().any(Reason::changes_outputs) {
            return Ok(None);
        }
        let Some(resumable) = link.stage.resumable() else { return Ok(None) };
        let checkpoint_dir = self.run_dir.join(link.name().as_str()).join(CHECKPOINTS);
        let finished = lock.stages.get(&link.name());
        Ok(resumable.resumption(&EarlierRuns { origin, checkpoint_dir, finished }))
    }

    /// How a stage differs from what the lock holds of it.
    fn changes(&self, link: &Link, lock: &Lock, digests: &Digests) -> Result<Vec<Reason>, Error> {
        let Some(entry) = lock.stages.get(&link.name()) else { return Ok(vec![Reason::NeverRan]) };
        let mut reasons = vec![];
        if entry.version != link.stage.version() {
            reasons.push(Reason::Version { from: entry.version, to: link.stage.version() });
        }
        if entry.seed != self.seed.value() {
            reasons.push(Reason::Seed { from: entry.seed, to: self.seed.value() });
        }
        reasons.extend(parameter_changes(&entry.params, &link.stage.params()));
        reasons.extend(input_changes(&entry.inputs, &link.digests(digests)?));
        for (path, digest) in &entry.outputs {
            let name = || path.split_once('/').map_or(&**path, |(_, name)| name).to_owned();
            match digests.of(path)? {
                None => reasons.push(Reason::OutputMissing(name())),
                Some(found) if found != *digest => reasons.push(Reason::OutputAltered(name())),
                Some(_) => {}
            }
        }
        // A lock that does not name them says nothing of them.
        let required = link.stage.entry().outputs.iter().filter(|output| output.presence == Presence::Required);
        let unnamed =
            required.filter(|output| !entry.outputs.contains_key(&format!("{}/{}", link.name(), output.file)));
        reasons.extend(unnamed.map(|output| Reason::OutputMissing(output.file.to_owned())));
        Ok(reasons)
    }

    /// The folders of checkpoints that the chain's stages would go on from, relative to the run folder.
    pub(crate) fn present_checkpoints(&self, digests: &Digests) -> Result<Vec<PathBuf>, Error> {
        let resumable = self.stages.iter().filter_map(|link| Some((link, link.stage.resumable()?)));
        let folder = |(link, resumable): (&Link, &dyn Resumable)| {
            let inputs = link.digests(digests)?;
            let key = resumable.checkpoint_key(&link.origin(self.seed, &inputs));
            Ok([link.name().as_str(), CHECKPOINTS, &key].iter().collect())
        };
        resumable.map(folder).collect()
    }
}
