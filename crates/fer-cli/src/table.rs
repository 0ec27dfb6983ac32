//! Tables for a terminal and in Markdown.

/// Where the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Least width of a column whose cells are broken into lines.
const NARROWEST: usize = 16;
/// The same beside others, so that it reads well.
const READABLE: usize = 30;
/// Spaces between columns.
const GAP: usize = 2;
/// Before what stands below a row.
const INDENT: &str = "    ";

/// Columns with a head, and rows with a cell for each.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
    /// Columns that a narrow terminal does without, the first to go first.
    spare: Vec<usize>,
    /// Columns whose cells may be broken into lines.
    broken: Vec<usize>,
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = (String, Align)>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: vec![], spare: vec![], broken: vec![] }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Says which columns a narrow terminal does without, the first to go first, and of which others it breaks cells.
    pub(crate) fn yielding(self, spare: Vec<usize>, broken: Vec<usize>) -> Self {
        Self { spare, broken, ..self }
    }

    /// For a terminal of this width, as far as the columns allow: cells are broken; then those of the last column stand
    /// below their row; then columns go.
    pub(crate) fn fitted(&self, width: usize) -> String {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let broken = self.narrowed(&all, width, READABLE);
        if self.fits(&broken, width) || self.broken.is_empty() {
            return self.laid_out(&all, &broken, None);
        }
        let (last, others) = (all[all.len() - 1], &all[..all.len() - 1]);
        for gone in 0..=self.spare.len() {
            let kept: Vec<usize> =
                others.iter().copied().filter(|column| !self.spare[..gone].contains(column)).collect();
            let widths = self.narrowed(&kept, width, NARROWEST);
            if self.fits(&widths, width) || gone == self.spare.len() {
                return self.laid_out(&kept, &widths, Some((last, width)));
            }
        }
        unreachable!("the last round returns")
    }

    fn fits(&self, widths: &[usize], width: usize) -> bool {
        widths.iter().sum::<usize>() + GAP * (widths.len() - 1) <= width
    }

    /// Widths of these columns, of which the broken ones give way, the widest first.
    fn narrowed(&self, kept: &[usize], width: usize, least: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = kept.iter().map(|&column| self.width(column)).collect();
        let gives = |place: &usize, widths: &[usize]| {
            self.broken.contains(&kept[*place]) && widths[*place] > least.max(self.columns[kept[*place]].0.len())
        };
        while !self.fits(&widths, width) {
            let widest = (0..kept.len()).filter(|place| gives(place, &widths)).max_by_key(|&place| widths[place]);
            let Some(place) = widest else { break };
            widths[place] -= 1;
        }
        widths
    }

    /// These columns at these widths; the cells of another, if there is one, below their rows.
    fn laid_out(&self, kept: &[usize], widths: &[usize], below: Option<(usize, usize)>) -> String {
        let aligns: Vec<Align> = kept.iter().map(|&column| self.columns[column].1).collect();
        let mut text = String::new();
        for (number, row) in self.lines().enumerate() {
            let cells: Vec<Vec<String>> =
                kept.iter().zip(widths).map(|(&column, &width)| broken(row[column], width)).collect();
            for line in 0..cells.iter().map(Vec::len).max().unwrap_or(1) {
                let cells: Vec<&str> = cells.iter().map(|cell| cell.get(line).map_or("", String::as_str)).collect();
                text.push_str(&padded(&cells, widths, &aligns));
            }
            let Some((column, width)) = below.filter(|(column, _)| number > 0 && !row[*column].is_empty()) else {
                continue;
            };
            for line in broken(row[column], width.saturating_sub(INDENT.len()).max(NARROWEST)) {
                text.push_str(&format!("{INDENT}{line}\n"));
            }
        }
        text
    }

    /// For a terminal: two spaces between columns.
    pub(crate) fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.columns.len()).map(|column| self.width(column)).collect();
        let aligns: Vec<Align> = self.columns.iter().map(|(_, align)| *align).collect();
        self.lines().map(|cells| padded(&cells, &widths, &aligns)).collect()
    }

    /// For a document.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: Vec<&str>| {
            let escaped: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", escaped.join(" | "))
        };
        let mut lines: Vec<String> = self.lines().map(line).collect();
        let rules = self.columns.iter().map(|(_, align)| if *align == Align::Left { " --- |" } else { " ---: |" });
        lines.insert(1, format!("|{}\n", rules.collect::<String>()));
        lines.concat()
    }

    /// The head, then the rows.
    fn lines(&self) -> impl Iterator<Item = Vec<&str>> {
        let head = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        [head].into_iter().chain(self.rows.iter().map(|row| row.iter().map(String::as_str).collect()))
    }

    fn width(&self, column: usize) -> usize {
        self.lines().map(|cells| cells[column].chars().count()).max().unwrap_or(0)
    }
}

fn padded(cells: &[&str], widths: &[usize], aligns: &[Align]) -> String {
    let padded = cells.iter().zip(widths).zip(aligns).map(|((cell, &width), align)| match align {
        Align::Left => format!("{cell:<width$}"),
        Align::Right => format!("{cell:>width$}"),
    });
    padded.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned() + "\n"
}

/// A text in lines of at most so many characters, broken at spaces where it has some.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        let length = |lines: &[String]| lines[lines.len() - 1].chars().count();
        if length(&lines) > 0 && length(&lines) + 1 + rest.len() <= width {
            let last = lines.len() - 1;
            lines[last].push(' ');
            lines[last].extend(rest);
            continue;
        }
        if length(&lines) > 0 {
            lines.push(String::new());
        }
        while rest.len() > width {
            let last = lines.len() - 1;
            lines[last].extend(rest.drain(..width));
            lines.push(String::new());
        }
        let last = lines.len() - 1;
        lines[last].extend(rest);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Table {
        let columns = ["run", "F1", "state", "differs in"].map(|name| (name.to_owned(), Align::Left));
        let mut table = Table::new(columns).yielding(vec![1], vec![2, 3]);
        table.row(["runs/a", "0.512", "finished", "seed=1 train.optimizer.learning_rate=0.05"].map(str::to_owned));
        table
    }

    #[test]
    fn cells_are_broken_before_they_stand_below_and_columns_go_last() {
        let whole =
            "run     F1     state     differs in\nruns/a  0.512  finished  seed=1 train.optimizer.learning_rate=0.05\n";
        assert_eq!(example().fitted(200), whole);
        let broken = "\
run     F1     state     differs in
runs/a  0.512  finished  seed=1
                         train.optimizer.learning_rate=
                         0.05
";
        assert_eq!(example().fitted(55), broken);
        let below = "\
run     F1     state
runs/a  0.512  finished
    seed=1
    train.optimizer.learning_rate=0.05
";
        assert_eq!(example().fitted(40), below);
        let narrow =
            "run     state\nruns/a  finished\n    seed=1\n    train.optimizer.\n    learning_rate=0.\n    05\n";
        assert_eq!(example().fitted(20), narrow);
    }

    #[test]
    fn columns_are_aligned_and_markdown_is_escaped() {
        let mut table = Table::new([("name".to_owned(), Align::Left), ("%".to_owned(), Align::Right)]);
        table.row(["überrascht".to_owned(), "7.5".to_owned()]);
        table.row(["a|b".to_owned(), "52.3".to_owned()]);
        assert_eq!(table.text(), "name           %\nüberrascht   7.5\na|b         52.3\n");
        assert_eq!(table.markdown(), "| name | % |\n| --- | ---: |\n| überrascht | 7.5 |\n| a\\|b | 52.3 |\n");
    }
}
