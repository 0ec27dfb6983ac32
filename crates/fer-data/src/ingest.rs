//! From a source to sets of images.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{DataReport, Digest, Dropped, ImageSet, Seed, Size, Split, Subsets};

use crate::FileDigest;
use crate::detect::Detection;
use crate::join::Joined;
use crate::labels::Labels;
use crate::near::{self, Near};
use crate::notes::Notes;
use crate::reading::Rows;
use crate::table::{Request, Splits, Table};
use crate::{
    Classes, DropDuplicates, Error, FaceFinder, ImageSize, IngestParams, Source, Votes, checks, csv, duplicates,
    folder, manifest, parquet, pictures, shards, split, summary,
};

/// What ingest makes of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingested {
    /// Train, and validation and test where they have images.
    pub sets: BTreeMap<Split, ImageSet>,
    /// What these sets hold and what was left out.
    pub report: DataReport,
    /// The parts of these sets that are scored by themselves.
    pub subsets: Subsets,
    /// Digest of the bytes that were read, of a CSV file that is no archive.
    pub source: Option<Digest>,
}

/// All rows of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The images.
    pub images: ImageSet,
    /// What they hold and what was left out. Near copies were not looked for.
    pub report: DataReport,
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
    ingest_with(params, seed, None, scratch)
}

/// [`ingest`] with what finds faces in photographs, for sources of which the parameters say `detect`.
///
/// # Errors
/// As [`ingest`].
pub fn ingest_with(
    params: &IngestParams,
    seed: Seed,
    finder: Option<&FaceFinder<'_>>,
    scratch: &Path,
) -> Result<Ingested, Error> {
    params.check()?;
    let params = &*with_class_names(params)?;
    let path = params.source_path();
    let request = Request {
        labels: labels(params),
        splits: split::wanted(&params.split),
        on_bad_row: params.on_bad_row,
        group: params.group.as_ref(),
        report_by: &params.report_by,
        size: params.size.map(ImageSize::get),
        detection: detection(params, finder)?,
        scratch,
    };
    let mut table = read(&params.source, &request)?;
    let joined = match &params.votes {
        Some(votes) => Some(Joined::new(votes, &params.classes, &mut table, path)?),
        None => None,
    };
    let by = table.values_by(&params.report_by, path)?;
    let assignment = split::assign(&params.split, &table, path, seed)?;
    let mut assignment: Vec<Option<Split>> = assignment.into_iter().map(Some).collect();
    let (rows, notes) = (table.len(), Notes::of(&mut table, &params.classes));
    let votes = joined.map(|joined| joined.apply(&mut table, &mut assignment));
    let mut dropped = duplicates::drop(&table, &mut assignment, params.drop_duplicates);
    let fingerprints = near::fingerprints(&table)?;
    let mut found = Near::of(&table, &assignment, &fingerprints);
    if params.drop_duplicates == DropDuplicates::Near {
        dropped = found.drop(&mut assignment, dropped);
        found = Near::of(&table, &assignment, &fingerprints);
    }
    if !assignment.contains(&Some(Split::Train)) {
        return Err(Error::EmptyTrain { path: path.to_owned(), rows, dropped: dropped.total() });
    }
    let mut report = notes.into_report(checks::check(&params.classes, &table, &assignment, dropped));
    report.near = found.report(&fingerprints)?;
    report.votes = votes;
    report.origins = checks::origins(&table, &report);
    let subsets = Subsets { twins: Some(found.twins()), by };
    let source = table.digest;
    Ok(Ingested { sets: table.into_sets(&params.classes, &assignment), report, subsets, source })
}

/// Reads all rows of a source as one set, whatever their split, to evaluate a model on it. The set calls itself
/// [`Split::Test`]. With a size, every image is brought to it as it is read; without, all must have one size. Pixels are kept
/// as by [`ingest`].
///
/// # Errors
/// Any variant of [`Error`] that concerns reading; a bad row is one.
pub fn load(source: &Source, classes: &Classes, size: Option<Size>, scratch: &Path) -> Result<Loaded, Error> {
    let params =
        IngestParams { size: size.map(ImageSize::from), classes: classes.clone(), ..IngestParams::new(source.clone()) };
    load_with(&params, None, scratch)
}

/// [`load`] with all parameters of reading, and with what finds faces in photographs where they say `detect`. What they say of
/// splits and groups does not count.
///
/// # Errors
/// As [`load`].
pub fn load_with(params: &IngestParams, finder: Option<&FaceFinder<'_>>, scratch: &Path) -> Result<Loaded, Error> {
    load_rows(params, &Rows::default(), finder, scratch)
}

