use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use fer_artifact::names::MODEL;
use fer_artifact::{Digest, Header, Model, Provenance, describe, read, write, write_half};
use fer_eval::Predictor;
use fer_pipeline::compare::{Evaluated, Run};
use fer_pipeline::{PROGRAM, StageKind, StageName};
use serde_json::{Value, json};

use crate::exit_status::ExitStatus;
use crate::output::{bytes, print};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer export-model runs/sample model.safetensors --f16
The file holds the run's model and, under `evaluation`, the scores, the temperature fitted on validation, and digests of
the data. Commands that predict with this file apply the temperature.")]
pub(super) struct ExportModelArgs {
    /// A run folder with a finished chain.
    run: PathBuf,
    /// Export the model of this training (default: the last training of the chain).
    #[arg(long, value_name = "NAME")]
    stage: Option<StageName>,
    /// Write this safetensors file.
    out: PathBuf,
    /// Store matrices and kernels in 16 bits: half the size, nearly the same accuracy.
    #[arg(long)]
    f16: bool,
}

impl ExportModelArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let run = Run::read(&self.run)?;
        let training = self.training(&run)?;
        let name = format!("{training}/{MODEL}");
        let path = self.run.join(&name);
        let model: Model = read(&path)?;
        let evaluation = self.evaluation(&run, training, &Predictor::new(&model)?)?;
        let header = describe(&path)?.0.context("a model that reads has a header")?;
        let Header { seed, mut parents, params, .. } = header;
        parents.insert(name, Digest::of_file(&path)?);
        let provenance = Provenance { producer: PROGRAM.to_owned(), seed, parents, params };
        let model = Model { evaluation, ..model };
        match self.f16 {
            true => write_half(&self.out, &model, &provenance)?,
            false => write(&self.out, &model, &provenance)?,
        };
        print(self.summary(&model)?)?;
        Ok(ExitStatus::Success)
    }

    /// The training that is asked for, or the last one.
    fn training(&self, run: &Run) -> Result<StageName> {
        match self.stage {
            Some(stage) if run.trainings.contains(&stage) => Ok(stage),
            Some(stage) => {
                let known: Vec<String> = run.trainings.iter().map(|name| format!("`{name}`")).collect();
                bail!("{}: no training is called `{stage}`; expected one of {}", self.run.display(), known.join(", "))
            }
            None => Ok(*run.trainings.last().unwrap_or(&StageKind::Train.into())),
        }
    }

    /// The model's scores as they stand in `metrics.json`, and digests of the run's data.
    fn evaluation(&self, run: &Run, training: StageName, predictor: &Predictor) -> Result<Value> {
        let name = self.run.display();
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
            evaluation["temperature"] = json!(temperature * predictor.temperature());
        }
        evaluation["data"] = json!(run.data);
        Ok(evaluation)
    }

    fn summary(&self, model: &Model) -> Result<String> {
        let size = bytes(std::fs::metadata(&self.out)?.len());
        let calibrated = match model.evaluation["temperature"].as_f64() {
            Some(temperature) => format!("temperature {temperature:.3}"),
            None => "no temperature, as no validation split was evaluated".to_owned(),
        };
        Ok(format!("{}: {size}, {calibrated}\n", self.out.display()))
    }
}
