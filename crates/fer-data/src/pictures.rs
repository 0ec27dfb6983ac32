//! Faces in pictures, one a picture or one a rectangle of it.

use std::path::{Path, PathBuf};

use fer_artifact::{Digest, Size, with_causes};
use fer_imgproc::resize;
use rayon::prelude::*;

use crate::face::{Face, Image};
use crate::labels::Meaning;
use crate::listing::{Listing, Picture};
use crate::table::{Request, Splits, Table};
use crate::{BadRow, Error, FileDigest, Place, RowProblem, look_alike};

/// Most pictures that are decoded at a time.
const BATCH: usize = 1024;
/// Bytes of pixels that such a batch may hold. What a thread needs to decode one picture comes on top.
const BATCH_BYTES: usize = 64 << 20;

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
    let (mut table, mut first) = (Table::new(request.scratch), None);
    table.left_out = left_out;
    table.warnings.extend(warning);
    let mut rest = pictures.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(at_a_time(request, first.as_ref()).min(rest.len()));
        rest = later;
        let decoded: Vec<Option<Result<Gray, RowProblem>>> = batch
            .par_iter()
            .map(|picture| picture.is_chosen().then(|| decode(&root, picture, request.size, first.as_ref())))
            .collect();
        for (picture, gray) in batch.iter().zip(decoded) {
            let Some(gray) = gray else {
                table.leave_out(&picture.label);
                continue;
            };
            match face(picture, gray, request, &mut first) {
                Ok((face, meaning)) => table.push(face, meaning, &picture.label)?,
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

/// How many pictures to decode at a time: one until the size of all is known.
fn at_a_time(request: &Request<'_>, first: Option<&First>) -> usize {
    let size = request.size.or(first.map(|(size, _)| *size));
    size.map_or(1, |size| (BATCH_BYTES / size.area()).clamp(1, BATCH))
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
type First = (Size, PathBuf);

fn face(
    picture: &Picture,
    gray: Result<Gray, RowProblem>,
    request: &Request<'_>,
    first: &mut Option<First>,
) -> Result<(Face, Meaning), (Place, RowProblem)> {
    let here = |problem| (Place::Picture { file: picture.file.clone() }, problem);
    let meaning = picture.meaning.clone()?;
    let label = meaning.class().expect("pictures of other labels are left out before");
    let Gray { size, image } = gray.map_err(here)?;
    let expected = first.get_or_insert_with(|| (size, picture.file.clone()));
    check_size(size, Some(expected)).map_err(here)?;
    let group = match request.group {
        Some(group) => Some(picture.group_of(group).ok_or_else(|| here(RowProblem::NoGroup))?),
        None => picture.group.clone(),
    };
    let split = picture.split.filter(|_| request.splits != Splits::Ignore);
    Ok((Face { label, split, group, origin: Some(picture.origin()), image }, meaning))
}

fn check_size(found: Size, first: Option<&First>) -> Result<(), RowProblem> {
    match first {
        Some((expected, first)) if found != *expected => {
            Err(RowProblem::PictureSize { expected: *expected, first: first.clone(), found })
        }
        _ => Ok(()),
    }
}

/// A decoded picture.
struct Gray {
    /// Height and width.
    size: Size,
    image: Image,
}

/// Decodes a picture; colours become gray, and the size the one asked for. Pixels of another size than the first picture's
/// are not kept.
fn decode(root: &Path, picture: &Picture, to: Option<Size>, first: Option<&First>) -> Result<Gray, RowProblem> {
    let decoded = fer_imgproc::Picture::open(&root.join(&picture.file))
        .map_err(|problem| RowProblem::Picture { reason: with_causes(&problem) })?;
    let size = decoded.size();
    let (pixels, size) = match picture.crop {
        Some(crop) => crop.of(&decoded.into_gray(), size).ok_or(RowProblem::OutsideOfPicture { size })?,
        None => (decoded.into_gray(), size),
    };
    let (pixels, size) = match to {
        Some(to) => (resize(&pixels, size, to), to),
        None => (pixels, size),
    };
    check_size(size, first)?;
    Ok(Gray { size, image: Image::new(pixels) })
}
