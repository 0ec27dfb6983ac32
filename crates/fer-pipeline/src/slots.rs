//! Which files a stage of each kind reads and writes.

use crate::{Slot, StageKind, exports};

/// By path in the run folder.
pub(crate) fn inputs(kind: StageKind) -> Vec<Slot> {
    match kind {
        StageKind::Ingest => vec![],
        StageKind::Preprocess => vec![
            Slot::always("ingest/train.safetensors"),
            Slot::if_there("ingest/validation.safetensors"),
            Slot::if_there("ingest/test.safetensors"),
        ],
        StageKind::Train => {
            vec![Slot::always("preprocess/train.safetensors"), Slot::if_there("preprocess/validation.safetensors")]
        }
        StageKind::Evaluate => vec![
            Slot::always("train/model.safetensors"),
            Slot::if_there("ingest/data-report.json"),
            Slot::if_there("preprocess/train.safetensors"),
            Slot::if_there("preprocess/validation.safetensors"),
            Slot::if_there("preprocess/test.safetensors"),
        ],
    }
}

/// By name in the stage's folder.
pub(crate) fn outputs(kind: StageKind) -> Vec<Slot> {
    let splits = [
        Slot::always("train.safetensors"),
        Slot::if_there("validation.safetensors"),
        Slot::if_there("test.safetensors"),
    ];
    match kind {
        StageKind::Ingest => [&splits[..], &[Slot::if_there("data-report.json")]].concat(),
        StageKind::Preprocess => splits.to_vec(),
        StageKind::Train => {
            let model = [
                Slot::always("model.safetensors"),
                Slot::if_there("history.jsonl"),
                Slot::if_there("best.safetensors"),
                Slot::if_there("last.safetensors"),
            ];
            [&model[..], &exports::SLOTS].concat()
        }
        StageKind::Evaluate => vec![
            Slot::always("metrics.json"),
            Slot::always("report.html"),
            Slot::if_there("predictions-train.safetensors"),
            Slot::if_there("predictions-validation.safetensors"),
            Slot::if_there("predictions-test.safetensors"),
        ],
    }
}
