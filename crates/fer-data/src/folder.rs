//! A folder of pictures: what its folders, its file names or its `dataset.csv` say.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use fer_artifact::Split;

use crate::blocks::Blocks;
use crate::fields::Fields;
use crate::labels::{self, Labels, Meaning};
use crate::left_out::Leftovers;
use crate::listing::{Listing, Picture};
use crate::pattern::{Part, Pattern};
use crate::spelling::spelling;
use crate::walk::{self, Folder, as_text};
use crate::{Classes, Error, FolderSource, Place, RowProblem, label_files};

/// The seed's list of pictures: file name and label, without a header.
pub(crate) const DATASET: &str = "dataset.csv";

/// The pictures of a folder. Their order is that of the `dataset.csv`, or else that of their paths.
pub(crate) fn listing(source: &FolderSource, labels: &Labels<'_>) -> Result<Listing, Error> {
    let FolderSource { path, pattern, labels: label_files } = source;
    let (root, dataset, pattern) = (path.to_owned(), path.join(DATASET), pattern.as_ref());
    let mut left_out = Leftovers::default();
    if let Some(wanted) = label_files {
        let (mut pictures, label_files) = label_files::labelled(path, wanted, labels, &mut left_out)?;
        pictures.iter_mut().for_each(|picture| picture.read_name(pattern));
        return Ok(Listing { root, list: None, unit: "picture with a label file", pictures, label_files, left_out });
    }
    let label_files = vec![];
    if dataset.is_file() {
        let mut pictures = listed(&dataset, labels)?;
        pictures.iter_mut().for_each(|picture| picture.read_name(pattern));
        leave_unlisted(path, &pictures, DATASET, &mut left_out)?;
        return Ok(Listing { root, list: Some(dataset), unit: "row", pictures, label_files, left_out });
    }
    let mut pictures = match pattern {
        _ if labels.are_ignored() => anywhere(path, &mut left_out)?,
        Some(pattern) if pattern.has(Part::Label) => named(path, pattern, labels, &mut left_out)?,
        _ => walked(path, labels, &mut left_out)?,
    };
    pictures.iter_mut().for_each(|picture| picture.read_name(pattern));
    pictures.sort_unstable_by(|a, b| a.file.cmp(&b.file));
    let unit = "picture (png, jpg, webp, bmp, gif, tiff, pnm) in the folders of its classes";
    Ok(Listing { root, list: None, unit, pictures, label_files, left_out })
}

/// The names of the folders that hold the pictures of a class each, in alphabetical order; the labels of a `dataset.csv`.
/// Names of one spelling count once.
pub(crate) fn class_names(path: &Path) -> Result<Vec<String>, Error> {
    let (dataset, mut left_out) = (path.join(DATASET), Leftovers::default());
    let mut names: Vec<String> = if dataset.is_file() {
        let pictures = listed(&dataset, &Labels::new(&Classes::default()))?;
        pictures.into_iter().map(|picture| picture.label).collect()
    } else {
        let root = Folder::read(path, Path::new(""), &mut left_out)?;
        let is_split = |name: &&OsString| labels::split(&as_text(name)).is_ok();
        let mut folders = vec![];
        for split in root.folders.iter().filter(is_split) {
            folders.extend(Folder::read(path, Path::new(split), &mut left_out)?.folders);
        }
        let folders = if root.folders.iter().any(|name| is_split(&name)) { folders } else { root.folders };
        folders.iter().map(|name| as_text(name).into_owned()).collect()
    };
    names.sort_by_key(|name| (spelling(name), name.clone()));
    names.dedup_by_key(|name| spelling(name));
    if names.is_empty() {
        return Err(Error::NoClassFolders { path: path.to_owned() });
    }
    Ok(names)
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
            pictures.push(Picture {
                file,
                label,
                below,
                meaning,
                split: None,
                group: None,
                values: vec![],
                region: None,
            });
        }
    }
    Ok(pictures)
}

/// Counts the pictures below a folder that the list of this name does not name.
pub(crate) fn leave_unlisted(
    path: &Path,
    listed: &[Picture],
    list: &str,
    left_out: &mut Leftovers,
) -> Result<(), Error> {
    let listed: BTreeSet<&Path> = listed.iter().map(|picture| picture.file.as_path()).collect();
    let mut found = vec![];
    walk::pictures(path, Path::new(""), &mut found, left_out)?;
    for file in found.iter().filter(|file| !listed.contains(file.as_path())) {
        left_out.add(&format!("not in {list}"), walk::shown(file));
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
        Picture {
            below,
            file,
            label: label.unwrap_or_default(),
            meaning,
            split: None,
            group: None,
            values: vec![],
            region: None,
        }
    };
    Ok(files.into_iter().map(picture).collect())
}

/// All pictures below the folder, whatever their folders are called; the first one may be called by a split.
fn anywhere(path: &Path, left_out: &mut Leftovers) -> Result<Vec<Picture>, Error> {
    let mut files = vec![];
    walk::pictures(path, Path::new(""), &mut files, left_out)?;
    let picture = |file: PathBuf| {
        let first = file.parent().and_then(|folder| folder.iter().next());
        Picture {
            below: file.parent().unwrap_or(Path::new("")).to_owned(),
            split: first.and_then(|name| labels::split(&as_text(name)).ok()),
            file,
            label: String::new(),
            meaning: Ok(Meaning::Class(0)),
            group: None,
            values: vec![],
            region: None,
        }
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
                values: vec![],
                region: None,
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
