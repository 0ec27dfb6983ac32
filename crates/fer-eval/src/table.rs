//! The scores on a terminal.

use std::fmt;

use crate::format::{count, percent, shortened};
use crate::{ClassMetrics, Metrics, SplitMetrics};

/// Longest class name at the head of a row, and of a column.
const ROW_NAME: usize = 24;
const COLUMN_NAME: usize = 10;
const CORNER: &str = "true \\ predicted";

/// A block a split, its name first.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (split, metrics)) in self.splits.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            writeln!(f, "{gap}{split}")?;
            metrics.fmt(f)?;
        }
        Ok(())
    }
}

/// The scores, then a row a class: the confusion matrix (true classes in rows), support, recall, precision and F1.
impl fmt::Display for SplitMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.accuracy_ci95.map(percent);
        writeln!(f, "  images             {}", count(self.n))?;
        writeln!(f, "  accuracy           {} %  (95 % interval {low} to {high} %)", percent(self.accuracy))?;
        writeln!(f, "  balanced accuracy  {} %", percent(self.balanced_accuracy))?;
        writeln!(f, "  macro F1           {:.3}", self.macro_f1)?;
        writeln!(f, "  calibration error  {:.3}", self.ece)?;
        writeln!(f, "  loss               {:.4}\n", self.loss)?;
        write_classes(f, self)
    }
}

fn write_classes(f: &mut fmt::Formatter<'_>, metrics: &SplitMetrics) -> fmt::Result {
    let names: Vec<String> = metrics.per_class.iter().map(|class| shortened(&class.name, ROW_NAME)).collect();
    let row_width = names.iter().map(|name| name.chars().count()).chain([CORNER.len()]).max().unwrap_or(0);
    let columns: Vec<Column> = (0..names.len()).map(|class| Column::new(metrics, class)).collect();
    write!(f, "  {CORNER:<row_width$}")?;
    columns.iter().try_for_each(|column| write!(f, "  {:>1$}", column.head, column.width))?;
    writeln!(f, "    support  recall  precision     F1")?;
    for ((name, counts), class) in names.iter().zip(&metrics.confusion).zip(&metrics.per_class) {
        write!(f, "  {name:<row_width$}")?;
        counts.iter().zip(&columns).try_for_each(|(n, column)| write!(f, "  {:>1$}", count(*n), column.width))?;
        write_scores(f, class)?;
    }
    Ok(())
}

fn write_scores(f: &mut fmt::Formatter<'_>, class: &ClassMetrics) -> fmt::Result {
    let (recall, precision) = (percent(class.recall), percent(class.precision));
    writeln!(f, "    {:>7}  {recall:>4} %  {precision:>7} %  {:.3}", count(class.support), class.f1)
}

struct Column {
    head: String,
    width: usize,
}

impl Column {
    fn new(metrics: &SplitMetrics, class: usize) -> Self {
        let head = shortened(&metrics.per_class[class].name, COLUMN_NAME);
        let counts = metrics.confusion.iter().map(|row| count(row[class]).len());
        let width = counts.chain([head.chars().count()]).max().unwrap_or(0);
        Self { head, width }
    }
}
