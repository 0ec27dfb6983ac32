//! The columns of a file of votes.

use crate::columns;
use crate::phrase::few;
use crate::spelling::{spelling, synonym};
use crate::{Classes, Error, Votes};

/// The columns of the file.
pub(crate) struct Columns {
    pub(crate) name: Option<usize>,
    pub(crate) split: Option<usize>,
    /// A column with votes, and their place in a row.
    pub(crate) votes: Vec<(usize, usize)>,
    /// What the votes for none of the classes are for.
    pub(crate) others: Vec<String>,
    pub(crate) unread: Vec<String>,
}

impl Columns {
    /// Finds the columns in a header, by their names alone.
    pub(crate) fn find(votes: &Votes, classes: &Classes, names: &[String]) -> Result<Self, Error> {
        let position = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let missing = |wanted: &str, parameter| Error::MissingColumn {
            path: votes.path().to_owned(),
            content: "votes",
            expected: vec![wanted.to_owned()],
            found: names.to_vec(),
            parameter: Some(parameter),
        };
        let (given, usual) = votes.name_column();
        let name = match given {
            Some(name) => Some(columns::column(votes.path(), names, Some(name), &[], "names of pictures", None)?.index),
            None => usual.iter().find_map(|name| position(name)),
        };
        let (split, count) = (votes.split_column().and_then(position), classes.names().len());
        let of_others = votes.others().into_iter().enumerate().map(|(place, other)| {
            position(&other).map(|column| (column, count + place)).ok_or_else(|| missing(&other, "others"))
        });
        let found = of_others.collect::<Result<_, _>>()?;
        if let Some(absent) = votes.columns().iter().find(|column| position(column).is_none()) {
            return Err(missing(absent, "kind"));
        }
        let mut columns = Self { name, split, votes: found, others: votes.others(), unread: vec![] };
        columns.add_classes(votes, classes, names)?;
        let has_votes = |class: usize| columns.votes.iter().any(|(_, place)| *place == class);
        match (0..count).find(|&class| !has_votes(class)) {
            Some(class) => Err(missing(&few(&wanted(classes, class)), "classes")),
            None => Ok(columns),
        }
    }

    /// Adds the columns with votes for a class, those that a map leaves out, and those that are not read.
    fn add_classes(&mut self, votes: &Votes, classes: &Classes, names: &[String]) -> Result<(), Error> {
        let (known, path) = (votes.columns(), || votes.path().to_owned());
        let is_known = |column: &str| known.iter().any(|known| known.eq_ignore_ascii_case(column));
        let mut first_of: Vec<(Choice, &String)> = vec![];
        for (index, column) in names.iter().enumerate() {
            if [self.name, self.split].contains(&Some(index)) || self.votes.iter().any(|(taken, _)| *taken == index) {
                continue;
            }
            match choice(column, classes).filter(|_| known.is_empty() || is_known(column)) {
                Some(found) => {
                    if let Some((_, first)) = first_of.iter().find(|(other, _)| *other == found) {
                        let (class, columns) =
                            (classes.names()[found.class].clone(), [first, column].map(String::clone));
                        return Err(Error::VotesTwice { path: path(), class, columns });
                    }
                    self.votes.push((index, found.class));
                    first_of.push((found, column));
                }
                None if !is_known(column) => self.unread.push(column.clone()),
                // A map chooses; a list has all.
                None if classes.labels().is_some() => {
                    self.votes.push((index, classes.names().len() + self.others.len()));
                    self.others.push(column.clone());
                }
                None => {
                    let (column, classes) = (column.clone(), classes.names().to_vec());
                    return Err(Error::VotesOfNoClass { path: path(), column, classes });
                }
            }
        }
        Ok(())
    }
}

/// A label that a class has.
#[derive(PartialEq)]
struct Choice {
    class: usize,
    /// Its place among the labels of the class.
    label: usize,
}

/// The labels that a class chooses, or its name.
fn wanted(classes: &Classes, class: usize) -> Vec<String> {
    classes.labels().map_or_else(|| vec![classes.names()[class].clone()], |labels| labels[class].clone())
}

/// What a column of this name has the votes for: a label that is called so, or else by another word for it.
fn choice(column: &str, classes: &Classes) -> Option<Choice> {
    let named = |wanted_name: &str| {
        (0..classes.names().len()).find_map(|class| {
            let label = wanted(classes, class).iter().position(|label| spelling(label) == wanted_name)?;
            Some(Choice { class, label })
        })
    };
    let name = spelling(column);
    named(&name).or_else(|| named(synonym(&name)?))
}
