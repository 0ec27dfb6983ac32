//! The checks of a data set: copies, contradicting labels, blank images, absent classes.

use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::{Contradiction, DataReport, Dropped, GroupReport, Listed, Overlap, Split, SplitReport};

use crate::Classes;
use crate::table::Table;

/// Checks the rows of a table as `assignment` deals them out to sets: a split a row, or none for a row that belongs to no
/// set; `dropped` says what was taken from train. What reading left out is not said yet.
///
/// Images are equal, or copies of each other, if all their pixels are. Blank images are counted by themselves and are
/// nobody's copies: they are equal by defect, not because a face stands twice.
pub(crate) fn check(classes: &Classes, table: &Table, assignment: &[Option<Split>], dropped: Dropped) -> DataReport {
    let rows = Rows { table, assignment };
    let (height, width) = table.size.map_or((0, 0), |size| (size.height(), size.width()));
    let splits = rows.counts(classes);
    let in_train = |label: usize| splits.get(&Split::Train).is_some_and(|train| train.class_counts[label] > 0);
    let names = classes.names().iter().enumerate();
    let absent_from_train = names.filter(|&(label, _)| !in_train(label)).map(|(_, name)| name.clone()).collect();
    let blank = rows.members().filter(|&(index, _)| table.looks[index].blank).map(|(index, _)| table.rows()[index]);
    let mut report = DataReport {
        classes: classes.names().to_vec(),
        height,
        width,
        overlaps: pairs(&splits),
        splits,
        contradictions: Listed::new(vec![]),
        blank: Listed::new(blank.collect()),
        absent_from_train,
        skipped: Listed::new(vec![]),
        dropped,
        other_labels: BTreeMap::new(),
        synonyms: BTreeMap::new(),
        left_out: vec![],
        groups: rows.groups(),
        near: None,
        votes: None,
        warnings: vec![],
        origins: BTreeMap::new(),
    };
    let mut contradictions: Vec<Vec<usize>> =
        rows.equal().into_iter().filter(|group| rows.count_copies(&mut report, group)).collect();
    contradictions.sort_unstable();
    report.contradictions = Listed::new(contradictions.iter().map(|group| rows.contradiction(group)).collect());
    report
}

/// Where the rows that the report names come from.
pub(crate) fn origins(table: &Table, report: &DataReport) -> BTreeMap<u32, String> {
    let pairs = report.near.iter().flat_map(|near| &near.pairs).flat_map(|pair| pair.rows);
    let contradictions = report.contradictions.first.iter().flat_map(|group| group.rows.iter().copied());
    let rows = contradictions.chain(report.blank.first.iter().copied()).chain(pairs);
    let origin = |row| Some((row, table.origin(table.rows().binary_search(&row).ok()?)?.to_owned()));
    rows.filter_map(origin).collect()
}

fn pairs(splits: &BTreeMap<Split, SplitReport>) -> Vec<Overlap> {
    let others = |of: Split| splits.keys().copied().filter(move |&also_in| also_in != of);
    splits.keys().flat_map(|&of| others(of).map(move |also_in| Overlap { of, also_in, rows: 0 })).collect()
}

/// The rows that belong to sets, by their places in the table, which are in the order of the rows.
struct Rows<'a> {
    table: &'a Table,
    assignment: &'a [Option<Split>],
}

impl Rows<'_> {
    /// The rows that belong to a set, and which.
    fn members(&self) -> impl Iterator<Item = (usize, Split)> {
        self.assignment.iter().enumerate().filter_map(|(index, split)| Some((index, (*split)?)))
    }

    fn counts(&self, classes: &Classes) -> BTreeMap<Split, SplitReport> {
        let none = || {
            let class_counts = vec![0; classes.names().len()];
            SplitReport { rows: 0, class_counts, copies: 0, contradictions: 0, blank: 0 }
        };
        let mut splits = BTreeMap::new();
        for (index, split) in self.members() {
            let counts = splits.entry(split).or_insert_with(none);
            counts.rows += 1;
            counts.class_counts[usize::from(self.table.labels[index])] += 1;
            counts.blank += usize::from(self.table.looks[index].blank);
        }
        splits
    }

    /// The groups of two or more equal images, without the blank ones; the rows of each in order.
    fn equal(&self) -> Vec<Vec<usize>> {
        let looks = &self.table.looks;
        let mut rows: Vec<usize> =
            self.members().map(|(index, _)| index).filter(|&index| !looks[index].blank).collect();
        rows.sort_unstable_by_key(|&index| (looks[index].digest, index));
        let groups = rows.chunk_by(|&a, &b| looks[a].digest == looks[b].digest);
        groups.filter(|group| group.len() > 1).map(<[usize]>::to_vec).collect()
    }

    /// Counts a group of equal images in; says whether their labels differ.
    fn count_copies(&self, report: &mut DataReport, group: &[usize]) -> bool {
        let labels = |split: Split| {
            let of_split = group.iter().filter(move |&&index| self.assignment[index] == Some(split));
            of_split.map(|&index| self.table.labels[index]).collect::<Vec<u8>>()
        };
        for (&split, counts) in &mut report.splits {
            let labels = labels(split);
            counts.copies += labels.len().saturating_sub(1);
            counts.contradictions += usize::from(differ(&labels));
        }
        for overlap in report.overlaps.iter_mut().filter(|overlap| !labels(overlap.also_in).is_empty()) {
            overlap.rows += labels(overlap.of).len();
        }
        differ(&group.iter().map(|&index| self.table.labels[index]).collect::<Vec<u8>>())
    }

    fn contradiction(&self, group: &[usize]) -> Contradiction {
        let row = |&index: &usize| (self.table.rows()[index], self.table.labels[index]);
        let (rows, labels) = group.iter().map(row).unzip();
        Contradiction { rows, labels }
    }

    /// How many groups each split has, and which stand in two; `None` for rows without groups.
    fn groups(&self) -> Option<GroupReport> {
        let (places, names) = (self.table.group_places()?, self.table.group_names());
        let mut of_splits: BTreeMap<Split, BTreeSet<u32>> = BTreeMap::new();
        self.members().for_each(|(index, split)| _ = of_splits.entry(split).or_default().insert(places[index]));
        let in_two = |place: &u32| of_splits.values().filter(|of_split| of_split.contains(place)).count() > 1;
        let all: BTreeSet<u32> = of_splits.values().flatten().copied().collect();
        let shared = all.into_iter().filter(in_two).map(|place| names[place as usize].clone());
        Some(GroupReport {
            splits: of_splits.iter().map(|(&split, of_split)| (split, of_split.len())).collect(),
            shared: Listed::new(shared.collect()),
        })
    }
}

fn differ(labels: &[u8]) -> bool {
    labels.iter().any(|label| *label != labels[0])
}
