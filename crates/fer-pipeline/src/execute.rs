//! How one stage runs, in a chain or alone.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Digest, Provenance, Seed};

use crate::chain::parse_stage;
use crate::digests::Digests;
use crate::file::Document;
use crate::folder::Staging;
use crate::key::Origin;
use crate::{
    Clock, Context, Error, Event, Need, PROGRAM, ProgramError, Reporter, RunOptions, Stage, StageError, StageKind,
};

/// Digests of all that the stage reads and that is there.
pub(crate) fn inputs(stage: &dyn Stage, digests: &Digests) -> Result<BTreeMap<String, Digest>, Error> {
    let failed = |source| Error::Stage { stage: stage.kind(), source };
    let mut inputs = stage.foreign(&|path| digests.of_file(path)).map_err(failed)?;
    for slot in stage.inputs() {
        if let Some(digest) = digests.of(slot.path)? {
            inputs.insert(slot.path.to_owned(), digest);
        }
    }
    Ok(inputs)
}

/// What the stage's outputs depend on.
pub(crate) fn origin<'a>(stage: &dyn Stage, seed: Seed, inputs: &'a BTreeMap<String, Digest>) -> Origin<'a> {
    let (kind, version, params) = (stage.kind(), stage.version(), stage.params());
    Origin { stage: kind, version, seed: seed.stream(kind.name()), params, inputs }
}

/// Where a stage reads, where its unfinished outputs stand, and where they go in the end.
pub(crate) struct Folders<'a> {
    pub(crate) input: &'a Path,
    pub(crate) staging: &'a Path,
    pub(crate) target: &'a Path,
}

/// A stage's outputs, complete, in their temporary folder.
pub(crate) struct Staged {
    staging: Staging,
    /// Digests by name.
    pub(crate) outputs: BTreeMap<String, Digest>,
    possible: Vec<&'static str>,
}

impl Staged {
    /// Moves the outputs into place.
    pub(crate) fn commit(self, target: &Path) -> Result<BTreeMap<String, Digest>, Error> {
        self.staging.commit(target, &self.outputs, &self.possible)?;
        Ok(self.outputs)
    }
}

/// Runs a stage into a temporary folder.
pub(crate) fn execute(
    stage: &dyn Stage,
    seed: Seed,
    inputs: &BTreeMap<String, Digest>,
    folders: &Folders<'_>,
    options: &RunOptions,
    clock: &dyn Clock,
    reporter: &mut dyn Reporter,
) -> Result<Staged, Error> {
    let kind = stage.kind();
    let staging = Staging::new(folders.staging, kind)?;
    let mut context = Context {
        kind,
        input_dir: folders.input,
        output_dir: staging.path(),
        checkpoint_dir: folders.target.join(CHECKPOINTS),
        checkpoint_key: stage.checkpoint_key(&origin(stage, seed, inputs)),
        options,
        provenance: Provenance {
            producer: PROGRAM.to_owned(),
            seed: seed.stream(kind.name()),
            parents: inputs.clone(),
            params: stage.params(),
        },
        pipeline_seed: seed,
        written: BTreeMap::new(),
        clock,
        reporter,
    };
    stage.run(&mut context).map_err(|source| failure(kind, source))?;
    let outputs = context.written;
    let slots = stage.outputs();
    for slot in slots.iter().filter(|slot| slot.need == Need::Always) {
        if !outputs.contains_key(slot.path) {
            return Err(Error::MissingOutput { stage: kind, output: slot.path.to_owned() });
        }
    }
    Ok(Staged { staging, outputs, possible: slots.iter().map(|slot| slot.path).collect() })
}

fn failure(stage: StageKind, source: StageError) -> Error {
    let training = matches!(source.downcast_ref(), Some(fer_train::Error::Stopped { .. }));
    let program = matches!(source.downcast_ref(), Some(ProgramError::Stopped { .. }));
    if training || program { Error::Interrupted { stage } } else { Error::Stage { stage, source } }
}

/// A stage's folder for checkpoints, in its own.
pub(crate) const CHECKPOINTS: &str = "checkpoints";

/// A stage to be run without a pipeline file.
#[derive(Debug, Clone, Copy)]
pub struct StageAlone<'a> {
    /// Which one.
    pub kind: StageKind,
    /// A YAML file with what stands under `params` in a pipeline file; without it the defaults hold.
    pub params: Option<&'a Path>,
    /// A folder laid out as a run folder.
    pub input: &'a Path,
    /// Where the outputs go.
    pub output: &'a Path,
    /// The pipeline's seed, so that the bytes are those of a chain with that seed.
    pub seed: Seed,
}

/// Runs one stage without a pipeline file. Of the options, those that concern checkpoints count: a training that was
/// interrupted goes on, unless it is forced to start anew.
///
/// # Errors
/// As [`crate::Pipeline::load`] of the parameters, and as [`crate::Pipeline::run`].
pub fn run_stage(
    alone: &StageAlone<'_>,
    options: &RunOptions,
    clock: &dyn Clock,
    reporter: &mut dyn Reporter,
) -> Result<(), Error> {
    let StageAlone { kind, params, input, output, seed } = *alone;
    let document = params.map_or_else(|| Ok(Document::empty()), |path| Document::read(path, &[]))?;
    let base = params.and_then(Path::parent).unwrap_or(Path::new(""));
    let stage =
        parse_stage(kind, &document, &[], base).map_err(|problem| Error::Invalid { problems: vec![problem] })?;
    for slot in stage.inputs().into_iter().filter(|slot| slot.need == Need::Always) {
        let path = input.join(slot.path);
        if !path.is_file() {
            let maker = StageKind::of_path(slot.path).expect("inputs lie in a stage's folder");
            return Err(Error::MissingInput { stage: kind, path, maker });
        }
    }
    let inputs = inputs(stage.as_ref(), &Digests::new(input))?;
    let start = clock.elapsed();
    reporter.event(&Event::Started { stage: kind, reasons: &[] });
    let folders = Folders { input, staging: output, target: output };
    let staged = execute(stage.as_ref(), seed, &inputs, &folders, options, clock, reporter)?;
    staged.commit(output)?;
    reporter.event(&Event::Finished { stage: kind, seconds: (clock.elapsed() - start).as_secs_f64() });
    Ok(())
}
