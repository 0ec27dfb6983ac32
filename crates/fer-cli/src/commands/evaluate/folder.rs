use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fer_artifact::names::{METRICS, REPORT, mistakes_file, predictions_file};
use fer_artifact::{Metrics, Predictions, Provenance, Seed, Split, SplitMetrics, Tta, write, write_atomic};
use fer_data::Loaded;
use fer_eval::{Baseline, Evaluation, ReportInput, Scope, mistakes_table, report, score, vote_metrics};
use fer_pipeline::PROGRAM;
use fer_predict::{Ensemble, ModelSource};
use serde_json::Value;

/// A folder for what is left of an evaluation: scores, predictions, mistakes, and the report.
pub(super) struct ReportFolder {
    path: PathBuf,
    split: Split,
}

/// What is to be told.
pub(super) struct Evaluated<'a> {
    /// What heads the report.
    pub(super) title: String,
    pub(super) ensemble: &'a Ensemble,
    pub(super) models: &'a [ModelSource],
    pub(super) tta: Tta,
    pub(super) loaded: &'a Loaded,
    pub(super) predictions: Predictions,
    pub(super) baseline: Option<&'a Baseline>,
    /// With which arguments, as a JSON object.
    pub(super) arguments: Value,
}

impl ReportFolder {
    /// Fails if a file would be overwritten that is not to be, or if there is no room for a folder.
    pub(super) fn new(path: &Path, split: Split, force: bool) -> Result<Self> {
        if path.exists() && !path.is_dir() {
            bail!("--report {}: expected a folder, or the name of a new one, found a file", path.display());
        }
        let folder = Self { path: path.to_owned(), split };
        let there = folder.files().find(|file| file.exists());
        match there {
            Some(file) if !force => {
                bail!("{}: the file is there; `--force` overwrites it, another `--report DIR` keeps it", file.display())
            }
            _ => Ok(folder),
        }
    }

    /// All files of a report of any split.
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let of_split = |split| [predictions_file(split), mistakes_file(split)];
        [METRICS, REPORT].into_iter().chain(Split::ALL.into_iter().flat_map(of_split)).map(|file| self.path.join(file))
    }

    /// Writes everything; returns the path of the report.
    pub(super) fn write(&self, evaluated: Evaluated<'_>) -> Result<PathBuf> {
        let Evaluated { title, ensemble, models, tta, loaded, predictions, baseline, arguments } = evaluated;
        std::fs::create_dir_all(&self.path)
            .with_context(|| format!("{}: cannot make the folder", self.path.display()))?;
        // What an earlier evaluation left, perhaps of another split, does not belong to this one.
        for file in self.files().filter(|file| file.exists()) {
            std::fs::remove_file(&file).with_context(|| format!("{}: cannot remove the file", file.display()))?;
        }
        let parents = models.iter().map(|model| Ok((model.to_string(), model.digest()?)));
        let provenance = Provenance {
            parents: parents.collect::<Result<_, fer_predict::Error>>()?,
            params: arguments.clone(),
            ..Provenance::new(PROGRAM, Seed::new(0))
        };
        write(&self.path.join(predictions_file(self.split)), &predictions, &provenance)?;
        self.text(mistakes_file(self.split), &mistakes_table(&predictions))?;
        let examples = ensemble.examples(&loaded.images, &predictions)?;
        let predictions = BTreeMap::from([(self.split, predictions)]);
        let evaluation = Evaluation {
            // No temperature: fitted to the images that are judged, it would say nothing of others.
            metrics: Metrics {
                splits: predictions.iter().map(|(&split, predictions)| (split, scores(predictions))).collect(),
                temperature: None,
                ece_calibrated: BTreeMap::new(),
                tta: Some(tta),
            },
            predictions,
            examples: BTreeMap::from([(self.split, examples)]),
        };
        self.text(METRICS, &(serde_json::to_string_pretty(&evaluation.metrics)? + "\n"))?;
        let html = report(&ReportInput {
            title: &title,
            models: &models.iter().map(ModelSource::read).collect::<Result<Vec<_>, _>>()?,
            scope: Scope::Given,
            evaluation: &evaluation,
            features: &BTreeMap::from([(self.split, ensemble.features(&loaded.images)?)]),
            data_report: Some(&serde_json::to_value(&loaded.report)?),
            baseline,
            sheets: &[],
            configuration: &serde_json::to_string_pretty(&arguments)?,
        })?;
        self.text(REPORT, &html)?;
        Ok(self.path.join(REPORT))
    }

    fn text(&self, name: &str, text: &str) -> Result<()> {
        write_atomic(&self.path.join(name), |out| out.write_all(text.as_bytes()))?;
        Ok(())
    }
}

/// With those against single votes, where there are votes.
pub(super) fn scores(predictions: &Predictions) -> SplitMetrics {
    SplitMetrics { votes: vote_metrics(predictions), ..score(predictions) }
}
