//! Parameters of ingest that fit what lies at a path.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fer_artifact::{DataReport, FER2013_CLASSES, Seed, Size, Split};

use crate::ingest::{ingest, with_class_names};
use crate::phrase::few;
use crate::spelling::spelling;
use crate::survey::{Groups, Survey};
use crate::{
    Classes, DropDuplicates, Error, Folds, Fractions, Group, ImageSize, IngestParams, OnBadRow, Share, SplitRule,
};

/// Side of the images that pictures of many sizes, or of a large one, are brought to: FER2013's.
const SIDE: usize = 48;
/// Longest side of images that are left as large as they are.
const LONGEST_SIDE: usize = 64;
/// Fewest groups that shares can be dealt out of; fewer are dealt out as folds.
const FEWEST_GROUPS: usize = 10;
/// Most folds.
const FOLDS: usize = 5;

/// Parameters of ingest that fit a source, why they do, and what ingest says with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The parameters. The path of the source is relative to the current folder.
    pub params: IngestParams,
    /// Why, in words for a person, by the name of the parameter.
    pub reasons: BTreeMap<&'static str, String>,
    /// What ingest finds with these parameters.
    pub report: DataReport,
}

/// Looks at a file or a folder and chooses parameters with which ingest reads it, with this seed, into train and at least
/// one held-out split. A folder that only wraps another is looked through. `scratch` is a folder for what is too large for
/// memory while rows are read, as in [`ingest`].
///
/// # Errors
/// What makes it no source of faces, in the words of [`ingest`].
pub fn propose(path: &Path, seed: Seed, scratch: &Path) -> Result<Proposal, Error> {
    let survey = Survey::of(path)?;
    let mut choice = Choice { params: IngestParams::new(survey.source.clone()), reasons: BTreeMap::new() };
    choice.classes(&survey)?;
    choice.size(&survey.sizes);
    choice.group_and_split(&survey);
    let report = choice.read(seed, scratch)?;
    Ok(Proposal { params: choice.params, reasons: choice.reasons, report })
}

/// Parameters under way.
struct Choice {
    params: IngestParams,
    reasons: BTreeMap<&'static str, String>,
}

impl Choice {
    fn because(&mut self, parameter: &'static str, reason: impl Into<String>) {
        self.reasons.insert(parameter, reason.into());
    }

    /// Classes in the words of the source.
    fn classes(&mut self, survey: &Survey) -> Result<(), Error> {
        if survey.labels.is_empty() {
            self.params.classes = Classes::from_folders();
            let names = with_class_names(&self.params)?.classes.names().to_vec();
            let numbers = names.iter().all(|name| name.parse::<u32>().is_ok());
            let named = format!("the folders are called {}", few(&names));
            let way = "; a map gives them names: `classes: {happy: [4], …}`";
            self.because("classes", if numbers { named + way } else { named });
            return Ok(());
        }
        let labels: Vec<&String> = survey.labels.keys().filter(|label| !label.is_empty()).collect();
        let numbers: Option<BTreeSet<u32>> = labels.iter().map(|label| label.parse().ok()).collect();
        let names = match numbers {
            Some(numbers) if numbers.iter().copied().eq(0..FER2013_CLASSES.len() as u32) => {
                self.because("classes", "the labels are the numbers 0 to 6, taken for FER2013's, whose order this is");
                return Ok(());
            }
            Some(numbers) => {
                self.because("classes", "the labels of the source; a map gives them names: `{happy: [3], …}`");
                numbers.iter().map(u32::to_string).collect()
            }
            None => {
                self.because("classes", "the labels of the source, in alphabetical order");
                let mut names: Vec<String> = labels.into_iter().cloned().collect();
                names.sort_by_key(|name| (spelling(name), name.clone()));
                names.dedup_by_key(|name| spelling(name));
                names
            }
        };
        self.params.classes = Classes::new(names)?;
        Ok(())
    }

