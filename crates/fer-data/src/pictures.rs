//! Faces in pictures, one a picture or one a rectangle of it.

use std::path::{Path, PathBuf};

use fer_artifact::{Digest, Size, with_causes};
use fer_imgproc::resize;
use rayon::prelude::*;

use crate::labels::Meaning;
use crate::listing::{Crop, Listing, Picture};
use crate::table::{Face, Request, Splits, Table};
use crate::{BadRow, Error, FileDigest, Place, RowProblem, look_alike};

/// Pictures that are decoded at a time, which bounds memory until their sizes are known to agree.
const BATCH: usize = 1024;

/// Reads all pictures of a listing, gray, in its order.
pub(crate) fn read(listing: Listing, request: &Request<'_>) -> Result<Table, Error> {
    let origin = listing.origin().to_owned();
    // Who splits the rows must know which belong together; who scores all of them need not.
    let unknown = request.group.is_none() && request.splits != Splits::Ignore;
    let warning = if unknown { look_alike::warning(&listing, &request.labels) } else { None };
    let Listing { root, unit, pictures, left_out, .. } = listing;
    if request.splits == Splits::Read
        && pictures.iter().any(|picture| picture.meaning.is_ok() && picture.split.is_none())
    {
        return Err(Error::NoSplitFolders { path: origin });
    }
    let (mut table, mut first) = (Table::beside(left_out), None);
    table.warnings.extend(warning);
    for batch in pictures.chunks(BATCH) {
        let decoded: Vec<Option<Result<Gray, RowProblem>>> = batch
            .par_iter()
            .map(|picture| picture.is_chosen().then(|| decode(&root.join(&picture.file), picture.crop, request.size)))
            .collect();
        for (picture, gray) in batch.iter().zip(decoded) {
            let Some(gray) = gray else {
                table.leave_out(&picture.label);
                continue;
            };
            match face(picture, gray, request, &mut first) {
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
pub(crate) fn digest(listing: &Listing, of_file: &FileDigest<'_>) -> Result<Digest, Error> {
    let chosen = listing.pictures.iter().filter(|picture| picture.is_chosen());
    let mut files: Vec<&Path> = chosen.map(|picture| picture.file.as_path()).collect();
    let list = listing.list.as_deref().map(|list| list.strip_prefix(&listing.root).unwrap_or(list));
    files.extend(list);
    files.sort_unstable();
    // A picture may stand in a list for each of its faces.
    files.dedup();
    let lines: Result<Vec<String>, Error> = files.par_iter().map(|file| line(&listing.root, file, of_file)).collect();
    Ok(Digest::of_bytes(lines?.concat().as_bytes()))
}

/// Name and digest of a file. A picture may be listed and absent, which is for `read` to judge.
fn line(folder: &Path, file: &Path, of_file: &FileDigest<'_>) -> Result<String, Error> {
    let path = folder.join(file);
    let digest = if path.exists() { of_file(&path)?.to_string() } else { "absent".to_owned() };
    Ok(format!("{digest} {:?}\n", file))
}

/// The size of the first picture, and its place in the folder.
type First = Option<(Size, PathBuf)>;

fn face(
    picture: &Picture,
    gray: Result<Gray, RowProblem>,
    request: &Request<'_>,
    first: &mut First,
) -> Result<(Face, Meaning), (Place, RowProblem)> {
    let here = |problem| (Place::Picture { file: picture.file.clone() }, problem);
    let meaning = picture.meaning.clone()?;
    let label = meaning.class().expect("pictures of other labels are left out before");
    let Gray { size, pixels } = gray.map_err(here)?;
    let (expected, first) = first.get_or_insert_with(|| (size, picture.file.clone())).clone();
    if size != expected {
        return Err(here(RowProblem::PictureSize { expected, first, found: size }));
    }
    let group = match request.group {
        Some(group) => Some(picture.group_of(group).ok_or_else(|| here(RowProblem::NoGroup))?),
        None => picture.group.clone(),
    };
    let split = picture.split.filter(|_| request.splits != Splits::Ignore);
    Ok((Face { label, split, group, values: picture.values.clone(), pixels }, meaning))
}

/// A decoded picture.
struct Gray {
    /// Height and width.
    size: Size,
    pixels: Vec<u8>,
}

/// Decodes a picture; colours become gray, and the size the one asked for.
fn decode(path: &Path, crop: Option<Crop>, to: Option<Size>) -> Result<Gray, RowProblem> {
    let picture =
        fer_imgproc::Picture::open(path).map_err(|problem| RowProblem::Picture { reason: with_causes(&problem) })?;
    let size = picture.size();
    let (pixels, size) = match crop {
        Some(crop) => crop.of(&picture.into_gray(), size).ok_or(RowProblem::OutsideOfPicture { size })?,
        None => (picture.into_gray(), size),
    };
    Ok(match to {
        Some(to) => Gray { size: to, pixels: resize(&pixels, size, to) },
        None => Gray { size, pixels },
    })
}
