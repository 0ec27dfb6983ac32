//! The parameters of ingest, valid by construction.

use std::path::{Path, PathBuf};

use fer_artifact::{Count, OutOfRange, Size, tidy};
use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};

use crate::csv_source::CsvSource;
use crate::label_files::LabelFiles;
use crate::pattern::{Part, Pattern};
use crate::split_rule::SplitRule;
use crate::{Classes, Detect, InvalidParams, RowProblem, Votes, detect, shards};

/// Parameters of the ingest stage.
///
/// Serialised, every default is written out; [`IngestParams::new`] gives the same defaults in Rust.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IngestParams {
    /// Where the faces are.
    #[schemars(extend("examples" = [{"kind": "csv", "path": "data/fer2013.csv"}]))]
    pub source: Source,
    /// Which rows become train, validation and test.
    #[schemars(extend("examples" = [{"kind": "stratified", "train": 0.8, "validation": 0.1, "test": 0.1}]))]
    #[serde(default)]
    pub split: SplitRule,
    /// Class names in label order; or a map from class names to labels of the source, which chooses, renames and merges
    /// labels; or `from-folders` for the names of the source's class folders in alphabetical order.
    #[schemars(extend("examples" = [{"happy": [3], "down": ["sad", "sadness"]}]))]
    #[serde(default)]
    pub classes: Classes,
    /// What people voted for, which takes the place of the source's labels: targets to learn and to be measured by. Without
    /// `classes`, those of FER+ are its own eight.
    #[schemars(extend("examples" = [{"kind": "fer-plus", "path": "data/fer2013new.csv", "protocol": "probability"}]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<Votes>,
    /// What to do with a row that cannot be used.
    #[serde(default)]
    pub on_bad_row: OnBadRow,
    /// Which copies, exact ones or near ones too, to leave out of train; validation and test stay whole.
    #[serde(default)]
    pub drop_duplicates: DropDuplicates,
    /// Height and width to which pictures are brought as they are read; without it, all must have one size.
    #[schemars(extend("examples" = [[48, 48]]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<ImageSize>,
    /// Whether pictures are photographs, in which faces are looked for, and which of them become rows; without it, pictures
    /// are faces.
    #[schemars(extend("examples" = [true]))]
    #[serde(default, deserialize_with = "detect::optional", skip_serializing_if = "Option::is_none")]
    pub detect: Option<Detect>,
    /// How pixels are kept.
    #[serde(default, skip_serializing_if = "Color::is_default")]
    #[schemars(!skip_serializing_if)]
    pub color: Color,
    /// What says which rows belong together, such as those of one person: they stay in one split.
    #[schemars(extend("examples" = [{"pattern": "^(S[0-9]+)_"}]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// Columns of a CSV file or of a manifest by whose values evaluate gives scores too.
    #[schemars(extend("examples" = [["sex", "dataset"]]))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub report_by: Vec<String>,
}

