//! What lies at a path: labels, splits, sizes and groups, as far as names, columns and the heads of pictures tell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fer_artifact::{Count, Size, Split};
use fer_imgproc::Picture as Decoded;
use rayon::prelude::*;

use crate::columns::Columns;
use crate::csv::{Opened, open};
use crate::labels::{self, Labels};
use crate::left_out::Leftovers;
use crate::listing::{Listing, Picture, Region};
use crate::look_alike::{Of, likeness};
use crate::parquet::Glance;
use crate::table::{Request, Splits};
use crate::unpacked::Expansion;
use crate::walk::{self, Folder, as_text};
use crate::{
    Classes, CsvSource, Error, Group, ManifestSource, OnBadRow, ParquetSource, Pattern, Source, folder, is_table,
    manifest, parquet, pixels, shards,
};

/// Columns of a CSV file that say who is on a picture.
const PEOPLE: [&str; 6] = ["subject", "person", "group", "identity", "participant", "actor"];
/// Fewest groups that are some, and pictures that a group has on average.
const FEWEST_GROUPS: usize = 3;

/// One row in so many may have another size by mistake.
const RARE: usize = 100;

/// What lies at a path.
pub(crate) struct Survey {
    pub(crate) source: Source,
    /// Rows of each label; none where folders say the class.
    pub(crate) labels: BTreeMap<String, usize>,
    /// Rows of each split, where every row says its own.
    pub(crate) splits: BTreeMap<Split, usize>,
    /// Sizes of the pictures, as far as they can be read.
    pub(crate) sizes: BTreeSet<Size>,
    /// What keeps rows together, and how many groups that makes.
    pub(crate) group: Option<(Group, Groups)>,
}

/// The groups that something makes.
#[derive(Clone)]
pub(crate) struct Groups {
    pub(crate) count: usize,
    /// Where they were found, in words.
    pub(crate) found: String,
}

impl Survey {
    /// Looks at a file or a folder.
    ///
    /// # Errors
    /// What makes it no source of faces.
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        match source_at(path)? {
            Source::Csv(csv) => Self::of_csv(csv),
            Source::Parquet(parquet) => Self::of_parquet(parquet),
            source => Self::of_pictures(source),
        }
    }

    fn of_csv(csv: CsvSource) -> Result<Self, Error> {
        let Opened { mut blocks, first: mut next, separator, names } =
            open(&csv.path, Expansion::of_source(csv.expansion))?;
        let is_people = |name: &&String| PEOPLE.iter().any(|word| word.eq_ignore_ascii_case(name));
        let by = names.iter().find(is_people).map(|name| Group::Column(name.clone()));
        let classes = Classes::default();
        let columns = Columns::find(&csv, &request(&classes, by.as_ref()), separator, names)?;
        let (mut labels, mut splits) = (BTreeMap::new(), Some(BTreeMap::new()));
        let mut sides: BTreeMap<usize, usize> = BTreeMap::new();
        let mut groups: BTreeMap<String, usize> = BTreeMap::new();
        while let Some(block) = next {
            columns.with_rows(&csv.path, &block, |rows| {
                for row in rows {
                    count(&mut labels, row.label.trim());
                    note_split(&mut splits, row.split.and_then(|split| labels::split(split).ok()));
                    row.group.iter().for_each(|group| count(&mut groups, group));
                }
                let of_rows: Vec<Option<usize>> =
                    rows.par_iter().map(|row| pixels::side(pixels::count(&row.text()))).collect();
                of_rows.into_iter().flatten().for_each(|side| *sides.entry(side).or_default() += 1);
            })?;
            next = blocks.next()?;
        }
        let sizes = sides.into_iter().filter_map(|(side, count)| Some((Size::new(side, side).ok()?, count))).collect();
        Counted { labels, splits, sizes, groups }.survey(Source::Csv(csv), by, "row after the header")
    }

    fn of_parquet(parquet: ParquetSource) -> Result<Self, Error> {
        let is_people = |name: &&String| PEOPLE.iter().any(|word| word.eq_ignore_ascii_case(name));
        let by = parquet::column_names(&parquet)?.iter().find(is_people).map(|name| Group::Column(name.clone()));
        let classes = Classes::default();
        let mut counted = Counted { splits: Some(BTreeMap::new()), ..Counted::default() };
        parquet::glance(&parquet, &request(&classes, by.as_ref()), |Glance { label, split, group, size }| {
            count(&mut counted.labels, label.trim());
            note_split(&mut counted.splits, split);
            group.iter().for_each(|group| count(&mut counted.groups, group));
            size.into_iter().for_each(|size| *counted.sizes.entry(size).or_default() += 1);
        })?;
        counted.survey(Source::Parquet(parquet), by, "row in a Parquet file (.parquet)")
    }

    fn of_pictures(source: Source) -> Result<Self, Error> {
        let by_folders = matches!(&source, Source::Folder(folder) if !folder.path.join(folder::DATASET).is_file());
        let classes = if by_folders { Classes::new(folder::class_names(source.path())?)? } else { Classes::default() };
        let request = request(&classes, None);
        let listing = match &source {
            Source::Manifest(list) => manifest::listing(list, &request)?,
            Source::Folder(folder) => folder::listing(folder, &request.labels)?,
            Source::Csv(_) | Source::Parquet(_) => unreachable!("they are tables"),
        };
        if !by_folders && listing.pictures.is_empty() {
            return Err(Error::NoRows { path: listing.origin().to_owned(), unit: listing.unit });
        }
        let (mut labels, mut splits) = (BTreeMap::new(), Some(BTreeMap::new()));
        for picture in &listing.pictures {
            note_split(&mut splits, picture.split);
            if !by_folders {
                count(&mut labels, picture.label.trim());
            }
        }
        let sizes = listing.pictures.par_iter().filter_map(|picture| size(&listing.root, picture)).collect();
        let group = group_of(&listing, &request.labels);
        Ok(Self { source, labels, splits: splits.unwrap_or_default(), sizes, group })
    }
}

