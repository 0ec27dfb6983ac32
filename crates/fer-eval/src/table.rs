//! The scores on a terminal.

use std::fmt::{Result, Write};

use fer_artifact::{ClassMetrics, Metrics, SplitMetrics, SubsetMetrics};

use crate::format::{count, counted, percent, shortened};

/// Longest class name at the head of a row.
const ROW_NAME: usize = 24;
/// Longest class name at the head of a column, and the most columns with names; beyond, columns have numbers.
const COLUMN_NAME: usize = 10;
const NAMED_COLUMNS: usize = 10;
const CORNER: &str = "true \\ predicted";

/// The scores as a table for a terminal: a block a split, its name first; then the temperature.
pub fn table(metrics: &Metrics) -> String {
    let blocks = metrics.splits.iter().map(|(split, metrics)| format!("{split}\n{}", split_table(metrics)));
    let mut text = blocks.collect::<Vec<_>>().join("\n");
    if let Some(temperature) = metrics.temperature {
        let errors = metrics.ece_calibrated.iter().map(|(split, ece)| format!("{ece:.3} on {split}"));
        let errors = errors.collect::<Vec<_>>().join(", ");
        text += &format!("\ntemperature {temperature:.3} from validation; calibration error with it {errors}\n");
    }
    text
}

/// The scores of one split, then a row a class: the confusion matrix (true classes in rows), support, recall, precision
/// and F1. Where class names are many or long, columns are headed by the numbers that stand before the names of the rows.
pub fn split_table(metrics: &SplitMetrics) -> String {
    let mut text = String::new();
    write(&mut text, metrics).expect("a string takes all that is written");
    text
}

fn write(f: &mut String, metrics: &SplitMetrics) -> Result {
    let [low, high] = metrics.accuracy_ci95.map(percent);
    writeln!(f, "  images             {}", count(metrics.n))?;
    writeln!(f, "  accuracy           {} %  (95 % interval {low} to {high} %)", percent(metrics.accuracy))?;
    writeln!(f, "  balanced accuracy  {} %", percent(metrics.balanced_accuracy))?;
    writeln!(f, "  macro F1           {:.3}", metrics.macro_f1)?;
    if !metrics.absent_classes.is_empty() {
        writeln!(f, "  absent classes     {}", absent(&metrics.absent_classes))?;
    }
    writeln!(f, "  calibration error  {:.3}", metrics.ece)?;
    writeln!(f, "  loss               {:.4}\n", metrics.loss)?;
    Table::new(metrics).write(f, metrics)?;
    write_votes(f, metrics)?;
    write_parts(f, metrics)
}

/// How the predictions stand to single votes.
fn write_votes(f: &mut String, metrics: &SplitMetrics) -> Result {
    let Some(votes) = &metrics.votes else { return Ok(()) };
    let [agreement, ceiling] = [votes.agreement, votes.ceiling].map(percent);
    writeln!(f, "\n  agreement with single votes  {agreement} %  (at most {ceiling} %)")?;
    writeln!(f, "  cross entropy to the votes   {:.4}  (at least {:.4})", votes.cross_entropy, votes.entropy)
}

/// What the split's scores are without images that were seen in training, and for the values of columns.
fn write_parts(f: &mut String, metrics: &SplitMetrics) -> Result {
    match metrics.without_twins {
        Some(rest) if rest.n == metrics.n => writeln!(f, "\n  no image has a copy in train")?,
        Some(rest) => {
            let twins = counted(metrics.n - rest.n, "image");
            writeln!(f, "\n  without the {twins} with a copy in train:")?;
            write_part(f, "", &rest)?;
        }
        None => {}
    }
    for (column, values) in &metrics.by {
        writeln!(f, "\n  by {}:", shortened(column, ROW_NAME))?;
        let names: Vec<String> = values.keys().map(|value| shortened(value, ROW_NAME)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        names
            .iter()
            .zip(values.values())
            .try_for_each(|(name, part)| write_part(f, &format!("{name:<width$}  "), part))?;
    }
    Ok(())
}

fn write_part(f: &mut String, name: &str, part: &SubsetMetrics) -> Result {
    if part.n == 0 {
        return writeln!(f, "    {name}{:>14}, no scores", counted(0, "image"));
    }
    let (images, accuracy, [low, high]) =
        (counted(part.n, "image"), percent(part.accuracy), part.accuracy_ci95.map(percent));
    let scores = format!("accuracy {accuracy} % ({low} to {high} %), macro F1 {:.3}", part.macro_f1);
    writeln!(f, "    {name}{images:>14}, {scores}")
}

/// Names of the classes without images, and what that means for the two lines above.
fn absent(classes: &[String]) -> String {
    let names = classes.iter().map(|name| shortened(name, ROW_NAME)).collect::<Vec<_>>().join(", ");
    format!("{names}  (no images: not in the balanced accuracy, nor in the macro F1 unless predicted)")
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

    fn write(&self, f: &mut String, metrics: &SplitMetrics) -> Result {
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

fn write_scores(f: &mut String, class: &ClassMetrics) -> Result {
    let (recall, precision) = (percent(class.recall), percent(class.precision));
    writeln!(f, "    {:>7}  {:>7}  {:>9}  {:>5.3}", count(class.support), recall + " %", precision + " %", class.f1)
}
