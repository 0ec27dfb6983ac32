//! The rows of a source before they are split.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fer_artifact::{Digest, Groups, ImageSet, Listed, Origins, Pixels, Size, SkippedRow, Split, Spool, Targets};

use crate::detect::Detection;
use crate::face::{Face, Look};
use crate::labels::{Labels, Meaning, plain};
use crate::left_out::Leftovers;
use crate::{BadRow, Classes, Error, Group, OnBadRow};

/// Values of a column by which scores are told: more would be a table that nobody reads, of scores of a few images each.
const MOST_VALUES: usize = 50;
/// Most usable rows of a source: 2²⁴. Each takes some 100 bytes of memory beside its pixels.
pub(crate) const MOST_ROWS: usize = 1 << 24;

/// What a field without a value is called.
const UNKNOWN: &str = "(none)";

/// Rows by the value that a column has for them, by the name of the column.
pub(crate) type ValuesBy = BTreeMap<String, BTreeMap<String, Vec<u32>>>;

/// What is wanted of a source.
pub(crate) struct Request<'a> {
    pub(crate) labels: Labels<'a>,
    pub(crate) splits: Splits,
    pub(crate) on_bad_row: OnBadRow,
    pub(crate) group: Option<&'a Group>,
    /// Names of the columns whose values are noted.
    pub(crate) report_by: &'a [String],
    /// The size to which every image is brought.
    pub(crate) size: Option<Size>,
    /// What finds faces in pictures, where they are photographs.
    pub(crate) detection: Option<Detection<'a>>,
    /// A folder for temporary files.
    pub(crate) scratch: &'a Path,
}

/// Whether the source is asked which row belongs to which split.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Splits {
    /// It must say so.
    Read,
    /// What it says is noted.
    Note,
    Ignore,
}

/// The usable rows of a source, in its order, and the others. Pixels lie in a spool; all else is in memory.
pub(crate) struct Table {
    /// Height and width of every image, once a row has set it.
    pub(crate) size: Option<Size>,
    /// Of the bytes that were read, where they are those of one file.
    pub(crate) digest: Option<Digest>,
    /// Pixels as they come.
    spool: Spool,
    /// `[N, height, width]`, once all rows are read.
    pub(crate) images: Pixels<u8>,
    /// `[N]`.
    pub(crate) looks: Vec<Look>,
    /// `[N]` where rows are pictures, or else empty.
    pub(crate) origins: Origins,
    /// `[N]`.
    pub(crate) labels: Vec<u8>,
    /// `[N]`, where more is known of rows than their labels.
    pub(crate) targets: Option<Targets>,
    /// `[N]`, what the source says where it was asked for it.
    pub(crate) splits: Vec<Option<Split>>,
    /// `[N]` where groups were asked for, or else empty; in the order in which they came.
    groups: Vec<u32>,
    /// The number of each group.
    group_numbers: BTreeMap<String, u32>,
    /// Of each column that is noted, the rows of each value.
    values: Vec<BTreeMap<String, Vec<u32>>>,
    /// `[N]`, from 0, counted over usable and bad rows.
    rows: Vec<u32>,
    /// The first of those left out; a file may hold millions of them.
    first_skipped: Vec<BadRow>,
    /// Number of those left out.
    skipped: usize,
    /// How many rows have a label that the classes do not choose.
    others: usize,
    /// The same, by label.
    pub(crate) other_labels: BTreeMap<String, usize>,
    /// All labels of usable rows, as the source spells them.
    labels_seen: BTreeSet<String>,
    /// Labels that were read as another word for a class, and the class.
    pub(crate) synonyms: BTreeMap<String, u8>,
    /// Rows whose label is the number of a class, by class.
    pub(crate) numbered: BTreeMap<u8, usize>,
    /// Files below the source that are not read.
    pub(crate) left_out: Leftovers,
    /// What the source's files show that a person should know.
    pub(crate) warnings: Vec<String>,
}

impl Table {
    /// An empty table; a file of pixels, if it needs one, lies in the folder `scratch`.
    pub(crate) fn new(scratch: &Path) -> Self {
        Self {
            size: None,
            digest: None,
            spool: Spool::new(scratch),
            images: Pixels::default(),
            values: vec![],
            looks: vec![],
            origins: Origins::default(),
            labels: vec![],
            targets: None,
            splits: vec![],
            groups: vec![],
            group_numbers: BTreeMap::new(),
            rows: vec![],
            first_skipped: vec![],
            skipped: 0,
            others: 0,
            other_labels: BTreeMap::new(),
            labels_seen: BTreeSet::new(),
            synonyms: BTreeMap::new(),
            numbered: BTreeMap::new(),
            left_out: Leftovers::default(),
            warnings: vec![],
        }
    }

