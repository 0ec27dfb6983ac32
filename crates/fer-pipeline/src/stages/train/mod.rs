mod follower;
mod read;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::names::{BEST_MODEL, HISTORY, LAST_MODEL, MODEL, predictions_file, split_file};
use fer_artifact::{
    Array, Checkpoint, Digest, EpochRecord, Kind, Model, Split, Violation, check_train, read, read_tensors, tidy,
    with_causes,
};
use fer_data::FileDigest;
use fer_eval::Predictor;
use fer_export::{TRAINING_FILES, training_files};
use fer_train::{Error, FileOf, Memory, Peers, Select, TrainData, TrainParams, Trained, doubts, train_together};
use serde_json::Value;

use crate::company::{Call, Training};
use crate::context::Context;
use crate::error::Problem;
use crate::error::StageError;
use crate::run_folder::checkpoints::{Checkpoints, Note};
use crate::run_folder::key::Origin;
use crate::slot::{Input, Output};
use crate::stage::{EarlierRuns, Failure, ImagesSeen, Place, Resumable, Shared, Stage, StageEntry, resolved};
use crate::yaml::document::Params;
use crate::{Reason, StageKind};
use follower::Follower;
use read::{Named, Read};
use watch::Watch;

pub(crate) static ENTRY: StageEntry = StageEntry {
    kind: StageKind::Train,
    place: Place::Needed,
    reads: &[
        Input::required(Kind::Features, split_file(Split::Train)),
        Input::optional(Kind::Features, split_file(Split::Validation)),
    ],
    leaves: Some(Kind::Model),
    outputs: &[
        Output::required(MODEL),
        Output::optional(HISTORY),
        Output::optional(BEST_MODEL),
        Output::optional(LAST_MODEL),
        // No stage reads these; a train stage of the user's own may do without.
        Output::optional(TRAINING_FILES[0]),
        Output::optional(TRAINING_FILES[1]),
        Output::optional(TRAINING_FILES[2]),
        Output::optional(TRAINING_FILES[3]),
    ],
    schema: |generator| generator.subschema_for::<TrainParams>(),
    parse: |params| Ok(Box::new(Train::new(params)?)),
    check,
};

/// A network that is known here must take the tensors; one that is not is left to an evaluate that knows it.
fn check(features: &Path, output: &Path) -> Result<(), Violation> {
    check_train(features, output)?;
    let path = output.join(MODEL);
    let model: Model = read(&path)?;
    match Predictor::new(&model) {
        Ok(_) => Ok(()),
        Err(fer_eval::Error::Network { .. }) if !Predictor::must_know(&model.network) => Ok(()),
        Err(error) => {
            let expected = format!("a network and its tensors (docs/artifacts.md): {}", with_causes(&error));
            Err(Violation::File { path, expected })
        }
    }
}

/// Features of train and validation → a model, its history, and the model with the weights that `select` leaves out; for
/// other tools, what [`exports`] has.
struct Train {
    params: TrainParams,
    /// Where the weights of `init` come from.
    init: Vec<Named>,
    /// Where the predictions of `distillation` come from.
    teachers: Vec<Named>,
}

