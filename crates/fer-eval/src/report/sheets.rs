//! Contact sheets on the page.

use png::ColorType;
use serde::Serialize;

use super::picture::data_uri;
use crate::{Error, Sheet, SheetLine, SheetTile};

/// A sheet, ready to print.
#[derive(Debug, Serialize)]
pub(crate) struct SheetView<'a> {
    title: &'a str,
    note: &'a str,
    lines: Vec<LineView<'a>>,
}

#[derive(Debug, Serialize)]
struct LineView<'a> {
    name: &'a str,
    tiles: Vec<TileView<'a>>,
}

#[derive(Debug, Serialize)]
struct TileView<'a> {
    /// A PNG as a data URI.
    picture: String,
    caption: &'a str,
    origin: Option<&'a str>,
}

impl<'a> SheetView<'a> {
    /// # Errors
    /// [`Error::Picture`].
    pub(crate) fn new(sheet: &'a Sheet) -> Result<Self, Error> {
        let tile = |tile: &'a SheetTile| {
            let picture = data_uri(tile.size.width(), tile.size.height(), ColorType::Grayscale, &tile.pixels);
            let picture = picture.map_err(|source| Error::Picture { split: sheet.split, row: tile.row, source })?;
            Ok(TileView { picture, caption: &tile.caption, origin: tile.origin.as_deref() })
        };
        let line = |line: &'a SheetLine| {
            Ok(LineView { name: &line.name, tiles: line.tiles.iter().map(tile).collect::<Result<_, Error>>()? })
        };
        let lines = sheet.lines.iter().map(line).collect::<Result<_, Error>>()?;
        Ok(Self { title: &sheet.title, note: &sheet.note, lines })
    }
}
