//! A list of pictures with what is known of each: a CSV file, or fields with spaces between.

use std::path::{Path, PathBuf};

use fer_artifact::folder_of;

use crate::blocks::{Block, Blocks};
use crate::columns;
use crate::fields::{self, Fields};
use crate::labels::{self, Meaning};
use crate::left_out::Leftovers;
use crate::listing::{Crop, Listing, Picture, Region};
use crate::pattern::Part;
use crate::table::{Request, Splits};
use crate::{Error, Group, ManifestSource, Place, RowProblem, folder};

/// Usual names of the columns.
const PATHS: [&str; 7] = ["path", "image", "file", "filename", "file_name", "name", "subDirectory_filePath"];
const LABELS: [&str; 4] = ["label", "emotion", "expression", "class"];
const SPLITS: [&str; 3] = ["split", "usage", "set"];
const GROUPS: [&str; 2] = ["group", "subject"];
/// Left and top of a face, and then its right and bottom.
const CORNERS: [[&str; 4]; 3] =
    [["left", "top", "right", "bottom"], ["x1", "y1", "x2", "y2"], ["xmin", "ymin", "xmax", "ymax"]];
/// Left and top of a face, and then its width and height.
const SIDES: [[&str; 4]; 2] = [["x", "y", "width", "height"], ["face_x", "face_y", "face_width", "face_height"]];

/// The pictures that a list names, in its order.
pub(crate) fn listing(source: &ManifestSource, request: &Request<'_>) -> Result<Listing, Error> {
    let path = &source.path;
    let root = source.images.clone().unwrap_or_else(|| folder_of(path).to_owned());
    let empty = || Error::Empty { path: path.clone() };
    let mut blocks = Blocks::open(path)?;
    let mut first = blocks.next()?.ok_or_else(empty)?;
    let (separator, names) = match &source.columns {
        Some(names) => (separator(&first), names.clone()),
        None => columns::header(path, &mut first)?.ok_or_else(empty)?,
    };
    let columns = Columns::find(source, request, &names)?;
    let list = List { source, request, columns, separator, count: names.len() };
    let mut pictures = vec![];
    let mut next = if first.lines.is_empty() { blocks.next()? } else { Some(first) };
    while let Some(block) = next {
        list.read(&block, &mut pictures)?;
        next = blocks.next()?;
    }
    let mut left_out = Leftovers::default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    folder::leave_unlisted(&root, &pictures, &name, &mut left_out)?;
    Ok(Listing { root, list: Some(path.clone()), unit: "row of the list", pictures, label_files: vec![], left_out })
}

/// Whether a header with these names is that of a list of pictures with their labels.
pub(crate) fn is_list(names: &[String]) -> bool {
    let has = |usual: &[&str]| usual.iter().any(|name| names.iter().any(|other| other.eq_ignore_ascii_case(name)));
    has(&PATHS) && has(&LABELS)
}

/// What stands between the fields of a list without a header.
fn separator(first: &Block) -> u8 {
    let line = first.bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let found = [b',', b';', b'\t'].into_iter().find(|&separator| fields::separators(line, separator) > 0);
    found.unwrap_or(b' ')
}

/// Places of the columns that are read.
struct Columns {
    path: usize,
    label: Option<usize>,
    split: Option<usize>,
    group: Option<usize>,
    report_by: Vec<usize>,
    face: Option<Face>,
}

/// The columns of the rectangle of a face.
struct Face {
    places: [usize; 4],
    names: [&'static str; 4],
    /// Whether the last two are its right and bottom.
    corners: bool,
}

impl Columns {
    fn find(source: &ManifestSource, request: &Request<'_>, names: &[String]) -> Result<Self, Error> {
        let position = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let missing = |expected: &[&str], content, parameter| Error::MissingColumn {
            path: source.path.clone(),
            content,
            expected: expected.iter().map(|&name| name.to_owned()).collect(),
            found: names.to_vec(),
            parameter: Some(parameter),
        };
        let in_names = source.pattern.as_ref().is_some_and(|pattern| pattern.has(Part::Split));
        let any = |usual: &[&str]| usual.iter().find_map(|name| position(name));
        let needed = |usual: &[&str], content| any(usual).ok_or_else(|| missing(usual, content, "columns"));
        let face = |names: [&'static str; 4], corners| {
            let [Some(left), Some(top), Some(third), Some(fourth)] = names.map(position) else { return None };
            Some(Face { places: [left, top, third, fourth], names, corners })
        };
        let mut corners = CORNERS.into_iter().filter_map(|names| face(names, true));
        let mut sides = SIDES.into_iter().filter_map(|names| face(names, false));
        Ok(Self {
            path: needed(&PATHS, "file names")?,
            label: request.labels.column(|| needed(&LABELS, "labels"))?,
            split: match any(&SPLITS) {
                None if request.splits == Splits::Read && !in_names => {
                    return Err(missing(&SPLITS, "splits", "columns"));
                }
                found => found,
            },
            group: match request.group {
                Some(Group::Column(name)) => Some(position(name).ok_or_else(|| missing(&[name], "groups", "group"))?),
                _ => any(&GROUPS),
            },
            report_by: (request.report_by.iter())
                .map(|name| position(name).ok_or_else(|| missing(&[name], "values to report by", "report_by")))
                .collect::<Result<_, _>>()?,
            face: corners.next().or_else(|| sides.next()),
        })
    }

