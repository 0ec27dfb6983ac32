use std::collections::BTreeMap;

use fer_artifact::names::split_file;
use fer_artifact::{Digest, Kind, Split, check_align};
use fer_data::FileDigest;
use fer_imgproc::{AlignMethod, AlignParams, Error, align};
use serde_json::Value;

use crate::StageKind;
use crate::context::Context;
use crate::error::StageError;
use crate::faces::aligner;
use crate::slot::{Input, Output};
use crate::stage::{Failure, ImagesSeen, Place, Stage, StageEntry, resolved};

pub(crate) static ENTRY: StageEntry = StageEntry {
    kind: StageKind::Align,
    place: Place::Optional,
    reads: &Input::IMAGES,
    leaves: Some(Kind::Images),
    outputs: &Output::SPLITS,
    schema: |generator| generator.subschema_for::<AlignParams>(),
    parse: |params| {
        let written: AlignParams = params.parse()?;
        if matches!(written.method, AlignMethod::Landmarks { .. }) && cfg!(not(feature = "faces")) {
            return Err(params.problem(Error::NoAligner.to_string()));
        }
        let mut resolved = written.clone();
        resolved.resolve(params.base);
        Ok(Box::new(Align { written, params: resolved }))
    },
    check: check_align,
};

/// Images → images, split by split.
struct Align {
    /// As the file has them.
    written: AlignParams,
    /// With the path made relative to the current folder.
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
        resolved(&self.written)
    }

    fn foreign(&self, of_file: &FileDigest<'_>) -> Result<BTreeMap<String, Digest>, StageError> {
        let digest = |path| Ok::<_, StageError>(("landmarks".to_owned(), of_file(path)?));
        self.params.file().map(digest).into_iter().collect()
    }

    fn leaves(&self, before: Option<ImagesSeen>) -> Option<ImagesSeen> {
        let before = before?;
        Some(ImagesSeen { size: self.params.size_of(before.size), ..before })
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let aligner = match self.params.method {
            AlignMethod::Landmarks { .. } => aligner(self.params.file())?,
            _ => None,
        };
        let (mut faceless, mut faces) = (vec![], 0);
        for split in Split::ALL {
            if let Some(images) = context.open_optional(split_file(split))? {
                let aligned = align(&self.params, images, aligner.as_deref(), context.output_dir)?;
                context.write(split_file(split), &aligned.set)?;
                if let Some(count) = aligned.without_face {
                    faces += aligned.set.len() - count;
                    faceless.push(format!("{count} of {} {split}", aligned.set.len()));
                }
            }
        }
        if let (0, Some(path)) = (faces, self.params.file()) {
            let message = format!("{}: expected faces of the images, found none of theirs", path.display());
            return Err(StageError::from(message).into());
        }
        if !faceless.is_empty() {
            context.note(&format!("images without a face, resized as they are: {}\n", faceless.join(", ")));
        }
        Ok(())
    }
}
