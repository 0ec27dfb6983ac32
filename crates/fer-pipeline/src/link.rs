//! A stage in its chain: where it reads, and what its outputs depend on.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Digest, Kind, Seed};

use crate::digests::Digests;
use crate::key::Origin;
use crate::slot::{Input, Presence};
use crate::stage::{Place, Stage};
use crate::{Error, StageKind, stages};

/// A stage, and the kinds that stand before it in the chain.
pub(crate) struct Link {
    pub(crate) stage: Box<dyn Stage>,
    before: Vec<StageKind>,
}

/// An input with its path in the run folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) of: Kind,
    pub(crate) file: &'static str,
    pub(crate) path: String,
    pub(crate) maker: StageKind,
    pub(crate) presence: Presence,
}

impl Link {
    /// A stage after these, which stand in the order of the chain.
    pub(crate) fn new(stage: Box<dyn Stage>, before: Vec<StageKind>) -> Self {
        Self { stage, before }
    }

    /// A stage without a chain, after those whose folders are in `input`.
    pub(crate) fn alone(stage: Box<dyn Stage>, input: &Path) -> Self {
        let before = StageKind::ALL.into_iter().filter(|kind| *kind < stage.kind() && input.join(kind.name()).is_dir());
        let before = before.collect();
        Self { stage, before }
    }

    pub(crate) fn kind(&self) -> StageKind {
        self.stage.kind()
    }

    /// The files that it reads.
    pub(crate) fn inputs(&self) -> Vec<Resolved> {
        self.stage.inputs().iter().map(|input| self.resolve(input)).collect()
    }

    /// The nearest earlier stage that leaves the file makes it. Where the chain has none, the file is expected from the
    /// kind that a chain would need.
    fn resolve(&self, input: &Input) -> Resolved {
        let offers = |kind: &StageKind| stages::entry(*kind).offers(input);
        let needed = |kind: &StageKind| stages::entry(*kind).place == Place::Needed && *kind < self.kind();
        let expected = || StageKind::ALL.into_iter().rev().filter(needed).find(offers);
        let maker = self.before.iter().rev().copied().find(offers).or_else(expected);
        let maker = maker.expect("the table has a kind that leaves each input");
        let Input { of, file, presence } = *input;
        Resolved { of, file, path: format!("{maker}/{file}"), maker, presence }
    }

    /// Digests of all that the stage reads and that is there.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn digests(&self, digests: &Digests) -> Result<BTreeMap<String, Digest>, Error> {
        let failed = |source| Error::Stage { stage: self.kind(), source };
        let mut inputs = self.stage.foreign(&|path| digests.of_file(path)).map_err(failed)?;
        for input in self.inputs() {
            if let Some(digest) = digests.of(&input.path)? {
                inputs.insert(input.path, digest);
            }
        }
        Ok(inputs)
    }

    /// What the stage's outputs depend on.
    pub(crate) fn origin<'a>(&self, seed: Seed, inputs: &'a BTreeMap<String, Digest>) -> Origin<'a> {
        let (stage, version, params) = (self.kind(), self.stage.version(), self.stage.params());
        Origin { stage, version, seed: seed.stream(stage.name()), params, inputs }
    }

    /// The names of the files that it may write.
    pub(crate) fn possible(&self) -> Vec<&'static str> {
        self.stage.entry().outputs.iter().map(|output| output.file).collect()
    }
}
