//! What `predict` and `explain` share: pictures in, faces out, and the models that judge them. Files, and rows of CSV
//! files, are treated some at a time and forgotten, so that memory does not grow with their number.

mod canvas;
mod font;
mod seen;
mod table;

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use clap::Args;
use fer_data::is_csv;
use fer_predict::{Ensemble, Found, Look, Recognizer, Roll, Search, Walk, WayUp};
use rayon::prelude::*;

use crate::commands::arguments::ThreadArgs;
use crate::exit_status::ExitStatus;
use crate::terminal::to_stderr;
pub(super) use canvas::{CAPTION, Canvas};
pub(super) use seen::Seen;

/// Files at a time. Crops go through the network in large batches; photographs take long enough each for a person to
/// wait for the first row.
const CROPS: usize = 256;
const PHOTOGRAPHS: usize = 32;
/// Bytes of crops at a time, one for each file, which a network for large images makes fewer.
const CROP_BYTES: usize = 1 << 26;

/// Which pictures, how they are looked at, and by which models.
#[derive(Debug, Args)]
pub(super) struct PictureArgs {
    /// Pictures, and folders of pictures at any depth.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Use this model file in place of the built-in network. Repeat it to average the probabilities of several models.
    #[arg(long = "model", value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Skip face detection: every picture is one cropped face.
    #[arg(long)]
    no_detect: bool,
    /// Side of the smallest face to find, in pixels (default: a 32nd of the picture's longer side).
    #[arg(long, value_name = "PIXELS", conflicts_with = "no_detect", value_parser = clap::value_parser!(u16).range(20..))]
    min_face: Option<u16>,
    /// Crop tilted faces as they lie in the picture, instead of turning them upright.
    #[arg(long, conflicts_with = "no_detect")]
    no_align: bool,
    /// Look at each picture from all four sides, for pictures that lie on a side or stand on their heads.
    #[arg(long, conflicts_with = "no_detect")]
    any_way_up: bool,
    #[command(flatten)]
    threads: ThreadArgs,
}

/// The pictures, and what finds their faces and judges them.
pub(super) struct Viewer {
    paths: Vec<PathBuf>,
    at_a_time: usize,
    rows_at_a_time: usize,
    /// Whether rows of CSV files are pictures too.
    with_rows: bool,
    pub(super) recognizer: Recognizer,
}

impl PictureArgs {
    pub(super) fn viewer(self) -> Result<Viewer> {
        self.threads.apply()?;
        let (look, at_a_time) = match self.no_detect {
            true => (Look::Whole, CROPS),
            false => (self.faces(), PHOTOGRAPHS),
        };
        let ensemble = if self.models.is_empty() { Ensemble::built_in() } else { Ensemble::open(&self.models)? };
        let recognizer = Recognizer::new(ensemble, look)?;
        let fitting = |at_a_time| (CROP_BYTES / recognizer.size().area()).clamp(1, at_a_time);
        let (at_a_time, rows_at_a_time) = (fitting(at_a_time), fitting(CROPS));
        Ok(Viewer { paths: self.paths, at_a_time, rows_at_a_time, with_rows: false, recognizer })
    }
}

impl PictureArgs {
    fn faces(&self) -> Look {
        Look::Faces(Search {
            smallest: self.min_face.map(usize::from),
            roll: if self.no_align { Roll::Kept } else { Roll::TakenOut },
            way_up: if self.any_way_up { WayUp::Any } else { WayUp::Upright },
        })
    }
}

impl Viewer {
    /// The same, with each row of a CSV file as a picture of one face.
    pub(super) fn with_rows(self) -> Self {
        Self { with_rows: true, ..self }
    }

    /// Shows all pictures to `judge`, some at a time and in order; a folder of our own `output` is passed over. Fails if
    /// none of them could be read.
    pub(super) fn each(
        &self,
        output: Option<&Path>,
        mut judge: impl FnMut(&[Seen<'_>]) -> Result<()>,
    ) -> Result<ExitStatus> {
        let mut walk = Walk::new(&self.paths, output).peekable();
        let (mut pictures, mut read) = (0, 0);
        let mut judge = |seen: &[Seen<'_>]| {
            pictures += seen.len();
            read += seen.iter().filter(|seen| seen.outcome.is_ok()).count();
            judge(seen)
        };
        loop {
            let files = std::iter::from_fn(|| walk.next_if(|found| !self.is_table(found)));
            let found: Vec<Found> = files.take(self.at_a_time).collect();
            if !found.is_empty() {
                judge(&found.par_iter().map(|found| Seen::of(found, &self.recognizer)).collect::<Vec<_>>())?;
            } else if let Some(found) = walk.next() {
                table::each_row(found.path(), &self.recognizer, self.rows_at_a_time, &mut judge)?;
            } else {
                break;
            }
        }
        Ok(ended(pictures, read))
    }

    fn is_table(&self, found: &Found) -> bool {
        self.with_rows && matches!(found, Found::File(path) if is_csv(path))
    }
}

/// How the program ends after so many pictures, of which so many could be read.
fn ended(pictures: usize, read: usize) -> ExitStatus {
    if read > 0 {
        return ExitStatus::Success;
    }
    to_stderr(&match pictures {
        1 => "error: the picture could not be read".to_owned(),
        _ => format!("error: none of {pictures} pictures could be read"),
    });
    ExitStatus::Failure
}

/// What belongs to each picture, of a list that goes over the faces of all.
pub(super) fn by_picture<'a, T>(seen: &'a [Seen<'a>], all: &'a [T]) -> Vec<(&'a Seen<'a>, &'a [T])> {
    let mut rest = all;
    let own = |seen: &'a Seen<'a>| {
        let (own, others) = rest.split_at(seen.crops().len());
        rest = others;
        (seen, own)
    };
    seen.iter().map(own).collect()
}

/// `folder/<path><ending>`, which with such an ending is no picture's own name, without what leads out of the folder.
pub(super) fn target(folder: &Path, path: &Path, ending: &str) -> PathBuf {
    let inside = path.components().filter(|component| matches!(component, Component::Normal(_)));
    let mut target = folder.join(inside.collect::<PathBuf>()).into_os_string();
    target.push(ending);
    target.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_a_picture_stays_in_the_folder_and_takes_no_pictures_name() {
        let target = |path: &str| target("out".as_ref(), path.as_ref(), ".faces.png");
        assert_eq!(target("a.jpg"), Path::new("out/a.jpg.faces.png"));
        assert_eq!(target("../photographs/./a.png"), Path::new("out/photographs/a.png.faces.png"));
        assert_eq!(target("/home/me/a"), Path::new("out/home/me/a.faces.png"));
    }
}