    /// Number of usable rows.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The number of the next row, counted from 0 over usable and bad rows.
    fn next_row(&self, path: &Path) -> Result<u32, Error> {
        match u32::try_from(self.rows_of_source()) {
            Ok(row) if row < u32::MAX => Ok(row),
            _ => Err(Error::TooManyRows { path: path.to_owned(), limit: u32::MAX as usize, unit: "rows" }),
        }
    }

    /// Number of rows of the source, usable or not.
    pub(crate) fn rows_of_source(&self) -> usize {
        self.len() + self.skipped + self.others
    }

    /// Counts a row whose label the classes do not choose.
    pub(crate) fn leave_out(&mut self, label: &str) {
        self.others += 1;
        match self.other_labels.get_mut(label) {
            Some(count) => *count += 1,
            None => _ = self.other_labels.insert(label.to_owned(), 1),
        }
    }

    /// Appends a usable row; `meaning` is that of its label.
    pub(crate) fn push(&mut self, path: &Path, face: Face, meaning: Meaning, label: &str) -> Result<(), Error> {
        match meaning {
            Meaning::Synonym(class) if !self.synonyms.contains_key(label) => {
                self.synonyms.insert(label.to_owned(), class);
            }
            Meaning::Number(class) => *self.numbered.entry(class).or_default() += 1,
            _ => {}
        }
        if !self.labels_seen.contains(label) {
            self.labels_seen.insert(label.to_owned());
        }
        if self.len() >= MOST_ROWS {
            return Err(Error::TooManyRows { path: path.to_owned(), limit: MOST_ROWS, unit: "usable rows" });
        }
        let row = self.next_row(path)?;
        self.rows.push(row);
        self.values.resize_with(face.values.len(), BTreeMap::new);
        for (rows_of, value) in self.values.iter_mut().zip(face.values) {
            let value = if value.is_empty() { UNKNOWN.to_owned() } else { value };
            rows_of.entry(value).or_default().push(row);
        }
        self.spool.push(&face.image.pixels)?;
        self.looks.push(face.image.look);
        self.labels.push(face.label);
        self.splits.push(face.split);
        if let Some(group) = face.group {
            let next = self.group_numbers.len() as u32;
            self.groups.push(*self.group_numbers.entry(group).or_insert(next));
        }
        if let Some(origin) = face.origin {
            self.origins.push(&origin);
        }
        Ok(())
    }

    /// Leaves a bad row out, or stops at it. `bad` says what is wrong with the row of this number, where that is told.
    pub(crate) fn refuse(
        &mut self,
        path: &Path,
        on_bad_row: OnBadRow,
        bad: impl FnOnce(u32) -> BadRow,
    ) -> Result<(), Error> {
        let row = self.next_row(path)?;
        match on_bad_row {
            OnBadRow::Error => return Err(Error::Row { path: path.to_owned(), row: Box::new(bad(row)) }),
            OnBadRow::Skip if self.skipped < Listed::<SkippedRow>::LENGTH => self.first_skipped.push(bad(row)),
            OnBadRow::Skip => {}
        }
        self.skipped += 1;
        Ok(())
    }

    /// The rows left out, as the report lists them.
    pub(crate) fn skipped(&self) -> Listed<SkippedRow> {
        let skipped = |bad: &BadRow| SkippedRow { row: bad.row, reason: bad.to_string() };
        Listed { count: self.skipped, first: self.first_skipped.iter().map(skipped).collect() }
    }

