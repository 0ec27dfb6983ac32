use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::suite::{Call, StageError};

/// A program as a stage for a suite: it is called as the runner calls the `command` of a pipeline file, with `params`
/// as its parameters. `stage` is the kind's name, as in `preprocess`.
pub fn program(stage: &str, program: &Path, params: Value) -> impl FnMut(&Call<'_>) -> Result<(), StageError> {
    let (stage, program) = (stage.to_owned(), program.to_owned());
    move |call| {
        let mut file = tempfile::NamedTempFile::new()?;
        file.write_all(params.to_string().as_bytes())?;
        let status = Command::new(&program)
            .env("FER_STAGE", &stage)
            .env("FER_SEED", call.seed.value().to_string())
            .env("FER_THREADS", "1")
            .env("FER_PARAMS", file.path())
            .env("FER_INPUT_DIR", call.run)
            .env("FER_OUTPUT_DIR", call.output)
            .status()?;
        if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", program.display()).into()) }
    }
}
