//! The data report on a terminal.

use fer_artifact::{
    DataReport, GroupReport, LeftOut, Listed, Overlap, SplitReport, VotesReport, counted, grouped, visible,
};

use crate::phrase::{few, short};

/// Entries of a list that the summary names.
const NAMED: usize = 3;

/// What the report says, in a few lines for a terminal.
pub fn summary(report: &DataReport) -> String {
    let rows: usize = report.splits.values().map(|split| split.rows).sum();
    let mut lines = vec![format!("{} images of {} × {} pixels", grouped(rows), report.height, report.width)];
    lines.extend(table(report));
    lines.extend(findings(report));
    lines.join("\n")
}

/// One line a class, one column a split.
fn table(report: &DataReport) -> Vec<String> {
    let counts = |value: &dyn Fn(&SplitReport) -> usize| {
        report.splits.values().map(|split| grouped(value(split))).collect::<Vec<_>>()
    };
    let mut lines = vec![(String::new(), report.splits.keys().map(|split| split.name().to_owned()).collect())];
    for (label, class) in report.classes.iter().enumerate() {
        lines.push((class.clone(), counts(&|split| split.class_counts[label])));
    }
    lines.push(("together".to_owned(), counts(&|split| split.rows)));
    lines.push(("surplus copies".to_owned(), counts(&|split| split.copies)));
    if let Some(near) = &report.near {
        let copies = report.splits.keys().map(|split| grouped(near.copies.get(split).copied().unwrap_or_default()));
        lines.push(("exact or near".to_owned(), copies.collect()));
    }
    lines.push(("blank images".to_owned(), counts(&|split| split.blank)));
    let longest = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, cells): (String, Vec<String>)| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>12}")).collect();
        format!("  {name:<longest$}{cells}")
    };
    lines.into_iter().map(line).collect()
}

/// What a reader should know, and nothing where there is nothing.
fn findings(report: &DataReport) -> Vec<String> {
    let mut lines = vec![];
    lines.extend(
        report.overlaps.iter().filter(|overlap| overlap.also_in < overlap.of).filter_map(|o| shared(report, o)),
    );
    if report.contradictions.count > 0 {
        let groups = named(&report.contradictions, |group| {
            let label = |&label: &u8| report.classes[usize::from(label)].as_str();
            let row = |row: &u32| match report.origins.get(row) {
                Some(origin) => format!("{row} ({})", visible(origin)),
                None => row.to_string(),
            };
            let members = group.rows.iter().zip(&group.labels).map(|(of, is)| format!("{} {}", row(of), label(is)));
            members.collect::<Vec<_>>().join(" = ")
        });
        let count = grouped(report.contradictions.count);
        lines.push(format!("groups of equal images with different labels: {count} (rows {groups})"));
    }
    if report.dropped.total() > report.dropped.near() {
        lines.push(format!(
            "left out of train as duplicates: {} in validation too, {} in test too, {} further copies",
            grouped(report.dropped.also_in_validation),
            grouped(report.dropped.also_in_test),
            grouped(report.dropped.copies)
        ));
    }
    if report.dropped.near() > 0 {
        lines.push(format!(
            "left out of train as near copies: {} nearly in validation, {} nearly in test, {} of others in train",
            grouped(report.dropped.near_validation),
            grouped(report.dropped.near_test),
            grouped(report.dropped.near_copies)
        ));
    }
    lines.extend(report.votes.iter().flat_map(votes));
    lines.extend(skipped(report));
    lines.extend(report.groups.as_ref().map(groups));
    lines.extend(reading(report));
    lines.extend(report.absent_from_train.iter().map(|class| format!("warning: train has no image of `{class}`")));
    lines
}

/// How many images of a split stand in an earlier one, exactly, and with those that stand there nearly.
fn shared(report: &DataReport, exact: &Overlap) -> Option<String> {
    let near = report.near.iter().flat_map(|near| &near.overlaps);
    let near = near.filter(|near| (near.of, near.also_in) == (exact.of, exact.also_in)).map(|near| near.rows).next();
    let all = grouped(report.splits[&exact.of].rows);
    let near_rows = near.map_or(String::new(), |near| format!(", {} exactly or nearly", grouped(near)));
    (exact.rows + near.unwrap_or(0) > 0)
        .then(|| format!("in {} too: {} of {all} {} images{near_rows}", exact.also_in, grouped(exact.rows), exact.of))
}

/// Which rows could not be used.
pub(crate) fn skipped(report: &DataReport) -> Option<String> {
    let rows = named(&report.skipped, |skipped| on_a_line(&skipped.reason));
    (report.skipped.count > 0).then(|| format!("bad rows skipped: {} ({rows})", grouped(report.skipped.count)))
}

/// A reason may come from a decoder, which breaks lines as it likes.
fn on_a_line(reason: &str) -> String {
    visible(&reason.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// Which rows the votes left out, and what of the votes was not used.
pub(crate) fn votes(report: &VotesReport) -> Vec<String> {
    let mut lines = vec![];
    for (split, reasons) in &report.left_out {
        let all = grouped(reasons.values().sum());
        let reasons = reasons.iter().map(|(why, count)| format!("{} {}", grouped(*count), short(why)));
        lines.push(format!("left out of {split} by their votes: {all} ({})", few(&reasons.collect::<Vec<_>>())));
    }
    if report.unused > 0 {
        lines.push(format!("{} of votes for no row of the source", counted(report.unused, "row")));
    }
    if !report.columns_not_read.is_empty() {
        let columns: Vec<String> = report.columns_not_read.iter().map(|name| short(name)).collect();
        lines.push(format!("columns of the votes not read: {}", few(&columns)));
    }
    lines
}

/// How many groups there are, and which stand in two splits.
fn groups(report: &GroupReport) -> String {
    let counts = report.splits.iter().map(|(split, count)| format!("{} in {split}", grouped(*count)));
    let counts = counts.collect::<Vec<_>>().join(", ");
    match report.shared.count {
        0 => format!("groups: {counts}, none in two splits"),
        count => {
            let names = named(&report.shared, |name| short(name));
            format!("warning: groups: {counts}; {} in more than one split ({names})", grouped(count))
        }
    }
}

/// What reading the source left out, and how it understood the labels.
pub(crate) fn reading(report: &DataReport) -> Vec<String> {
    let mut lines = vec![];
    if !report.synonyms.is_empty() {
        let words = report.synonyms.iter().map(|(label, class)| format!("{} as {class}", visible(label)));
        lines.push(format!("labels read as another word: {}", words.collect::<Vec<_>>().join(", ")));
    }
    if !report.other_labels.is_empty() {
        let rows: usize = report.other_labels.values().sum();
        let labels = report.other_labels.iter().map(|(label, count)| format!("{} {}", grouped(*count), short(label)));
        let labels = few(&labels.collect::<Vec<_>>());
        lines.push(format!("{} of labels that `classes` does not choose: {labels}", counted(rows, "row")));
    }
    for LeftOut { why, files } in &report.left_out {
        let names = named(files, |file| visible(file).into_owned());
        lines.push(format!("{} not read ({why}): {names}", counted(files.count, "file")));
    }
    lines.extend(report.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines
}

/// The first entries of a list, and how many more there are.
fn named<T>(list: &Listed<T>, text: impl Fn(&T) -> String) -> String {
    let mut texts: Vec<String> = list.first.iter().take(NAMED).map(text).collect();
    if list.count > texts.len() {
        texts.push(format!("and {} more", grouped(list.count - texts.len())));
    }
    texts.join("; ")
}
