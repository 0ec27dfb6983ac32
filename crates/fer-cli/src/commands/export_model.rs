use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use fer_artifact::{Digest, Header, Model, Provenance, describe, read, write, write_half};
use fer_eval::Predictor;
use fer_pipeline::{PROGRAM, Run};
use serde_json::{Value, json};

use super::{bytes, print};

const MODEL: &str = "train/model.safetensors";

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer export-model runs/sample model.safetensors --f16
The file has all that the run's model has, and under `evaluation` its scores, the temperature that was fitted on
validation, and digests of the data. Whatever predicts with it gives calibrated probabilities.")]
pub(super) struct ExportModelArgs {
    /// A run folder whose chain has run to its end.
    run: PathBuf,
    /// The file to write, a safetensors file.
    out: PathBuf,
    /// Write matrices and kernels in 16 bits: half the bytes, at a cost of accuracy that is hardly to be seen.
    #[arg(long)]
    f16: bool,
}

impl ExportModelArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        let path = self.run.join(MODEL);
        let model: Model = read(&path)?;
        let evaluation = self.evaluation(&Predictor::new(&model)?)?;
        let header = describe(&path)?.0.context("a model that reads has a header")?;
        let Header { seed, mut parents, params, .. } = header;
        parents.insert(MODEL.to_owned(), Digest::of_file(&path)?);
        let provenance = Provenance { producer: PROGRAM.to_owned(), seed, parents, params };
        let model = Model { evaluation, ..model };
        match self.f16 {
            true => write_half(&self.out, &model, &provenance)?,
            false => write(&self.out, &model, &provenance)?,
        };
        print(self.summary(&model)?)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The run's scores as they stand in `metrics.json`, and digests of its data.
    fn evaluation(&self, predictor: &Predictor) -> Result<Value> {
        let (run, name) = (Run::read(&self.run)?, self.run.display());
        let Some(metrics) = &run.metrics else {
            bail!("{name}: has no scores yet; `fer run` makes them");
        };
        if !run.metrics_are_current {
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