    /// One small size, where the pictures do not have one.
    fn size(&mut self, sizes: &BTreeSet<Size>) {
        let longest = sizes.iter().map(|size| size.height().max(size.width())).max().unwrap_or(SIDE);
        let reason = match (sizes.first(), sizes.len()) {
            (Some(only), 1) if longest > LONGEST_SIDE => {
                format!("the pictures have {only} pixels; smaller images train faster, larger ones show more")
            }
            (Some(_), several) if several > 1 => {
                let by_area = |size: &&Size| size.area();
                let ends = sizes.iter().min_by_key(by_area).zip(sizes.iter().max_by_key(by_area));
                let (smallest, largest) = ends.expect("there are several sizes");
                format!("the pictures have {several} sizes, from {smallest} to {largest} pixels")
            }
            _ => return,
        };
        let side = longest.min(SIDE);
        self.params.size = ImageSize::try_from([side, side]).ok();
        self.because("size", reason);
    }

    /// The source's own splits where it has some to train and to judge on, or else shares of its rows or groups.
    fn group_and_split(&mut self, survey: &Survey) {
        let groups = survey.group.clone().map(|(group, groups)| self.group(group, groups));
        let has = |split| survey.splits.contains_key(&split);
        let counts = survey.splits.iter().map(|(split, rows)| format!("{rows} {split}")).collect::<Vec<_>>().join(", ");
        let (split, reason) = match (has(Split::Train), has(Split::Validation), has(Split::Test)) {
            (true, true, _) => (SplitRule::default(), format!("the source has splits: {counts}")),
            (true, false, true) => {
                let reason = format!("the source has {counts}, and no validation: a tenth of train becomes it");
                (SplitRule::Usage { validation: Share::new(0.1).ok() }, reason)
            }
            _ => dealt(groups, survey.splits.len() > 1),
        };
        self.params.split = split;
        self.because("split", reason);
    }

    /// Keeps groups together; returns how many there are.
    fn group(&mut self, group: Group, groups: Groups) -> usize {
        self.because("group", format!("{}: no split knows the faces of another", groups.found));
        self.params.group = Some(group);
        groups.count
    }

    /// Reads the source, and leaves out what stands in the way or twice.
    fn read(&mut self, seed: Seed, scratch: &Path) -> Result<DataReport, Error> {
        let read = ingest(&self.params, seed, scratch);
        let mut report = match read {
            Err(Error::Row { .. }) => {
                self.params.on_bad_row = OnBadRow::Skip;
                ingest(&self.params, seed, scratch)?.report
            }
            read => read?.report,
        };
        if report.skipped.count > 0 {
            let first = report.skipped.first.first().map(|bad| bad.reason.clone()).unwrap_or_default();
            let reason = format!("{} rows cannot be used, the first: {first}", report.skipped.count);
            self.because("on_bad_row", reason);
        }
        let copies: usize = report.splits.get(&Split::Train).map_or(0, |train| train.copies);
        let elsewhere: usize =
            report.overlaps.iter().filter(|overlap| overlap.of == Split::Train).map(|overlap| overlap.rows).sum();
        if copies + elsewhere > 0 {
            let reason =
                format!("{copies} images of train are copies within it, {elsewhere} stand in a held-out split too");
            self.params.drop_duplicates = DropDuplicates::Across;
            self.because("drop_duplicates", reason);
            report = ingest(&self.params, seed, scratch)?.report;
        }
        Ok(report)
    }
}

/// The split of a source that has none to train and to judge on.
fn dealt(groups: Option<usize>, pool: bool) -> (SplitRule, String) {
    let few = groups.filter(|count| *count < FEWEST_GROUPS);
    match few.and_then(|count| Some((count, Folds::new(count.min(FOLDS), 0).ok()?))) {
        Some((count, folds)) => {
            let reason = format!("with {count} groups, one fold is test; the others train");
            (SplitRule::Folds(if pool { folds.pooled() } else { folds }), reason)
        }
        None => {
            let fractions = Fractions::new(0.8, 0.1, 0.1).expect("shares that make a whole");
            let reason = match groups {
                Some(_) => "the source has no splits to train and to judge on: whole groups are dealt out by the seed",
                None => "the source has no splits to train and to judge on: rows are dealt out by the seed",
            };
            (SplitRule::Stratified(if pool { fractions.pooled() } else { fractions }), reason.to_owned())
        }
    }
}