    fn indices(&self) -> Vec<usize> {
        let face = self.face.iter().flat_map(|face| face.places);
        [self.path]
            .into_iter()
            .chain(self.label)
            .chain(self.split)
            .chain(self.group)
            .chain(self.report_by.iter().copied())
            .chain(face)
            .collect()
    }
}

/// Reads the rows of a list.
struct List<'a> {
    source: &'a ManifestSource,
    request: &'a Request<'a>,
    columns: Columns,
    separator: u8,
    /// Number of columns.
    count: usize,
}

/// The fields of a row.
struct Row<'a> {
    path: &'a str,
    label: &'a str,
    split: Option<&'a str>,
    group: Option<&'a str>,
    values: Vec<&'a str>,
    face: Option<[&'a str; 4]>,
}

impl List<'_> {
    fn read(&self, block: &Block, pictures: &mut Vec<Picture>) -> Result<(), Error> {
        let Columns { path, label, split, group, report_by, face } = &self.columns;
        let fields = Fields::split(&self.source.path, block, self.separator, self.count, &self.columns.indices())?;
        let optional = |column: &Option<usize>| column.map(|column| fields.column(column));
        let (paths, labels, splits, groups) = (fields.column(*path), optional(label), optional(split), optional(group));
        let faces = face.as_ref().map(|face| face.places.map(|place| fields.column(place)));
        let values: Vec<Vec<&str>> = report_by.iter().map(|&column| fields.column(column)).collect();
        for (index, &line) in block.lines.iter().enumerate() {
            let row = Row {
                path: paths[index],
                label: labels.as_ref().map_or("", |labels| labels[index]),
                split: splits.as_ref().map(|splits| splits[index]),
                group: groups.as_ref().map(|groups| groups[index]),
                values: values.iter().map(|column| column[index]).collect(),
                face: faces.as_ref().map(|faces| faces.each_ref().map(|column| column[index])),
            };
            pictures.push(self.picture(&row, line));
        }
        Ok(())
    }

    fn picture(&self, row: &Row<'_>, line: u64) -> Picture {
        let split = row.split.map(labels::split);
        let crop = self.columns.face.as_ref().zip(row.face).map(|(face, values)| face.crop(values)).transpose();
        let meaning = match (self.request.labels.meaning(row.label), &split, &crop) {
            // What is left out need not be whole.
            (Ok(Meaning::Other), ..) => Ok(Meaning::Other),
            (Ok(_), _, Err(problem)) => Err(problem.clone()),
            (Ok(_), Some(Err(problem)), _) if self.request.splits == Splits::Read => Err(problem.clone()),
            (meaning, ..) => meaning,
        };
        let file = self.file(row.path);
        let mut picture = Picture {
            region: crop.unwrap_or_default().map(Region::Pixels),
            label: row.label.to_owned(),
            below: file.parent().unwrap_or(Path::new("")).to_owned(),
            meaning: meaning.map_err(|problem| (Place::Line { line, column: None }, problem)),
            split: split.and_then(Result::ok),
            group: row.group.filter(|group| !group.is_empty()).map(str::to_owned),
            values: row.values.iter().map(|value| (*value).to_owned()).collect(),
            file,
        };
        picture.read_name(self.source.pattern.as_ref());
        picture
    }

    /// The file of a name in the list.
    fn file(&self, name: &str) -> PathBuf {
        // Lists from Windows have its separator.
        let file = PathBuf::from(name.replace('\\', "/"));
        match &self.source.rename {
            None => file,
            Some(rename) => {
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                file.with_file_name(rename.replace("{stem}", &stem))
            }
        }
    }
}

impl Face {
    fn crop(&self, values: [&str; 4]) -> Result<Crop, RowProblem> {
        let number = |value: &str| value.parse::<f64>().ok().filter(|number| number.abs() < 1e9);
        if let Some(found) = values.iter().find(|value| number(value).is_none()) {
            let names = self.names.map(str::to_owned).to_vec();
            return Err(RowProblem::Box { names, found: (*found).to_owned() });
        }
        let [left, top, third, fourth] = values.map(|value| number(value).unwrap_or_default().round() as i64);
        let (width, height) = if self.corners { (third - left, fourth - top) } else { (third, fourth) };
        Ok(Crop { left, top, width, height })
    }
}
