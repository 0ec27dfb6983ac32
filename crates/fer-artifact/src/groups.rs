use std::path::Path;

use serde_json::{Map, Value, json};

use crate::open_file::Contents;
use crate::{Error, Header};

/// Name of the tensor and of the header's list.
const GROUPS: &str = "groups";

/// The groups of a set of images, such as the people on them: images of one group never stand in two splits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// Names of all groups of the source, the same list in every split.
    pub names: Vec<String>,
    /// `[N]`, each image's group as an index into `names`.
    pub ids: Vec<u32>,
}

impl Groups {
    /// The groups of these images alone.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        Self { names: self.names.clone(), ids: indices.iter().map(|&index| self.ids[index]).collect() }
    }

    /// Adds the names to what a header holds.
    pub(crate) fn add_details(&self, details: &mut Map<String, Value>) {
        details.insert(GROUPS.to_owned(), json!(self.names));
    }

    /// Name of the tensor of `ids`.
    pub(crate) const TENSOR: &str = GROUPS;

    /// Takes the groups of `n` images, if the file has any.
    pub(crate) fn take(header: &Header, contents: &mut Contents<'_>, n: usize) -> Result<Option<Self>, Error> {
        if !contents.has(GROUPS) {
            return Ok(None);
        }
        let (_, ids) = contents.take_u32(GROUPS, &[Some(n)])?;
        let names: Vec<String> =
            serde_json::from_value(header.details.get(GROUPS).cloned().unwrap_or_default()).map_err(|error| {
                Error::Header { path: contents.path().to_owned(), reason: format!("{GROUPS}: {error}") }
            })?;
        check(contents.path(), &names, &ids)?;
        Ok(Some(Self { names, ids }))
    }
}

fn check(path: &Path, names: &[String], ids: &[u32]) -> Result<(), Error> {
    match ids.iter().position(|&id| id as usize >= names.len()) {
        None => Ok(()),
        Some(index) => Err(Error::Value {
            path: path.to_owned(),
            what: format!("{GROUPS}[{index}]"),
            expected: format!("a group below {}, the number of names in the header", names.len()),
            found: ids[index].to_string(),
        }),
    }
}
