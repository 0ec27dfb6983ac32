//! `fer evaluate`: a model's scores on labelled images outside of any run.

mod folder;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use fer_artifact::{Predictions, Split, SplitMetrics, Tta, with_causes};
use fer_data::{
    Classes, Detect, Error, FerPlusVotes, ImageSize, IngestParams, Loaded, MappedLabel, Numbers, RowProblem, Rows,
    Source, SplitName, Votes, load_rows,
};
use fer_eval::{Baseline, Robustness, paired, score};
use fer_pipeline::{face_finder, last_part};
use fer_predict::Ensemble;
use serde::Serialize;
use serde_json::{Value, json};

use super::arguments::{ThreadArgs, model_source, model_sources};
use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};
use crate::progress::bar;
use crate::terminal::to_stderr;
use folder::{Evaluated, ReportFolder, scores};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer evaluate --data other.csv                                   the built-in network
  fer evaluate --model runs/sample --data fer2013.csv --split test --report report
  fer evaluate --model runs/b --baseline runs/a --data other.csv
  fer evaluate --model runs/b --baseline fer48 --data other.csv
  fer evaluate --model one.safetensors --model other.safetensors --data pictures --tta flip --json
  fer evaluate --data faces --map anger=angry --map contempt=     rows of `contempt` are left out
  fer evaluate --model ferplus48 --data fer2013.csv --numbers fer2013
  fer evaluate --data fer2013.csv --votes fer2013new.csv --split validation
  fer evaluate --data photographs --detect
  fer evaluate --data fer2013.csv --split validation --corrupt
The model's header says how to preprocess the images, and `fer export-model` stores a temperature there: both are
applied. Without `--split`, all rows count.")]
pub(super) struct EvaluateArgs {
    /// Use this model: a file, from the train stage or `fer export-model`, a run folder for its last training, or the name of a built-in
    /// network, `fer48` (default) or `ferplus48`. Repeat it to average the probabilities of several models with the same classes.
    #[arg(long = "model", value_name = "MODEL|RUN|NAME")]
    models: Vec<PathBuf>,
    /// Labelled images: a CSV file, plain or packed, a folder of pictures, or a Parquet file or a folder of them.
    #[arg(long, value_name = "SOURCE")]
    data: PathBuf,
    /// Count the rows of this split alone, as the source itself says it: `train`, `validation`, `test`, or `Training`, `PublicTest`,
    /// `PrivateTest`.
    #[arg(long, visible_alias = "usage", value_name = "NAME")]
    split: Option<SplitName>,
    /// Take a label of the source for a class of the model; without a class, leave its rows out. May be repeated, with several labels for
    /// a class.
    #[arg(long = "map", value_name = "LABEL=CLASS")]
    map: Vec<MappedLabel>,
    /// Take numbers among the labels for classes in this order: that of FER2013 (`fer2013`: 0 is angry, 6 is neutral) or that of the
    /// model's list of classes (`model`). It has to be said where the two differ, as with `ferplus48`.
    #[arg(long, value_name = "fer2013|model", conflicts_with = "votes")]
    numbers: Option<Numbers>,
    /// Take these votes of several people in place of the labels: FER+'s file, `fer2013new.csv`, which has a row for each row of the source.
    /// Rows with a clear majority for a class of the model count.
    #[arg(long, value_name = "FILE", conflicts_with = "map")]
    votes: Option<PathBuf>,
    /// Find the face in each picture, the largest one, as pictures are photographs. Pictures without a face do not count,
    /// and are named.
    #[arg(long)]
    detect: bool,
    /// Average the probabilities over views of each image: the image alone (`none`), the image and its mirror image
    /// (`flip`), or ten crops (`ten-crop`).
    #[arg(long, value_name = "NAME", default_value_t = Tta::None)]
    tta: Tta,
    /// Compare with this model on the same images, by McNemar's exact test.
    #[arg(long, value_name = "MODEL|RUN|NAME")]
    baseline: Option<PathBuf>,
    /// Score the images damaged as well: blurred, dark, turned, covered and more, in three strengths each; mirrored; moved by
    /// a pixel. Each image is judged 41 times more.
    #[arg(long, conflicts_with = "report")]
    corrupt: bool,
    /// Write the report into this folder, with the scores, the predictions and all mistakes.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Overwrite a report that is there.
    #[arg(long, requires = "report")]
    force: bool,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Print JSON, in the form of a split of `metrics.json`, with `baseline` where there is one.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Scores<'a> {
    #[serde(flatten)]
    scores: &'a SplitMetrics,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a Baseline>,
    #[serde(skip_serializing_if = "Option::is_none")]
    robustness: Option<&'a Robustness>,
}

