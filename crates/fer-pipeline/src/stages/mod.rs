//! The stage table, and one short adapter a kind of stage: it reads artifacts, calls the stage's crate, writes artifacts.

mod align;
mod command;
mod evaluate;
mod ingest;
mod preprocess;
mod train;

pub(crate) use command::{CommandLine, Program, Seconds};

use crate::StageKind;
use crate::stage::StageEntry;

/// An entry a kind, in the order of a chain.
static TABLE: [&StageEntry; 5] = [&ingest::ENTRY, &align::ENTRY, &preprocess::ENTRY, &train::ENTRY, &evaluate::ENTRY];

/// The entry of a kind.
pub(crate) fn entry(kind: StageKind) -> &'static StageEntry {
    TABLE.into_iter().find(|entry| entry.kind == kind).expect("the table has every kind")
}
