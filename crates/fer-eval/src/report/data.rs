//! The data report of ingest, as far as it is one.

use fer_artifact::{Contradiction, DataReport, Dropped, Listed, Overlap, Split, SplitReport, VotesReport};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::near::NearView;

use crate::format::{count, counted, percentage};

/// Longest item of a list that stands in one line.
const SHORT: usize = 20;

/// The data report of ingest, to be shown.
#[derive(Debug)]
pub(crate) struct DataSection(DataReport);

/// The section on the page.
#[derive(Debug, Serialize)]
pub(crate) struct DataView {
    lead: String,
    splits: Vec<&'static str>,
    classes: Vec<Row>,
    checks: Vec<Row>,
    near: Option<NearView>,
    lists: Vec<List>,
    /// The report as it is, where it is not of the usual form.
    raw: Option<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    cells: Vec<String>,
}

#[derive(Debug, Serialize)]
struct List {
    title: String,
    /// The items are so short that they stand in one line.
    short: bool,
    items: Vec<String>,
}

impl DataSection {
    /// `None` if it is not of the form that ingest gives it.
    pub(crate) fn of(report: &Value) -> Option<Self> {
        let report = DataReport::deserialize(report).ok()?;
        let fits = |split: &SplitReport| split.class_counts.len() == report.classes.len();
        report.splits.values().all(fits).then_some(Self(report))
    }

    /// Images of `of`, and those of them that also stand in `also_in`.
    pub(crate) fn overlap(&self, of: Split, also_in: Split) -> Option<(usize, usize)> {
        self.among(&self.0.overlaps, of, also_in)
    }

    /// The same, exactly or nearly; none where near copies were not looked for.
    pub(crate) fn near_overlap(&self, of: Split, also_in: Split) -> Option<(usize, usize)> {
        self.among(&self.0.near.as_ref()?.overlaps, of, also_in)
    }

    fn among(&self, overlaps: &[Overlap], of: Split, also_in: Split) -> Option<(usize, usize)> {
        let overlap = overlaps.iter().find(|overlap| overlap.of == of && overlap.also_in == also_in)?;
        Some((self.0.splits.get(&of)?.rows, overlap.rows))
    }

    pub(crate) fn view(&self) -> DataView {
        let all = self.0.splits.values().map(|split| split.rows).sum();
        DataView {
            lead: format!("{} of {} × {} pixels.", counted(all, "image"), self.0.height, self.0.width),
            splits: self.0.splits.keys().map(|split| split.name()).collect(),
            classes: self.class_rows(),
            checks: self.check_rows(),
            near: self.0.near.as_ref().map(|near| NearView::new(near, &self.0.classes)),
            lists: self.lists(),
            raw: None,
        }
    }

    fn class_rows(&self) -> Vec<Row> {
        let share = |n: usize, split: &SplitReport| match split.rows {
            0 => count(n),
            rows => format!("{} ({})", count(n), percentage(n as f64 / rows as f64)),
        };
        let class = |(label, name): (usize, &String)| Row {
            name: name.clone(),
            cells: self.0.splits.values().map(|split| share(split.class_counts[label], split)).collect(),
        };
        let all = Row { name: "all".into(), cells: self.0.splits.values().map(|split| count(split.rows)).collect() };
        self.0.classes.iter().enumerate().map(class).chain([all]).collect()
    }

