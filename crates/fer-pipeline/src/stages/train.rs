use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use fer_artifact::{Checkpoint, Digest, FeatureSet, read_tensors, write};
use fer_train::{EpochRecord, Flow, Observer, Progress, Select, TrainData, TrainParams, train};
use serde_json::Value;

use super::resolved;
use crate::exports;
use crate::{BatchProgress, Context, Event, Slot, Stage, StageError, StageKind};

const VALIDATION: &str = "preprocess/validation.safetensors";
/// Checkpoints that are kept.
const KEPT: usize = 2;

/// `preprocess/{train,validation}.safetensors` → `train/model.safetensors`, `train/history.jsonl`, and the model with
/// the weights that `select` leaves out; for other tools, what [`exports`] has.
pub(crate) struct Train {
    params: TrainParams,
    /// The file of `init`, if there is one, relative to the current folder.
    init: Option<PathBuf>,
}

impl Train {
    pub(crate) fn new(params: TrainParams, base: &Path) -> Self {
        let init = params.init.as_ref().map(|path| base.join(path));
        Self { params, init }
    }

    /// File of the weights that `select` leaves out, where they are others.
    fn unselected(&self) -> &'static str {
        match self.params.select {
            Select::Last => "best.safetensors",
            Select::Best => "last.safetensors",
        }
    }
}

impl Stage for Train {
    fn kind(&self) -> StageKind {
        StageKind::Train
    }

    fn version(&self) -> u32 {
        1
    }

    fn params(&self) -> Value {
        resolved(&self.params)
    }

    fn inputs(&self) -> Vec<Slot> {
        vec![Slot::always("preprocess/train.safetensors"), Slot::if_there(VALIDATION)]
    }

    fn outputs(&self) -> Vec<Slot> {
        let mut slots = vec![
            Slot::always("model.safetensors"),
            Slot::always("history.jsonl"),
            Slot::if_there("best.safetensors"),
            Slot::if_there("last.safetensors"),
        ];
        slots.extend(exports::SLOTS);
        slots
    }

    fn foreign(&self) -> Result<BTreeMap<String, Digest>, StageError> {
        let digest = |path: &PathBuf| Ok::<_, StageError>(("init".to_owned(), Digest::of_file(path)?));
        self.init.iter().map(digest).collect()
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), StageError> {
        let train_set: FeatureSet = context.read("preprocess/train.safetensors")?;
        let validation: Option<FeatureSet> = context.has(VALIDATION).then(|| context.read(VALIDATION)).transpose()?;
        let init = self.init.as_deref().map(read_tensors).transpose()?;
        let data = TrainData { train: &train_set, validation: validation.as_ref() };
        let seed = context.seed();
        let mut watch = Watch::new(context, self.params.epochs.get());
        let trained = train(&self.params, &data, init, None, seed, &mut watch)?;
        let history = watch.history;
        context.write("model.safetensors", &trained.model)?;
        if let Some(model) = &trained.unselected {
            context.write(self.unselected(), model)?;
        }
        context.write_text("history.jsonl", &history)?;
        exports::write(context, &trained.model)
    }
}

/// Passes a training's progress on and writes its checkpoints.
struct Watch<'a, 'b> {
    context: &'a mut Context<'b>,
    epochs: usize,
    /// When the epoch under way began, in seconds: after the evaluation and the checkpoint of the one before.
    started: f64,
    history: String,
    kept: VecDeque<PathBuf>,
}

impl Observer for Watch<'_, '_> {
    fn seconds(&mut self) -> f64 {
        self.context.elapsed().as_secs_f64()
    }

    fn batch(&mut self, progress: &Progress) -> Flow {
        let now = self.seconds();
        let event = Event::Batch(BatchProgress {
            epoch: progress.epoch,
            epochs: progress.epochs,
            batch: progress.batch,
            batches: progress.batches,
            loss: progress.loss,
            images_per_second: progress.images as f64 / (now - self.started).max(1e-9),
        });
        self.context.reporter.event(&event);
        if self.context.reporter.stop_requested() { Flow::Stop } else { Flow::Continue }
    }

    fn epoch(
        &mut self,
        record: &EpochRecord,
        checkpoint: &dyn Fn() -> Result<Checkpoint, fer_train::Error>,
    ) -> Result<Flow, StageError> {
        self.history.push_str(&serde_json::to_string(record)?);
        self.history.push('\n');
        let path = self.context.checkpoint_dir.join(format!("epoch-{:04}.safetensors", record.epoch));
        write(&path, &checkpoint()?, &self.context.provenance)?;
        self.kept.push_back(path);
        self.drop_others()?;
        self.context.reporter.event(&Event::Epoch { record, epochs: self.epochs });
        self.started = self.seconds();
        Ok(Flow::Continue)
    }
}

impl<'a, 'b> Watch<'a, 'b> {
    fn new(context: &'a mut Context<'b>, epochs: usize) -> Self {
        let started = context.elapsed().as_secs_f64();
        Self { context, epochs, started, history: String::new(), kept: VecDeque::new() }
    }

    /// Removes all checkpoints but this training's last two.
    fn drop_others(&mut self) -> Result<(), StageError> {
        while self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        for entry in std::fs::read_dir(&self.context.checkpoint_dir)? {
            let path = entry?.path();
            let is_checkpoint = path.extension().is_some_and(|extension| extension == "safetensors");
            if is_checkpoint && !self.kept.contains(&path) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}
