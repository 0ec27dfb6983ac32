//! How one stage runs, in a chain or alone.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Digest, Provenance, Seed};

use crate::chain::parse_stage;
use crate::digests::Digests;
use crate::file::Document;
use crate::folder::Staging;
use crate::{Clock, Context, Error, Event, Need, PROGRAM, Reporter, Stage, StageError, StageKind};

/// Digests of all that the stage reads and that is there.
pub(crate) fn inputs(stage: &dyn Stage, digests: &mut Digests) -> Result<BTreeMap<String, Digest>, Error> {
    let failed = |source| Error::Stage { stage: stage.kind(), source };
    let mut inputs = stage.foreign().map_err(failed)?;
    for slot in stage.inputs() {
        if let Some(digest) = digests.of(slot.path)? {
            inputs.insert(slot.path.to_owned(), digest);
        }
    }
    Ok(inputs)
}

/// Where a stage reads, where its unfinished outputs stand, and where they go in the end.
pub(crate) struct Folders<'a> {
    pub(crate) input: &'a Path,
    pub(crate) staging: &'a Path,
    pub(crate) target: &'a Path,
}

/// Runs a stage into a temporary folder and moves what came out into place; gives its digests by name.
pub(crate) fn execute(
    stage: &dyn Stage,
    seed: Seed,
    inputs: &BTreeMap<String, Digest>,
    folders: &Folders<'_>,
    clock: &dyn Clock,
    reporter: &mut dyn Reporter,
) -> Result<BTreeMap<String, Digest>, Error> {
    let kind = stage.kind();
    let staging = Staging::new(folders.staging, kind)?;
    let mut context = Context {
        kind,
        input_dir: folders.input,
        output_dir: staging.path(),
        checkpoint_dir: folders.target.join("checkpoints"),
        provenance: Provenance {
            producer: PROGRAM.to_owned(),
            seed: seed.stream(kind.name()),
            parents: inputs.clone(),
            params: stage.params(),
        },
        written: BTreeMap::new(),
        clock,
        reporter,
    };
    stage.run(&mut context).map_err(|source| failure(kind, source))?;
    let written = context.written;
    let outputs = stage.outputs();
    for slot in outputs.iter().filter(|slot| slot.need == Need::Always) {
        if !written.contains_key(slot.path) {
            return Err(Error::MissingOutput { stage: kind, output: slot.path.to_owned() });
        }
    }
    let possible: Vec<&str> = outputs.iter().map(|slot| slot.path).collect();
    staging.commit(folders.target, &written, &possible)?;
    Ok(written)
}

fn failure(stage: StageKind, source: StageError) -> Error {
    match source.downcast_ref::<fer_train::Error>() {
        Some(fer_train::Error::Stopped { .. }) => Error::Interrupted { stage },
        _ => Error::Stage { stage, source },
    }
}

/// Runs one stage without a pipeline file: reads from `input`, laid out as a run folder, and writes the stage's
/// outputs into `output`. `params` is a YAML file with what stands under `params` in a pipeline file; without it the
/// defaults hold. `seed` is the pipeline's, so that the bytes are those of a chain with that seed.
///
/// # Errors
/// As [`crate::Pipeline::load`] of the parameters, and as [`crate::Pipeline::run`].
pub fn run_stage(
    kind: StageKind,
    params: Option<&Path>,
    input: &Path,
    output: &Path,
    seed: Seed,
    clock: &dyn Clock,
    reporter: &mut dyn Reporter,
) -> Result<(), Error> {
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
    let inputs = inputs(stage.as_ref(), &mut Digests::new(input))?;
    let start = clock.elapsed();
    reporter.event(&Event::Started { stage: kind, reasons: &[] });
    let folders = Folders { input, staging: output, target: output };
    execute(stage.as_ref(), seed, &inputs, &folders, clock, reporter)?;
    reporter.event(&Event::Finished { stage: kind, seconds: (clock.elapsed() - start).as_secs_f64() });
    Ok(())
}
