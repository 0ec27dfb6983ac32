//! What can be wrong with a source, and how it is said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fer_artifact::{Split, shown};

use crate::phrase::{
    alternatives, counted, entries, few, found_folder, listed, naming, numbers, other_way, short, why_empty,
};
use crate::{BadRow, InvalidParams};

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
    /// A compressed file that unpacks to far more than tables of faces do.
    #[error("{}: the {format} archive unpacks to too much for a table of faces; {advice}", path.display())]
    Expands {
        /// The file.
        path: PathBuf,
        /// Kind of archive.
        format: &'static str,
        /// What helps.
        advice: &'static str,
        /// How much may be in it.
        source: std::io::Error,
    },
    /// More rows than are read.
    #[error("{}: expected a source of at most {limit} {unit}, found more; split it", path.display())]
    TooManyRows {
        /// The file or folder.
        path: PathBuf,
        /// The most.
        limit: usize,
        /// What is counted.
        unit: &'static str,
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
    /// A source none of whose labels the classes choose.
    #[error("{}: expected rows of the labels that `classes` chooses, found the labels {}", path.display(), few(labels))]
    NoChosenLabel {
        /// The file or folder.
        path: PathBuf,
        /// The labels of the source.
        labels: Vec<String>,
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
        "{}: expected a column {} with the {content}, found {}; {}{}",
        path.display(), alternatives(expected), listed(found), naming(*parameter), other_way(content)
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
        /// The parameter that names it, where there are parameters.
        parameter: Option<&'static str>,
    },
    /// A column of `report_by` with a value for nearly every row.
    #[error(
        "{}: `report_by`: expected at most {most} values in the column `{}`, found {found}", path.display(), shown(column)
    )]
    TooManyValues {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Number of its values.
        found: usize,
        /// Most values.
        most: usize,
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
    /// Labels that are numbers and do not fit the list of classes.
    #[error(
        "{}: {row}; the labels of the source are {}{}: `classes: {suggestion}` chooses classes by number",
        path.display(), few(labels), if *from_one { ", which seem to begin at 1" } else { "" }
    )]
    LabelNumbers {
        /// The file or folder.
        path: PathBuf,
        /// The first row with a number that is none of the list's.
        row: Box<BadRow>,
        /// All labels of the source, numbers in their order.
        labels: Vec<String>,
        /// Whether they are the numbers from 1 to the number of classes.
        from_one: bool,
        /// The classes as a map.
        suggestion: String,
    },
    /// Pictures of no class.
    #[error(
        "{}: expected pictures in the folders of their classes, found {count} beside these folders: {}; move them into \
         the folder of their class, or out of the source", path.display(), few(files)
    )]
    BesideClasses {
        /// The folder.
        path: PathBuf,
        /// Number of pictures.
        count: usize,
        /// Names of the first of them.
        files: Vec<String>,
    },
    /// A file that is no CSV file.
    #[error("{}: expected CSV text, found {found}", path.display())]
    NotCsv {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// An archive that holds no CSV file, or more than one.
    #[error("{}: expected an archive of one CSV file, found {}; unpack the one to be read", path.display(), entries(found))]
    ArchiveEntries {
        /// The archive.
        path: PathBuf,
        /// Names of the CSV files in it.
        found: Vec<String>,
    },
    /// A file that is no Parquet file.
    #[error("{}: expected a Parquet file, found {found}", path.display())]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// A Parquet file that cannot be read.
    #[error("{}: the Parquet file is damaged, or written in a way that is not supported", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The reader's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A column that holds something else.
    #[error("{}: expected {expected} in the column `{}`, found {found}", path.display(), short(column))]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What it should hold.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
    /// Parameters that do not fit together.
    #[error(transparent)]
    Params(#[from] InvalidParams),
    /// Faces to be looked for, and nothing that finds them.
    #[error("`detect` needs a detector of faces, found none; build with the feature `faces`")]
    NoDetector,
    /// Another number of votes than the source has rows.
    #[error(
        "{}: expected votes for each of the {expected} rows of {}, found {found} rows of votes",
        path.display(), source_path.display()
    )]
    VotesRows {
        /// The file of the votes.
        path: PathBuf,
        /// The source.
        source_path: PathBuf,
        /// Rows of the source.
        expected: usize,
        /// Rows of votes.
        found: usize,
    },
    /// Votes that stand in another split than their row: the files are of another order.
    #[error(
        "{}: expected votes in the order of the source's rows, found `{found}` for row {row}, which is of {expected}", path.display()
    )]
    VotesOfSplit {
        /// The file of the votes.
        path: PathBuf,
        /// The row, from 0.
        row: u32,
        /// The split that the source says.
        expected: Split,
        /// The split that the votes say.
        found: Split,
    },
    /// Votes none of which are for a picture of the source.
    #[error(
        "{}: expected votes for the pictures of {}, such as {}, found none by their names",
        path.display(), source_path.display(), short(picture)
    )]
    NoVotes {
        /// The file of the votes.
        path: PathBuf,
        /// The source.
        source_path: PathBuf,
        /// The first picture.
        picture: String,
    },
    /// Two rows of votes for one picture.
    #[error(
        "{}: expected votes for each picture once, found `{}` in the rows {first} and {second}, counted from 0",
        path.display(), short(name)
    )]
    SameVotes {
        /// The file of the votes.
        path: PathBuf,
        /// The picture.
        name: String,
        /// The first row of votes.
        first: usize,
        /// The second.
        second: usize,
    },
    /// Votes that could be for two pictures.
    #[error(
        "{}: expected names that tell pictures apart, found one for {} and {}; write their folders before the names",
        path.display(), short(&pictures[0]), short(&pictures[1])
    )]
    VotesOfTwo {
        /// The file of the votes.
        path: PathBuf,
        /// The pictures.
        pictures: [String; 2],
    },
    /// A column of votes for something that the list of classes does not have.
    #[error(
        "{}: expected votes for the classes ({}), found a column `{}`; a map, `classes: {{{}: [{}], …}}`, chooses some",
        path.display(), few(classes), short(column), classes[0], classes[0]
    )]
    VotesOfNoClass {
        /// The file of the votes.
        path: PathBuf,
        /// The column.
        column: String,
        /// The classes.
        classes: Vec<String>,
    },
    /// Two columns of votes for one class, which nobody said to add up.
    #[error(
        "{}: expected one column with votes for `{class}`, found `{}` and `{}`; a map, `classes: {{{class}: [one, other], …}}`, \
         adds up columns of different names", path.display(), columns[0], columns[1]
    )]
    VotesTwice {
        /// The file of the votes.
        path: PathBuf,
        /// The class.
        class: String,
        /// The columns.
        columns: [String; 2],
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
         found {}{}", path.display(), few(expected), found_folder(found), numbers(found.as_deref(), expected)
    )]
    FolderLayout {
        /// The folder.
        path: PathBuf,
        /// The classes.
        expected: Vec<String>,
        /// The first folder that is neither, if there is any folder.
        found: Option<String>,
    },
    /// A folder without folders that classes could be called after.
    #[error("{}: expected folders named after classes, or after splits with such folders in them, found none", path.display())]
    NoClassFolders {
        /// The folder.
        path: PathBuf,
    },
    /// A folder in a split's folder that is no class.
    #[error(
        "{}: expected folders named after classes ({}), found `{}`{}",
        path.display(), few(expected), short(found), numbers(Some(found), expected)
    )]
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
         the split `head`, `stratified` or `folds`", path.display()
    )]
    NoSplitFolders {
        /// The folder.
        path: PathBuf,
    },
    /// Splits that the source has, and a rule that would deal them out anew.
    #[error(
        "{}: the split `{rule}` would deal out the splits that the source has ({}): `{{kind: usage}}` keeps them, with \
         `validation: 0.1` if train has to give some; `pool: true` beside `kind: {rule}` deals out all",
        path.display(), counted(counts)
    )]
    OfficialSplits {
        /// The file or folder.
        path: PathBuf,
        /// The rule.
        rule: &'static str,
        /// Rows of each split.
        counts: BTreeMap<Split, usize>,
    },
    /// A label that is said to stand for a class, and is none of the source's.
    #[error("{}: expected a label of the source before `=`, found `{}`; the source has {}", path.display(), short(label), listed(found))]
    MappedLabel {
        /// The file or folder.
        path: PathBuf,
        /// The label.
        label: String,
        /// The labels that there are.
        found: Vec<String>,
    },
    /// Numbers that mean one class in FER2013 and another in the list of classes.
    #[error(
        "{}: expected labels by name, as {number} is `{fer2013}` in FER2013 and `{}` in the list of classes, found numbers",
        path.display(), short(name)
    )]
    Numbers {
        /// The file or folder.
        path: PathBuf,
        /// The first number of which that is so.
        number: usize,
        /// Its class in FER2013.
        fer2013: &'static str,
        /// The class in that place of the list.
        name: String,
    },
    /// A split that was asked for, of which the source has no rows.
    #[error("{}: expected rows of {split}, found none; the source has the splits {found}", path.display())]
    NoRowsOfSplit {
        /// The file or folder.
        path: PathBuf,
        /// The split.
        split: Split,
        /// Those that there are.
        found: String,
    },
    /// Validation asked of train where the source has one.
    #[error("{}: expected a source without validation for `validation`, found one; leave `validation` out", path.display())]
    HasValidation {
        /// The file or folder.
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
    /// Votes that leave no row.
    #[error("{}: expected rows whose votes are clear, found none", path.display())]
    NoClearVotes {
        /// The file or folder.
        path: PathBuf,
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