impl Train {
    fn new(params: &Params<'_>) -> Result<Self, Problem> {
        let own: TrainParams = params.parse()?;
        let named = |file: &FileOf, of: Kind, name: &'static str| match file {
            FileOf::Path(path) => Ok(Named::File(tidy(&params.base.join(path)))),
            FileOf::Stage(stage) => {
                let stage = stage.parse().map_err(|message| params.problem(format!("`from`: {message}")))?;
                Ok(Named::Stage(Input::of_stage(stage, of, name)))
            }
        };
        let models = own.init.iter().flat_map(|init| init.files());
        let init = models.map(|file| named(file, Kind::Model, MODEL)).collect::<Result<_, _>>()?;
        let teachers = own.distillation.iter().flat_map(|distillation| &distillation.predictions);
        let predictions = predictions_file(Split::Train);
        let teachers = teachers.map(|file| named(file, Kind::Predictions, predictions)).collect::<Result<_, _>>()?;
        Ok(Self { params: own, init, teachers })
    }

    /// File of the weights that `select` leaves out, where they are others.
    fn unselected(&self) -> &'static str {
        match self.params.select {
            Select::Last => BEST_MODEL,
            Select::Best => LAST_MODEL,
        }
    }

    /// The latest checkpoint that is whole. The ones that are not go.
    fn latest(&self, checkpoints: &Checkpoints, context: &mut Context<'_>) -> Option<(Note, Checkpoint)> {
        for note in checkpoints.notes().into_iter().filter(|note| self.may_go_on_from(note)) {
            match checkpoints.read(&note) {
                Ok(checkpoint) => return Some((note, checkpoint)),
                Err(reason) => {
                    context.note(&format!("a checkpoint is damaged, the one before it counts: {reason}"));
                    checkpoints.remove(&note);
                }
            }
        }
        None
    }

    /// Trains from the latest checkpoint, or from the start.
    fn train(&self, context: &mut Context<'_>, data: &TrainData<'_>) -> Result<(Trained, Vec<EpochRecord>), Failure> {
        let checkpoints =
            Checkpoints::new(&context.checkpoint_dir(), context.checkpoint_key.as_deref().unwrap_or("all"));
        checkpoints.tidy();
        if context.options.force {
            checkpoints.clear();
        }
        let epochs = self.params.epochs.get();
        if let Some(warmup) = self.params.schedule.shortened_warmup(epochs) {
            context.note(&format!("shortens the warm-up to {warmup} epochs: the training has {epochs}"));
        }
        self.params.doubt().iter().for_each(|doubt| context.note(&format!("warning: {doubt}")));
        if let Some((note, checkpoint)) = self.latest(&checkpoints, context) {
            context.note(&format!("goes on from epoch {} of {}", note.epoch_under_way(), self.params.epochs));
            match self.train_from(context, data, &checkpoints, Some((note.clone(), checkpoint))) {
                Err(error @ (Error::Resume { .. } | Error::State(_))) => {
                    context.note(&format!("starts anew: {}", with_causes(&error)));
                    checkpoints.remove(&note);
                }
                other => return other.map_err(failure),
            }
        }
        self.train_from(context, data, &checkpoints, None).map_err(failure)
    }

    /// Trains from this checkpoint, or from the start, with the processes that there are.
    fn train_from(
        &self,
        context: &mut Context<'_>,
        data: &TrainData<'_>,
        checkpoints: &Checkpoints,
        from: Option<(Note, Checkpoint)>,
    ) -> Result<(Trained, Vec<EpochRecord>), Error> {
        let weights = self.weights(context)?;
        let (note, checkpoint) = from.unzip();
        let (stage, origin, company, seed) = (context.name, context.origin.clone(), context.company, context.seed());
        company.call(&Call::Train(Training { stage, origin, checkpoint: note.clone() }))?;
        let mut watch = Watch::new(context, &self.params, checkpoints, note);
        let train =
            |peers: &dyn Peers| train_together(&self.params, data, weights, checkpoint, seed, &mut watch, peers);
        Ok((company.together(train)?, watch.history))
    }

    /// The weights to start from, if there are any.
    fn weights(&self, context: &Context<'_>) -> Result<Option<BTreeMap<String, Array>>, Error> {
        let Some(init) = &self.params.init else { return Ok(None) };
        let models = self.init.iter().map(|named| read_tensors(&named.path(context)));
        init.mean(&models.collect::<Result<Vec<_>, _>>()?).map(Some)
    }
}

