//! Tables for a terminal and in Markdown.

/// Where the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Columns with a head, and rows with a cell for each.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = (String, Align)>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: vec![] }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// For a terminal: two spaces between columns.
    pub(crate) fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.columns.len()).map(|column| self.width(column)).collect();
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).zip(&self.columns).map(|((cell, &width), (_, align))| match align {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        self.lines().map(line).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_markdown_is_escaped() {
        let mut table = Table::new([("name".to_owned(), Align::Left), ("%".to_owned(), Align::Right)]);
        table.row(["überrascht".to_owned(), "7.5".to_owned()]);
        table.row(["a|b".to_owned(), "52.3".to_owned()]);
        assert_eq!(table.text(), "name           %\nüberrascht   7.5\na|b         52.3\n");
        assert_eq!(table.markdown(), "| name | % |\n| --- | ---: |\n| überrascht | 7.5 |\n| a\\|b | 52.3 |\n");
    }
}