    /// The labels of all rows but bad ones, as the source spells them.
    pub(crate) fn label_names(&self) -> Vec<String> {
        self.labels_seen.iter().chain(self.other_labels.keys()).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether a row has this label.
    pub(crate) fn has_label(&self, label: &str) -> bool {
        self.label_names().iter().any(|name| plain(name) == plain(label))
    }

    /// Itself, complete, if it has a usable row.
    pub(crate) fn checked(mut self, path: &Path, unit: &'static str) -> Result<Self, Error> {
        self.images = std::mem::replace(&mut self.spool, Spool::new(path)).finish()?;
        let path = || path.to_owned();
        match self.first_skipped.first() {
            _ if self.len() > 0 => Ok(self),
            _ if !self.other_labels.is_empty() => {
                let labels = self.other_labels.keys().cloned().collect();
                Err(Error::NoChosenLabel { path: path(), labels })
            }
            None => Err(Error::NoRows { path: path(), unit }),
            Some(first) => {
                let first = Box::new(first.clone());
                Err(Error::NoGoodRow { path: path(), rows: self.skipped, first })
            }
        }
    }

    /// `[N]`, from 0, counted over usable and bad rows.
    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// `[N]`, the number of each row's group, where groups were asked for.
    pub(crate) fn groups(&self) -> Option<&[u32]> {
        (!self.groups.is_empty()).then_some(&self.groups)
    }

    /// The rows of each value of the columns that were asked for, by the name of the column.
    ///
    /// # Errors
    /// [`Error::TooManyValues`] for a column that tells rows apart rather than kinds of them.
    pub(crate) fn values_by(&mut self, names: &[String], path: &Path) -> Result<ValuesBy, Error> {
        let columns = names.iter().cloned().zip(std::mem::take(&mut self.values));
        let check = |(column, values): (String, BTreeMap<String, Vec<u32>>)| match values.len() {
            found if found > MOST_VALUES => {
                Err(Error::TooManyValues { path: path.to_owned(), column, found, most: MOST_VALUES })
            }
            _ => Ok((column, values)),
        };
        columns.map(check).collect()
    }

    /// Names of all groups, in order.
    pub(crate) fn group_names(&self) -> Vec<String> {
        self.group_numbers.keys().cloned().collect()
    }

    /// `[N]`, the place of each row's group among [`Self::group_names`], where groups were asked for.
    pub(crate) fn group_places(&self) -> Option<Vec<u32>> {
        let groups = self.groups()?;
        let mut place = vec![0; self.group_numbers.len()];
        self.group_numbers.values().zip(0..).for_each(|(&number, sorted)| place[number as usize] = sorted);
        Some(groups.iter().map(|&number| place[number as usize]).collect())
    }

    /// The name of the picture that a row comes from, if it is one.
    pub(crate) fn origin(&self, index: usize) -> Option<&str> {
        (!self.origins.is_empty()).then(|| self.origins.get(index))
    }

    /// The sets of images that `assignment` makes of the rows: a split a row, or none for a row that belongs to no set.
    /// Empty sets are absent. Their pixels are read when they are asked for.
    pub(crate) fn into_sets(self, classes: &Classes, assignment: &[Option<Split>]) -> BTreeMap<Split, ImageSet> {
        let (height, width) = self.size.map_or((0, 0), |size| (size.height(), size.width()));
        let all = ImageSet {
            classes: classes.names().to_vec(),
            split: Split::Train,
            height,
            width,
            groups: self.group_places().map(|ids| Groups { names: self.group_names(), ids }),
            images: self.images,
            labels: self.labels,
            rows: self.rows,
            origins: Some(self.origins).filter(|origins| !origins.is_empty()),
            targets: self.targets,
        };
        let splits = Split::ALL.into_iter().filter(|&split| assignment.contains(&Some(split)));
        let set = |split| {
            let members: Vec<usize> = (0..all.len()).filter(|&index| assignment[index] == Some(split)).collect();
            (split, ImageSet { split, ..all.select(&members) })
        };
        splits.map(set).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::Image;

    #[test]
    fn a_source_of_too_many_rows_is_named() {
        let push = |table: &mut Table| {
            let (split, group, values, origin) = (None, None, vec![], None);
            let face = Face { label: 0, split, group, values, origin, image: Image::new(vec![1]) };
            table.push("a.csv".as_ref(), face, Meaning::Class(0), "a").map_err(|error| error.to_string())
        };
        let mut table = Table::new(".".as_ref());
        table.labels = vec![0; MOST_ROWS - 1];
        push(&mut table).unwrap();
        let told = "a.csv: expected a source of at most 16777216 usable rows, found more; split it";
        assert_eq!(push(&mut table).unwrap_err(), told);
        let mut table = Table::new(".".as_ref());
        table.others = u32::MAX as usize - 1;
        push(&mut table).unwrap();
        let told = "a.csv: expected a source of at most 4294967295 rows, found more; split it";
        assert_eq!(push(&mut table).unwrap_err(), told);
    }
}
