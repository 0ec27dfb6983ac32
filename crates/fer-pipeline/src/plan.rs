//! What is fresh, and why the rest is not.

use fer_artifact::Seed;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::digests::Digests;
use crate::execute::{CHECKPOINTS, inputs, origin};
use crate::key::Origin;
use crate::lock::{Entry, Lock};
use crate::reason::{input_changes, parameter_changes};
use crate::store::Store;
use crate::{Error, Past, Pipeline, Reason, RunOptions, Stage, StageKind};

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
    /// `fresh`; `interrupted`, if it will go on where it was; `missing`, if it never ran or an output is not there;
    /// `stale`, if its outputs are of another time.
    pub fn state(&self) -> &'static str {
        let interrupted = |reason: &Reason| matches!(reason, Reason::Interrupted { .. });
        let missing = |reason: &Reason| matches!(reason, Reason::NeverRan | Reason::OutputMissing(_));
        match self.reasons.as_slice() {
            [] => "fresh",
            reasons if reasons.iter().any(interrupted) => "interrupted",
            reasons if reasons.iter().any(missing) => "missing",
            _ => "stale",
        }
    }
}

impl Pipeline {
    /// What [`Self::run`] would do with these options, and why; runs nothing.
    ///
    /// # Errors
    /// A selected stage that the chain does not have, or a lock or an input that cannot be read.
    pub fn plan(&self, options: &RunOptions) -> Result<Vec<Step>, Error> {
        self.check_selection(options.selection)?;
        let lock = Lock::read(&self.run_dir)?;
        let digests = Digests::new(&self.run_dir);
        let mut steps: Vec<Step> = vec![];
        for stage in self.stages.iter().filter(|stage| options.selection.has(stage.kind())) {
            let makers = stage.inputs().into_iter().filter_map(|slot| StageKind::of_path(slot.path));
            let will_run = |kind: &StageKind| steps.iter().any(|step| step.stage == *kind && !step.reasons.is_empty());
            let last_to_run = makers.filter(will_run).max();
            let reasons = match last_to_run {
                None => self.reasons(stage.as_ref(), &lock, &digests, options)?,
                Some(maker) => match self.changes(stage.as_ref(), &lock, &digests)? {
                    changes if changes.is_empty() => vec![Reason::MayChange(maker)],
                    changes => changes,
                },
            };
            steps.push(Step { stage: stage.kind(), reasons });
        }
        digests.save();
        Ok(steps)
    }

    /// The state of every stage of the chain.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub fn status(&self) -> Result<Vec<Step>, Error> {
        self.plan(&RunOptions::default())
    }

    /// Why a stage whose inputs are in place has to run, and what it can make use of; empty if it has not.
    pub(crate) fn reasons(
        &self,
        stage: &dyn Stage,
        lock: &Lock,
        digests: &Digests,
        options: &RunOptions,
    ) -> Result<Vec<Reason>, Error> {
        let mut reasons = self.changes(stage, lock, digests)?;
        if options.force {
            if reasons.is_empty() {
                reasons.push(Reason::Forced);
            }
        } else if !reasons.is_empty() {
            let help = self.help(stage, lock, digests, &reasons)?;
            if matches!(help, Some(Reason::Interrupted { .. })) {
                reasons.retain(|reason| *reason != Reason::NeverRan);
            }
            reasons.extend(help);
        }
        Ok(reasons)
    }

    /// What a stage that has to run can make use of, or why it cannot.
    fn help(
        &self,
        stage: &dyn Stage,
        lock: &Lock,
        digests: &Digests,
        reasons: &[Reason],
    ) -> Result<Option<Reason>, Error> {
        let inputs = inputs(stage, digests)?;
        let origin = origin(stage, self.seed, &inputs);
        if Store::new(&self.run_dir).find(stage.kind(), &origin.key()).is_some() {
            return Ok(Some(Reason::Stored));
        }
        if !reasons.iter().any(Reason::is_of_origin) {
            return Ok(None);
        }
        let checkpoint_dir = self.run_dir.join(stage.kind().name()).join(CHECKPOINTS);
        Ok(stage.resumption(&Past { origin, checkpoint_dir, finished: lock.stages.get(&stage.kind()) }))
    }

    /// How a stage differs from what the lock holds of it.
    fn changes(&self, stage: &dyn Stage, lock: &Lock, digests: &Digests) -> Result<Vec<Reason>, Error> {
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
            let name = || path.split_once('/').map_or(&**path, |(_, name)| name).to_owned();
            match digests.of(path)? {
                None => reasons.push(Reason::OutputMissing(name())),
                Some(found) if found != *digest => reasons.push(Reason::OutputAltered(name())),
                Some(_) => {}
            }
        }
        Ok(reasons)
    }

    /// The key of the checkpoints that the chain's training would go on from, if it has one.
    pub(crate) fn present_training(&self, digests: &Digests) -> Result<Option<String>, Error> {
        let Some(stage) = self.stages.iter().find(|stage| stage.kind() == StageKind::Train) else { return Ok(None) };
        let inputs = inputs(stage.as_ref(), digests)?;
        Ok(stage.checkpoint_key(&origin(stage.as_ref(), self.seed, &inputs)))
    }
}

/// What a finished stage's outputs depended on.
pub(crate) fn origin_of(stage: StageKind, entry: &Entry) -> Origin<'_> {
    let (version, params) = (entry.version, entry.params.clone());
    Origin { stage, version, seed: Seed::new(entry.seed).stream(stage.name()), params, inputs: &entry.inputs }
}
