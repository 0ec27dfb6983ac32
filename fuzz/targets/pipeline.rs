//! The pipeline file: no text may do more than be refused with its places, and what is accepted must mean the same
//! once its defaults are written out. Lines that begin with `#set ` are overrides, as after `--set`.

#![no_main]

use std::path::Path;

use fer_fuzz::{file, folder, within};
use fer_pipeline::error::Place;
use fer_pipeline::{Error, Pipeline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = file("pipeline.yaml", bytes);
    let text = String::from_utf8_lossy(bytes);
    let overrides: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix("#set ")).map(str::to_owned).collect();
    let limit = (1 << 20) + 1024 * bytes.len();
    match within(limit, || load(&path, &overrides)) {
        Ok(pipeline) => accepted(&pipeline),
        Err(error) => refused(&error, &text, &overrides),
    }
});

fn load(path: &Path, overrides: &[String]) -> Result<Pipeline, Error> {
    Pipeline::load(path, overrides, Some(&folder().join("run")))
}

fn accepted(pipeline: &Pipeline) {
    let text = pipeline.resolved();
    let again = load(&file("resolved.yaml", text.as_bytes()), &[]).expect(&text);
    assert_eq!(again.resolved(), text);
    // A source that the file names may well not be there, but nothing has run yet.
    match pipeline.status() {
        Ok(steps) => assert!(!steps.is_empty() && steps.iter().all(|step| !step.reasons.is_empty())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn refused(error: &Error, text: &str, overrides: &[String]) {
    assert!(error.is_usage(), "{error}");
    let Error::Invalid { problems } = error else { panic!("{error}") };
    assert!(!problems.is_empty());
    for problem in problems {
        assert!(!problem.message.is_empty(), "{error}");
        match &problem.place {
            Place::Position { line, column, .. } => {
                // YAML breaks lines at some characters where others do not.
                let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
                assert!((1..=lines + 1).contains(line) && (1..=text.len() + 1).contains(column), "{error}");
            }
            Place::Override(over) => assert!(overrides.contains(over), "{error}"),
            Place::File(_) => {}
        }
    }
}
