//! What `predict` and `explain` share: pictures in, faces out, and the models that judge them. Files, and rows of
//! tables, are treated some at a time and forgotten, so that memory does not grow with their number.

mod canvas;
mod font;
mod seen;
mod table;

use std::io::{IsTerminal, stderr};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use fer_artifact::make_folders;
use fer_data::is_table;
use fer_imgproc::side_by_side;
use fer_predict::{Ensemble, Found, Look, Recognizer, Roll, Search, Walk, WayUp};
use indicatif::ProgressBar;

use crate::commands::arguments::{ThreadArgs, model_sources};
use crate::exit_status::ExitStatus;
use crate::progress::bar;
use crate::terminal::to_stderr;
pub(crate) use canvas::Canvas;
pub(crate) use font::Letters;
pub(super) use font::drawn_names;
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
    /// Use this model: a file, a run folder for its last training, or the name of a built-in network, `fer48` (default) or `ferplus48`. Repeat it to average the probabilities of several models.
    #[arg(long = "model", value_name = "MODEL|RUN|NAME")]
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
    /// Whether rows of tables are pictures too.
    with_rows: bool,
    /// Of files; rows are printed above it.
    pub(super) bar: ProgressBar,
    pub(super) recognizer: Recognizer,
}

impl PictureArgs {
    pub(super) fn viewer(self) -> Result<Viewer> {
        self.threads.apply()?;
        let (look, at_a_time) = match self.no_detect {
            true => (Look::Whole, CROPS),
            // The detector then sees more pixels, up to some 800 MB of them, and takes all threads for a picture.
            false if self.min_face.is_some() => (self.faces(), 1),
            false => (self.faces(), PHOTOGRAPHS),
        };
        let recognizer = Recognizer::new(Ensemble::read(&model_sources(&self.models)?)?, look)?;
        let fitting = |at_a_time| (CROP_BYTES / recognizer.size().area()).clamp(1, at_a_time);
        let (at_a_time, rows_at_a_time) = (fitting(at_a_time), fitting(CROPS));
        let bar = ProgressBar::hidden();
        Ok(Viewer { paths: self.paths, at_a_time, rows_at_a_time, with_rows: false, bar, recognizer })
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
    /// The folder `folder` for copies of the pictures; `option` names it in messages.
    pub(super) fn copies(&self, folder: &Path, option: &str) -> Result<Copies> {
        Copies::new(folder, &self.paths, option)
    }

    /// The same, with the rows of CSV and Parquet files as pictures.
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
        let mut tally = Tally::default();
        let mut judge = |seen: &[Seen<'_>]| {
            tally.add(seen);
            self.bar.set_message(format!("  {} faces", tally.faces));
            judge(seen)?;
            self.bar.inc(seen.iter().filter(|seen| seen.row.is_none()).count() as u64);
            Ok(())
        };
        loop {
            let files = std::iter::from_fn(|| walk.next_if(|found| !self.is_table(found)));
            let found: Vec<Found> = files.take(self.at_a_time).collect();
            if !found.is_empty() {
                judge(&side_by_side(&found, |found, beside| Seen::of(found, &self.recognizer, beside)))?;
            } else if let Some(found) = walk.next() {
                table::each_row(found.path(), &self.recognizer, self.rows_at_a_time, &mut judge)?;
                self.bar.inc(1);
            } else {
                break;
            }
        }
        self.bar.finish_and_clear();
        Ok(tally.told())
    }

    /// The same with a bar on a terminal, for which the files are counted before.
    pub(super) fn with_bar(self, output: Option<&Path>) -> Self {
        let files = if stderr().is_terminal() { Walk::new(&self.paths, output).count() } else { 0 };
        Self { bar: if files > 1 { bar(files as u64, "files") } else { self.bar }, ..self }
    }