impl IngestParams {
    /// Parameters for this source, all else at its default.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            split: SplitRule::default(),
            classes: Classes::default(),
            votes: None,
            on_bad_row: OnBadRow::default(),
            drop_duplicates: DropDuplicates::default(),
            size: None,
            detect: None,
            color: Color::Gray,
            group: None,
            report_by: vec![],
        }
    }

    /// What must hold between the parameters.
    ///
    /// # Errors
    /// [`InvalidParams::Group`], [`InvalidParams::FromFolders`], [`InvalidParams::VotesFromFolders`],
    /// [`InvalidParams::VotesAndLabels`], [`InvalidParams::ReportBy`], [`InvalidParams::SameColumn`],
    /// [`InvalidParams::DetectSource`] or [`InvalidParams::DetectSize`].
    pub fn check(&self) -> Result<(), InvalidParams> {
        let repeated = self.report_by.iter().enumerate().find(|(index, name)| self.report_by[..*index].contains(name));
        match (&self.source, repeated) {
            (Source::Folder(_) | Source::Parquet(_), _) if !self.report_by.is_empty() => {
                return Err(InvalidParams::ReportBy);
            }
            (_, Some((_, name))) => return Err(InvalidParams::SameColumn { name: name.clone() }),
            _ => {}
        }
        let by_folders = matches!(&self.source, Source::Folder(FolderSource { pattern, labels: None, .. })
            if !pattern.as_ref().is_some_and(|pattern| pattern.has(Part::Label)));
        match (&self.votes, &self.source) {
            (Some(_), _) if self.classes.is_from_folders() => return Err(InvalidParams::VotesFromFolders),
            (Some(_), Source::Folder(FolderSource { labels: Some(_), .. })) => {
                return Err(InvalidParams::VotesAndLabels);
            }
            (None, _) if self.classes.is_from_folders() && !by_folders => return Err(InvalidParams::FromFolders),
            _ => {}
        }
        let invalid = |found, needs| Err(InvalidParams::Group { found, needs });
        match (&self.group, &self.source) {
            (Some(Group::Column(_)), Source::Folder(_)) => invalid("column", "csv, manifest or parquet"),
            (Some(Group::Folder(_)), Source::Csv(_) | Source::Parquet(_)) => invalid("folder", "folder or manifest"),
            (Some(Group::Pattern(_)), Source::Csv(_)) => invalid("pattern", "folder, manifest or parquet"),
            _ if self.detect.is_some() && matches!(self.source, Source::Csv(_)) => Err(InvalidParams::DetectSource),
            _ if self.detect.is_some() && self.size.is_none() => Err(InvalidParams::DetectSize),
            _ => Ok(()),
        }
    }

    /// Makes a relative path of the source relative to `base`, the pipeline file's folder.
    pub fn resolve(&mut self, base: &Path) {
        let path = match &mut self.source {
            Source::Csv(csv) => &mut csv.path,
            Source::Folder(folder) => &mut folder.path,
            Source::Parquet(parquet) => &mut parquet.path,
            Source::Manifest(manifest) => {
                if let Some(images) = &mut manifest.images {
                    *images = tidy(&base.join(&*images));
                }
                &mut manifest.path
            }
        };
        *path = tidy(&base.join(&*path));
        if let Some(votes) = &mut self.votes {
            let path = votes.path_mut();
            *path = tidy(&base.join(&*path));
        }
    }

    /// Path of the source.
    pub fn source_path(&self) -> &Path {
        self.source.path()
    }
}

/// Where the faces are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// A CSV file, plain or compressed with gzip or zstd, one image a row.
    Csv(CsvSource),
    /// A folder of pictures, `<split>/<class>/*` or `<class>/*`, or with a `dataset.csv`.
    Folder(FolderSource),
    /// A list of pictures with their labels, and perhaps splits, groups and boxes of faces.
    Manifest(ManifestSource),
    /// A Parquet file, or a folder of them, with pictures or pixels in a column.
    Parquet(ParquetSource),
}

/// A folder of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderSource {
    /// The folder, relative to the pipeline file.
    #[schemars(extend("examples" = ["data/faces"]))]
    pub path: PathBuf,
    /// A regular expression that reads `label`, and perhaps `group` and `split`, in the names of the files, whatever folders
    /// they lie in; without `label` in it, the folders say the class.
    #[schemars(extend("examples" = ["^(?<subject>[A-Z]{2})\\.(?<label>[A-Z]{2})"]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// Files, of text or of NumPy, that hold the labels, one a picture. By default the folders or the names of the pictures say them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelFiles>,
}

impl FolderSource {
    /// A folder of pictures in the folders of their classes.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), pattern: None, labels: None }
    }
}

/// A Parquet file or a folder of them, and the names of their columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParquetSource {
    /// The file, or the folder of its parts, relative to the pipeline file.
    #[schemars(extend("examples" = ["data/faces.parquet"]))]
    pub path: PathBuf,
    /// Column of the images: pictures (bytes, or a struct with `bytes`), or pixels as text or as lists of numbers. By
    /// default `image`, `img_bytes`, `img`, `pixels` or `feature`.
    #[schemars(extend("examples" = ["face"]))]
    pub image_column: Option<String>,
    /// Column of the labels, numbers or names. By default `label`, `labels`, `emotion`, `expression` or `class`.
    #[schemars(extend("examples" = ["mood"]))]
    pub label_column: Option<String>,
    /// Column of the split. By default `split` or `Usage`, or else the names of the files say it.
    #[schemars(extend("examples" = ["part"]))]
    pub split_column: Option<String>,
}

impl ParquetSource {
    /// A file or folder with columns of the usual names.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), image_column: None, label_column: None, split_column: None }
    }
}

