//! What can be wrong with a source, and how it is said.

use std::fmt;
use std::path::{Path, PathBuf};

/// What can be wrong with a source of faces.
///
/// Rows are counted from 0 without the header, as in the artifact's `rows`; lines from 1 with everything, as editors
/// count them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: cannot {action}", path.display())]
    Io {
        /// File or folder concerned.
        path: PathBuf,
        /// What was tried, as a verb with its object.
        action: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A compressed file that ends before its end.
    #[error(
        "{}: the {format} archive is truncated: expected more data, found the end of the file; copy the file again",
        path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Kind of archive.
        format: &'static str,
    },
    /// A compressed file that cannot be unpacked.
    #[error("{}: the {format} archive is damaged; copy the file again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Kind of archive.
        format: &'static str,
        /// The decoder's reason.
        source: std::io::Error,
    },
    /// Bytes that are no UTF-8.
    #[error("{}: line {line}: expected UTF-8 text, found the byte 0x{found:02X}; save the file as UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The first byte that does not fit.
        found: u8,
    },
    /// A CSV file without any text.
    #[error("{}: expected a header and rows, found an empty file", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A source without rows.
    #[error("{}: expected at least one {unit}, found none", path.display())]
    NoRows {
        /// The file or folder.
        path: PathBuf,
        /// What a row is in this source.
        unit: &'static str,
    },
    /// A quote that is opened and not closed, or a row that is longer than any row of pixels.
    #[error("{}: line {line}: expected a row of at most {limit} bytes, found a longer one; is a quote left open?", path.display())]
    LongRow {
        /// The file.
        path: PathBuf,
        /// The row's first line, from 1.
        line: u64,
        /// The longest row that is read.
        limit: usize,
    },
    /// A quote that the end of the file leaves open.
    #[error("{}: line {line}: expected a closing quote, found the end of the file", path.display())]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// The row's first line, from 1.
        line: u64,
    },
    /// Rows that the CSV reader cannot take apart, which only quotes inside a field bring about.
    #[error(
        "{}: lines {first} to {last}: expected quotes around whole fields alone, found them elsewhere",
        path.display()
    )]
    Csv {
        /// The file.
        path: PathBuf,
        /// First line of the rows concerned, from 1.
        first: u64,
        /// Last line of the rows concerned.
        last: u64,
        /// The reader's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A column that is needed and not there.
    #[error(
        "{}: expected a column {} with the {content}, found {}; name it with `{parameter}`",
        path.display(), alternatives(expected), listed(found)
    )]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// What the column would hold.
        content: &'static str,
        /// Names that would do.
        expected: Vec<String>,
        /// The columns there are.
        found: Vec<String>,
        /// The parameter that names it.
        parameter: &'static str,
    },
    /// A header with more columns than any source of faces has.
    #[error("{}: expected a header of at most {limit} columns, found {found}", path.display())]
    TooManyColumns {
        /// The file.
        path: PathBuf,
        /// The most that are read.
        limit: usize,
        /// Columns of the header.
        found: usize,
    },
    /// A row that cannot be used.
    #[error("{}: {row}", path.display())]
    Row {
        /// The file or folder.
        path: PathBuf,
        /// The row and what is wrong with it.
        row: Box<BadRow>,
    },
    /// A source where every row was skipped.
    #[error("{}: all {rows} rows are bad, the first: {first}", path.display())]
    NoGoodRow {
        /// The file or folder.
        path: PathBuf,
        /// Number of rows.
        rows: usize,
        /// The first row and what is wrong with it.
        first: Box<BadRow>,
    },
    /// A folder laid out in another way.
    #[error(
        "{}: expected a `dataset.csv`, or folders named after splits (train, validation, test) or classes ({}), \
         found {}", path.display(), few(expected), found_folder(found)
    )]
    FolderLayout {
        /// The folder.
        path: PathBuf,
        /// The classes.
        expected: Vec<String>,
        /// The first folder that is neither, if there is any folder.
        found: Option<String>,
    },
    /// A folder in a split's folder that is no class.
    #[error("{}: expected folders named after classes ({}), found `{}`", path.display(), few(expected), short(found))]
    ClassFolder {
        /// The split's folder.
        path: PathBuf,
        /// The classes.
        expected: Vec<String>,
        /// The first folder that is none.
        found: String,
    },
    /// A folder that does not say which picture belongs to which split.
    #[error(
        "{}: expected folders named after splits (train, validation, test) for the split `usage`, found none; choose \
         the split `head` or `stratified`", path.display()
    )]
    NoSplitFolders {
        /// The folder.
        path: PathBuf,
    },
    /// More rows asked for than there are.
    #[error("{}: split `head`: expected at least {train} usable rows for train, found {found}", path.display())]
    HeadTooLong {
        /// The file or folder.
        path: PathBuf,
        /// Rows asked for.
        train: usize,
        /// Rows there are.
        found: usize,
    },
    /// Nothing to train on.
    #[error("{}: expected rows for train, found none among the {rows} usable rows{}", path.display(), why_empty(*dropped))]
    EmptyTrain {
        /// The file or folder.
        path: PathBuf,
        /// Usable rows of the source.
        rows: usize,
        /// Rows of train that were dropped as duplicates.
        dropped: usize,
    },
    /// A picture that could not be written.
    #[error("{}: cannot encode the picture: {reason}", path.display())]
    Encode {
        /// The picture.
        path: PathBuf,
        /// The encoder's reason.
        reason: String,
    },
    /// What the contract crate could not do.
    #[error(transparent)]
    Artifact(#[from] fer_artifact::Error),
}

