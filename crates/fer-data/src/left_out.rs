//! What of a source is not read, by reason.

use std::collections::BTreeMap;

use fer_artifact::{LeftOut, Listed};

/// Files that are not read: how many for each reason, and the names of the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leftovers(BTreeMap<String, Listed<String>>);

impl Leftovers {
    pub(crate) fn add(&mut self, why: &str, name: String) {
        let list = self.0.entry(why.to_owned()).or_insert_with(|| Listed::new(vec![]));
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
        self.0.into_iter().map(|(why, files)| LeftOut { why, files }).collect()
    }
}
