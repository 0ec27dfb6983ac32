//! Pictures of a source, each with what is said of it.

use std::path::{Path, PathBuf};

use fer_artifact::{Size, Split};

use crate::labels::{self, Meaning};
use crate::left_out::Leftovers;
use crate::pattern::{Part, Pattern};
use crate::walk::{self, as_text};
use crate::{Group, Place, RowProblem};

/// The pictures of a source, in order.
pub(crate) struct Listing {
    /// The folder that the paths of pictures begin in.
    pub(crate) root: PathBuf,
    /// The file that lists the pictures, if one does.
    pub(crate) list: Option<PathBuf>,
    /// What a row is.
    pub(crate) unit: &'static str,
    pub(crate) pictures: Vec<Picture>,
    /// Files that hold labels of single pictures, as paths from the folder.
    pub(crate) label_files: Vec<PathBuf>,
    /// The other files.
    pub(crate) left_out: Leftovers,
}

impl Listing {
    /// What errors name: the list, or else the folder.
    pub(crate) fn origin(&self) -> &Path {
        self.list.as_deref().unwrap_or(&self.root)
    }
}

/// A picture and what its place says about it.
pub(crate) struct Picture {
    /// Path in the folder.
    pub(crate) file: PathBuf,
    /// The part of it that is the face, if it is not all.
    pub(crate) region: Option<Region>,
    /// The label as the source has it.
    pub(crate) label: String,
    /// The folders below that of the class.
    pub(crate) below: PathBuf,
    pub(crate) meaning: Result<Meaning, (Place, RowProblem)>,
    pub(crate) split: Option<Split>,
    /// The group that its name or its list says.
    pub(crate) group: Option<String>,
    /// The values of the columns of its list that are noted.
    pub(crate) values: Vec<String>,
}

impl Picture {
    /// Where it comes from, as [`fer_artifact::Origins`] has it.
    pub(crate) fn origin(&self) -> String {
        let file = walk::shown(&self.file);
        match self.region {
            None => file,
            Some(Region::Pixels(Crop { left, top, width, height })) => {
                format!("{file}#xywh={left},{top},{width},{height}")
            }
            Some(Region::Parts { x, y, width, height }) => {
                let [left, top, width, height] =
                    [x - width / 2.0, y - height / 2.0, width, height].map(|part| (1e4 * part).round() / 1e2);
                format!("{file}#xywh=percent:{left},{top},{width},{height}")
            }
        }
    }

    /// Whether it is of a label that the classes choose, or of a bad one.
    pub(crate) fn is_chosen(&self) -> bool {
        !matches!(self.meaning, Ok(Meaning::Other))
    }

    /// Whether it is of a label that the classes choose.
    pub(crate) fn is_of_a_class(&self) -> bool {
        self.is_chosen() && self.meaning.is_ok()
    }

    /// Reads the group and the split in its name, where the pattern looks for them.
    pub(crate) fn read_name(&mut self, pattern: Option<&Pattern>) {
        let Some(pattern) = pattern else { return };
        let name = as_text(self.file.file_name().unwrap_or_default()).into_owned();
        let file = self.file.clone();
        let problem = |problem| Err((Place::Picture { file: file.clone() }, problem));
        if pattern.has(Part::Group) {
            self.group = pattern.find(&name, Part::Group);
            if self.group.is_none() && self.is_of_a_class() {
                self.meaning = problem(RowProblem::NoGroup);
            }
        }
        if pattern.has(Part::Split) {
            match labels::split(&pattern.find(&name, Part::Split).unwrap_or_default()) {
                Ok(split) => self.split = Some(split),
                Err(of_split) if self.is_of_a_class() => self.meaning = problem(of_split),
                Err(_) => {}
            }
        }
    }

    /// The group that its place or its name says.
    pub(crate) fn group_of(&self, group: &Group) -> Option<String> {
        match group {
            Group::Column(_) => self.group.clone(),
            Group::Folder(level) => self.below.iter().nth(level.get() - 1).map(|name| as_text(name).into_owned()),
            Group::Pattern(pattern) => pattern.find_group(&as_text(self.file.file_name()?)),
        }
    }
}

/// A rectangle in a picture, as its source says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Region {
    Pixels(Crop),
    /// The middle of a rectangle and its sides, in parts of the picture's width and height.
    Parts {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
    },
}

impl Region {
    /// The rectangle in a picture of this size.
    pub(crate) fn within(self, size: Size) -> Crop {
        let span = |middle: f64, length: f64, side: usize| {
            let edge = |at: f64| (at * side as f64).round() as i64;
            let start = edge(middle - length / 2.0);
            (start, edge(middle + length / 2.0) - start)
        };
        match self {
            Region::Pixels(crop) => crop,
            Region::Parts { x, y, width, height } => {
                let ((left, width), (top, height)) = (span(x, width, size.width()), span(y, height, size.height()));
                Crop { left, top, width, height }
            }
        }
    }
}

/// A rectangle in a picture, in pixels; a part of it may lie outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crop {
    pub(crate) left: i64,
    pub(crate) top: i64,
    pub(crate) width: i64,
    pub(crate) height: i64,
}

impl Crop {
    /// The part of gray pixels of this size that lies within the rectangle, and the size of the part; `None` if nothing does.
    pub(crate) fn of(self, pixels: &[u8], size: Size) -> Option<(Vec<u8>, Size)> {
        let range = |start: i64, length: i64, side: usize| {
            let end = start.saturating_add(length).clamp(0, side as i64) as usize;
            start.clamp(0, side as i64) as usize..end
        };
        let (rows, columns) = (range(self.top, self.height, size.height()), range(self.left, self.width, size.width()));
        let cropped_size = Size::new(rows.len(), columns.len()).ok()?;
        let cropped = rows.flat_map(|row| &pixels[row * size.width()..][columns.clone()]).copied().collect();
        Some((cropped, cropped_size))
    }
}
