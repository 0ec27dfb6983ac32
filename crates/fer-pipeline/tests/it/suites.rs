//! Our own stages pass the suites that a replacement must pass.

use std::path::PathBuf;

use fer_pipeline::progress::Silent;
use fer_pipeline::{RunOptions, StageAlone, StageKind, run_stage};
use fer_testkit::{Call, StageError, align_suite, evaluate_suite, ingest_suite, preprocess_suite, train_suite};
use tempfile::TempDir;

use crate::Still;

/// Our stage of this kind with these parameters.
struct Own {
    kind: StageKind,
    folder: TempDir,
}

impl Own {
    fn new(kind: StageKind, params: &str) -> Self {
        let own = Self { kind, folder: tempfile::tempdir().unwrap() };
        std::fs::write(own.path("params.yaml"), params).unwrap();
        own
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn call(&self, call: &Call<'_>) -> Result<(), StageError> {
        let params = self.path("params.yaml");
        let alone = StageAlone {
            kind: self.kind,
            params: Some(&params),
            input: call.run,
            output: call.output,
            seed: call.seed,
        };
        run_stage(&alone, &RunOptions::default(), &Still, &mut Silent)?;
        Ok(())
    }
}

#[test]
fn ingest_passes_its_suite() {
    let split = "{kind: stratified, train: 0.5, validation: 0.25, test: 0.25}";
    let params = format!("source: {{kind: csv, path: faces.csv}}\nclasses: [calm, moved]\nsplit: {split}\n");
    let own = Own::new(StageKind::Ingest, &params);
    let rows = (0..16).map(|row| format!("{},{row} 2 3 4\n", row % 2));
    std::fs::write(own.path("faces.csv"), format!("label,feature\n{}", rows.collect::<String>())).unwrap();
    ingest_suite(|call| own.call(call)).unwrap();
}

#[test]
fn align_passes_its_suite_whatever_it_is_to_do() {
    for method in ["{kind: none}", "{kind: center-crop, share: 0.7}"] {
        let own = Own::new(StageKind::Align, &format!("method: {method}"));
        align_suite(|call| own.call(call)).unwrap_or_else(|failure| panic!("{method}: {failure}"));
    }
}

#[test]
fn preprocess_passes_its_suite_whatever_it_is_to_do() {
    for equalization in ["none", "global"] {
        for normalization in ["unit", "standard", "per-image"] {
            let params = format!("{{equalization: {equalization}, normalization: {{kind: {normalization}}}}}");
            let own = Own::new(StageKind::Preprocess, &params);
            preprocess_suite(|call| own.call(call)).unwrap_or_else(|failure| panic!("{params}: {failure}"));
        }
    }
}

#[test]
fn train_passes_its_suite() {
    let own = Own::new(StageKind::Train, "{model: {name: compact-cnn}, epochs: 2, batch_size: 8, shuffle: true}");
    train_suite(|call| own.call(call)).unwrap();
}

#[test]
fn evaluate_passes_its_suite() {
    let own = Own::new(StageKind::Evaluate, "{splits: [train, validation, test]}");
    evaluate_suite(|call| own.call(call)).unwrap();
}
