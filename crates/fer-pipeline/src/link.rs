//! A stage in its chain: where it reads, and what its outputs depend on.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Digest, Kind, Seed};

use crate::run_folder::digests::Digests;
use crate::run_folder::key::Origin;
use crate::slot::{Input, Resolved};
use crate::stage::{Place, Stage};
use crate::{Error, StageKind, StageName, stages};

/// A stage with its name, and the stages that stand before it in the chain.
pub(crate) struct Link {
    pub(crate) stage: Box<dyn Stage>,
    name: StageName,
    before: Vec<(StageName, StageKind)>,
}

impl Link {
    /// A stage after these, which stand in the order of the chain.
    pub(crate) fn new(stage: Box<dyn Stage>, name: StageName, before: Vec<(StageName, StageKind)>) -> Self {
        Self { stage, name, before }
    }

    /// A stage without a chain, after those whose folders are in `input`.
    pub(crate) fn alone(stage: Box<dyn Stage>, input: &Path) -> Self {
        let is_there = |kind: &StageKind| *kind < stage.kind() && input.join(kind.name()).is_dir();
        let before = StageKind::ALL.into_iter().filter(is_there).map(|kind| (kind.into(), kind)).collect();
        Self { name: stage.kind().into(), stage, before }
    }

    pub(crate) fn kind(&self) -> StageKind {
        self.stage.kind()
    }

    /// The stage that makes its input of this name.
    pub(crate) fn maker_of(&self, file: &str) -> Option<StageName> {
        self.inputs().into_iter().find(|input| Path::new(&input.path).ends_with(file)).map(|input| input.maker)
    }

    /// Whether it leaves scores.
    pub(crate) fn is_evaluation(&self) -> bool {
        self.stage.entry().leaves == Some(Kind::Predictions)
    }

    pub(crate) fn name(&self) -> StageName {
        self.name
    }

    /// The files that it reads.
    pub(crate) fn inputs(&self) -> Vec<Resolved> {
        self.stage.inputs().iter().map(|input| self.resolve(input)).collect()
    }

    /// The nearest earlier stage that leaves the file makes it. Where the chain has none, the file is expected from the
    /// kind that a chain would need.
    fn resolve(&self, input: &Input) -> Resolved {
        let offers = |kind: &StageKind| stages::entry(*kind).offers(input);
        let nearest = || self.before.iter().rev().find(|(_, kind)| offers(kind)).map(|(name, _)| *name);
        let needed = |kind: &StageKind| stages::entry(*kind).place == Place::Needed && *kind < self.kind();
        let expected = || StageKind::ALL.into_iter().rev().filter(needed).find(offers).map(StageName::from);
        let maker = input.from.or_else(nearest).or_else(expected).expect("the table has a kind that leaves each input");
        Resolved { input: *input, path: format!("{maker}/{}", input.file), maker, presence: input.presence }
    }

    /// Why a stage that a parameter names cannot give what it is named for, if there is such a one.
    pub(crate) fn misnamed(&self) -> Option<String> {
        let inputs = self.stage.inputs();
        inputs.iter().find_map(|input| {
            let name = input.from?;
            match self.before.iter().find(|(earlier, _)| *earlier == name) {
                None => {
                    Some(format!("`from: {name}`: expected the name of a stage before `{}`, found none", self.name))
                }
                Some((_, kind)) if !stages::entry(*kind).offers(input) => Some(format!(
                    "`from: {name}`: expected a stage that leaves {}, found one of kind `{kind}`",
                    input.file
                )),
                Some(_) => None,
            }
        })
    }

    /// Digests of all that the stage reads and that is there.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn digests(&self, digests: &Digests) -> Result<BTreeMap<String, Digest>, Error> {
        let failed = |source| Error::Stage { stage: self.name, source };
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
        let (stage, version, params) = (self.name, self.stage.version(), self.stage.params());
        Origin { stage, version, seed: seed.stream(stage.as_str()), params, inputs }
    }

    /// The names of the files that it may write.
    pub(crate) fn possible(&self) -> Vec<&'static str> {
        self.stage.entry().outputs.iter().map(|output| output.file).collect()
    }
}
