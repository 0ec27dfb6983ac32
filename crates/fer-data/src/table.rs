//! The rows of a source before they are split.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Groups, ImageSet, Listed, Size, SkippedRow, Split};

use crate::detect::Detection;
use crate::labels::{Labels, Meaning};
use crate::left_out::Leftovers;
use crate::{BadRow, Classes, Error, Group, OnBadRow};

/// Values of a column by which scores are told: more would be a table that nobody reads, of scores of a few images each.
const MOST_VALUES: usize = 50;

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

/// A usable row.
pub(crate) struct Face {
    pub(crate) label: u8,
    /// Where the source was asked for it and says it.
    pub(crate) split: Option<Split>,
    /// Where groups were asked for.
    pub(crate) group: Option<String>,
    /// The values of the columns that are noted, in the order in which they were asked for.
    pub(crate) values: Vec<String>,
    pub(crate) pixels: Vec<u8>,
}

/// The usable rows of a source, in its order, and the others.
#[derive(Default)]
pub(crate) struct Table {
    /// Height and width of every image, once a row has set it.
    pub(crate) size: Option<Size>,
    /// `[N, height, width]`.
    images: Vec<u8>,
    /// `[N]`.
    pub(crate) labels: Vec<u8>,
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
    skipped: Vec<BadRow>,
    /// All of those left out.
    skipped_rows: Vec<u32>,
    /// How many rows have a label that the classes do not choose.
    others: usize,
    /// The same, by label.
    pub(crate) other_labels: BTreeMap<String, usize>,
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
    /// A table of a source of which these files are not read.
    pub(crate) fn beside(left_out: Leftovers) -> Self {
        Self { left_out, ..Self::default() }
    }

    /// Number of usable rows.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The number of the next row, counted from 0 over usable and bad rows.
    ///
    /// # Panics
    /// From row 2³² on.
    fn next_row(&self) -> u32 {
        u32::try_from(self.len() + self.skipped_rows.len() + self.others).expect("fewer than 2^32 rows")
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
    pub(crate) fn push(&mut self, face: Face, meaning: Meaning, label: &str) {
        match meaning {
            Meaning::Synonym(class) if !self.synonyms.contains_key(label) => {
                self.synonyms.insert(label.to_owned(), class);
            }
            Meaning::Number(class) => *self.numbered.entry(class).or_default() += 1,
            _ => {}
        }
        let row = self.next_row();
        self.rows.push(row);
        self.values.resize_with(face.values.len(), BTreeMap::new);
        for (rows_of, value) in self.values.iter_mut().zip(face.values) {
            let value = if value.is_empty() { UNKNOWN.to_owned() } else { value };
            rows_of.entry(value).or_default().push(row);
        }
        self.images.extend_from_slice(&face.pixels);
        self.labels.push(face.label);
        self.splits.push(face.split);
        if let Some(group) = face.group {
            let next = self.group_numbers.len() as u32;
            self.groups.push(*self.group_numbers.entry(group).or_insert(next));
        }
    }

    /// Leaves a bad row out, or stops at it. `bad` says what is wrong with the row of this number, where that is told.
    pub(crate) fn refuse(
        &mut self,
        path: &Path,
        on_bad_row: OnBadRow,
        bad: impl FnOnce(u32) -> BadRow,
    ) -> Result<(), Error> {
        let row = self.next_row();
        match on_bad_row {
            OnBadRow::Error => return Err(Error::Row { path: path.to_owned(), row: Box::new(bad(row)) }),
            OnBadRow::Skip if self.skipped.len() < Listed::<SkippedRow>::LENGTH => self.skipped.push(bad(row)),
            OnBadRow::Skip => {}
        }
        self.skipped_rows.push(row);
        Ok(())
    }

    /// The rows left out, as the report lists them.
    pub(crate) fn skipped(&self) -> Listed<SkippedRow> {
        let skipped = |bad: &BadRow| SkippedRow { row: bad.row, reason: bad.to_string() };
        Listed { count: self.skipped_rows.len(), first: self.skipped.iter().map(skipped).collect() }
    }

    /// Itself, if it has a usable row.
    pub(crate) fn checked(self, path: &Path, unit: &'static str) -> Result<Self, Error> {
        let path = || path.to_owned();
        match self.skipped.first() {
            _ if self.len() > 0 => Ok(self),
            _ if !self.other_labels.is_empty() => {
                let labels = self.other_labels.keys().cloned().collect();
                Err(Error::NoChosenLabel { path: path(), labels })
            }
            None => Err(Error::NoRows { path: path(), unit }),
            Some(first) => {
                let first = Box::new(first.clone());
                Err(Error::NoGoodRow { path: path(), rows: self.skipped_rows.len(), first })
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

    /// The groups of these rows, numbered in the order of their names.
    fn groups_of(&self, members: &[usize]) -> Option<Groups> {
        let groups = self.groups()?;
        let mut place = vec![0; self.group_numbers.len()];
        self.group_numbers.values().zip(0..).for_each(|(&number, sorted)| place[number as usize] = sorted);
        let ids = members.iter().map(|&index| place[groups[index] as usize]).collect();
        Some(Groups { names: self.group_numbers.keys().cloned().collect(), ids })
    }

    /// The sets of images that `assignment`, one split a row, makes of the rows. Empty sets are absent.
    pub(crate) fn into_sets(self, classes: &Classes, assignment: &[Split]) -> BTreeMap<Split, ImageSet> {
        let splits = Split::ALL.into_iter().filter(|split| assignment.contains(split));
        splits.map(|split| (split, self.set(classes, split, |index| assignment[index] == split))).collect()
    }

    /// The usable rows that `is_member` takes by their place among them.
    pub(crate) fn set(&self, classes: &Classes, split: Split, is_member: impl Fn(usize) -> bool) -> ImageSet {
        let (height, width) = self.size.map_or((0, 0), |size| (size.height(), size.width()));
        let members: Vec<usize> = (0..self.len()).filter(|&index| is_member(index)).collect();
        let mut images = Vec::with_capacity(members.len() * height * width);
        for &index in &members {
            images.extend_from_slice(&self.images[index * height * width..][..height * width]);
        }
        ImageSet {
            classes: classes.names().to_vec(),
            split,
            height,
            width,
            images,
            labels: members.iter().map(|&index| self.labels[index]).collect(),
            rows: members.iter().map(|&index| self.rows[index]).collect(),
            skipped_rows: self.skipped_rows.clone(),
            groups: self.groups_of(&members),
        }
    }
}