impl Error {
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), action, source }
    }

    /// The encoder's reasons have line breaks, and their sources say the same again.
    pub(crate) fn encode(path: &Path) -> impl FnOnce(image::ImageError) -> Self {
        move |error| Self::Encode { path: path.to_owned(), reason: error.to_string().replace('\n', " ") }
    }
}

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
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line { line, column: None } => write!(f, "(line {line})"),
            Place::Line { line, column: Some(column) } => write!(f, "(line {line}), column `{}`", short(column)),
            Place::Picture { file } => write!(f, "({})", file.display()),
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
    #[error(
        "expected a class ({}) or its number from 0 to {}, found {}",
        few(classes), classes.len() - 1, text(found)
    )]
    Label {
        /// The classes.
        classes: Vec<String>,
        /// The text found, perhaps empty.
        found: String,
    },
    /// A split of no known name.
    #[error("expected Training, PublicTest or PrivateTest (or train, validation, test), found {}", text(found))]
    Split {
        /// The text found, perhaps empty.
        found: String,
    },
    /// More fields than the header has.
    #[error("expected {expected} fields as in the header, found more, the next one `{}`", short(found))]
    ExtraField {
        /// Number of columns.
        expected: usize,
        /// The first field too many.
        found: String,
    },
    /// A file that is no readable picture.
    #[error("{reason}")]
    Picture {
        /// Why the file gives no picture, with its causes.
        reason: String,
    },
    /// A picture of another size than those before.
    #[error("expected {} as in {}, found {}", size(*expected), first.display(), size(*found))]
    PictureSize {
        /// Height and width of the first usable picture.
        expected: (usize, usize),
        /// That picture's path in the folder.
        first: PathBuf,
        /// Height and width found.
        found: (usize, usize),
    },
}

/// Longest text, in characters, that a message quotes.
const LONGEST: usize = 40;
/// Most columns or classes that a message lists.
const MOST_NAMES: usize = 12;

/// A text cut to a length that a message can bear.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn text(found: &str) -> String {
    if found.is_empty() { "an empty field".to_owned() } else { format!("`{}`", short(found)) }
}

fn size((height, width): (usize, usize)) -> String {
    format!("a height of {height} and a width of {width}")
}

fn alternatives(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

fn listed(columns: &[String]) -> String {
    few(&columns.iter().map(|name| format!("`{}`", short(name))).collect::<Vec<_>>())
}

fn few(names: &[String]) -> String {
    let shown = names[..names.len().min(MOST_NAMES)].join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

fn found_folder(found: &Option<String>) -> String {
    found.as_ref().map_or("no folder".to_owned(), |name| format!("`{}`", short(name)))
}

fn why_empty(dropped: usize) -> String {
    match dropped {
        0 => String::new(),
        _ => format!(", since all {dropped} were dropped as duplicates"),
    }
}
