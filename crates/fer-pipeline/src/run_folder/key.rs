use std::collections::BTreeMap;

use fer_artifact::{Digest, Seed, canonical_json};
use serde_json::{Value, json};

use crate::StageName;

/// What a stage's outputs depend on.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'a> {
    pub(crate) stage: StageName,
    pub(crate) version: u32,
    /// The stage's own.
    pub(crate) seed: Seed,
    pub(crate) params: Value,
    pub(crate) inputs: &'a BTreeMap<String, Digest>,
}

impl Origin<'_> {
    /// The origin in sixteen hexadecimal digits: equal origins have equal keys.
    pub(crate) fn key(&self) -> String {
        let Self { stage, version, seed, params, inputs } = self;
        let all = json!({"stage": stage, "version": version, "seed": seed, "params": params, "inputs": inputs});
        let mut key = Digest::of_bytes(canonical_json(&all).as_bytes()).to_string();
        key.truncate(16);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StageKind;

    #[test]
    fn whatever_outputs_depend_on_changes_the_key() {
        let none = BTreeMap::new();
        let some = BTreeMap::from([("a".to_owned(), Digest::of_bytes(b"a"))]);
        let base = Origin {
            stage: StageKind::Train.into(),
            version: 1,
            seed: Seed::new(1),
            params: json!({"a": 1, "b": 2}),
            inputs: &none,
        };
        let changed = [
            Origin { stage: StageKind::Evaluate.into(), ..base.clone() },
            Origin { version: 2, ..base.clone() },
            Origin { seed: Seed::new(2), ..base.clone() },
            Origin { params: json!({"a": 1, "b": 3}), ..base.clone() },
            Origin { inputs: &some, ..base.clone() },
        ];
        let mut keys: Vec<String> = changed.iter().map(Origin::key).collect();
        keys.push(base.key());
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 6);
        assert_eq!(Origin { params: json!({"b": 2, "a": 1}), ..base.clone() }.key(), base.key());
    }
}
