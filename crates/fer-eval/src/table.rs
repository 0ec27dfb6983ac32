//! The scores on a terminal.

use std::fmt;

use crate::format::{count, percent, shortened};
use crate::{ClassMetrics, Metrics, SplitMetrics};

/// Longest class name at the head of a row.
const ROW_NAME: usize = 24;
/// Longest class name at the head of a column, and the most columns with names; beyond, columns have numbers.
const COLUMN_NAME: usize = 10;
const NAMED_COLUMNS: usize = 10;
const CORNER: &str = "true \\ predicted";

/// A block a split, its name first; then the temperature.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (split, metrics)) in self.splits.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            writeln!(f, "{gap}{split}")?;
            metrics.fmt(f)?;
        }
        if let Some(temperature) = self.temperature {
            let errors = self.ece_calibrated.iter().map(|(split, ece)| format!("{ece:.3} on {split}"));
            let errors = errors.collect::<Vec<_>>().join(", ");
            writeln!(f, "\ntemperature {temperature:.3} from validation; calibration error with it {errors}")?;
        }
        Ok(())
    }
}

/// The scores, then a row a class: the confusion matrix (true classes in rows), support, recall, precision and F1.
/// Where class names are many or long, columns are headed by the numbers that stand before the names of the rows.
impl fmt::Display for SplitMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.accuracy_ci95.map(percent);
        writeln!(f, "  images             {}", count(self.n))?;
        writeln!(f, "  accuracy           {} %  (95 % interval {low} to {high} %)", percent(self.accuracy))?;
        writeln!(f, "  balanced accuracy  {} %", percent(self.balanced_accuracy))?;
        writeln!(f, "  macro F1           {:.3}", self.macro_f1)?;
        writeln!(f, "  calibration error  {:.3}", self.ece)?;
        writeln!(f, "  loss               {:.4}\n", self.loss)?;
        Table::new(self).write(f, self)
    }
}

/// Names of rows and columns, and the widths they need.
struct Table {
    rows: Vec<String>,
    row_width: usize,
    columns: Vec<(String, usize)>,
}

impl Table {
    fn new(metrics: &SplitMetrics) -> Self {
        let names = || metrics.per_class.iter().map(|class| class.name.as_str()).enumerate();
        let named =
            metrics.per_class.len() <= NAMED_COLUMNS && names().all(|(_, name)| name.chars().count() <= COLUMN_NAME);
        let row = |(class, name): (usize, &str)| {
            let name = shortened(name, ROW_NAME);
            if named { name } else { format!("{class:>2} {name}") }
        };
        let rows: Vec<String> = names().map(row).collect();
        let row_width = rows.iter().map(|name| name.chars().count()).chain([CORNER.len()]).max().unwrap_or(0);
        let column = |(class, name): (usize, &str)| {
            let head = if named { name.to_owned() } else { class.to_string() };
            let counts = metrics.confusion.iter().map(|row| count(row[class]).len());
            let width = counts.chain([head.chars().count()]).max().unwrap_or(0);
            (head, width)
        };
        Self { rows, row_width, columns: names().map(column).collect() }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, metrics: &SplitMetrics) -> fmt::Result {
        let row_width = self.row_width;
        write!(f, "  {CORNER:<row_width$}")?;
        self.columns.iter().try_for_each(|(head, width)| write!(f, "  {head:>width$}"))?;
        writeln!(f, "    support   recall  precision     F1")?;
        for ((name, counts), class) in self.rows.iter().zip(&metrics.confusion).zip(&metrics.per_class) {
            write!(f, "  {name:<row_width$}")?;
            counts.iter().zip(&self.columns).try_for_each(|(n, (_, width))| write!(f, "  {:>width$}", count(*n)))?;
            write_scores(f, class)?;
        }
        Ok(())
    }
}

fn write_scores(f: &mut fmt::Formatter<'_>, class: &ClassMetrics) -> fmt::Result {
    let (recall, precision) = (percent(class.recall), percent(class.precision));
    writeln!(f, "    {:>7}  {:>7}  {:>9}  {:>5.3}", count(class.support), recall + " %", precision + " %", class.f1)
}
