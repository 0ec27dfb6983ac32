//! One stage alone, without a pipeline file.

use std::path::Path;

use fer_artifact::Seed;

use crate::company::Company;
use crate::execute::{Folders, execute};
use crate::link::Link;
use crate::progress::{Clock, Event, Reporter};
use crate::run_folder::digests::Digests;
use crate::slot::Presence;
use crate::stages::entry;
use crate::yaml::document::Document;
use crate::{Error, RunOptions, StageKind};

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
    let stage = (entry(kind).parse)(&document.params(kind.into(), &[], base));
    let stage = stage.map_err(|problem| Error::Invalid { problems: vec![problem] })?;
    let link = Link::alone(stage, input);
    for needed in link.inputs().into_iter().filter(|needed| needed.presence == Presence::Required) {
        let path = input.join(needed.path);
        if !path.is_file() {
            return Err(Error::MissingInput { stage: kind.into(), path, maker: needed.maker });
        }
    }
    let inputs = link.digests(&Digests::new(input))?;
    let start = clock.elapsed();
    reporter.event(&Event::Started { stage: kind.into(), reasons: &[] });
    let company = &Company::alone();
    let folders = Folders { input, chain: None, staging: output, target: output, writer: None, company };
    let staged = execute(&link, seed, &inputs, &folders, options, clock, reporter)?;
    staged.commit(output)?;
    reporter.event(&Event::Finished { stage: kind.into(), seconds: (clock.elapsed() - start).as_secs_f64() });
    Ok(())
}
