use fer_artifact::names::split_file;
use fer_artifact::{Kind, Split, check_align};
use fer_imgproc::{AlignParams, align};
use serde_json::Value;

use crate::StageKind;
use crate::context::Context;
use crate::slot::{Input, Output};
use crate::stage::{Failure, Place, Stage, StageEntry, resolved};

pub(crate) static ENTRY: StageEntry = StageEntry {
    kind: StageKind::Align,
    place: Place::Optional,
    reads: &Input::IMAGES,
    leaves: Some(Kind::Images),
    outputs: &Output::SPLITS,
    schema: |generator| generator.subschema_for::<AlignParams>(),
    parse: |params| Ok(Box::new(Align { params: params.parse()? })),
    check: check_align,
};

/// Images → images, split by split.
struct Align {
    params: AlignParams,
}

impl Stage for Align {
    fn entry(&self) -> &'static StageEntry {
        &ENTRY
    }

    fn version(&self) -> u32 {
        2
    }

    fn params(&self) -> Value {
        resolved(&self.params)
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        for split in Split::ALL {
            if let Some(images) = context.open_optional(split_file(split))? {
                context.write(split_file(split), &align(&self.params, images)?)?;
            }
        }
        Ok(())
    }
}
