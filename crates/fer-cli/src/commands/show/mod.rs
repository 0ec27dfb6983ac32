//! `fer show`: faces on contact sheets.

mod out;
mod sheet;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use fer_artifact::{Split, describe};
use fer_data::{SplitName, is_table, place_of};
use fer_eval::Sheet;
use fer_pipeline::sheets::{augmented, by_class, near_copies};
use fer_pipeline::{Material, Pipeline, is_run};
use tempfile::TempDir;

use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;
use crate::interrupt::Interrupt;
use crate::output::print;
use crate::terminal::{Terminal, Verbosity};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer show my-faces                                faces of each class
  fer show faces.csv --class sad --of-each 200
  fer show runs/sample/ingest/test.safetensors --out test.png
  fer show pipeline.yaml --augmented               what preprocessing and each augmentation make of the same faces
  fer show runs/sample --duplicates                the near copies that ingest found
Each face stands above its row in the source and the name of its picture. Of a pipeline file, the faces are those of its
run folder; where they are not fresh, the stages before the training run in a folder for temporary files.")]
pub(super) struct ShowArgs {
    /// A source of faces (a CSV file, a folder of pictures, Parquet files), an artifact of images, a pipeline file, or a run folder.
    #[arg(default_value = "pipeline.yaml", value_name = "SOURCE|ARTIFACT|PIPELINE")]
    path: PathBuf,
    /// Show faces of this class alone; may be repeated.
    #[arg(long = "class", value_name = "NAME", conflicts_with = "duplicates")]
    classes: Vec<String>,
    /// Show this split, as the source says it (default: train; all rows where the source says none).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["augmented", "duplicates"])]
    split: Option<SplitName>,
    /// Show so many faces of each class, spread evenly over its rows.
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=1000),
        conflicts_with_all = ["augmented", "duplicates"])]
    of_each: u16,
    /// Show what preprocessing and each augmentation make of a face of each class.
    #[arg(long)]
    augmented: bool,
    /// Show the near copies that ingest found.
    #[arg(long)]
    duplicates: bool,
    /// Write this PNG picture, outside of the source's folder; one that is there is replaced.
    #[arg(long, value_name = "FILE", default_value = "sheet.png")]
    out: PathBuf,
}

impl ShowArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        out::check(&self.out, &self.path)?;
        // Faces that were made anew lie in the folder until they are drawn.
        let (material, _folder) = self.material()?;
        let mut sheets = vec![];
        if self.augmented {
            sheets.push(self.augmented(&material)?);
        }
        if self.duplicates {
            sheets.push(self.duplicates(&material)?);
        }
        if sheets.is_empty() {
            sheets.push(self.by_class(&material)?);
        }
        sheet::draw(&sheets)?.write(&self.out)?;
        for sheet in &sheets {
            let faces: usize = sheet.lines.iter().map(|line| line.tiles.len()).sum();
            print(format_args!("{}: {}, {faces} pictures\n", self.out.display(), sheet.title))?;
            sheet.lines.iter().try_for_each(|line| print(format_args!("  {}\n", line.name)))?;
        }
        Ok(ExitStatus::Success)
    }

    fn material(&self) -> Result<(Material, Option<TempDir>)> {
        let path = &self.path;
        let is_called = |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
        let is_pipeline = is_run(path) || is_called("yaml") || is_called("yml");
        if is_pipeline {
            let pipeline = Pipeline::load(path, &[], None)?;
            if pipeline.has_faces()? {
                return Ok((pipeline.faces()?, None));
            }
            // Whoever interrupts ends the stages, and the folder goes with them.
            let mut terminal = Terminal::new(Interrupt::watch()?, Verbosity::Quiet);
            let folder = tempfile::tempdir()?;
            let pipeline = Pipeline::load(path, &[], Some(folder.path()))?;
            pipeline.make_faces(&SystemClock::start(), &mut terminal)?;
            return Ok((pipeline.faces()?, Some(folder)));
        }
        if path.is_file() && !is_table(path) && describe(path).is_ok() {
            return Ok((Material::of_artifact(path)?, None));
        }
        // Files of pixels have no name there: they are gone however the program ends.
        Ok((Material::of_source(path, &std::env::temp_dir())?, None))
    }

    fn by_class(&self, material: &Material) -> Result<Sheet> {
        let only = || material.images.keys().copied().next().filter(|_| material.images.len() == 1);
        let wanted = match (self.split, self.own_split()) {
            (Some(SplitName(split)), _) if material.undivided.is_some() => {
                bail!("{}: --split {split}: expected a source that says splits, found none", self.path.display())
            }
            (Some(SplitName(split)), Some(own)) if split != own => {
                bail!("{}: --split {split}: expected {own}, as the file says, or no --split", self.path.display())
            }
            (Some(SplitName(split)), _) => split,
            (None, own) => own.or_else(only).unwrap_or(Split::Train),
        };
        let Some(images) = material.images.get(&wanted) else {
            let found: Vec<&str> = material.images.keys().map(|split| split.name()).collect();
            bail!("{}: expected images of {wanted}, found {}", self.path.display(), found.join(", "))
        };
        let sheet = by_class(images, &self.chosen(&images.classes)?, self.of_each.into())?;
        Ok(match &material.undivided {
            Some(name) => Sheet { title: format!("Faces of {name}"), ..sheet },
            None => sheet,
        })
    }

    /// The split of an artifact.
    fn own_split(&self) -> Option<Split> {
        if self.path.is_file() { describe(&self.path).ok()?.0?.split } else { None }
    }

    fn augmented(&self, material: &Material) -> Result<Sheet> {
        let (Some(features), Some(recipe)) = (&material.features, &material.recipe) else {
            bail!(
                "{}: --augmented: expected a pipeline file or a run with a preprocess stage and a train stage of ours",
                self.path.display()
            )
        };
        let classes = self.chosen(&features.classes)?;
        Ok(augmented(features, material.images.get(&Split::Train), recipe, &classes)?)
    }

    fn duplicates(&self, material: &Material) -> Result<Sheet> {
        let near = material.report.as_ref().and_then(|report| report.near.as_ref());
        let Some(near) = near else {
            bail!(
                "{}: --duplicates: expected a source, a run, or an artifact beside the `data-report.json` of ingest",
                self.path.display()
            )
        };
        Ok(near_copies(near, &material.images)?)
    }

    /// The places of the classes that were asked for, each once.
    fn chosen(&self, classes: &[String]) -> Result<Vec<usize>> {
        if self.classes.is_empty() {
            return Ok((0..classes.len()).collect());
        }
        let mut chosen = vec![];
        for name in &self.classes {
            match place_of(name, classes) {
                Some(place) if chosen.contains(&place) => {}
                Some(place) => chosen.push(place),
                None => bail!("--class {name}: expected one of {}", classes.join(", ")),
            }
        }
        Ok(chosen)
    }
}
