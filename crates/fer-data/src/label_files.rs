//! Labels in files of their own, one a picture: a label as text (CK+) or as NumPy writes it (AffectNet), or a line for each
//! face, with its rectangle (YOLO).

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use fer_artifact::{Count, open_regular};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::labels::{self, Labels, Meaning};
use crate::left_out::Leftovers;
use crate::listing::{Picture, Region};
use crate::{Error, InvalidParams, Place, RowProblem, npy, walk};

/// Longest label file in bytes that is read; a line for a face has some fifty.
pub(crate) const LONGEST: u64 = 1 << 20;

/// Files that hold the labels of pictures: text, or a single value of NumPy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelFiles {
    /// Where a picture's label file lies, from the folder of the pictures: `{folder}` stands for the picture's folder in it,
    /// `{stem}` for its name without the ending.
    #[schemars(extend("examples" = ["{folder}/../labels/{stem}.txt"]))]
    pub file: LabelFile,
    /// For how many pictures of a folder, in the order of their names, the label of the last one holds: frames that lead up
    /// to it. By default for this one alone.
    #[schemars(extend("examples" = [3]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_frames: Option<Count>,
    /// The label of the first picture of a folder in which a picture has a label file. By default it has none.
    #[schemars(schema_with = "number_or_name", example = &"neutral")]
    #[serde(default, deserialize_with = "label", skip_serializing_if = "Option::is_none")]
    pub first_frame: Option<String>,
}

fn number_or_name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["integer", "string", "null"]})
}

impl LabelFiles {
    /// Label files at this place.
    pub fn new(file: LabelFile) -> Self {
        Self { file, last_frames: None, first_frame: None }
    }
}

/// The path of a picture's label file, from the folder of the pictures: `{folder}` stands for the picture's folder in it,
/// `{stem}` for its name without the ending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub struct LabelFile(String);

impl LabelFile {
    /// A path, such as `{folder}/../labels/{stem}.txt`.
    ///
    /// # Errors
    /// [`InvalidParams::LabelFile`] if all pictures would have the same file.
    pub fn new(path: impl Into<String>) -> Result<Self, InvalidParams> {
        let path = path.into();
        if path.contains("{stem}") { Ok(Self(path)) } else { Err(InvalidParams::LabelFile { found: path }) }
    }

    /// The label file of a picture, as a path from the folder of the pictures.
    fn of(&self, picture: &Path) -> PathBuf {
        let folder = picture.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_string_lossy();
        let stem = picture.file_stem().unwrap_or_default().to_string_lossy();
        straight(Path::new(&self.0.replace("{folder}", &folder).replace("{stem}", &stem)))
    }
}

impl TryFrom<String> for LabelFile {
    type Error = InvalidParams;

    fn try_from(path: String) -> Result<Self, InvalidParams> {
        Self::new(path)
    }
}

impl From<LabelFile> for String {
    fn from(file: LabelFile) -> Self {
        file.0
    }
}

/// The path without steps into a folder and out of it again.
fn straight(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, component| {
        let inside = matches!(path.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::ParentDir if inside => _ = path.pop(),
            Component::CurDir => {}
            other => path.push(other),
        }
        path
    })
}

/// A label, written as a name or as a number.
fn label<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Label;
    impl serde::de::Visitor<'_> for Label {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a label of the source: a number or a name")
        }

        fn visit_str<E>(self, label: &str) -> Result<Option<String>, E> {
            Ok(Some(label.to_owned()))
        }

        fn visit_u64<E>(self, label: u64) -> Result<Option<String>, E> {
            Ok(Some(label.to_string()))
        }

        fn visit_unit<E>(self) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_i64<E>(self, label: i64) -> Result<Option<String>, E> {
            Ok(Some(label.to_string()))
        }
    }
    deserializer.deserialize_any(Label)
}

/// The pictures below a folder that have labels, and the label files.
pub(crate) fn labelled(
    path: &Path,
    wanted: &LabelFiles,
    labels: &Labels<'_>,
    left_out: &mut Leftovers,
) -> Result<(Vec<Picture>, Vec<PathBuf>), Error> {
    let mut pictures = vec![];
    walk::pictures(path, Path::new(""), &mut pictures, &mut Leftovers::default())?;
    pictures.sort_unstable();
    let files = pictures.iter().map(|picture| wanted.file.of(picture)).filter(|file| path.join(file).is_file());
    let files: Vec<PathBuf> = files.collect();
    // Now that it is known which texts are read, the others are counted.
    *left_out = Leftovers::except(files.iter().map(|file| walk::shown(file)).collect());
    walk::pictures(path, Path::new(""), &mut vec![], left_out)?;
    let mut folders: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for picture in &pictures {
        folders.entry(picture.parent().unwrap_or(Path::new(""))).or_default().push(picture);
    }
    let mut reader = Reader { root: path, wanted, labels, left_out, pictures: vec![] };
    folders.values().try_for_each(|folder| reader.folder(folder))?;
    Ok((reader.pictures, files))
}