impl Stage for Train {
    fn entry(&self) -> &'static StageEntry {
        &ENTRY
    }

    fn version(&self) -> u32 {
        5
    }

    fn params(&self) -> Value {
        resolved(&self.params)
    }

    fn foreign(&self, of_file: &FileDigest<'_>) -> Result<BTreeMap<String, Digest>, StageError> {
        let numbered = |name: &str, place: usize| format!("{name}[{place}]");
        let init = self.init.iter().enumerate().map(|(place, named)| match self.init.len() {
            1 => ("init".to_owned(), named),
            _ => (numbered("init", place), named),
        });
        let teachers = self.teachers.iter().enumerate();
        let named = init.chain(teachers.map(|(place, named)| (numbered("distillation.predictions", place), named)));
        let files = named.filter_map(|(name, named)| match named {
            Named::File(path) => Some((name, path)),
            Named::Stage(_) => None,
        });
        files.map(|(name, path)| Ok((name, of_file(path)?))).collect()
    }

    fn inputs(&self) -> Vec<Input> {
        let named = self.init.iter().chain(&self.teachers).filter_map(|named| match named {
            Named::File(_) => None,
            Named::Stage(input) => Some(*input),
        });
        ENTRY.reads.iter().copied().chain(named).collect()
    }

    fn check_splits(&self, splits: &[Split]) -> Result<(), StageError> {
        if !splits.contains(&Split::Validation) {
            self.params.check_without_validation()?;
        }
        Ok(())
    }

    fn memory(&self, images: ImagesSeen) -> Option<Memory> {
        // A network that cannot be has its error when it is made.
        self.params.memory(images.size, images.classes).ok()
    }

    fn resumable(&self) -> Option<&dyn Resumable> {
        Some(self)
    }

    fn shared(&self) -> Option<&dyn Shared> {
        Some(self)
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let read = Read::of(context, &self.teachers)?;
        let (trained, history) = self.train(context, &read.data())?;
        let doubts = doubts(&history, read.train.classes.len());
        doubts.iter().for_each(|doubt| context.note(&format!("warning: {doubt}")));
        context.write(MODEL, &trained.model)?;
        if let Some(model) = &trained.unselected {
            context.write(self.unselected(), model)?;
        }
        let lines: Result<Vec<String>, serde_json::Error> = history.iter().map(serde_json::to_string).collect();
        context.write_text(HISTORY, &(lines?.join("\n") + "\n"))?;
        for (name, bytes) in training_files(&trained.model) {
            context.write_bytes(name, &bytes)?;
        }
        Ok(())
    }
}

impl Shared for Train {
    fn shards(&self) -> usize {
        self.params.shards.get()
    }

    fn join(&self, context: &mut Context<'_>, checkpoint: Option<&Note>) -> Result<(), StageError> {
        let read = Read::of(context, &self.teachers)?;
        let checkpoints =
            Checkpoints::new(&context.checkpoint_dir(), context.checkpoint_key.as_deref().unwrap_or("all"));
        let checkpoint = checkpoint.map(|note| checkpoints.read(note)).transpose()?;
        let weights = self.weights(context)?;
        let (data, seed, company) = (read.data(), context.seed(), context.company);
        let mut follower = Follower::new(context);
        let train =
            |peers: &dyn Peers| train_together(&self.params, &data, weights, checkpoint, seed, &mut follower, peers);
        match company.together(train) {
            Err(error) if !error.is_everybodys() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Resumable for Train {
    /// Trainings that differ in their length alone share checkpoints, if that changes no step.
    fn checkpoint_key(&self, origin: &Origin<'_>) -> String {
        let mut origin = origin.clone();
        if let (false, Some(params)) = (self.params.bound_to_epochs().is_some(), origin.params.as_object_mut()) {
            params.remove("epochs");
        }
        origin.key()
    }

    fn may_go_on_from(&self, note: &Note) -> bool {
        self.params.may_go_on_from(note.reached())
    }

    fn free_epochs(&self, epochs: usize) -> Result<usize, &'static str> {
        self.params.bound_to_epochs().map_or(Ok(self.params.free_epochs(epochs)), Err)
    }

    fn resumption(&self, earlier: &EarlierRuns<'_>) -> Option<Reason> {
        let checkpoints = Checkpoints::new(&earlier.checkpoint_dir, &self.checkpoint_key(&earlier.origin));
        let epochs = self.params.epochs.get();
        match checkpoints.notes().into_iter().find(|note| self.may_go_on_from(note)) {
            Some(note) if note.epochs == epochs && !note.is_end() => {
                Some(Reason::Interrupted { epoch: note.epoch_under_way(), epochs })
            }
            Some(note) => Some(Reason::Continues { epoch: note.epoch_under_way() }),
            None => self.why_anew(earlier),
        }
    }
}

impl Train {
    /// Why a training that is like the finished one but longer does not go on from its end.
    fn why_anew(&self, earlier: &EarlierRuns<'_>) -> Option<Reason> {
        let finished = earlier.finished?;
        let mut longer = finished.params.clone();
        let before = longer.as_object_mut()?.insert("epochs".to_owned(), self.params.epochs.get().into())?;
        let is_longer = before.as_u64()? < self.params.epochs.get() as u64;
        if !is_longer || longer != earlier.origin.params || finished.inputs != *earlier.origin.inputs {
            return None;
        }
        let why = self.params.bound_to_epochs().unwrap_or("no checkpoint to go on from is left");
        Some(Reason::StartsAnew(why))
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Stopped { .. } => Failure::Stopped,
        error => error.into(),
    }
}
