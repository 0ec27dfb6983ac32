use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use fer_artifact::write_atomic;
use fer_pipeline::draft::{Draft, draft};
use serde_json::json;

use super::arguments::ThreadArgs;
use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer init my-faces && fer run                  pictures in the folders of their classes, perhaps in folders of splits
  fer init fer2013.csv --minutes 60             a CSV file; train for about an hour
  fer init data/list.csv --out faces.yaml       a list of pictures with their labels

Looks at the data, reads it once as `fer run` will, and measures for some seconds how fast a network trains here. The file
says of each value what it means and why it was chosen. Change it as you like: nothing else remembers what was measured.")]
pub(super) struct InitArgs {
    /// A CSV file, a list of pictures, or a folder of pictures in the folders of their classes.
    path: PathBuf,
    /// Write this file (default: `pipeline.yaml` beside PATH).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Train for about so many minutes on this machine.
    #[arg(long, value_name = "M", default_value_t = 10.0, value_parser = minutes)]
    minutes: f64,
    /// Overwrite a file that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Print the file's path, what was chosen and why, as JSON.
    #[arg(long)]
    json: bool,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes: Option<f64> = text.parse().ok().filter(|minutes: &f64| *minutes > 0.0 && minutes.is_finite());
    minutes.ok_or_else(|| "expected a number of minutes above 0".to_owned())
}

impl InitArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let path = plain(&self.path);
        let file = self.out.unwrap_or_else(|| beside(&path));
        if file.exists() && !self.force {
            bail!("{}: the file is there; `--force` overwrites it, `--out FILE` writes another", file.display());
        }
        if is_within(&file, &path) {
            bail!("{}: expected a place outside of the faces, where runs can lie beside the file", file.display());
        }
        let draft = draft(&path, &file, self.minutes, &SystemClock::start())?;
        write_atomic(&file, |out| out.write_all(draft.text.as_bytes()))?;
        match self.json {
            true => print_json(&json!({"file": file, "data": draft.data, "choices": draft.choices}))?,
            false => print(told(&draft, &file))?,
        }
        Ok(ExitStatus::Success)
    }
}

/// The path without a separator at its end. The current folder and those above it have names too.
fn plain(path: &Path) -> PathBuf {
    let named = path.file_name().is_some();
    let path = if named { path.to_owned() } else { path.canonicalize().unwrap_or_else(|_| path.to_owned()) };
    path.components().collect()
}

fn beside(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).join("pipeline.yaml")
}

/// Whether a file would lie in a folder.
fn is_within(file: &Path, folder: &Path) -> bool {
    let absolute = std::path::absolute(file).unwrap_or_default();
    // Folders that are missing would be made.
    let nearest = absolute.ancestors().skip(1).find_map(|parent| parent.canonicalize().ok());
    match (nearest, folder.canonicalize()) {
        (Some(nearest), Ok(folder)) => folder.is_dir() && nearest.starts_with(folder),
        _ => false,
    }
}

/// What was seen and chosen, and what comes next.
fn told(draft: &Draft, file: &Path) -> String {
    let mut text = format!("{}\n\n", draft.data);
    for choice in draft.choices.iter().filter(|choice| !choice.reason.is_empty()) {
        text.push_str(&format!("{}.{}: {}\n", choice.stage, choice.parameter, choice.reason));
    }
    let is_default = file == Path::new("pipeline.yaml");
    let argument = if is_default { String::new() } else { format!(" {}", file.display()) };
    text + &format!("\nwrote {}\nnext: fer run{argument}\n", file.display())
}
