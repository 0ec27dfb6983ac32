//! What can be wrong with a row of a source.

use std::fmt;
use std::path::PathBuf;

use fer_artifact::Size;

use crate::phrase::{class_or_number, short, size, text};

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row} {place}: {problem}")]
pub struct BadRow {
    /// The row, from 0.
    pub row: u32,
    /// Where it stands.
    pub place: Place,
    /// What is wrong with it.
    pub problem: RowProblem,
}

/// Where a row stands in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A row of a CSV file.
    Line {
        /// The row's first line in the file, from 1.
        line: u64,
        /// The column that is wrong, if it is one.
        column: Option<String>,
    },
    /// A picture of a folder.
    Picture {
        /// Its path in the folder.
        file: PathBuf,
    },
    /// A row of a Parquet file.
    Record {
        /// The file's path in the source.
        file: PathBuf,
        /// The row in this file, from 0.
        row: usize,
        /// The column that is wrong, if it is one.
        column: Option<String>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line { line, column: None } => write!(f, "(line {line})"),
            Place::Line { line, column: Some(column) } => write!(f, "(line {line}), column `{}`", short(column)),
            Place::Picture { file } => write!(f, "({})", file.display()),
            Place::Record { file, row, column } => {
                write!(f, "(row {row} of {})", file.display())?;
                column.iter().try_for_each(|column| write!(f, ", column `{}`", short(column)))
            }
        }
    }
}

/// What can be wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowProblem {
    /// Another number of pixel values than the rows before have.
    #[error("expected {expected} pixel values as in the rows before, found {found}")]
    PixelCount {
        /// Pixel values of the first usable row.
        expected: usize,
        /// Pixel values found.
        found: usize,
    },
    /// A number of pixel values that makes no square, in the row that would set the size.
    #[error("expected the pixel values of a square image, found {found}, which is no square number")]
    NotSquare {
        /// Pixel values found.
        found: usize,
    },
    /// A field without pixels.
    #[error("expected pixel values, found an empty field")]
    NoPixels,
    /// A pixel that is no number or too large.
    #[error("expected integers from 0 to 255, found `{}` as value {position}, counted from 0", short(found))]
    PixelValue {
        /// Which value, from 0.
        position: usize,
        /// The text found.
        found: String,
    },
    /// A label that stands for no class.
    #[error("expected {}, found {}", class_or_number(classes), text(found))]
    Label {
        /// The classes.
        classes: Vec<String>,
        /// The text found, perhaps empty.
        found: String,
    },
    /// A number that stands for no class. It is never skipped: where one number is none of the list's, others may stand for
    /// other classes than the list says.
    #[error("expected {}, found {}", class_or_number(classes), text(found))]
    LabelNumber {
        /// The classes.
        classes: Vec<String>,
        /// The number found.
        found: String,
    },
    /// A split of no known name.
    #[error("expected Training, PublicTest or PrivateTest (or train, validation, test), found {}", text(found))]
    Split {
        /// The text found, perhaps empty.
        found: String,
    },
    /// A face that is said to lie where the picture has no pixels.
    #[error("expected a face in the picture, which has {}, found one outside of it", self::size(*size))]
    OutsideOfPicture {
        /// Height and width of the picture.
        size: Size,
    },
    /// A box that is none.
    #[error("expected whole numbers for {}, found {}", names.join(", "), text(found))]
    Box {
        /// Columns of the box.
        names: Vec<String>,
        /// The first that is no number.
        found: String,
    },
    /// A photograph in which no face is found.
    #[error("expected a face in the photograph, found none")]
    NoFace,
    /// A photograph in which several faces are found, where only one may be.
    #[error("expected one face in the photograph, found {found}")]
    SeveralFaces {
        /// Number of faces.
        found: usize,
    },
    /// A file that should hold a label and does not.
    #[error("expected a label, or a label and a rectangle (`class x y width height`), in {}, found {}", file.display(), text(found))]
    LabelFile {
        /// The file's path in the folder.
        file: PathBuf,
        /// The line found, perhaps empty.
        found: String,
    },
    /// A row of a Parquet file without an image.
    #[error("expected an image, found none{}", elsewhere(path.as_deref()))]
    NoImage {
        /// The path that stands there instead, if one does.
        path: Option<String>,
    },
    /// A file whose name does not say a label.
    #[error("expected a name that fits the pattern `{}`", short(pattern))]
    NoLabel {
        /// The pattern.
        pattern: String,
    },
    /// A row that belongs to no group.
    #[error("expected the group that it belongs to, found none")]
    NoGroup,
    /// More fields than the header has.
    #[error(
        "expected {expected} fields as in the header, found more, the next one `{}`{}",
        short(found),
        quotes(found)
    )]
    ExtraField {
        /// Number of columns.
        expected: usize,
        /// The first field too many.
        found: String,
    },
    /// A field of votes that is no number of them.
    #[error("expected a number of votes or a share of them, from 0 to 1e9, found {}", text(found))]
    Votes {
        /// The text found, perhaps empty.
        found: String,
    },
    /// A file that is no readable picture.
    #[error("{reason}")]
    Picture {
        /// Why the file gives no picture, with its causes.
        reason: String,
    },
    /// A picture of another size than those before.
    #[error(
        "expected {} as in {}, found {}; `size: [48, 48]` brings pictures of any size to one",
        size(*expected), first.display(), size(*found)
    )]
    PictureSize {
        /// Height and width of the first usable picture.
        expected: Size,
        /// That picture's path in the folder.
        first: PathBuf,
        /// Height and width found.
        found: Size,
    },
}

/// What stands in the place of an image.
fn elsewhere(path: Option<&str>) -> String {
    path.map_or_else(String::new, |path| format!(" but the path `{}`, which is not followed", short(path)))
}

/// What to do where a field without quotes runs over its end.
fn quotes(found: &str) -> &'static str {
    match found.parse::<u8>() {
        Ok(_) => "; fields with commas in them need quotes around them",
        Err(_) => "",
    }
}
