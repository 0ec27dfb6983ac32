//! How one stage runs.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Digest, Provenance, Seed};

use crate::company::Company;
use crate::context::Context;
use crate::link::Link;
use crate::progress::{Clock, Reporter};
use crate::run_folder::folder::{Staging, Writer};
use crate::slot::Presence;
use crate::stage::Failure;
use crate::{Error, PROGRAM, RunOptions};

/// Where a stage reads, where its unfinished outputs stand, and where they go in the end.
pub(crate) struct Folders<'a> {
    pub(crate) input: &'a Path,
    /// The chain with every parameter, in a run of one.
    pub(crate) chain: Option<&'a str>,
    pub(crate) staging: &'a Path,
    pub(crate) target: &'a Path,
    /// What holds the run folder, where there is one.
    pub(crate) writer: Option<&'a Writer>,
    /// The processes that work in them.
    pub(crate) company: &'a Company,
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

/// What a stage sees of the world that writes into this folder.
pub(crate) fn context<'a>(
    link: &Link,
    seed: Seed,
    inputs: &BTreeMap<String, Digest>,
    folders: &Folders<'a>,
    output_dir: &'a Path,
    (options, clock, reporter): (&'a RunOptions, &'a dyn Clock, &'a mut dyn Reporter),
) -> Context<'a> {
    let origin = link.origin(seed, inputs);
    Context {
        name: link.name(),
        input_dir: folders.input,
        inputs: link.inputs(),
        chain: folders.chain,
        output_dir,
        target: folders.target,
        writer: folders.writer,
        company: folders.company,
        checkpoint_key: link.stage.resumable().map(|stage| stage.checkpoint_key(&origin)),
        origin: origin.key(),
        options,
        provenance: Provenance {
            producer: PROGRAM.to_owned(),
            seed: seed.stream(link.name().as_str()),
            parents: inputs.clone(),
            params: link.stage.params(),
        },
        pipeline_seed: seed,
        written: BTreeMap::new(),
        clock,
        reporter,
    }
}

/// Runs a stage into a temporary folder.
pub(crate) fn execute(
    link: &Link,
    seed: Seed,
    inputs: &BTreeMap<String, Digest>,
    folders: &Folders<'_>,
    options: &RunOptions,
    clock: &dyn Clock,
    reporter: &mut dyn Reporter,
) -> Result<Staged, Error> {
    let name = link.name();
    let staging = Staging::new(folders.staging, name)?;
    let mut context = context(link, seed, inputs, folders, staging.path(), (options, clock, reporter));
    link.stage.run(&mut context).map_err(|failure| match failure {
        Failure::Stopped => Error::Interrupted { stage: name },
        // Whatever failed may have failed for want of the folder.
        Failure::Error(source) => match folders.writer.map(Writer::check) {
            Some(Err(lost)) => lost,
            _ => Error::Stage { stage: name, source },
        },
    })?;
    let outputs = context.written;
    let required = link.stage.entry().outputs.iter().filter(|output| output.presence == Presence::Required);
    if let Some(missing) = required.into_iter().find(|output| !outputs.contains_key(output.file)) {
        return Err(Error::MissingOutput { stage: name, output: missing.file.to_owned() });
    }
    Ok(Staged { staging, outputs, possible: link.possible() })
}
