//! The checks of a data set: copies, contradicting labels, blank images, absent classes.

use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::{
    Contradiction, DataReport, Digest, Dropped, GroupReport, ImageSet, Listed, Overlap, Split, SplitReport,
};

use crate::{Classes, duplicates};

/// Checks the sets of images as they are written; `dropped` says what was taken from train. What reading left out is not
/// said yet.
///
/// Images are equal, or copies of each other, if all their pixels are. Blank images are counted by themselves and are
/// nobody's copies: they are equal by defect, not because a face stands twice.
pub(crate) fn check(classes: &Classes, sets: &BTreeMap<Split, ImageSet>, dropped: Dropped) -> DataReport {
    let (height, width) = sets.values().next().map_or((0, 0), |set| (set.height, set.width));
    let splits: BTreeMap<Split, SplitReport> = sets.iter().map(|(&split, set)| (split, counts(set))).collect();
    let in_train = |label: usize| splits.get(&Split::Train).is_some_and(|train| train.class_counts[label] > 0);
    let names = classes.names().iter().enumerate();
    let absent_from_train = names.filter(|&(label, _)| !in_train(label)).map(|(_, name)| name.clone()).collect();
    let mut report = DataReport {
        classes: classes.names().to_vec(),
        height,
        width,
        splits,
        overlaps: pairs(sets),
        contradictions: Listed::new(vec![]),
        blank: Listed::new(ascending(sets.values().flat_map(blank_rows))),
        absent_from_train,
        skipped: Listed::new(vec![]),
        dropped,
        other_labels: BTreeMap::new(),
        synonyms: BTreeMap::new(),
        left_out: vec![],
        groups: group_report(sets),
        near: None,
        warnings: vec![],
    };
    let mut contradictions: Vec<Contradiction> =
        groups(sets).into_iter().filter_map(|group| count_copies(&mut report, group)).collect();
    contradictions.sort_unstable_by(|a, b| a.rows.cmp(&b.rows));
    report.contradictions = Listed::new(contradictions);
    report
}

/// Counts a group of equal images in; returns it if their labels differ.
fn count_copies(report: &mut DataReport, mut group: Vec<Member>) -> Option<Contradiction> {
    for (split, counts) in &mut report.splits {
        let members: Vec<&Member> = group.iter().filter(|member| member.split == *split).collect();
        counts.copies += members.len().saturating_sub(1);
        counts.contradictions += usize::from(members.iter().any(|member| member.label != members[0].label));
    }
    let count = |split| group.iter().filter(|member| member.split == split).count();
    for overlap in report.overlaps.iter_mut().filter(|overlap| count(overlap.also_in) > 0) {
        overlap.rows += count(overlap.of);
    }
    if group.iter().all(|member| member.label == group[0].label) {
        return None;
    }
    group.sort_unstable_by_key(|member| member.row);
    let (rows, labels) = group.iter().map(|member| (member.row, member.label)).unzip();
    Some(Contradiction { rows, labels })
}

/// How many groups each split has, and which stand in two; `None` for sets without groups.
fn group_report(sets: &BTreeMap<Split, ImageSet>) -> Option<GroupReport> {
    let of_set =
        |set: &ImageSet| set.groups.as_ref().map(|groups| groups.ids.iter().copied().collect::<BTreeSet<u32>>());
    let ids: BTreeMap<Split, BTreeSet<u32>> =
        sets.iter().map(|(&split, set)| Some((split, of_set(set)?))).collect::<Option<_>>()?;
    let names = &sets.values().next()?.groups.as_ref()?.names;
    let in_two = |id: &u32| ids.values().filter(|of_split| of_split.contains(id)).count() > 1;
    let all: BTreeSet<u32> = ids.values().flatten().copied().collect();
    let shared = all.into_iter().filter(in_two).map(|id| names[id as usize].clone());
    Some(GroupReport {
        splits: ids.iter().map(|(&split, of_split)| (split, of_split.len())).collect(),
        shared: Listed::new(shared.collect()),
    })
}

fn counts(set: &ImageSet) -> SplitReport {
    let mut class_counts = vec![0; set.classes.len()];
    set.labels.iter().for_each(|&label| class_counts[usize::from(label)] += 1);
    SplitReport { rows: set.len(), class_counts, copies: 0, contradictions: 0, blank: blank_rows(set).count() }
}

fn blank_rows(set: &ImageSet) -> impl Iterator<Item = u32> {
    (0..set.len()).filter(|&index| is_blank(set.image(index))).map(|index| set.rows[index])
}

pub(crate) fn is_blank(pixels: &[u8]) -> bool {
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
