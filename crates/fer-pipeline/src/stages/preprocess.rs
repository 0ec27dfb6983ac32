use std::collections::BTreeMap;

use fer_artifact::names::split_file;
use fer_artifact::{Kind, Split, check_preprocess};
use fer_imgproc::{PreprocessParams, preprocess};
use serde_json::Value;

use crate::StageKind;
use crate::context::Context;
use crate::slot::{Input, Output};
use crate::stage::{Failure, ImagesSeen, Place, Stage, StageEntry, resolved};

pub(crate) static ENTRY: StageEntry = StageEntry {
    kind: StageKind::Preprocess,
    place: Place::Needed,
    reads: &Input::IMAGES,
    leaves: Some(Kind::Features),
    outputs: &Output::SPLITS,
    schema: |generator| generator.subschema_for::<PreprocessParams>(),
    parse: |params| Ok(Box::new(Preprocess { params: params.parse()? })),
    check: check_preprocess,
};

/// Images → features, split by split.
struct Preprocess {
    params: PreprocessParams,
}

impl Stage for Preprocess {
    fn entry(&self) -> &'static StageEntry {
        &ENTRY
    }

    fn version(&self) -> u32 {
        2
    }

    fn params(&self) -> Value {
        resolved(&self.params)
    }

    fn leaves(&self, before: Option<ImagesSeen>) -> Option<ImagesSeen> {
        let before = before?;
        Some(ImagesSeen { size: self.params.size.unwrap_or(before.size), ..before })
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut sets = BTreeMap::new();
        for split in Split::ALL {
            sets.extend(context.open_optional(split_file(split))?.map(|set| (split, set)));
        }
        for (split, features) in preprocess(&self.params, &sets)? {
            context.write(split_file(split), &features)?;
        }
        Ok(())
    }
}