/// The images and what was answered.
struct Judged {
    loaded: Loaded,
    predictions: Predictions,
    baseline: Option<Baseline>,
    robustness: Option<Robustness>,
}

impl EvaluateArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let models = model_sources(&self.models)?;
        let ensemble = Ensemble::read(&models)?.with_tta(self.tta)?;
        let baseline = self.baseline.as_deref().map(|path| self.baseline(path, &ensemble)).transpose()?;
        let folder =
            self.report.as_deref().map(|path| ReportFolder::new(path, self.split(), self.force)).transpose()?;
        let Judged { loaded, predictions, baseline, robustness } = self.judged(&ensemble, baseline, models.len())?;
        self.tell(&predictions, baseline.as_ref(), robustness.as_ref())?;
        if let Some(folder) = folder {
            let report = folder.write(Evaluated {
                title: self.title(),
                ensemble: &ensemble,
                models: &models,
                tta: self.tta,
                loaded: &loaded,
                predictions,
                baseline: baseline.as_ref(),
                arguments: self.arguments(),
            })?;
            to_stderr(&format!("report: {}", report.display()));
        }
        Ok(ExitStatus::Success)
    }

    /// What the model answers, and how the baseline compares. It reads the images anew where it takes another size: no model is given
    /// faces that were made for another one.
    fn judged(&self, ensemble: &Ensemble, baseline: Option<Ensemble>, models: usize) -> Result<Judged> {
        let loaded = self.load(ensemble)?;
        loaded.notes.iter().for_each(|note| to_stderr(note));
        let is_of_another_size = |baseline: &&Ensemble| baseline.size().ok() != ensemble.size().ok();
        let others = baseline.as_ref().filter(is_of_another_size).map(|baseline| self.load(baseline)).transpose()?;
        let looks = if self.corrupt { 1 + Ensemble::ROBUSTNESS_LOOKS } else { 1 };
        let bar = bar((loaded.images.len() * (looks * models + usize::from(baseline.is_some()))) as u64, "images");
        let mut told = |images: usize| bar.inc(images as u64);
        let predictions = ensemble.predict_told(&loaded.images, &mut told);
        let robustness = match &predictions {
            Ok(clean) if self.corrupt => Some(ensemble.robustness(&loaded.images, clean, &mut told)),
            _ => None,
        };
        let images = &others.as_ref().unwrap_or(&loaded).images;
        let answers = |baseline: Ensemble| -> Result<Predictions> { Ok(baseline.predict_told(images, &mut told)?) };
        let others = baseline.map(answers).transpose();
        bar.finish_and_clear();
        let (predictions, others, robustness) = (predictions?, others?, robustness.transpose()?);
        let baseline = others.map(|others| self.compared(&predictions, &others));
        Ok(Judged { loaded, predictions, baseline, robustness })
    }

    /// What the set of images calls itself.
    fn split(&self) -> Split {
        self.split.map_or(Split::Test, |SplitName(split)| split)
    }

    fn load(&self, ensemble: &Ensemble) -> Result<Loaded> {
        let of_model =
            || format!("{}: its classes", self.models.first().map_or("-".into(), |path| path.display().to_string()));
        let names = ensemble.classes().to_vec();
        let classes = match &self.votes {
            // A choice: what people voted for beside these classes counts as another thing.
            Some(_) => Classes::choosing(names.into_iter().map(|name| (name.clone(), vec![name])).collect()),
            None => Classes::new(names),
        };
        let classes = classes.with_context(of_model)?;
        let source = IngestParams {
            classes,
            size: ensemble.size().ok().map(ImageSize::from),
            detect: self.detect.then(Detect::default),
            votes: self.votes.clone().map(|path| Votes::FerPlus(FerPlusVotes::majority(path))),
            ..IngestParams::new(Source::at(&self.data))
        };
        let finder = if self.detect { Some(face_finder().ok_or(Error::NoDetector)?) } else { None };
        let rows = Rows { split: self.split, map: self.map.clone(), numbers: self.numbers.unwrap_or(Numbers::Both) };
        let loaded = load_rows(&source, &rows, finder.as_deref(), &std::env::temp_dir());
        if let Err(error @ Error::Numbers { .. }) = loaded {
            bail!("{error}; `--numbers fer2013` or `--numbers model` says which they mean")
        }
        loaded.map_err(|error| match unknown_label(&error) {
            Some(label) => anyhow!(
                "{}; `--map {label}=CLASS` says which class it stands for, `--map {label}=` leaves its rows out",
                with_causes(&error)
            ),
            None => error.into(),
        })
    }

    fn baseline(&self, path: &Path, ensemble: &Ensemble) -> Result<Ensemble> {
        let model = model_source(path)?;
        let baseline = Ensemble::read(std::slice::from_ref(&model))?.with_tta(self.tta)?;
        match baseline.classes() == ensemble.classes() {
            true => Ok(baseline),
            false => bail!(
                "{}: expected the classes of the model, {}, found {}",
                model,
                ensemble.classes().join(", "),
                baseline.classes().join(", ")
            ),
        }
    }

    fn compared(&self, predictions: &Predictions, others: &Predictions) -> Baseline {
        let model = self.baseline.as_ref().map_or(String::new(), |path| path.display().to_string());
        Baseline { model, accuracy: score(others).accuracy, paired: paired(predictions, others) }
    }

    fn tell(
        &self,
        predictions: &Predictions,
        baseline: Option<&Baseline>,
        robustness: Option<&Robustness>,
    ) -> Result<()> {
        let scores = scores(predictions);
        if self.json {
            return print_json(&Scores { scores: &scores, baseline, robustness });
        }
        print(fer_eval::split_table(&scores))?;
        robustness.map_or(Ok(()), |robustness| print(format_args!("\n{}", robustness.table())))?;
        baseline.map_or(Ok(()), |baseline| print(format_args!("\n  {}\n", baseline.sentence())))
    }

    /// What was asked for, to be shown in the report.
    fn arguments(&self) -> Value {
        let map = self.map.iter().map(|MappedLabel { label, class }| (label.clone(), json!(class)));
        // Paths need not be Unicode.
        let text = |path: &PathBuf| json!(path.to_string_lossy());
        let models: Vec<Value> = self.models.iter().map(text).collect();
        let mut arguments = json!({"data": text(&self.data), "model": models, "tta": self.tta, "detect": self.detect});
        let optional = [
            ("split", self.split.map(|SplitName(split)| json!(split))),
            ("votes", self.votes.as_ref().map(text)),
            ("map", (!self.map.is_empty()).then(|| Value::Object(map.collect()))),
            (
                "numbers",
                self.numbers.map(|numbers| json!(if numbers == Numbers::Fer2013 { "fer2013" } else { "model" })),
            ),
            ("baseline", self.baseline.as_ref().map(text)),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                arguments[name] = value;
            }
        }
        arguments
    }

    /// What heads the report: the models and the data, by the last parts of their paths.
    fn title(&self) -> String {
        let name = |path: &PathBuf| last_part(path).unwrap_or_else(|| path.display().to_string());
        let models: Vec<String> = self.models.iter().map(name).collect();
        let models = if models.is_empty() { "The built-in network".to_owned() } else { models.join(", ") };
        let split = self.split.map_or(String::new(), |SplitName(split)| format!(", {split}"));
        format!("{models} on {}{split}", name(&self.data))
    }
}

/// The label, of a row or of a folder, at which reading stopped, as it stands for no class.
fn unknown_label(error: &Error) -> Option<&str> {
    let found = match error {
        Error::Row { row, .. } => match &row.problem {
            RowProblem::Label { found, .. } | RowProblem::LabelNumber { found, .. } => found.trim(),
            _ => return None,
        },
        Error::ClassFolder { found, .. } | Error::FolderLayout { found: Some(found), .. } => found,
        _ => return None,
    };
    Some(found).filter(|label| !label.is_empty())
}