/// What the rows of tables say, counted.
#[derive(Default)]
struct Counted {
    labels: BTreeMap<String, usize>,
    /// None once a row says no split.
    splits: Option<BTreeMap<Split, usize>>,
    sizes: BTreeMap<Size, usize>,
    groups: BTreeMap<String, usize>,
}

impl Counted {
    /// The survey of a table that may keep rows together by a column; `unit` is what it should have.
    fn survey(self, source: Source, by: Option<Group>, unit: &'static str) -> Result<Survey, Error> {
        let Self { labels, splits, sizes, groups } = self;
        let rows: usize = labels.values().sum();
        if rows == 0 {
            return Err(Error::NoRows { path: source.path().to_owned(), unit });
        }
        // A row that is cut off may happen to have as many values as a square.
        let sizes = sizes.into_iter().filter(|(_, count)| RARE * count >= rows).map(|(size, _)| size).collect();
        let found = |by: &Group| match by {
            Group::Column(name) => format!("the column `{name}`"),
            _ => unreachable!("a table has columns alone"),
        };
        let group = by.filter(|_| are_groups(&groups, rows));
        let group = group.map(|by| (by.clone(), Groups { count: groups.len(), found: found(&by) }));
        Ok(Survey { source, labels, splits: splits.unwrap_or_default(), sizes, group })
    }
}

/// A request for all that a source says.
pub(crate) fn request<'a>(classes: &'a Classes, group: Option<&'a Group>) -> Request<'a> {
    Request {
        labels: Labels::new(classes),
        splits: Splits::Note,
        on_bad_row: OnBadRow::Skip,
        group,
        report_by: &[],
        size: None,
        detection: None,
        // No row is read into a table.
        scratch: Path::new("."),
    }
}

fn count(counts: &mut BTreeMap<String, usize>, word: &str) {
    match counts.get_mut(word) {
        Some(count) => *count += 1,
        None => _ = counts.insert(word.to_owned(), 1),
    }
}

/// Counts a row's split in; a row without one means that the source does not say splits.
fn note_split(splits: &mut Option<BTreeMap<Split, usize>>, split: Option<Split>) {
    match (splits.as_mut(), split) {
        (Some(counts), Some(split)) => *counts.entry(split).or_default() += 1,
        _ => *splits = None,
    }
}

