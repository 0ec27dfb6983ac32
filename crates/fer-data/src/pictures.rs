//! Faces in pictures, one a picture or one a rectangle of it.

use std::path::{Path, PathBuf};

use fer_artifact::{Digest, with_causes};
use fer_imgproc::{Beside, side_by_side};
use rayon::prelude::*;

use crate::face::{Face, Image};
use crate::file_digest::digest_of_lines;
use crate::gray::{CommonSize, Gray};
use crate::labels::Meaning;
use crate::listing::{Listing, Picture};
use crate::look::{Seen, Several};
use crate::table::{Request, Splits, Table};
use crate::{BadRow, Error, FileDigest, Place, RowProblem, look_alike};

/// Reads all pictures of a listing, gray, in its order.
pub(crate) fn read(listing: Listing, request: &Request<'_>) -> Result<Table, Error> {
    let origin = listing.origin().to_owned();
    // Who splits the rows must know which belong together; who scores all of them need not.
    let unknown = request.group.is_none() && request.splits != Splits::Ignore;
    let warning = if unknown { look_alike::warning(&listing, &request.labels) } else { None };
    let Listing { root, unit, pictures, left_out, .. } = listing;
    if request.splits == Splits::Read
        && pictures.iter().any(|picture| picture.is_of_a_class() && picture.split.is_none())
    {
        return Err(Error::NoSplitFolders { path: origin });
    }
    let grouped = request.group.is_some() || pictures.iter().any(|picture| picture.group.is_some());
    let (mut table, mut size, mut several) = (Table::new(request.scratch), CommonSize::default(), Several::default());
    table.left_out = left_out;
    table.warnings.extend(warning);
    let mut rest = pictures.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(size.at_a_time(request.size).min(rest.len()));
        rest = later;
        let decoded: Vec<Option<Result<Seen, RowProblem>>> = side_by_side(batch, |picture, beside| {
            if picture.is_chosen() {
                look(&root, picture, request, &size, beside).transpose().map(Some)
            } else {
                Some(None)
            }
        });
        for (picture, seen) in batch.iter().zip(decoded) {
            let Some(seen) = seen else {
                table.leave_out(&picture.label);
                continue;
            };
            several.note(seen.as_ref().map_or(0, |seen| seen.faces), || picture.file.display().to_string());
            for face in faces(picture, seen, request, grouped, &mut size) {
                match face {
                    Ok((face, meaning)) => table.push(&origin, face, meaning, &picture.label)?,
                    Err((place, problem)) => table
                        .refuse(&origin, request.on_bad_row.of(&problem), |row| BadRow { row, place, problem })
                        .map_err(|error| {
                            let labels = || Ok(pictures.iter().map(|picture| picture.label.clone()).collect());
                            error.with_labels(request.labels.classes(), labels)
                        })?,
                }
            }
        }
    }
    table.size = size.get();
    table.warnings.extend(several.warning(request));
    table.checked(&origin, unit)
}

/// Digest of the names and contents of all files that [`read`] reads.
pub(crate) fn digest(listing: &Listing, of_file: &FileDigest<'_>) -> Result<Digest, Error> {
    let chosen = listing.pictures.iter().filter(|picture| picture.is_chosen());
    let mut files: Vec<&Path> = chosen.map(|picture| picture.file.as_path()).collect();
    let list = listing.list.as_deref().map(|list| list.strip_prefix(&listing.root).unwrap_or(list));
    files.extend(list);
    files.extend(listing.label_files.iter().map(PathBuf::as_path));
    files.sort_unstable();
    // A picture may stand in a list for each of its faces.
    files.dedup();
    let lines: Vec<Result<String, Error>> = files.par_iter().map(|file| line(&listing.root, file, of_file)).collect();
    digest_of_lines(lines)
}

/// Name and digest of a file. A picture may be listed and absent, which is for `read` to judge.
fn line(folder: &Path, file: &Path, of_file: &FileDigest<'_>) -> Result<String, Error> {
    let path = folder.join(file);
    let digest = match path.metadata() {
        Ok(found) if found.is_file() => of_file(&path)?.to_string(),
        Ok(_) => "no file".to_owned(),
        Err(_) => "absent".to_owned(),
    };
    Ok(format!("{digest} {:?}\n", file))
}

/// A row that can be used, or where it stands and why not.
type Outcome = Result<(Face, Meaning), (Place, RowProblem)>;

/// The rows of a picture: one for each of its images. Where rows have groups, each must have one.
fn faces(
    picture: &Picture,
    seen: Result<Seen, RowProblem>,
    request: &Request<'_>,
    grouped: bool,
    size: &mut CommonSize,
) -> Vec<Outcome> {
    match (&picture.meaning, seen) {
        (Err(problem), _) => vec![Err(problem.clone())],
        (Ok(_), Err(problem)) => vec![Err((Place::Picture { file: picture.file.clone() }, problem))],
        (Ok(meaning), Ok(seen)) => {
            seen.images.into_iter().map(|image| face(picture, *meaning, image, (request, grouped), size)).collect()
        }
    }
}

fn face(
    picture: &Picture,
    meaning: Meaning,
    image: Gray,
    (request, grouped): (&Request<'_>, bool),
    size: &mut CommonSize,
) -> Outcome {
    let here = |problem| (Place::Picture { file: picture.file.clone() }, problem);
    let label = meaning.class().expect("pictures of other labels are left out before");
    size.check(image.size, || picture.file.clone()).map_err(here)?;
    let group = request.group.map_or_else(|| picture.group.clone(), |group| picture.group_of(group));
    if grouped && group.is_none() {
        return Err(here(RowProblem::NoGroup));
    }
    let split = picture.split.filter(|_| request.splits != Splits::Ignore);
    let (values, origin) = (picture.values.clone(), Some(picture.origin()));
    Ok((Face { label, split, group, values, origin, image: Image::new(image.pixels) }, meaning))
}

/// Decodes a picture, and looks at the part of it that is asked for. Pixels of another size than the first picture's are not
/// kept. None if the picture has to be alone.
fn look(
    root: &Path,
    picture: &Picture,
    request: &Request<'_>,
    size: &CommonSize,
    beside: Beside,
) -> Result<Option<Seen>, RowProblem> {
    let decoded = fer_imgproc::Picture::open_beside(&root.join(&picture.file), beside)
        .map_err(|problem| RowProblem::Picture { reason: with_causes(&problem) })?;
    let Some(decoded) = decoded else { return Ok(None) };
    Ok(Some(request.look(decoded, picture.region)?.only_of(size.get())))
}
