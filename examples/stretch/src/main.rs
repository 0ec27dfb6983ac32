//! A preprocess stage for fer: stretches each image's contrast between two of its percentiles.
//!
//! The runner calls it as the `command` of a stage; it reads `ingest/<split>.safetensors` in `FER_INPUT_DIR` and
//! writes `<split>.safetensors` into `FER_OUTPUT_DIR`.

mod stretch;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use fer_artifact::{Digest, FeatureSet, ImageSet, Provenance, Seed, Split, open, write};
use serde_json::json;

use crate::stretch::Stretch;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stretch: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (run, output) = (PathBuf::from(variable("FER_INPUT_DIR")?), PathBuf::from(variable("FER_OUTPUT_DIR")?));
    let stretch: Stretch = serde_json::from_slice(&std::fs::read(variable("FER_PARAMS")?)?)?;
    let seed = Seed::new(variable("FER_SEED")?.parse()?);
    for split in Split::ALL {
        let name = format!("ingest/{split}.safetensors");
        let input = run.join(&name);
        if !input.is_file() {
            continue;
        }
        let provenance = Provenance {
            producer: concat!("stretch ", env!("CARGO_PKG_VERSION")).to_owned(),
            seed,
            parents: BTreeMap::from([(name, Digest::of_file(&input)?)]),
            params: json!(stretch),
        };
        write(&output.join(format!("{split}.safetensors")), &features(stretch, open(&input)?), &provenance)?;
    }
    Ok(())
}

fn features(stretch: Stretch, set: ImageSet) -> FeatureSet {
    let size = set.height * set.width;
    let made = move |images: &[u8]| images.chunks(size).flat_map(|image| stretch.apply(image)).collect();
    FeatureSet {
        images: set.images.map(size, size, made),
        classes: set.classes,
        split: set.split,
        height: set.height,
        width: set.width,
        labels: set.labels,
        rows: set.rows,
        origins: set.origins,
        targets: set.targets,
        preprocessing: json!({"stretch": stretch}),
    }
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}; fer sets it for the `command` of a stage"))
}