    fn is_table(&self, found: &Found) -> bool {
        self.with_rows && matches!(found, Found::File(path) if is_table(path))
    }
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Tally {
    pictures: usize,
    /// Those that could be read.
    read: usize,
    /// Those in which no face was found.
    empty: usize,
    faces: usize,
}

impl Tally {
    fn add(&mut self, seen: &[Seen<'_>]) {
        self.pictures += seen.len();
        self.read += seen.iter().filter(|seen| seen.outcome.is_ok()).count();
        self.empty += seen.iter().filter(|seen| seen.outcome.as_ref().is_ok_and(Vec::is_empty)).count();
        self.faces += seen.iter().map(|seen| seen.crops().len()).sum::<usize>();
    }

    /// How the program ends; on a terminal, with what there was in all.
    fn told(&self) -> ExitStatus {
        let Self { pictures, read, empty, faces } = *self;
        if read > 0 {
            if pictures > 1 && stderr().is_terminal() {
                let unread = pictures - read;
                to_stderr(&format!(
                    "{pictures} pictures: {faces} faces, {empty} without a face, {unread} could not be read"
                ));
            }
            return ExitStatus::Success;
        }
        to_stderr(&match pictures {
            1 => "error: the picture could not be read".to_owned(),
            _ => format!("error: none of {pictures} pictures could be read"),
        });
        ExitStatus::Failure
    }
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

/// A folder that copies of pictures go into.
#[derive(Debug)]
pub(super) struct Copies {
    folder: PathBuf,
    /// What all inputs have in common, which the copies' names leave out.
    base: PathBuf,
}

impl Copies {
    /// A folder for copies of what lies at these paths; `option` names it in messages.
    pub(super) fn new(folder: &Path, inputs: &[PathBuf], option: &str) -> Result<Self> {
        let same = |input: &&PathBuf| matches!((input.canonicalize(), folder.canonicalize()), (Ok(a), Ok(b)) if a == b);
        if let Some(input) = inputs.iter().find(same) {
            bail!(
                "{option}: expected a folder other than the input `{}`: its copies would be taken for pictures",
                input.display()
            )
        }
        std::fs::create_dir_all(folder).with_context(|| format!("{}: cannot make the folder", folder.display()))?;
        let parents: Vec<PathBuf> = inputs.iter().map(|input| folder_of(&plain(input))).collect();
        let base = parents.iter().cloned().reduce(|a, b| common(&a, &b)).unwrap_or_default();
        Ok(Self { folder: folder.to_owned(), base })
    }

    /// `<folder>/<path below what the inputs have in common><ending>`: no two pictures have the same, and with such an
    /// ending it is no picture's own name.
    fn target(&self, path: &Path, ending: &str) -> PathBuf {
        let path = plain(path);
        let below = path.strip_prefix(&self.base).unwrap_or(&path);
        let inside = below.components().filter(|component| matches!(component, Component::Normal(_)));
        let mut target = self.folder.join(inside.collect::<PathBuf>()).into_os_string();
        target.push(ending);
        target.into()
    }

    /// The same, with its folders made: through no link, which would lead elsewhere.
    pub(super) fn make(&self, path: &Path, ending: &str) -> Result<PathBuf> {
        let target = self.target(path, ending);
        let folder = folder_of(&target);
        let below = folder.strip_prefix(&self.folder).unwrap_or(Path::new(""));
        make_folders(&self.folder, below).with_context(|| format!("{}: cannot write it", target.display()))?;
        Ok(target)
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(path).to_owned()
}

/// An absolute path without `..`, as it is written: links are not followed.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.components().fold(PathBuf::new(), |mut plain, component| {
        match component {
            Component::ParentDir => _ = plain.pop(),
            other => plain.push(other),
        }
        plain
    })
}

fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(inputs: &[&str], pictures: &[&str]) -> Vec<String> {
        let folder = std::env::temp_dir().join("fer-copies-of-a-test");
        let inputs: Vec<PathBuf> = inputs.iter().map(PathBuf::from).collect();
        let copies = Copies::new(&folder, &inputs, "--annotate").unwrap();
        let below =
            |picture: &&str| copies.target(picture.as_ref(), ".faces.png").strip_prefix(&folder).unwrap().to_owned();
        pictures.iter().map(|picture| below(picture).to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_name_of_a_copy_is_the_path_below_what_the_inputs_have_in_common() {
        assert_eq!(targets(&["a.jpg"], &["a.jpg"]), ["a.jpg.faces.png"]);
        assert_eq!(targets(&["in"], &["in/a.jpg", "in/b/a.jpg"]), ["in/a.jpg.faces.png", "in/b/a.jpg.faces.png"]);
        assert_eq!(targets(&["/home/me/photographs"], &["/home/me/photographs/./a"]), ["photographs/a.faces.png"]);
        assert_eq!(
            targets(&["/home/a.jpg", "/home/me/a.jpg"], &["/home/a.jpg", "/home/me/a.jpg"]),
            ["a.jpg.faces.png", "me/a.jpg.faces.png"]
        );
        let [here, above] = &targets(&["a.jpg", "../a.jpg"], &["a.jpg", "../a.jpg"])[..] else { panic!("two") };
        assert!(here.ends_with("/a.jpg.faces.png") && above == "a.jpg.faces.png", "{here} {above}");
    }
}
