//! Faces in a folder of pictures.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use fer_artifact::{Digest, Size, Split, with_causes};
use fer_imgproc::resize;
use rayon::prelude::*;

use crate::blocks::Blocks;
use crate::fields::Fields;
use crate::labels::{self, Labels, Meaning};
use crate::left_out::Leftovers;
use crate::pattern::{Part, Pattern};
use crate::table::{Face, Request, Splits, Table};
use crate::walk::{self, Folder, as_text};
use crate::{BadRow, Classes, Error, FileDigest, Group, Place, RowProblem};

/// The seed's list of pictures: file name and label, without a header.
pub(crate) const DATASET: &str = "dataset.csv";
/// Pictures that are decoded at a time, which bounds memory until their sizes are known to agree.
const BATCH: usize = 1024;

/// Reads all pictures of a folder, gray. Their order is that of the `dataset.csv`, or else that of their paths.
pub(crate) fn read(path: &Path, pattern: Option<&Pattern>, request: &Request<'_>) -> Result<Table, Error> {
    let Listing { origin, unit, pictures, left_out } = Listing::of(path, pattern, &request.labels)?;
    if request.splits == Splits::Read && pictures.iter().any(|picture| picture.split.is_none()) {
        return Err(Error::NoSplitFolders { path: path.to_owned() });
    }
    let mut table = Table::default();
    table.left_out = left_out;
    let mut first = None;
    for batch in pictures.chunks(BATCH) {
        let decoded: Vec<Option<Result<Gray, RowProblem>>> = batch
            .par_iter()
            .map(|picture| picture.is_chosen().then(|| decode(&path.join(&picture.file), request.size)))
            .collect();
        for (picture, gray) in batch.iter().zip(decoded) {
            let Some(gray) = gray else {
                table.leave_out(&picture.label);
                continue;
            };
            match picture.face(gray, request, &mut first) {
                Ok((face, meaning)) => table.push(face, meaning, &picture.label),
                Err((place, problem)) => table
                    .refuse(&origin, request.on_bad_row.of(&problem), |row| BadRow { row, place, problem })
                    .map_err(|error| {
                        let labels = || Ok(pictures.iter().map(|picture| picture.label.clone()).collect());
                        error.with_labels(request.labels.classes(), labels)
                    })?,
            }
        }
    }
    table.size = first.map(|(size, _)| size);
    table.checked(&origin, unit)
}

/// Digest of the names and contents of all files that [`read`] reads.
pub(crate) fn digest(
    path: &Path,
    pattern: Option<&Pattern>,
    classes: &Classes,
    of_file: &FileDigest<'_>,
) -> Result<Digest, Error> {
    let Listing { pictures, .. } = Listing::of(path, pattern, &Labels::new(classes))?;
    let chosen = pictures.iter().filter(|picture| picture.is_chosen());
    let mut files: Vec<&Path> = chosen.map(|picture| picture.file.as_path()).collect();
    if path.join(DATASET).is_file() {
        files.push(Path::new(DATASET));
    }
    files.sort_unstable();
    let lines: Result<Vec<String>, Error> = files.par_iter().map(|file| line(path, file, of_file)).collect();
    Ok(Digest::of_bytes(lines?.concat().as_bytes()))
}

/// Name and digest of a file. A picture may be listed and absent, which is for `read` to judge.
fn line(folder: &Path, file: &Path, of_file: &FileDigest<'_>) -> Result<String, Error> {
    let path = folder.join(file);
    let digest = if path.exists() { of_file(&path)?.to_string() } else { "absent".to_owned() };
    Ok(format!("{digest} {:?}\n", file))
}

/// The pictures of a folder, in order.
struct Listing {
    /// What errors name: the folder, or the `dataset.csv` that lists the pictures.
    origin: PathBuf,
    /// What a row is.
    unit: &'static str,
    pictures: Vec<Picture>,
    /// The other files.
    left_out: Leftovers,
}

/// A picture and what its place says about it.
struct Picture {
    /// Path in the folder.
    file: PathBuf,
    /// The label as the source has it.
    label: String,
    /// The folders below that of the class.
    below: PathBuf,
    meaning: Result<Meaning, (Place, RowProblem)>,
    split: Option<Split>,
    /// The group that its name says, where a pattern looks for one.
    group: Option<String>,
}

/// The size of the first picture, and its place in the folder.
type First = Option<((usize, usize), PathBuf)>;

impl Picture {
    /// Whether it is of a label that the classes choose, or of a bad one.
    fn is_chosen(&self) -> bool {
        !matches!(self.meaning, Ok(Meaning::Other))
    }

