//! A file of votes: what of each row is for which class.

use std::path::Path;

use fer_artifact::Split;

use crate::blocks::Block;
use crate::csv::{self, Opened};
use crate::fields::Fields;
use crate::labels;
use crate::unpacked::Expansion;
use crate::vote_columns::Columns;
use crate::{BadRow, Classes, Error, Place, RowProblem, Votes};

/// Most votes in a field: sums stay finite, and no count is rounded.
const MOST_VOTES: f64 = 1e9;

/// The votes of a file.
pub(crate) struct Ballots {
    /// `[R]`, names of pictures, where the file has them.
    pub(crate) names: Option<Vec<String>>,
    /// `[R]`, the splits of the rows, where the file knows them.
    pub(crate) splits: Option<Vec<Option<Split>>>,
    /// `[R, K + others]`: the votes for each class, and behind them those for none of the classes.
    counts: Vec<f64>,
    /// What the votes for none of the classes are for.
    pub(crate) others: Vec<String>,
    /// Names of all columns.
    pub(crate) columns: Vec<String>,
    /// Columns that are not read.
    pub(crate) unread: Vec<String>,
    width: usize,
}

impl Ballots {
    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.counts.len() / self.width
    }

    /// The votes of a row.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.counts[row * self.width..(row + 1) * self.width]
    }

    /// Reads a file.
    pub(crate) fn read(votes: &Votes, classes: &Classes) -> Result<Self, Error> {
        let path = votes.path();
        let Opened { mut blocks, first: mut next, separator, names } = csv::open(path, Expansion::FIXED)?;
        let columns = Columns::find(votes, classes, &names)?;
        let mut ballots = Self {
            names: columns.name.map(|_| vec![]),
            splits: columns.split.map(|_| vec![]),
            counts: vec![],
            others: columns.others.clone(),
            unread: columns.unread.clone(),
            columns: names.clone(),
            width: classes.names().len() + columns.others.len(),
        };
        while let Some(block) = next {
            ballots.append(path, &columns, (&block, separator, &names))?;
            next = blocks.next()?;
        }
        match ballots.len() {
            0 => Err(Error::NoRows { path: path.to_owned(), unit: "row of votes" }),
            _ => Ok(ballots),
        }
    }

    fn append(
        &mut self,
        path: &Path,
        columns: &Columns,
        (block, separator, names): (&Block, u8, &[String]),
    ) -> Result<(), Error> {
        let count = names.len();
        // The one behind the last column shows rows with too many fields.
        let read: Vec<usize> = [columns.name, columns.split]
            .into_iter()
            .flatten()
            .chain(columns.votes.iter().map(|(column, _)| *column))
            .chain([count])
            .collect();
        let fields = Fields::split(path, block, separator, count + 1, &read)?;
        if let (Some(all), Some(name)) = (&mut self.names, columns.name) {
            // Lists from Windows have its separators.
            all.extend(fields.column(name).into_iter().map(|name| name.replace('\\', "/")));
        }
        if let (Some(all), Some(split)) = (&mut self.splits, columns.split) {
            all.extend(fields.column(split).into_iter().map(|split| labels::split(split).ok()));
        }
        let values: Vec<(usize, Vec<&str>, usize)> =
            columns.votes.iter().map(|&(column, place)| (column, fields.column(column), place)).collect();
        let extra = fields.column(count);
        for (index, &line) in block.lines.iter().enumerate() {
            let (row, start) = (self.len(), self.counts.len());
            let refused = |column: Option<&usize>, problem| {
                let place = Place::Line { line, column: column.map(|&column| names[column].clone()) };
                Error::Row { path: path.to_owned(), row: Box::new(BadRow { row: row as u32, place, problem }) }
            };
            if !extra[index].is_empty() {
                return Err(refused(None, RowProblem::ExtraField { expected: count, found: extra[index].to_owned() }));
            }
            self.counts.resize(start + self.width, 0.0);
            for (column, texts, place) in &values {
                let votes = texts[index].parse::<f64>().ok().filter(|votes| (0.0..=MOST_VOTES).contains(votes));
                let problem = || RowProblem::Votes { found: texts[index].to_owned() };
                self.counts[start + place] += votes.ok_or_else(|| refused(Some(column), problem()))?;
            }
        }
        Ok(())
    }
}
