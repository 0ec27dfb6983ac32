use fer_artifact::{Size, Split};

/// Faces side by side, line by line: a contact sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What is shown.
    pub title: String,
    /// What should be known of it.
    pub note: String,
    /// Part of the data that the faces are of.
    pub split: Split,
    /// The faces.
    pub lines: Vec<SheetLine>,
}

/// Faces that belong together: of a class, or made of one face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetLine {
    /// What they have in common.
    pub name: String,
    /// The faces.
    pub tiles: Vec<SheetTile>,
}

/// A face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetTile {
    /// The row of the source.
    pub row: u32,
    /// What is said of it.
    pub caption: String,
    /// The name of its picture, where it has one.
    pub origin: Option<String>,
    /// Height and width.
    pub size: Size,
    /// Levels, 0 black to 255 white, row by row.
    pub pixels: Vec<u8>,
}
