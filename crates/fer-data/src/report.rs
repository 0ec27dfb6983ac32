//! What ingest found in the data: a [`DataReport`].

use std::collections::BTreeMap;

use fer_artifact::{
    Contradiction, DataReport, Digest, Dropped, ImageSet, Listed, Overlap, SkippedRow, Split, SplitReport,
};

use crate::{BadRow, Classes, duplicates};

/// The checks of a data set. All of it describes the sets as they are written; `skipped` and `dropped` say what is not
/// among them.
///
/// Images are equal, or copies of each other, if all their pixels are. Blank images are counted by themselves and are
/// nobody's copies: they are equal by defect, not because a face stands twice.
pub(crate) fn report(
    classes: &Classes,
    sets: &BTreeMap<Split, ImageSet>,
    skipped: Listed<SkippedRow>,
    dropped: Dropped,
) -> DataReport {
    let size = sets.values().next().map_or((0, 0), |set| (set.height, set.width));
    let mut report = DataReport {
        classes: classes.names().to_vec(),
        height: size.0,
        width: size.1,
        splits: sets.iter().map(|(&split, set)| (split, counts(set))).collect(),
        overlaps: pairs(sets),
        contradictions: Listed::new(vec![]),
        blank: Listed::new(ascending(sets.values().flat_map(blank_rows))),
        absent_from_train: vec![],
        skipped,
        dropped,
    };
    let train = report.splits.get(&Split::Train);
    let absent = |label: &usize| train.is_none_or(|train| train.class_counts[*label] == 0);
    report.absent_from_train =
        (0..report.classes.len()).filter(absent).map(|label| report.classes[label].clone()).collect();
    count_copies(&mut report, sets);
    report
}

/// Fills in what concerns equal images.
fn count_copies(report: &mut DataReport, sets: &BTreeMap<Split, ImageSet>) {
    let mut contradictions = vec![];
    for group in groups(sets) {
        for (split, report) in &mut report.splits {
            let members: Vec<&Member> = group.iter().filter(|member| member.split == *split).collect();
            report.copies += members.len().saturating_sub(1);
            report.contradictions += usize::from(members.iter().any(|member| member.label != members[0].label));
        }
        let count = |split| group.iter().filter(|member| member.split == split).count();
        for overlap in report.overlaps.iter_mut().filter(|overlap| count(overlap.also_in) > 0) {
            overlap.rows += count(overlap.of);
        }
        if group.iter().any(|member| member.label != group[0].label) {
            let mut group = group;
            group.sort_unstable_by_key(|member| member.row);
            let rows = group.iter().map(|member| member.row).collect();
            let labels = group.iter().map(|member| member.label).collect();
            contradictions.push(Contradiction { rows, labels });
        }
    }
    contradictions.sort_unstable_by(|a, b| a.rows.cmp(&b.rows));
    report.contradictions = Listed::new(contradictions);
}

/// How a report names a bad row.
pub(crate) fn skipped(bad: &BadRow) -> SkippedRow {
    SkippedRow { row: bad.row, reason: bad.to_string() }
}

fn counts(set: &ImageSet) -> SplitReport {
    let mut class_counts = vec![0; set.classes.len()];
    set.labels.iter().for_each(|&label| class_counts[usize::from(label)] += 1);
    SplitReport { rows: set.len(), class_counts, copies: 0, contradictions: 0, blank: blank_rows(set).count() }
}

fn blank_rows(set: &ImageSet) -> impl Iterator<Item = u32> {
    (0..set.len()).filter(|&index| is_blank(set.image(index))).map(|index| set.rows[index])
}

fn is_blank(pixels: &[u8]) -> bool {
    pixels.iter().all(|&pixel| pixel == pixels[0])
}

fn ascending(rows: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut rows: Vec<u32> = rows.collect();
    rows.sort_unstable();
    rows
}

fn pairs(sets: &BTreeMap<Split, ImageSet>) -> Vec<Overlap> {
    let others = |of: Split| sets.keys().copied().filter(move |&also_in| also_in != of);
    sets.keys().flat_map(|&of| others(of).map(move |also_in| Overlap { of, also_in, rows: 0 })).collect()
}

/// An image in a group of equal ones.
struct Member {
    split: Split,
    row: u32,
    label: u8,
}

/// The groups of two or more equal images, without the blank ones.
fn groups(sets: &BTreeMap<Split, ImageSet>) -> Vec<Vec<Member>> {
    let mut by_pixels: BTreeMap<Digest, Vec<Member>> = BTreeMap::new();
    for (&split, set) in sets {
        let digests = duplicates::digests(set).into_iter().enumerate();
        for (index, digest) in digests.filter(|&(index, _)| !is_blank(set.image(index))) {
            let member = Member { split, row: set.rows[index], label: set.labels[index] };
            by_pixels.entry(digest).or_default().push(member);
        }
    }
    by_pixels.into_values().filter(|group| group.len() > 1).collect()
}
