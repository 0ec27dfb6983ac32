//! From a source to sets of images.

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
/// The rows of every set stand in the source's order. Their pixels are kept in memory up to [`fer_artifact::Spool::IN_MEMORY`]
/// bytes; more of them lie in a file in the folder `scratch` that vanishes with the sets. The work is spread over rayon's
/// current pool; the result does not depend on the number of threads.
///
/// # Errors
/// Any variant of [`Error`] but [`Error::Encode`].
pub fn ingest(params: &IngestParams, seed: Seed, scratch: &Path) -> Result<Ingested, Error> {
    let (splits, group) = (split::wanted(&params.split), params.group.as_ref());
    let size = params.size.map(ImageSize::get);
    let path = params.source_path();
    let labels = Labels::new(&params.classes);
    let request = Request { labels, splits, on_bad_row: params.on_bad_row, group, size, scratch };
    let mut table = read(&params.source, &request)?;
    let assignment = split::assign(&params.split, &table, path, seed)?;
    let mut assignment: Vec<Option<Split>> = assignment.into_iter().map(Some).collect();
    let (rows, notes) = (table.len(), Notes::of(&mut table, &params.classes));
    let dropped = duplicates::drop(&table, &mut assignment, params.drop_duplicates);
    if !assignment.contains(&Some(Split::Train)) {
        return Err(Error::EmptyTrain { path: path.to_owned(), rows, dropped: dropped.total() });
    }
    let report = notes.into_report(checks::check(&params.classes, &table, &assignment, dropped));
    Ok(Ingested { sets: table.into_sets(&params.classes, &assignment)?, report })
}

/// Reads all rows of a source as one set, whatever their split, to evaluate a model on it. The set calls itself
/// [`Split::Test`]. With a size, every image is brought to it as it is read; without, all must have one size. Pixels are kept
/// as by [`ingest`].
///
/// # Errors
/// Any variant of [`Error`] that concerns reading; a bad row is one.
pub fn load(source: &Source, classes: &Classes, size: Option<Size>, scratch: &Path) -> Result<Loaded, Error> {
    let (labels, splits, on_bad_row) = (Labels::new(classes), Splits::Ignore, OnBadRow::Error);
    let mut table = read(source, &Request { labels, splits, on_bad_row, group: None, size, scratch })?;
    let (rows, notes) = (table.len(), Notes::of(&mut table, classes));
    let report = notes.into_report(checks::check(classes, &table, &vec![None; rows], Dropped::default()));
    let mut sets = table.into_sets(classes, &vec![Some(Split::Test); rows])?;
    let images = sets.remove(&Split::Test).expect("a source without rows is refused");
    Ok(Loaded { images, notes: summary::reading(&report) })
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
    let (labels, group) = (Labels::new(&params.classes), params.group.as_ref());
    let (on_bad_row, scratch) = (params.on_bad_row, Path::new(""));
    let request = Request { labels, splits: Splits::Note, on_bad_row, group, size: None, scratch };
    let listing = match &params.source {
        Source::Csv(csv) => return Ok(of_file(&csv.path)?),
        Source::Manifest(manifest) => manifest::listing(manifest, &request)?,
        Source::Folder { path, pattern } => folder::listing(path, pattern.as_ref(), &request.labels)?,
    };
    pictures::digest(&listing, of_file)
}

/// Gives the digest of a file's contents.
pub type FileDigest<'a> = dyn Fn(&Path) -> Result<Digest, fer_artifact::Error> + Sync + 'a;
