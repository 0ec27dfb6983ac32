//! Faces in a folder of pictures.

use std::path::{Path, PathBuf};

use fer_artifact::{Digest, Split, with_causes};
use rayon::prelude::*;

use crate::blocks::Blocks;
use crate::fields::Fields;
use crate::table::{Face, Request, Splits, Table};
use crate::{BadRow, Classes, Error, FileDigest, Place, RowProblem, labels};

/// The seed's list of pictures: file name and label, without a header.
pub(crate) const DATASET: &str = "dataset.csv";
const EXTENSIONS: [&str; 13] =
    ["png", "jpg", "jpeg", "jfif", "webp", "bmp", "gif", "tif", "tiff", "pnm", "pbm", "pgm", "ppm"];
/// Pictures that are decoded at a time, which bounds memory until their sizes are known to agree.
const BATCH: usize = 1024;

/// Reads all pictures of a folder, gray. Their order is that of the `dataset.csv`, or else that of their paths.
pub(crate) fn read(path: &Path, request: Request<'_>) -> Result<Table, Error> {
    let Listing { origin, unit, pictures } = Listing::of(path, request.classes)?;
    if request.splits == Splits::Read && pictures.iter().any(|picture| picture.split.is_none()) {
        return Err(Error::NoSplitFolders { path: path.to_owned() });
    }
    let mut table = Table::default();
    let mut first = None;
    for batch in pictures.chunks(BATCH) {
        let decoded: Vec<Result<Gray, RowProblem>> =
            batch.par_iter().map(|picture| decode(&path.join(&picture.file))).collect();
        for (picture, gray) in batch.iter().zip(decoded) {
            let split = picture.split.filter(|_| request.splits == Splits::Read);
            let face = picture.label.clone().and_then(|label| {
                let Gray { size, pixels } = gray.map_err(|problem| (picture.place(), problem))?;
                let first = first.get_or_insert_with(|| (size, picture.file.clone()));
                if size == first.0 {
                    Ok(Face { label, split, pixels })
                } else {
                    let (expected, first) = first.clone();
                    Err((picture.place(), RowProblem::PictureSize { expected, first, found: size }))
                }
            });
            match face {
                Ok(face) => table.push(face),
                Err((place, problem)) => {
                    table.refuse(&origin, request.on_bad_row, |row| BadRow { row, place, problem })?;
                }
            }
        }
    }
    table.size = first.map(|(size, _)| size);
    table.checked(&origin, unit)
}

/// Digest of the names and contents of all files that [`read`] reads.
pub(crate) fn digest(path: &Path, classes: &Classes, of_file: &FileDigest<'_>) -> Result<Digest, Error> {
    let Listing { pictures, .. } = Listing::of(path, classes)?;
    let mut files: Vec<&Path> = pictures.iter().map(|picture| picture.file.as_path()).collect();
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
}

/// A picture and what its place says about it.
struct Picture {
    /// Path in the folder.
    file: PathBuf,
    label: Result<u8, (Place, RowProblem)>,
    split: Option<Split>,
}

impl Picture {
    fn place(&self) -> Place {
        Place::Picture { file: self.file.clone() }
    }
}

impl Listing {
    fn of(path: &Path, classes: &Classes) -> Result<Self, Error> {
        let dataset = path.join(DATASET);
        if dataset.is_file() {
            let pictures = listed(&dataset, classes)?;
            return Ok(Self { origin: dataset, unit: "row", pictures });
        }
        let mut pictures = walked(path, classes)?;
        pictures.sort_unstable_by(|a, b| a.file.cmp(&b.file));
        let unit = "picture (png, jpg, webp, bmp, gif, tiff, pnm) in the folders of its classes";
        Ok(Self { origin: path.to_owned(), unit, pictures })
    }
}

/// The pictures that a `dataset.csv` lists.
fn listed(dataset: &Path, classes: &Classes) -> Result<Vec<Picture>, Error> {
    let mut blocks = Blocks::open(dataset)?;
    let mut pictures = vec![];
    while let Some(block) = blocks.next()? {
        let fields = Fields::split(dataset, &block, 2, &[0, 1])?;
        for ((file, label), &line) in fields.column(0).into_iter().zip(fields.column(1)).zip(&block.lines) {
            let place = |problem| (Place::Line { line, column: None }, problem);
            let label = labels::label(label, classes).map_err(place);
            pictures.push(Picture { file: file.into(), label, split: None });
        }
    }
    Ok(pictures)
}

/// The pictures in `<split>/<class>/` or `<class>/`, in any order.
fn walked(path: &Path, classes: &Classes) -> Result<Vec<Picture>, Error> {
    let layout = |found| Error::FolderLayout { path: path.to_owned(), expected: classes.names().to_vec(), found };
    let folders = subfolders(path)?;
    let is_class = |name: &String| labels::label(name, classes).is_ok();
    let is_split = |name: &String| labels::split(name).is_ok();
    let mut pictures = vec![];
    if folders.is_empty() {
        return Err(layout(None));
    } else if folders.iter().all(is_class) {
        collect(path, Path::new(""), &folders, classes, None, &mut pictures)?;
    } else {
        let fits = |name: &&String| if folders.iter().any(is_split) { !is_split(name) } else { !is_class(name) };
        if let Some(stranger) = folders.iter().find(fits) {
            return Err(layout(Some(stranger.clone())));
        }
        for split in &folders {
            let inner = subfolders(&path.join(split))?;
            collect(path, Path::new(split), &inner, classes, labels::split(split).ok(), &mut pictures)?;
        }
    }
    Ok(pictures)
}

/// Adds the pictures in the class folders of `root/prefix`.
fn collect(
    root: &Path,
    prefix: &Path,
    folders: &[String],
    classes: &Classes,
    split: Option<Split>,
    pictures: &mut Vec<Picture>,
) -> Result<(), Error> {
    for name in folders {
        let folder = prefix.join(name);
        let label = labels::label(name, classes).map_err(|_| Error::ClassFolder {
            path: root.join(prefix),
            expected: classes.names().to_vec(),
            found: name.clone(),
        })?;
        for (file, is_folder) in entries(&root.join(&folder))? {
            if !is_folder && is_picture(&file) {
                pictures.push(Picture { file: folder.join(file), label: Ok(label), split });
            }
        }
    }
    Ok(())
}

fn is_picture(file: &str) -> bool {
    let extension = Path::new(file).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

fn subfolders(path: &Path) -> Result<Vec<String>, Error> {
    Ok(entries(path)?.into_iter().filter(|(_, is_folder)| *is_folder).map(|(name, _)| name).collect())
}

/// Names of what a folder holds, sorted, and whether each is a folder. Hidden entries are left out.
fn entries(path: &Path) -> Result<Vec<(String, bool)>, Error> {
    let io = || Error::io(path, "read the folder");
    let mut names = vec![];
    for entry in std::fs::read_dir(path).map_err(io())? {
        let entry = entry.map_err(io())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push((name, entry.path().is_dir()));
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// A decoded picture.
struct Gray {
    /// Height and width.
    size: (usize, usize),
    pixels: Vec<u8>,
}

/// Decodes a picture; colours become gray.
fn decode(path: &Path) -> Result<Gray, RowProblem> {
    let picture =
        fer_imgproc::Picture::open(path).map_err(|problem| RowProblem::Picture { reason: with_causes(&problem) })?;
    let size = picture.size();
    Ok(Gray { size: (size.height(), size.width()), pixels: picture.into_gray() })
}