/// The size that ingest would find: that of the face, where a list has its rectangle.
pub(crate) fn size(root: &Path, picture: &Picture) -> Option<Size> {
    let head = || Decoded::size_of(&root.join(&picture.file)).ok();
    let crop = match picture.region {
        None => return head(),
        Some(Region::Pixels(crop)) => crop,
        Some(parts) => parts.within(head()?),
    };
    let side = |length: i64| usize::try_from(length).ok();
    Size::new(side(crop.height)?, side(crop.width)?).ok()
}

/// What keeps pictures together: folders below those of the classes, or what file names look like.
fn group_of(listing: &Listing, labels: &Labels<'_>) -> Option<(Group, Groups)> {
    let pictures = listing.pictures.len();
    let below = |picture: &Picture| picture.below.iter().next().map(|name| as_text(name).into_owned());
    let mut folders = BTreeMap::new();
    if listing.list.is_none() {
        listing.pictures.iter().filter_map(below).for_each(|name| count(&mut folders, &name));
    }
    if are_groups(&folders, pictures) {
        let groups = Groups { count: folders.len(), found: "the folders below those of the classes".to_owned() };
        return Some((Group::Folder(Count::of(1)), groups));
    }
    let like = likeness(listing, labels)?;
    let pattern = Pattern::new(like.of.pattern()).expect("a pattern of ours is a regular expression");
    let what = if like.of == Of::People { "people" } else { "clips" };
    let found = format!("file names that look like {} {what}, such as `{}`", like.count, like.first);
    Some((Group::Pattern(pattern), Groups { count: like.count, found }))
}

/// Whether every row has a group, and the groups are several of two rows or more on average.
fn are_groups(groups: &BTreeMap<String, usize>, rows: usize) -> bool {
    groups.len() >= FEWEST_GROUPS && groups.values().sum::<usize>() == rows && rows >= 2 * groups.len()
}

/// The source at a path: Parquet files, a folder of pictures, the one CSV file of a folder, a CSV file, or a list of pictures.
fn source_at(path: &Path) -> Result<Source, Error> {
    if shards::are_at(path) {
        return Ok(Source::Parquet(ParquetSource::new(path)));
    }
    if !path.is_dir() {
        return file_at(path);
    }
    let mut path = path.to_owned();
    loop {
        let mut left_out = Leftovers::default();
        let here = Folder::read(&path, Path::new(""), &mut left_out)?;
        if path.join(folder::DATASET).is_file() {
            return Ok(Source::folder(path));
        }
        let tables: Vec<PathBuf> =
            here.files.iter().map(|name| path.join(name)).filter(|file| is_table(file)).collect();
        match (here.folders.as_slice(), tables.as_slice()) {
            ([], [table]) => return file_at(table),
            // A folder that only wraps another, as archives leave it.
            ([only], _) if wraps(&path, only, &here)? => path.push(only),
            _ => return Ok(Source::folder(path)),
        }
    }
}

/// Whether the only folder in a folder holds folders itself, beside no picture.
fn wraps(path: &Path, only: &std::ffi::OsStr, outer: &Folder) -> Result<bool, Error> {
    let mut left_out = Leftovers::default();
    let inner = Folder::read(path, Path::new(only), &mut left_out)?;
    let pictures = walk::only_pictures(path, Path::new(""), &outer.files, &mut left_out)?;
    let is_list = path.join(only).join(folder::DATASET).is_file();
    Ok(labels::split(&as_text(only)).is_err() && pictures.is_empty() && (!inner.folders.is_empty() || is_list))
}

/// A CSV file with pixels, or else a list of pictures.
fn file_at(path: &Path) -> Result<Source, Error> {
    let Opened { separator, names, .. } = open(path, Expansion::FIXED)?;
    match Columns::of_pixels(path, separator, &names) {
        Ok(_) => Ok(Source::Csv(CsvSource::new(path))),
        Err(_) if manifest::is_list(&names) => Ok(Source::Manifest(ManifestSource::new(path))),
        Err(no_pixels) => Err(no_pixels),
    }
}
