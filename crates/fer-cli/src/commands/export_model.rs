use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use fer_artifact::names::MODEL;
use fer_artifact::{Digest, Header, Model, Provenance};
use fer_export::{Existing, Format, ModelExport, Precision};
use fer_pipeline::compare::{Evaluated, Run};
use fer_pipeline::{PROGRAM, StageKind, StageName};
use fer_predict::ModelSource;
use serde_json::{Value, json};

use crate::exit_status::ExitStatus;
use crate::output::{bytes, print};
use crate::terminal::error;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer export-model runs/sample model.safetensors --f16
  fer export-model fer48 fer48.onnx
  fer export-model runs/sample face --format hugging-face
safetensors: the model and, under `evaluation`, the scores, the temperature fitted on validation, and digests of the data.
Commands that predict with this file apply the temperature.
onnx: a graph from gray faces (U8 [N, H, W]) to probabilities, with preprocessing and temperature, for ONNX Runtime.
hugging-face: a folder for the hub with weights, configuration, model card and code for PyTorch.")]
pub(super) struct ExportModelArgs {
    /// A run folder with a finished chain, a model file, or the name of a built-in network, `fer48` or `ferplus48`.
    #[arg(value_name = "RUN|MODEL|NAME")]
    model: PathBuf,
    /// Export the model of this training (default: the last training of the chain).
    #[arg(long, value_name = "NAME")]
    stage: Option<StageName>,
    /// Write this file, `.safetensors` or `.onnx`; with `--format hugging-face`, this folder.
    out: PathBuf,
    /// Write this format (default: the one of the extension).
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// Store matrices and kernels in 16 bits: half the size, nearly the same accuracy.
    #[arg(long)]
    f16: bool,
    /// Overwrite what is there.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Safetensors,
    Onnx,
    HuggingFace,
}

impl FormatName {
    fn format(self) -> Format {
        match self {
            Self::Safetensors => Format::Safetensors,
            Self::Onnx => Format::Onnx,
            Self::HuggingFace => Format::HuggingFace,
        }
    }
}

/// A model with what its file says of it.
struct Source {
    /// The name by which the exported file knows it.
    parent: String,
    digest: Digest,
    header: Header,
    model: Model,
}

impl ExportModelArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let format = Format::of(&self.out, self.format.map(FormatName::format))?;
        if self.stage.is_some() && !self.model.is_dir() && ModelSource::of(&self.model).is_ok() {
            let name = self.model.display();
            error(&anyhow!("{name}: expected a run folder beside --stage, found a model"));
            return Ok(ExitStatus::Usage);
        }
        let Source { parent, digest, header, model } = self.source()?;
        let Header { seed, parents, params, .. } = header;
        let parents = with_parent(parents, parent, digest);
        let provenance = Provenance { producer: PROGRAM.to_owned(), seed, parents, params };
        let precision = if self.f16 { Precision::Half } else { Precision::Single };
        let existing = if self.force { Existing::Overwrite } else { Existing::Keep };
        let export = ModelExport { model: &model, provenance: &provenance, digest, precision };
        let size = export
            .write(&self.out, format, existing)
            .with_context(|| format!("cannot export {}", self.model.display()))?;
        print(self.summary(&model, size))?;
        Ok(ExitStatus::Success)
    }

    /// The model that is asked for.
    fn source(&self) -> Result<Source> {
        if self.model.is_dir() {
            return self.source_in_run();
        }
        let source = ModelSource::of(&self.model)?;
        let file_name = self.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Source::of(file_name, &source)
    }

    fn source_in_run(&self) -> Result<Source> {
        let run = Run::read(&self.model)?;
        let training = self.training(&run)?;
        let name = format!("{training}/{MODEL}");
        let path = self.model.join(&name);
        let mut source = Source::of(name, &ModelSource::File(path))?;
        source.model.evaluation = self.evaluation(&run, training, &source.model)?;
        Ok(source)
    }

    /// The training that is asked for, or the last one.
    fn training(&self, run: &Run) -> Result<StageName> {
        match self.stage {
            Some(stage) if run.trainings.contains(&stage) => Ok(stage),
            Some(stage) => {
                let known: Vec<String> = run.trainings.iter().map(|name| format!("`{name}`")).collect();
                bail!("{}: no training is called `{stage}`; expected one of {}", self.model.display(), known.join(", "))
            }
            None => Ok(*run.trainings.last().unwrap_or(&StageKind::Train.into())),
        }
    }

    /// The model's scores as they stand in `metrics.json`, and digests of the run's data.
    fn evaluation(&self, run: &Run, training: StageName, model: &Model) -> Result<Value> {
        let name = self.model.display();
        let of_model = run.evaluations.iter().rfind(|evaluated| evaluated.of == Some(training));
        let Some(Evaluated { metrics, is_current, .. }) = of_model else {
            bail!("{name}: the model of `{training}` has no scores yet; `fer run` makes them");
        };
        if !is_current {
            bail!("{name}: its scores are not those of its model; `fer run` renews them");
        }
        let mut evaluation = json!(metrics);
        if let Some(temperature) = metrics.temperature {
            // The run's model may have been one with a temperature already, put in place by hand.
            let own = model.temperature().map_err(|found| {
                anyhow!("{name}: the model of `{training}`: expected a temperature above 0 within the range of F32, found {found}")
            })?;
            evaluation["temperature"] = json!(temperature * own);
        }
        evaluation["data"] = json!(run.data);
        Ok(evaluation)
    }

    fn summary(&self, model: &Model, size: u64) -> String {
        let calibrated = match model.evaluation["temperature"].as_f64() {
            Some(temperature) => format!("temperature {temperature:.3}"),
            None if model.evaluation.is_null() => "no scores and no temperature, as the model has none".to_owned(),
            None => "no temperature, as no validation split was evaluated".to_owned(),
        };
        format!("{}: {}, {calibrated}\n", self.out.display(), bytes(size))
    }
}

impl Source {
    fn of(parent: String, source: &ModelSource) -> Result<Self> {
        // What is no model is refused by its header, before the rest is read.
        let model = source.read()?;
        Ok(Self { parent, digest: source.digest()?, header: source.header()?, model })
    }
}

/// The ancestors with one more. An earlier one of the same name, as of a file that was exported again under its own name,
/// has its digest in its name from then on.
fn with_parent(mut ancestors: BTreeMap<String, Digest>, name: String, digest: Digest) -> BTreeMap<String, Digest> {
    match ancestors.insert(name.clone(), digest) {
        Some(former) if former != digest => {
            let first = former.to_string();
            ancestors.insert(format!("{name} ({first:.12})"), former);
        }
        _ => {}
    }
    ancestors
}