    fn check_rows(&self) -> Vec<Row> {
        let row = |name: &str, value: &dyn Fn(&SplitReport) -> usize| Row {
            name: name.into(),
            cells: self.0.splits.values().map(|split| count(value(split))).collect(),
        };
        let overlap = |&also_in: &Split| {
            let row = |name: &str, both: &dyn Fn(Split) -> Option<(usize, usize)>| Row {
                name: format!("{name} {also_in}"),
                cells: (self.0.splits.keys().map(|&of| both(of)))
                    .map(|found| found.map_or("–".into(), |(_, n)| count(n)))
                    .collect(),
            };
            let exact = row("Images that also stand in", &|of| self.overlap(of, also_in));
            let near = || row("Exactly or nearly in", &|of| self.near_overlap(of, also_in));
            [Some(exact), self.0.near.as_ref().map(|_| near())].into_iter().flatten()
        };
        let mut rows = vec![
            row("Surplus exact copies", &|split| split.copies),
            row("Groups of copies with different labels", &|split| split.contradictions),
            row("Blank images", &|split| split.blank),
        ];
        if let Some(near) = &self.0.near {
            let copies = |split: &Split| count(near.copies.get(split).copied().unwrap_or_default());
            let cells = self.0.splits.keys().map(copies).collect();
            rows.insert(1, Row { name: "Surplus copies, exact or near".into(), cells });
        }
        if self.0.splits.len() > 1 {
            rows.extend(self.0.splits.keys().flat_map(overlap));
        }
        rows
    }

    fn lists(&self) -> Vec<List> {
        let name = |&label: &u8| self.0.classes.get(usize::from(label)).map_or("?", String::as_str);
        let row = |row: &u32| match self.0.origins.get(row) {
            Some(origin) => format!("{row} ({origin})"),
            None => row.to_string(),
        };
        let contradiction = |group: &Contradiction| {
            let members = group.rows.iter().zip(&group.labels);
            let members: Vec<String> = members.map(|(of, label)| format!("{} {}", row(of), name(label))).collect();
            members.join(" / ")
        };
        let lists = [
            self.0.votes.as_ref().and_then(left_out),
            dropped(&self.0.dropped),
            list(&self.0.skipped, "Rows left out as unusable", |skipped| skipped.reason.clone()),
            list(
                &self.0.contradictions,
                "Equal images with different labels, over all splits (row and label)",
                contradiction,
            ),
            list(&self.0.blank, "Rows of blank images", row),
        ];
        lists.into_iter().flatten().collect()
    }
}

fn left_out(votes: &VotesReport) -> Option<List> {
    let of_split = |(split, reasons): (&Split, &std::collections::BTreeMap<String, usize>)| {
        let reasons = reasons.iter().map(|(why, n)| format!("{} {why}", count(*n)));
        format!("{split}: {}", reasons.collect::<Vec<_>>().join(", "))
    };
    let items: Vec<String> = votes.left_out.iter().map(of_split).collect();
    (!items.is_empty()).then(|| List { title: "Rows left out by their votes".into(), short: false, items })
}

fn dropped(dropped: &Dropped) -> Option<List> {
    let parts = [
        (dropped.also_in_validation, "also in validation"),
        (dropped.also_in_test, "also in test"),
        (dropped.copies, "copies of another one in train"),
        (dropped.near_validation, "nearly in validation"),
        (dropped.near_test, "nearly in test"),
        (dropped.near_copies, "near copies of another one in train"),
    ];
    let items: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n))).collect();
    (!items.is_empty()).then(|| List { title: "Rows taken out of train as duplicates".into(), short: true, items })
}

fn list<T>(of: &Listed<T>, title: &str, item: impl Fn(&T) -> String) -> Option<List> {
    if of.count == 0 {
        return None;
    }
    let mut items: Vec<String> = of.first.iter().map(item).collect();
    let more = of.count.saturating_sub(items.len());
    if more > 0 {
        items.push(format!("and {} more", count(more)));
    }
    let short = items.iter().all(|item| item.len() <= SHORT);
    Some(List { title: format!("{title}: {}", count(of.count)), short, items })
}

impl DataView {
    /// A report of some other program's form: shown as it is.
    pub(crate) fn raw(report: &Value) -> Self {
        let raw = serde_json::to_string_pretty(report).expect("a JSON value is representable in JSON");
        let lead = "As the ingest stage wrote it.".into();
        Self { lead, splits: vec![], classes: vec![], checks: vec![], near: None, lists: vec![], raw: Some(raw) }
    }
}