/// A list of pictures, and the folder that they lie in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestSource {
    /// The list: a CSV file, or lines of fields with spaces between; relative to the pipeline file.
    #[schemars(extend("examples" = ["data/list.csv"]))]
    pub path: PathBuf,
    /// The folder of the pictures; without it, the list's own.
    #[schemars(extend("examples" = ["data/pictures"]))]
    pub images: Option<PathBuf>,
    /// Names of the columns of a list without a header. A column that is not read is called `_`.
    #[schemars(extend("examples" = [["path", "label"]]))]
    pub columns: Option<Vec<String>>,
    /// How a picture's file is called where the list has another name; `{stem}` is that name without its ending.
    #[schemars(extend("examples" = ["{stem}_aligned.jpg"]))]
    pub rename: Option<String>,
    /// A regular expression that reads `group` and `split` in the names of the files.
    #[schemars(extend("examples" = ["^(?<split>train|test)_"]))]
    pub pattern: Option<Pattern>,
}

impl ManifestSource {
    /// A list with a header, beside its pictures.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), images: None, columns: None, rename: None, pattern: None }
    }
}

impl Source {
    /// The source at `path` by what is there: a Parquet file or a folder of them, a folder of pictures, or else a CSV file,
    /// with columns of the usual names.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        match path.is_dir() {
            _ if shards::are_at(&path) => Self::Parquet(ParquetSource::new(path)),
            true => Self::folder(path),
            false => Self::Csv(CsvSource::new(path)),
        }
    }

    /// A folder of pictures in the folders of their classes.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::Folder(FolderSource::new(path))
    }

    /// Path of the file or folder.
    pub fn path(&self) -> &Path {
        match self {
            Source::Csv(csv) => &csv.path,
            Source::Manifest(manifest) => &manifest.path,
            Source::Folder(folder) => &folder.path,
            Source::Parquet(parquet) => &parquet.path,
        }
    }
}

/// The height and the width of images, written as a list of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[usize; 2]", into = "[usize; 2]")]
pub struct ImageSize(Size);

impl ImageSize {
    /// The size.
    pub fn get(self) -> Size {
        self.0
    }
}

impl From<Size> for ImageSize {
    fn from(size: Size) -> Self {
        Self(size)
    }
}

fer_artifact::inline_schema!(ImageSize, |_| {
    let side = json_schema!({"type": "integer", "minimum": 1, "maximum": Size::MAX_SIDE});
    json_schema!({"type": "array", "items": side, "minItems": 2, "maxItems": 2})
});

impl TryFrom<[usize; 2]> for ImageSize {
    type Error = OutOfRange;

    fn try_from([height, width]: [usize; 2]) -> Result<Self, OutOfRange> {
        Size::new(height, width)?.for_network().map(Self)
    }
}

impl From<ImageSize> for [usize; 2] {
    fn from(size: ImageSize) -> Self {
        [size.0.height(), size.0.width()]
    }
}

/// How the pixels of pictures are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Color {
    /// Colours become gray, with OpenCV's weights.
    #[default]
    Gray,
}

impl Color {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What says which rows belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// A column of a CSV file, of a manifest or of Parquet files.
    Column(String),
    /// The name of a folder below that of the class; 1 is the one next to it.
    Folder(Count),
    /// What the first brackets of a regular expression find in a file's name; of a Parquet file, in the path beside the
    /// bytes.
    Pattern(Pattern),
}

/// What to do with a row that cannot be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum OnBadRow {
    /// Stop at the first one and say what is wrong.
    #[default]
    Error,
    /// Leave it out and count it; the report names the first twenty.
    Skip,
}

impl OnBadRow {
    /// What to do with a row of this problem. A number that is none of the list's says that the list may be read wrongly,
    /// so that other rows would get wrong labels: it is never skipped. A photograph whose faces do not fit is no mistake of
    /// the source: it is always skipped.
    pub(crate) fn of(self, problem: &RowProblem) -> Self {
        match problem {
            RowProblem::LabelNumber { .. } => Self::Error,
            RowProblem::NoFace | RowProblem::SeveralFaces { .. } => Self::Skip,
            _ => self,
        }
    }
}

/// Which copies, images with equal pixels or nearly so, to leave out of train. Validation and test always stay whole, so that
/// scores remain comparable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum DropDuplicates {
    /// None.
    #[default]
    None,
    /// Copies within train; the first stays.
    Train,
    /// Copies within train, and every row of train that also stands in validation or test.
    Across,
    /// The same of near copies too: images of one picture whose pixels differ.
    Near,
}