/// [`load_with`] of some rows, or of labels that stand for classes of other names. A set of one split calls itself that split.
/// Where there are votes, they take the place of labels and of what stands for them.
///
/// # Errors
/// As [`load`]; what is wrong with the votes; and if the source does not say splits, has no row of the split, or has no such label.
pub fn load_rows(
    params: &IngestParams,
    rows: &Rows,
    finder: Option<&FaceFinder<'_>>,
    scratch: &Path,
) -> Result<Loaded, Error> {
    params.check()?;
    let classes = &params.classes;
    let request = Request {
        labels: if params.votes.is_some() { labels(params) } else { rows.labels(params)? },
        splits: if rows.split.is_some() { Splits::Read } else { Splits::Ignore },
        on_bad_row: params.on_bad_row,
        group: None,
        report_by: &[],
        size: params.size.map(ImageSize::get),
        detection: detection(params, finder)?,
        scratch,
    };
    let mut table = read(&params.source, &request)?;
    rows.check_numbers(&table, params)?;
    let joined = match &params.votes {
        Some(votes) => Some(Joined::new(votes, classes, &mut table, params.source_path())?),
        None => None,
    };
    let mut assignment = rows.assignment(&table, params)?;
    let notes = Notes::of(&mut table, classes);
    let votes = joined.map(|joined| joined.apply(&mut table, &mut assignment));
    if assignment.iter().all(Option::is_none) {
        return Err(Error::NoClearVotes { path: params.source_path().to_owned() });
    }
    let mut report = notes.into_report(checks::check(classes, &table, &assignment, Dropped::default()));
    report.votes = votes;
    report.origins = checks::origins(&table, &report);
    let (_, images) = table.into_sets(classes, &assignment).pop_first().expect("a source without rows is refused");
    let notes =
        report.votes.iter().flat_map(summary::votes).chain(summary::skipped(&report)).chain(summary::reading(&report));
    let notes = notes.collect();
    Ok(Loaded { images, report, notes })
}

/// What finds faces, if the parameters ask for it.
fn detection<'a>(params: &IngestParams, finder: Option<&'a FaceFinder<'a>>) -> Result<Option<Detection<'a>>, Error> {
    let (Some(detect), Some(size)) = (params.detect, params.size) else { return Ok(None) };
    let finder = finder.ok_or(Error::NoDetector)?;
    Ok(Some(Detection { faces: detect.faces, finder, to: size.get() }))
}

/// What labels of the source mean: nothing where votes take their place.
fn labels(params: &IngestParams) -> Labels<'_> {
    if params.votes.is_some() { Labels::ignored(&params.classes) } else { Labels::new(&params.classes) }
}

/// The parameters with the names of their classes, which the folders of the source say where `classes` is `from-folders`, and
/// the votes where nobody says them.
///
/// # Errors
/// What is wrong with the folder, or with the names.
pub fn with_class_names(params: &IngestParams) -> Result<Cow<'_, IngestParams>, Error> {
    let of_votes = params.votes.as_ref().filter(|_| params.classes.are_unsaid()).and_then(Votes::usual_classes);
    let classes = match of_votes {
        Some(names) => Classes::new(names.map(str::to_owned).to_vec())?,
        None if params.classes.is_from_folders() => Classes::new(folder::class_names(params.source_path())?)?,
        None => return Ok(Cow::Borrowed(params)),
    };
    Ok(Cow::Owned(IngestParams { classes, ..params.clone() }))
}

fn read(source: &Source, request: &Request<'_>) -> Result<Table, Error> {
    match source {
        Source::Csv(csv) => csv::read(csv, request),
        Source::Manifest(manifest) => pictures::read(manifest::listing(manifest, request)?, request),
        Source::Folder(folder) => pictures::read(folder::listing(folder, &request.labels)?, request),
        Source::Parquet(parquet) => parquet::read(parquet, request),
    }
}

/// Digest of what the source holds, which decides whether an earlier result is still fresh: of a CSV file's bytes; of
/// a folder, of the names and bytes of the pictures in it that are read, and of the files with their labels; of Parquet files,
/// of their names and bytes. `of_file` gives a file's digest: [`Digest::of_file`], or something that knows it already.
///
/// # Errors
/// [`Error::Io`] or [`Error::Artifact`] if something cannot be read, and what is wrong with a folder's layout.
pub fn source_digest(params: &IngestParams, of_file: &FileDigest<'_>) -> Result<Digest, Error> {
    let params = &*with_class_names(params)?;
    let (labels, group) = (labels(params), params.group.as_ref());
    let request = Request {
        labels,
        splits: Splits::Note,
        on_bad_row: params.on_bad_row,
        group,
        report_by: &[],
        size: None,
        detection: None,
        scratch: Path::new(""),
    };
    let listing = match &params.source {
        Source::Csv(csv) => return Ok(of_file(&csv.path)?),
        Source::Manifest(manifest) => manifest::listing(manifest, &request)?,
        Source::Folder(folder) => folder::listing(folder, &request.labels)?,
        Source::Parquet(parquet) => return shards::digest(&parquet.path, of_file),
    };
    pictures::digest(&listing, of_file)
}
