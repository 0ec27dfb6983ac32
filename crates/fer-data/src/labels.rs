//! The words and numbers that stand for classes and splits in foreign data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fer_artifact::{FER2013_CLASSES, Split};

use crate::spelling::{place_of, spelling, synonym};
use crate::walk::as_text;
use crate::{Classes, InvalidParams, RowProblem};

/// What a label of a source stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A class, by its name or by a label that it chooses.
    Class(u8),
    /// A class whose name is another word for the same expression.
    Synonym(u8),
    /// A class, by its place in the list.
    Number(u8),
    /// None of the classes that a map chooses.
    Other,
}

impl Meaning {
    /// The class, if it is one.
    pub(crate) fn class(self) -> Option<u8> {
        match self {
            Meaning::Class(class) | Meaning::Synonym(class) | Meaning::Number(class) => Some(class),
            Meaning::Other => None,
        }
    }
}

/// Finds the class of each label.
pub(crate) struct Labels<'a> {
    classes: &'a Classes,
    /// By [`plain`] spelling.
    known: BTreeMap<String, Meaning>,
    /// Whether a number stands for the class in its place: where `classes` is a list, and no class is called by a number.
    by_number: bool,
    /// Whether that place is one in FER2013's list.
    as_fer2013: bool,
    /// Whether labels say nothing, since votes do.
    are_ignored: bool,
    /// Those of the labels that a map gives a meaning, in [`plain`] spelling.
    mapped: BTreeSet<String>,
}

impl<'a> Labels<'a> {
    pub(crate) fn new(classes: &'a Classes) -> Self {
        let mut known = BTreeMap::new();
        let numbered = || (0..=u8::MAX).map(Meaning::Class);
        match classes.labels() {
            Some(labels) => {
                let each = labels.iter().zip(numbered());
                known.extend(each.flat_map(|(labels, class)| labels.iter().map(move |label| (plain(label), class))));
            }
            None => {
                let names: Vec<String> = classes.names().iter().map(|name| plain(name)).collect();
                known.extend(names.iter().cloned().zip(numbered()));
                for (name, class) in names.iter().zip(0..=u8::MAX) {
                    if let Some(other) = synonym(name) {
                        known.entry(other.to_owned()).or_insert(Meaning::Synonym(class));
                    }
                }
            }
        }
        let by_number = classes.labels().is_none() && !classes.names().iter().any(|name| number(name).is_some());
        Self { classes, known, by_number, as_fer2013: false, are_ignored: false, mapped: BTreeSet::new() }
    }

    /// The same, with numbers that stand for FER2013's classes, in its order.
    pub(crate) fn numbered_as_fer2013(self) -> Self {
        Self { as_fer2013: true, ..self }
    }

    /// Labels that say nothing.
    pub(crate) fn ignored(classes: &'a Classes) -> Self {
        Self { are_ignored: true, ..Self::new(classes) }
    }

    /// Whether labels say nothing, and a source need not have any.
    pub(crate) fn are_ignored(&self) -> bool {
        self.are_ignored
    }

    /// What `find` finds, a source's column of labels, unless these say nothing.
    pub(crate) fn column<T, E>(&self, find: impl FnOnce() -> Result<T, E>) -> Result<Option<T>, E> {
        if self.are_ignored { Ok(None) } else { find().map(Some) }
    }

    /// Makes a label stand for a class, whatever it meant before, or for none.
    ///
    /// # Errors
    /// [`InvalidParams::MappedClass`] for a class that is none of the list's, [`InvalidParams::MappedTwice`].
    pub(crate) fn map(&mut self, label: &str, class: Option<&str>) -> Result<(), InvalidParams> {
        let names = self.classes.names();
        let meaning = match class.map(|name| place_of(name, names).ok_or(name)) {
            None => Meaning::Other,
            Some(Ok(place)) => Meaning::Synonym(u8::try_from(place).expect("at most 256 classes")),
            Some(Err(name)) => {
                let (class, classes) = (name.to_owned(), names.to_vec());
                return Err(InvalidParams::MappedClass { label: label.to_owned(), class, classes });
            }
        };
        match self.mapped.insert(plain(label)) {
            true => _ = self.known.insert(plain(label), meaning),
            false => return Err(InvalidParams::MappedTwice { label: label.to_owned() }),
        }
        Ok(())
    }

    pub(crate) fn classes(&self) -> &'a Classes {
        self.classes
    }

    /// What a label means: by its name, or else by its number.
    pub(crate) fn meaning(&self, label: &str) -> Result<Meaning, RowProblem> {
        if self.are_ignored {
            return Ok(Meaning::Class(0));
        }
        if let Some(meaning) = self.known.get(&plain(label)) {
            return Ok(*meaning);
        }
        let (classes, found) = (self.classes.names().to_vec(), label.to_owned());
        match number(label) {
            _ if label.trim().is_empty() => Err(RowProblem::Label { classes, found }),
            _ if self.classes.labels().is_some() => Ok(Meaning::Other),
            None => Err(RowProblem::Label { classes, found }),
            Some(index) => match self.numbered(index) {
                Some(class) => Ok(Meaning::Number(class)),
                None => Err(RowProblem::LabelNumber { classes, found }),
            },
        }
    }

    /// The class that a number stands for.
    fn numbered(&self, number: i64) -> Option<u8> {
        let (names, place) = (self.classes.names(), usize::try_from(number).ok()?);
        let place = match self.as_fer2013 {
            true => place_of(FER2013_CLASSES.get(place)?, names)?,
            false => place,
        };
        u8::try_from(place).ok().filter(|_| self.by_number && place < names.len())
    }
}

/// A whole number, perhaps with zeros before it.
fn number(label: &str) -> Option<i64> {
    label.trim().parse().ok()
}

/// The spelling of a label, numbers without zeros before them.
pub(crate) fn plain(label: &str) -> String {
    number(label).map_or_else(|| spelling(label), |number| number.to_string())
}

/// The split that a word stands for, FER2013's or ours, in any case of letters.
pub(crate) fn split(text: &str) -> Result<Split, RowProblem> {
    match text.to_ascii_lowercase().as_str() {
        "training" | "train" => Ok(Split::Train),
        "publictest" | "validation" | "val" | "valid" => Ok(Split::Validation),
        "privatetest" | "test" | "testing" => Ok(Split::Test),
        _ => Err(RowProblem::Split { found: text.to_owned() }),
    }
}

/// The split that a path names: the last of its parts in which a word, between signs, stands for one split alone
/// (`data/train-00000-of-00002.parquet`, `valid/images`).
pub(crate) fn split_in_path(path: &Path) -> Option<Split> {
    path.iter().rev().find_map(|part| {
        let part = as_text(part);
        let words = part.split(|letter: char| !letter.is_alphanumeric());
        let splits: BTreeSet<Split> = words.filter_map(|word| split(word).ok()).collect();
        splits.first().copied().filter(|_| splits.len() == 1)
    })
}
