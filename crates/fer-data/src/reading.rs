//! Which rows of a source are read for an evaluation, and in whose words their labels stand.

use std::collections::BTreeSet;
use std::str::FromStr;

use fer_artifact::{FER2013_CLASSES, Split};

use crate::labels::{Labels, split};
use crate::phrase::listed;
use crate::spelling::{place_of, spelling};
use crate::table::Table;
use crate::{Error, IngestParams, InvalidParams};

/// What of a source is wanted as one set, see [`load_rows`](crate::load_rows).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// The rows of this split alone, as the source itself says it; without it, all rows.
    pub split: Option<SplitName>,
    /// What labels of the source stand for, where they are other words than the classes.
    pub map: Vec<MappedLabel>,
    /// What numbers among the labels mean.
    pub numbers: Numbers,
}

/// What numbers among the labels of a source mean. Classes that are called by numbers match by their names, whatever this says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    /// Places in the list of classes, from 0.
    #[default]
    Places,
    /// The classes of FER2013, in its order.
    Fer2013,
    /// Both, which have to be the same where the list has all classes of FER2013.
    Both,
}

impl FromStr for Numbers {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word.trim() {
            "model" => Ok(Self::Places),
            "fer2013" => Ok(Self::Fer2013),
            _ => Err("expected fer2013 or model".to_owned()),
        }
    }
}

/// A split in the words of data sets: `test`, `PrivateTest`, `val`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitName(pub Split);

impl FromStr for SplitName {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        split(word.trim()).map(Self).map_err(|problem| problem.to_string())
    }
}

/// A label of the source and the class that it stands for; without a class, its rows are left out.
///
/// ```
/// let mapped: fer_data::MappedLabel = "anger=angry".parse()?;
/// assert_eq!((mapped.label.as_str(), mapped.class.as_deref()), ("anger", Some("angry")));
/// assert_eq!("contempt=".parse::<fer_data::MappedLabel>()?.class, None);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedLabel {
    /// The label, a name or a number.
    pub label: String,
    /// The name of the class.
    pub class: Option<String>,
}

impl FromStr for MappedLabel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unlike = || format!("expected LABEL=CLASS, or LABEL= to leave its rows out, found `{text}`");
        let (label, class) = text.split_once('=').ok_or_else(unlike)?;
        let (label, class) = (label.trim(), class.trim());
        if label.is_empty() {
            return Err(unlike());
        }
        Ok(Self { label: label.to_owned(), class: (!class.is_empty()).then(|| class.to_owned()) })
    }
}

impl Rows {
    /// The labels of the classes, and those of the map.
    pub(crate) fn labels<'a>(&self, params: &'a IngestParams) -> Result<Labels<'a>, InvalidParams> {
        let mut labels = Labels::new(&params.classes);
        for MappedLabel { label, class } in &self.map {
            labels.map(label, class.as_deref())?;
        }
        Ok(if self.numbers == Numbers::Fer2013 { labels.numbered_as_fer2013() } else { labels })
    }

    /// Checks that numbers mean one thing, where the source has some.
    ///
    /// # Errors
    /// [`Error::Numbers`].
    pub(crate) fn check_numbers(&self, table: &Table, params: &IngestParams) -> Result<(), Error> {
        let names = params.classes.names();
        let knows_all = FER2013_CLASSES.iter().all(|name| place_of(name, names).is_some());
        let mut numbered = FER2013_CLASSES.into_iter().zip(names).enumerate();
        match numbered.find(|(_, (fer2013, name))| spelling(fer2013) != spelling(name)) {
            Some((number, (fer2013, name)))
                if knows_all && self.numbers == Numbers::Both && !table.numbered.is_empty() =>
            {
                let (path, name) = (params.source_path().to_owned(), name.clone());
                Err(Error::Numbers { path, number, fer2013, name })
            }
            _ => Ok(()),
        }
    }

    /// Which rows are wanted.
    ///
    /// # Errors
    /// [`Error::MappedLabel`] for a label of the map that no row has, [`Error::NoRowsOfSplit`].
    pub(crate) fn assignment(&self, table: &Table, params: &IngestParams) -> Result<Vec<Option<Split>>, Error> {
        let path = || params.source_path().to_owned();
        if let Some(mapped) = self.map.iter().find(|mapped| !table.has_label(&mapped.label)) {
            let found = table.label_names();
            return Err(Error::MappedLabel { path: path(), label: mapped.label.clone(), found });
        }
        let Some(SplitName(split)) = self.split else { return Ok(vec![Some(Split::Test); table.len()]) };
        let assignment: Vec<_> = table.splits.iter().map(|of| (*of == Some(split)).then_some(split)).collect();
        if assignment.contains(&Some(split)) {
            return Ok(assignment);
        }
        let found: BTreeSet<Split> = table.splits.iter().flatten().copied().collect();
        let found: Vec<String> = found.iter().map(Split::to_string).collect();
        let found = if found.is_empty() { "none".to_owned() } else { listed(&found) };
        Err(Error::NoRowsOfSplit { path: path(), split, found })
    }
}
