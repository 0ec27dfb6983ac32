use std::collections::BTreeMap;

use fer_artifact::Split;
use fer_imgproc::{PreprocessParams, preprocess};
use serde_json::Value;

use super::{file, resolved};
use crate::{Context, Stage, StageError, StageKind};

/// `ingest/<split>.safetensors` → `preprocess/<split>.safetensors`.
pub(crate) struct Preprocess {
    params: PreprocessParams,
}

impl Preprocess {
    pub(crate) fn new(params: PreprocessParams) -> Self {
        Self { params }
    }
}

impl Stage for Preprocess {
    fn kind(&self) -> StageKind {
        StageKind::Preprocess
    }

    fn version(&self) -> u32 {
        1
    }

    fn params(&self) -> Value {
        resolved(&self.params)
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), StageError> {
        let mut sets = BTreeMap::new();
        for split in Split::ALL {
            let path = format!("ingest/{}", file(split));
            if context.has(&path) {
                sets.insert(split, context.read(&path)?);
            }
        }
        for (split, features) in preprocess(&self.params, &sets)? {
            context.write(&file(split), &features)?;
        }
        Ok(())
    }
}
