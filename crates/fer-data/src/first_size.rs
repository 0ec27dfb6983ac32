//! The size of a source's images, before it is read.

use fer_artifact::Size;

use crate::columns::{Columns, first_square};
use crate::csv::{Opened, open};
use crate::survey::{request, size};
use crate::unpacked::Expansion;
use crate::{Classes, CsvSource, Error, IngestParams, Source, folder, manifest};

/// The size of the images that ingest will leave: the one that is asked for, or that of the first image of a CSV file, a folder or a
/// list; none where the source does not tell at a glance.
///
/// # Errors
/// What makes the path no such source.
pub fn first_size(params: &IngestParams) -> Result<Option<Size>, Error> {
    if let Some(size) = params.size {
        return Ok(Some(size.get()));
    }
    let request = request(&params.classes, None);
    let listing = match &params.source {
        Source::Csv(csv) => return of_csv(csv, &params.classes),
        Source::Parquet(_) => return Ok(None),
        Source::Folder(folder) => folder::listing(folder, &request.labels)?,
        Source::Manifest(list) => manifest::listing(list, &request)?,
    };
    let chosen = listing.pictures.iter().filter(|picture| picture.is_chosen());
    Ok({ chosen }.find_map(|picture| size(&listing.root, picture)))
}

fn of_csv(csv: &CsvSource, classes: &Classes) -> Result<Option<Size>, Error> {
    let Opened { first, separator, names, .. } = open(&csv.path, Expansion::of_source(csv.expansion))?;
    let columns = Columns::find(csv, &request(classes, None), separator, names)?;
    let Some(block) = first else { return Ok(None) };
    let side = columns.with_rows(&csv.path, &block, first_square)?;
    Ok(side.and_then(|(_, side)| Size::new(side, side).ok()))
}