    fn face(
        &self,
        gray: Result<Gray, RowProblem>,
        request: &Request<'_>,
        first: &mut First,
    ) -> Result<(Face, Meaning), (Place, RowProblem)> {
        let here = |problem| (Place::Picture { file: self.file.clone() }, problem);
        let meaning = self.meaning.clone()?;
        let label = meaning.class().expect("pictures of other labels are left out before");
        let Gray { size, pixels } = gray.map_err(here)?;
        let (expected, first) = first.get_or_insert_with(|| (size, self.file.clone())).clone();
        if size != expected {
            return Err(here(RowProblem::PictureSize { expected, first, found: size }));
        }
        let group =
            request.group.map(|group| self.group(group).ok_or(RowProblem::NoGroup)).transpose().map_err(here)?;
        let split = self.split.filter(|_| request.splits != Splits::Ignore);
        Ok((Face { label, split, group, pixels }, meaning))
    }

    /// Reads the group and the split in its name, where the pattern looks for them.
    fn read_name(&mut self, pattern: Option<&Pattern>) {
        let Some(pattern) = pattern else { return };
        let name = as_text(self.file.file_name().unwrap_or_default()).into_owned();
        let file = self.file.clone();
        let problem = |problem| Err((Place::Picture { file: file.clone() }, problem));
        if pattern.has(Part::Group) {
            self.group = pattern.find(&name, Part::Group);
            if self.group.is_none() && self.meaning.is_ok() {
                self.meaning = problem(RowProblem::NoGroup);
            }
        }
        if pattern.has(Part::Split) && self.meaning.is_ok() {
            match labels::split(&pattern.find(&name, Part::Split).unwrap_or_default()) {
                Ok(split) => self.split = Some(split),
                Err(of_split) => self.meaning = problem(of_split),
            }
        }
    }

    /// The group that its place or its name says.
    fn group(&self, group: &Group) -> Option<String> {
        match group {
            Group::Column(_) => None,
            Group::Folder(level) => self.below.iter().nth(level.get() - 1).map(|name| as_text(name).into_owned()),
            Group::Pattern(pattern) => pattern.find_group(&as_text(self.file.file_name()?)),
        }
    }
}

impl Listing {
    fn of(path: &Path, pattern: Option<&Pattern>, labels: &Labels<'_>) -> Result<Self, Error> {
        let dataset = path.join(DATASET);
        let mut left_out = Leftovers::default();
        if dataset.is_file() {
            let pictures = listed(&dataset, labels)?;
            leave_unlisted(path, &pictures, &mut left_out)?;
            return Ok(Self { origin: dataset, unit: "row", pictures, left_out });
        }
        let mut pictures = match pattern {
            Some(pattern) if pattern.has(Part::Label) => named(path, pattern, labels, &mut left_out)?,
            _ => walked(path, labels, &mut left_out)?,
        };
        pictures.iter_mut().for_each(|picture| picture.read_name(pattern));
        pictures.sort_unstable_by(|a, b| a.file.cmp(&b.file));
        let unit = "picture (png, jpg, webp, bmp, gif, tiff, pnm) in the folders of its classes";
        Ok(Self { origin: path.to_owned(), unit, pictures, left_out })
    }
}

/// The pictures that a `dataset.csv` lists.
fn listed(dataset: &Path, labels: &Labels<'_>) -> Result<Vec<Picture>, Error> {
    let mut blocks = Blocks::open(dataset)?;
    let mut pictures = vec![];
    while let Some(block) = blocks.next()? {
        let fields = Fields::split(dataset, &block, b',', 2, &[0, 1])?;
        for ((file, label), &line) in fields.column(0).into_iter().zip(fields.column(1)).zip(&block.lines) {
            let meaning = labels.meaning(label).map_err(|problem| (Place::Line { line, column: None }, problem));
            let (file, label) = (PathBuf::from(file), label.to_owned());
            let below = file.parent().unwrap_or(Path::new("")).to_owned();
            pictures.push(Picture { file, label, below, meaning, split: None, group: None });
        }
    }
    Ok(pictures)
}

/// Counts the files that a `dataset.csv` does not list.
fn leave_unlisted(path: &Path, listed: &[Picture], left_out: &mut Leftovers) -> Result<(), Error> {
    let listed: BTreeSet<&Path> = listed.iter().map(|picture| picture.file.as_path()).collect();
    let mut found = vec![];
    walk::pictures(path, Path::new(""), &mut found, left_out)?;
    for file in found.iter().filter(|file| !listed.contains(file.as_path())) {
        left_out.add("not in dataset.csv", walk::shown(file));
    }
    Ok(())
}

