//! What of a source is not read, by reason.

use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::{LeftOut, Listed};

/// Files that are not read: how many for each reason, and the names of the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leftovers {
    found: BTreeMap<String, Listed<String>>,
    /// Names of files that are read in another way.
    read: BTreeSet<String>,
}

impl Leftovers {
    /// Those of a source of which these files are read in another way, and not counted.
    pub(crate) fn except(read: BTreeSet<String>) -> Self {
        Self { read, ..Self::default() }
    }

    pub(crate) fn add(&mut self, why: &str, name: String) {
        if self.read.contains(&name) {
            return;
        }
        let list = self.found.entry(why.to_owned()).or_insert_with(|| Listed::new(vec![]));
        list.count += 1;
        if list.first.len() < Listed::<String>::LENGTH {
            list.first.push(name);
        }
    }

    pub(crate) fn add_all(&mut self, why: &str, names: &[String]) {
        names.iter().for_each(|name| self.add(why, name.clone()));
    }

    /// As the data report lists them, reasons in their order.
    pub(crate) fn into_report(self) -> Vec<LeftOut> {
        self.found.into_iter().map(|(why, files)| LeftOut { why, files }).collect()
    }
}