struct Reader<'a> {
    root: &'a Path,
    wanted: &'a LabelFiles,
    labels: &'a Labels<'a>,
    left_out: &'a mut Leftovers,
    pictures: Vec<Picture>,
}

/// A line of a label file.
struct Line {
    label: String,
    region: Option<Region>,
}

/// What is said of a picture: lines, or what is wrong with one.
type Said = Vec<Result<Line, RowProblem>>;

impl Reader<'_> {
    /// Adds the pictures of a folder.
    fn folder(&mut self, pictures: &[&Path]) -> Result<(), Error> {
        let said = pictures.iter().map(|picture| self.said(picture)).collect::<Result<Vec<Option<Said>>, Error>>()?;
        let frames = self.wanted.last_frames.map_or(1, Count::get);
        for (index, picture) in pictures.iter().enumerate() {
            // A label of its own, or that of the frame that it leads up to.
            let own = said[index..].iter().take(frames).flatten().next();
            let first = self.wanted.first_frame.as_ref().filter(|_| index == 0 && said.iter().any(Option::is_some));
            match (own, first) {
                (Some(said), _) if said.is_empty() => {
                    self.left_out.add("its label file is empty", walk::shown(picture))
                }
                (Some(said), _) => said.iter().for_each(|line| self.add(picture, line)),
                (None, Some(label)) => self.add(picture, &Ok(Line { label: label.clone(), region: None })),
                (None, None) => self.left_out.add("it has no label file", walk::shown(picture)),
            }
        }
        Ok(())
    }

    /// What a picture's label file says, if it has one.
    fn said(&self, picture: &Path) -> Result<Option<Said>, Error> {
        let file = self.wanted.file.of(picture);
        let path = self.root.join(&file);
        if !path.is_file() {
            return Ok(None);
        }
        let io = || Error::io(&path, "read the label file");
        let (mut bytes, opened) = (vec![], open_regular(&path).map_err(io())?);
        opened.take(LONGEST + 1).read_to_end(&mut bytes).map_err(io())?;
        let problem = |found: &str| RowProblem::LabelFile { file: file.clone(), found: found.trim().to_owned() };
        if bytes.len() as u64 > LONGEST {
            return Ok(Some(vec![Err(problem(&format!("more than {LONGEST} bytes")))]));
        }
        let text = match npy::is_numpy(&bytes) {
            false => String::from_utf8_lossy(&bytes).into_owned(),
            true => match npy::value(&bytes) {
                Some(value) => value,
                None => return Ok(Some(vec![Err(problem("a NumPy array of another kind"))])),
            },
        };
        let lines = text.trim_start_matches('\u{FEFF}').lines().filter(|line| !line.trim().is_empty());
        Ok(Some(lines.map(|found| line(found).ok_or_else(|| problem(found))).collect()))
    }

    fn add(&mut self, file: &Path, line: &Result<Line, RowProblem>) {
        let place = |problem| (Place::Picture { file: file.to_owned() }, problem);
        let (label, region, meaning) = match line {
            Ok(Line { label, region }) => (label.clone(), *region, self.labels.meaning(label)),
            Err(problem) => (String::new(), None, Err::<Meaning, _>(problem.clone())),
        };
        let below = file.parent().unwrap_or(Path::new("")).to_owned();
        self.pictures.push(Picture {
            file: file.to_owned(),
            region,
            label,
            meaning: meaning.map_err(place),
            split: labels::split_in_path(&below),
            values: vec![],
            group: None,
            below,
        });
    }
}

/// Reads `label`, or `label x y width height`: the middle of a rectangle and its sides, in parts of the picture's.
fn line(text: &str) -> Option<Line> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let label = whole(words.first()?);
    let part = |word: &&str| word.parse::<f64>().ok().filter(|part| part.abs() <= 16.0);
    match words[1..].iter().map(part).collect::<Option<Vec<f64>>>()?.as_slice() {
        [] => Some(Line { label, region: None }),
        &[x, y, width, height] => Some(Line { label, region: Some(Region::Parts { x, y, width, height }) }),
        _ => None,
    }
}

/// A label; a number such as CK+'s `3.0000000e+00` without its fraction.
fn whole(label: &str) -> String {
    match label.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        _ => label.to_owned(),
    }
}
