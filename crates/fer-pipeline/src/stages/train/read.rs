use std::path::PathBuf;

use fer_artifact::names::split_file;
use fer_artifact::{Error, FeatureSet, Predictions, Split};
use fer_train::TrainData;

use crate::context::Context;
use crate::slot::Input;

/// Where a file that a parameter names comes from.
pub(super) enum Named {
    /// From a file outside of the run folder, relative to the current folder.
    File(PathBuf),
    /// From another stage.
    Stage(Input),
}

impl Named {
    pub(super) fn path(&self, context: &Context<'_>) -> PathBuf {
        match self {
            Named::File(path) => path.clone(),
            Named::Stage(input) => context.path_of(input),
        }
    }
}

/// What a training reads, but for weights to start from.
pub(super) struct Read {
    pub(super) train: FeatureSet,
    validation: Option<FeatureSet>,
    teachers: Vec<Predictions>,
}

impl Read {
    pub(super) fn of(context: &Context<'_>, teachers: &[Named]) -> Result<Self, Error> {
        let train = context.open(split_file(Split::Train))?;
        let validation = context.open_optional(split_file(Split::Validation))?;
        let teachers = teachers.iter().map(|named| context.read_at(&named.path(context))).collect::<Result<_, _>>()?;
        Ok(Self { train, validation, teachers })
    }

    pub(super) fn data(&self) -> TrainData<'_> {
        TrainData { train: &self.train, validation: self.validation.as_ref(), teachers: &self.teachers }
    }
}
