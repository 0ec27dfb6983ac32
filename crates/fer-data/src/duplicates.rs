//! Images with equal pixels.

use std::collections::BTreeSet;

use fer_artifact::{Digest, Dropped, Split};

use crate::DropDuplicates;
use crate::table::Table;

/// Takes from train what the rule says: such rows belong to no set any more.
pub(crate) fn drop(table: &Table, assignment: &mut [Option<Split>], rule: DropDuplicates) -> Dropped {
    let mut dropped = Dropped::default();
    let of = |assignment: &[Option<Split>], split| -> BTreeSet<Digest> {
        let rows = table.looks.iter().zip(assignment).filter(|(_, of)| **of == Some(split));
        rows.map(|(look, _)| look.digest).collect()
    };
    let (validation, test) = match rule {
        DropDuplicates::None => return dropped,
        DropDuplicates::Across | DropDuplicates::Near => {
            (of(assignment, Split::Validation), of(assignment, Split::Test))
        }
        _ => Default::default(),
    };
    let mut seen = BTreeSet::new();
    let in_train = table.looks.iter().zip(assignment).filter(|(_, split)| **split == Some(Split::Train));
    for (look, split) in in_train {
        let count = if validation.contains(&look.digest) {
            &mut dropped.also_in_validation
        } else if test.contains(&look.digest) {
            &mut dropped.also_in_test
        } else if !seen.insert(look.digest) {
            &mut dropped.copies
        } else {
            continue;
        };
        *count += 1;
        *split = None;
    }
    dropped
}