/// All pictures below the folder, with the labels that their names say.
fn named(path: &Path, pattern: &Pattern, labels: &Labels<'_>, left_out: &mut Leftovers) -> Result<Vec<Picture>, Error> {
    let mut files = vec![];
    walk::pictures(path, Path::new(""), &mut files, left_out)?;
    let picture = |file: PathBuf| {
        let label = pattern.find(&as_text(file.file_name().unwrap_or_default()), Part::Label);
        let problem = |problem| (Place::Picture { file: file.clone() }, problem);
        let meaning = match &label {
            Some(label) => labels.meaning(label).map_err(problem),
            None => Err(problem(RowProblem::NoLabel { pattern: pattern.to_string() })),
        };
        let below = file.parent().unwrap_or(Path::new("")).to_owned();
        Picture { below, file, label: label.unwrap_or_default(), meaning, split: None, group: None }
    };
    Ok(files.into_iter().map(picture).collect())
}

/// The pictures in `<split>/<class>/` or `<class>/`, at any depth below, in any order.
fn walked(path: &Path, labels: &Labels<'_>, left_out: &mut Leftovers) -> Result<Vec<Picture>, Error> {
    let names = || labels.classes().names().to_vec();
    let layout = |found| Error::FolderLayout { path: path.to_owned(), expected: names(), found };
    let root = Folder::read(path, Path::new(""), left_out)?;
    let is_class = |name: &OsString| labels.meaning(&as_text(name)).is_ok();
    let is_split = |name: &OsString| labels::split(&as_text(name)).is_ok();
    let by_split = !root.folders.iter().all(is_class) || root.folders.iter().all(is_split);
    if root.folders.is_empty() {
        return Err(layout(None));
    }
    let mut walk = Walk { root: path, labels, left_out, pictures: vec![] };
    if !by_split {
        walk.classes(Path::new(""), &root, None)?;
        return Ok(walk.pictures);
    }
    let fits = |name: &&OsString| if root.folders.iter().any(is_split) { !is_split(name) } else { !is_class(name) };
    if let Some(stranger) = root.folders.iter().find(fits) {
        return Err(layout(Some(as_text(stranger).into_owned())));
    }
    walk.refuse_pictures(Path::new(""), &root.files)?;
    for split in &root.folders {
        let inner = Folder::read(path, Path::new(split), walk.left_out)?;
        walk.classes(Path::new(split), &inner, labels::split(&as_text(split)).ok())?;
    }
    Ok(walk.pictures)
}

/// A walk through the folders of classes.
struct Walk<'a> {
    root: &'a Path,
    labels: &'a Labels<'a>,
    left_out: &'a mut Leftovers,
    pictures: Vec<Picture>,
}

impl Walk<'_> {
    /// Adds the pictures in and below the class folders of `root/prefix`.
    fn classes(&mut self, prefix: &Path, folder: &Folder, split: Option<Split>) -> Result<(), Error> {
        self.refuse_pictures(prefix, &folder.files)?;
        for name in &folder.folders {
            let label = as_text(name).into_owned();
            let meaning = self.labels.meaning(&label).map_err(|_| Error::ClassFolder {
                path: self.root.join(prefix),
                expected: self.labels.classes().names().to_vec(),
                found: label.clone(),
            })?;
            let mut files = vec![];
            let of_class = prefix.join(name);
            walk::pictures(self.root, &of_class, &mut files, self.left_out)?;
            let below = |file: &Path| {
                let folder = file.parent().unwrap_or(Path::new(""));
                folder.strip_prefix(&of_class).unwrap_or(Path::new("")).to_owned()
            };
            let picture = |file: PathBuf| Picture {
                below: below(&file),
                file,
                label: label.clone(),
                meaning: Ok(meaning),
                split,
                group: None,
            };
            self.pictures.extend(files.into_iter().map(picture));
        }
        Ok(())
    }

    /// Fails if there are pictures among the files of `root/prefix`, which belong to no class.
    fn refuse_pictures(&mut self, prefix: &Path, files: &[OsString]) -> Result<(), Error> {
        let beside = walk::only_pictures(self.root, prefix, files, self.left_out)?;
        if beside.is_empty() {
            return Ok(());
        }
        let files = beside.iter().map(|file| walk::shown(file)).collect();
        Err(Error::BesideClasses { path: self.root.to_owned(), count: beside.len(), files })
    }
}

/// A decoded picture.
struct Gray {
    /// Height and width.
    size: (usize, usize),
    pixels: Vec<u8>,
}

/// Decodes a picture; colours become gray, and the size the one asked for.
fn decode(path: &Path, to: Option<Size>) -> Result<Gray, RowProblem> {
    let picture =
        fer_imgproc::Picture::open(path).map_err(|problem| RowProblem::Picture { reason: with_causes(&problem) })?;
    let size = picture.size();
    let (size, pixels) = match to {
        Some(to) => (to, resize(&picture.into_gray(), size, to)),
        None => (size, picture.into_gray()),
    };
    Ok(Gray { size: (size.height(), size.width()), pixels })
}
