//! Rows of Parquet files as far as columns and the heads of pictures tell.

use fer_artifact::{Size, Split};
use fer_imgproc::Picture;
use rayon::prelude::*;

use super::columns::{Columns, Image, Rows};
use super::file::ParquetFile;
use crate::table::Request;
use crate::{Error, ParquetSource, labels, pixels, shards};

/// What a row says without its image being decoded.
pub(crate) struct Glance {
    /// Empty where there is none.
    pub(crate) label: String,
    pub(crate) split: Option<Split>,
    pub(crate) group: Option<String>,
    pub(crate) size: Option<Size>,
}

/// The names of the columns of the first file.
pub(crate) fn column_names(source: &ParquetSource) -> Result<Vec<String>, Error> {
    let (shards, _) = shards::of(&source.path)?;
    let Some(first) = shards.first() else { return Ok(vec![]) };
    Ok(ParquetFile::open(&first.path)?.names().iter().map(ToString::to_string).collect())
}

/// Hands on what the rows say, in order.
pub(crate) fn glance(source: &ParquetSource, request: &Request<'_>, mut note: impl FnMut(Glance)) -> Result<(), Error> {
    let (shards, _) = shards::of(&source.path)?;
    for shard in &shards {
        let file = ParquetFile::open(&shard.path)?;
        let columns = Columns::find(&file, source, request, shard.split.is_some())?;
        for part in file.parts() {
            let rows = columns.read(&file, part)?;
            let of_row = |index: usize| Glance {
                label: rows.label(index, &[]).unwrap_or_default().into_owned(),
                split: match rows.split(index) {
                    Some(word) => labels::split(&word).ok(),
                    None => shard.split,
                },
                group: rows.group(index).map(|group| group.into_owned()).filter(|group| !group.is_empty()),
                size: size(&rows, index),
            };
            let found: Vec<Glance> = (0..rows.len()).into_par_iter().map(of_row).collect();
            found.into_iter().for_each(&mut note);
        }
    }
    Ok(())
}

fn size(rows: &Rows<'_>, index: usize) -> Option<Size> {
    match rows.image(index).ok()? {
        Image::File(bytes) => Picture::size_of_bytes(bytes).ok(),
        Image::Pixels(text) => {
            let side = pixels::side(pixels::count(&text))?;
            Size::new(side, side).ok()
        }
    }
}
