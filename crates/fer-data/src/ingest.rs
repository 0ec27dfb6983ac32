//! From a source to sets of images.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{DataReport, Digest, Dropped, ImageSet, Seed, Size, Split};

use crate::labels::Labels;
use crate::notes::Notes;
use crate::table::{Request, Splits, Table};
use crate::{
    Classes, Error, ImageSize, IngestParams, OnBadRow, Source, checks, csv, duplicates, folder, manifest, pictures,
    split, summary,
};

/// What ingest makes of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingested {
    /// Train, and validation and test where they have images.
    pub sets: BTreeMap<Split, ImageSet>,
    /// What these sets hold and what was left out.
    pub report: DataReport,
}

/// All rows of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The images.
    pub images: ImageSet,
    /// What was left out and how labels were understood, in lines for a person; none where all was plain.
    pub notes: Vec<String>,
}

/// Reads a source, splits it, and checks it. `seed` decides where a split deals out images at random.
///
/// The rows of every set stand in the source's order. The work is spread over rayon's current pool; the result does
/// not depend on the number of threads.
///
/// # Errors
/// Any variant of [`Error`] but [`Error::Encode`].
pub fn ingest(params: &IngestParams, seed: Seed) -> Result<Ingested, Error> {
    let params = &*with_class_names(params)?;
    let (splits, group) = (split::wanted(&params.split), params.group.as_ref());
    let size = params.size.map(ImageSize::get);
    let path = params.source_path();
    let labels = Labels::new(&params.classes);
    let mut table = read(&params.source, &Request { labels, splits, on_bad_row: params.on_bad_row, group, size })?;
    let assignment = split::assign(&params.split, &table, path, seed)?;
    let (rows, notes) = (table.len(), Notes::of(&mut table, &params.classes));
    let mut sets = table.into_sets(&params.classes, &assignment);
    let dropped = duplicates::drop(&mut sets, params.drop_duplicates);
    if sets.get(&Split::Train).is_none_or(ImageSet::is_empty) {
        return Err(Error::EmptyTrain { path: path.to_owned(), rows, dropped: dropped.total() });
    }
    let report = notes.into_report(checks::check(&params.classes, &sets, dropped));
    Ok(Ingested { sets, report })
}

/// Reads all rows of a source as one set, whatever their split, to evaluate a model on it. The set calls itself
/// [`Split::Test`]. With a size, every image is brought to it as it is read; without, all must have one size.
///
/// # Errors
/// Any variant of [`Error`] that concerns reading; a bad row is one.
pub fn load(source: &Source, classes: &Classes, size: Option<Size>) -> Result<Loaded, Error> {
    let labels = Labels::new(classes);
    let mut table =
        read(source, &Request { labels, splits: Splits::Ignore, on_bad_row: OnBadRow::Error, group: None, size })?;
    let notes = Notes::of(&mut table, classes);
    let images = table.set(classes, Split::Test, |_| true);
    let report = notes.into_report(checks::check(classes, &BTreeMap::new(), Dropped::default()));
    Ok(Loaded { images, notes: summary::reading(&report) })
}

/// The parameters with the names of their classes, which the folders of the source say where `classes` is `from-folders`.
///
/// # Errors
/// What is wrong with the folder, or with the names.
pub fn with_class_names(params: &IngestParams) -> Result<Cow<'_, IngestParams>, Error> {
    if !params.classes.is_from_folders() {
        return Ok(Cow::Borrowed(params));
    }
    let classes = Classes::new(folder::class_names(params.source_path())?)?;
    Ok(Cow::Owned(IngestParams { classes, ..params.clone() }))
}

fn read(source: &Source, request: &Request<'_>) -> Result<Table, Error> {
    match source {
        Source::Csv(csv) => csv::read(csv, request),
        Source::Manifest(manifest) => pictures::read(manifest::listing(manifest, request)?, request),
        Source::Folder { path, pattern } => {
            pictures::read(folder::listing(path, pattern.as_ref(), &request.labels)?, request)
        }
    }
}

/// Digest of what the source holds, which decides whether an earlier result is still fresh: of a CSV file's bytes; of
/// a folder, of the names and bytes of the pictures in it that are read, and of its `dataset.csv`. `of_file` gives a
/// file's digest: [`Digest::of_file`], or something that knows it already.
///
/// # Errors
/// [`Error::Io`] or [`Error::Artifact`] if something cannot be read, and what is wrong with a folder's layout.
pub fn source_digest(params: &IngestParams, of_file: &FileDigest<'_>) -> Result<Digest, Error> {
    let params = &*with_class_names(params)?;
    let (labels, group) = (Labels::new(&params.classes), params.group.as_ref());
    let request = Request { labels, splits: Splits::Note, on_bad_row: params.on_bad_row, group, size: None };
    let listing = match &params.source {
        Source::Csv(csv) => return Ok(of_file(&csv.path)?),
        Source::Manifest(manifest) => manifest::listing(manifest, &request)?,
        Source::Folder { path, pattern } => folder::listing(path, pattern.as_ref(), &request.labels)?,
    };
    pictures::digest(&listing, of_file)
}

/// Gives the digest of a file's contents.
pub type FileDigest<'a> = dyn Fn(&Path) -> Result<Digest, fer_artifact::Error> + Sync + 'a;
