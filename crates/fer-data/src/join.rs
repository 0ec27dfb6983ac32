//! Votes in the place of labels.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use fer_artifact::{Split, Targets, VotesReport, first_largest};

use crate::ballots::Ballots;
use crate::protocol::{Unclear, shares};
use crate::table::Table;
use crate::votes::Join;
use crate::{Classes, Error, InvalidParams, Votes};

/// The votes for the rows of a table.
pub(crate) struct Joined<'a> {
    votes: &'a Votes,
    ballots: Ballots,
    /// `[N]`, the row of the votes for each row of the table, if there is one.
    rows: Vec<Option<usize>>,
    classes: usize,
}

impl<'a> Joined<'a> {
    /// Finds the votes for the rows of a table. The class with the most of them, whether or not that is clear, becomes a row's label,
    /// by which splits are dealt out.
    pub(crate) fn new(votes: &'a Votes, classes: &Classes, table: &mut Table, source: &Path) -> Result<Self, Error> {
        let ballots = Ballots::read(votes, classes)?;
        let usual = if table.origins.is_empty() { Join::Row } else { Join::Name };
        let rows = match votes.join().unwrap_or(usual) {
            Join::Row => by_row(votes.path(), &ballots, table, source)?,
            Join::Name => by_name(votes, &ballots, table, source)?,
        };
        let classes = classes.names().len();
        for (label, row) in table.labels.iter_mut().zip(&rows) {
            *label = row.map_or(0, |row| first_largest(&ballots.row(row)[..classes]) as u8);
        }
        Ok(Self { votes, ballots, rows, classes })
    }

    /// Sets labels and targets, and takes out of their splits what the votes leave out.
    pub(crate) fn apply(self, table: &mut Table, assignment: &mut [Option<Split>]) -> VotesReport {
        let Self { votes, ballots, rows, classes } = self;
        let ([of_train, of_others], outliers) = (votes.protocols(), votes.outliers());
        let (mut targets, mut left_out) =
            (vec![0.0; rows.len() * classes], BTreeMap::<Split, BTreeMap<String, usize>>::new());
        for (index, place) in assignment.iter_mut().enumerate() {
            let Some(split) = *place else { continue };
            let protocol = if split == Split::Train { of_train } else { of_others };
            let counts = rows[index].map(|row| ballots.row(row));
            match counts.map_or(Err(Unclear::NoVotes), |counts| protocol.judge(counts, classes, outliers)) {
                Ok(verdict) => {
                    table.labels[index] = verdict.label;
                    let found = match (split, counts) {
                        // The shares of the votes for a class: what people said, not what is to be learnt.
                        (Split::Validation | Split::Test, Some(counts)) => shares(&counts[..classes]),
                        _ => verdict.shares,
                    };
                    targets[index * classes..(index + 1) * classes].copy_from_slice(&found);
                }
                Err(why) => {
                    *left_out.entry(split).or_default().entry(reason(why, &ballots.others)).or_default() += 1;
                    *place = None;
                }
            }
        }
        table.targets = Some(Targets::new(classes, targets));
        let used = rows.iter().flatten().collect::<std::collections::BTreeSet<_>>().len();
        VotesReport { left_out, unused: ballots.len() - used, columns_not_read: ballots.unread }
    }
}

/// Why a row is left out, in words for a count.
fn reason(why: Unclear, others: &[String]) -> String {
    match why {
        Unclear::NoVotes => "no votes".to_owned(),
        Unclear::Outliers => "outliers".to_owned(),
        Unclear::NoMajority => "no majority".to_owned(),
        Unclear::Other(place) if others[place] == "NF" => "no face".to_owned(),
        Unclear::Other(place) => others[place].clone(),
    }
}

/// The first votes are for the first row, bad rows counted.
fn by_row(path: &Path, ballots: &Ballots, table: &Table, source: &Path) -> Result<Vec<Option<usize>>, Error> {
    let (expected, found) = (table.rows_of_source(), ballots.len());
    if expected != found {
        return Err(Error::VotesRows { path: path.to_owned(), source_path: source.to_owned(), expected, found });
    }
    for (&row, of_source) in table.rows().iter().zip(&table.splits) {
        let of_votes = ballots.splits.as_ref().and_then(|splits| splits[row as usize]);
        if let (Some(expected), Some(found)) = (*of_source, of_votes)
            && expected != found
        {
            return Err(Error::VotesOfSplit { path: path.to_owned(), row, expected, found });
        }
    }
    Ok(table.rows().iter().map(|&row| Some(row as usize)).collect())
}

/// The path and what is left of it without its first folders, one after the other.
fn shorter(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.split_once('/').map(|(_, rest)| rest))
}

/// By the names of the pictures, with as many of their folders as the file of the votes has.
fn by_name(votes: &Votes, ballots: &Ballots, table: &Table, source: &Path) -> Result<Vec<Option<usize>>, Error> {
    let path = votes.path();
    if table.origins.is_empty() {
        return Err(InvalidParams::VotesByName.into());
    }
    let names = ballots.names.as_ref().ok_or_else(|| Error::MissingColumn {
        path: path.to_owned(),
        content: "names of pictures",
        expected: votes.name_column().1.iter().map(|&name| name.to_owned()).collect(),
        found: ballots.columns.clone(),
        parameter: Some("name_column"),
    })?;
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (row, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if let Some(first) = places.insert(name, row) {
            let (path, name) = (path.to_owned(), name.clone());
            return Err(Error::SameVotes { path, name, first, second: row });
        }
    }
    let mut taken: HashMap<usize, &str> = HashMap::new();
    let mut found = vec![];
    for index in 0..table.len() {
        let file = table.origins.file(index);
        let row = shorter(file).find_map(|name| places.get(name).copied());
        if let Some(other) = row.and_then(|row| taken.insert(row, file)).filter(|&other| other != file) {
            let (path, pictures) = (path.to_owned(), [other.to_owned(), file.to_owned()]);
            return Err(Error::VotesOfTwo { path, pictures });
        }
        found.push(row);
    }
    match found.iter().any(Option::is_some) {
        true => Ok(found),
        false => Err(Error::NoVotes {
            path: path.to_owned(),
            source_path: source.to_owned(),
            picture: table.origins.get(0).to_owned(),
        }),
    }
}
