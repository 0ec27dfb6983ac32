//! A program of the user's own in place of a stage.

mod command_line;
mod process;

use fer_artifact::{Digest, Violation, canonical_json, write_atomic};
use fer_data::FileDigest;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::process::Stdio;
use std::time::Duration;

use crate::context::Context;
use crate::error::StageError;
use crate::stage::{Failure, Stage, StageEntry};
use process::{End, run};

pub(crate) use command_line::{CommandLine, ProgramError, Seconds};

/// A stage's inputs → a program → what a stage of this kind leaves.
pub(crate) struct Program {
    entry: &'static StageEntry,
    command: CommandLine,
    timeout: Option<Seconds>,
    params: Map<String, Value>,
    /// The pipeline file's folder, relative to the current one.
    base: PathBuf,
}

impl Program {
    pub(crate) fn new(
        entry: &'static StageEntry,
        command: CommandLine,
        timeout: Option<Seconds>,
        params: Map<String, Value>,
        base: &Path,
    ) -> Self {
        // The folder of `pipeline.yaml` is the current one, not the empty one.
        Self { entry, command, timeout, params, base: Path::new(".").join(base) }
    }

    /// Runs to its end, within its time, and ends well, or says why not.
    fn call(&self, context: &Context<'_>, params: &Path, output: &Path) -> Result<(), Failure> {
        let program = self.command.to_string();
        let mut command = self.command.command(&self.base)?;
        command
            .env("FER_STAGE", self.entry.kind.name())
            .env("FER_SEED", context.pipeline_seed.value().to_string())
            .env("FER_THREADS", rayon::current_num_threads().to_string())
            .env("FER_PARAMS", absolute(params)?)
            .env("FER_INPUT_DIR", absolute(context.input_dir)?)
            .env("FER_OUTPUT_DIR", absolute(output)?)
            .stdin(Stdio::null())
            // Standard output is for results.
            .stdout(io::stderr());
        let started = context.elapsed();
        let limit = self.timeout.map_or(Duration::MAX, Seconds::duration);
        let late = || context.elapsed() - started >= limit;
        let end = run(&mut command, || late() || context.reporter.stop_requested());
        match end.map_err(|source| self.command.start_error(&self.base, source))? {
            End::Own(status) if status.success() => Ok(()),
            End::Own(status) => Err(ProgramError::Failed { program, status }.into()),
            End::Cut if context.reporter.stop_requested() => Err(Failure::Stopped),
            End::Cut => Err(ProgramError::TimedOut { program, seconds: limit.as_secs_f64() }.into()),
        }
    }

    /// Whether `output` holds what a stage of this kind must hold.
    fn check(&self, inputs: &Path, output: &Path) -> Result<(), Violation> {
        let ours = self.entry.outputs.iter().map(|known| output.join(known.file));
        let mut others = ours.filter(|path| path.symlink_metadata().is_ok_and(|found| !found.is_file()));
        if let Some(path) = others.next() {
            return Err(unlike(&path, "a file of its own, found a link, a folder or a device"));
        }
        (self.entry.check)(inputs, output)
    }

    /// Takes over the files that the stage may have, and says which others there are.
    fn take(&self, context: &mut Context<'_>, output: &Path) -> Result<(), StageError> {
        let mut others = vec![];
        for entry in fs::read_dir(output).map_err(refused(output, "read the folder"))? {
            let entry = entry.map_err(refused(output, "read the folder"))?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if !self.entry.outputs.iter().any(|known| known.file == name) {
                others.push(name);
                continue;
            }
            File::open(&path).and_then(|file| file.sync_all()).map_err(refused(&path, "write the file"))?;
            let digest = Digest::of_file(&path)?;
            fs::rename(&path, context.output_dir.join(&name)).map_err(refused(&path, "move the file"))?;
            context.written.insert(name, digest);
        }
        if !others.is_empty() {
            others.sort();
            let kind = self.entry.kind;
            context.note(&format!("not kept, as `{kind}` has no such outputs: {}", others.join(", ")));
        }
        Ok(())
    }
}

fn refused(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> fer_artifact::Error {
    let path = path.to_owned();
    move |source| fer_artifact::Error::Io { path, action, source }
}

fn unlike(path: &Path, expected: impl Into<String>) -> Violation {
    Violation::File { path: path.to_owned(), expected: expected.into() }
}

impl Stage for Program {
    fn entry(&self) -> &'static StageEntry {
        self.entry
    }

    fn version(&self) -> u32 {
        1
    }

    fn params(&self) -> Value {
        Value::Object(self.params.clone())
    }

    fn written(&self) -> Value {
        let mut entry = json!({"command": self.command, "params": self.params()});
        if let Some(timeout) = self.timeout {
            entry["timeout_seconds"] = json!(timeout);
        }
        entry
    }

    /// The command line, and the files that it names.
    fn foreign(&self, of_file: &FileDigest<'_>) -> Result<BTreeMap<String, Digest>, StageError> {
        let mut digests = self.command.files(&self.base, of_file)?;
        digests.insert("command".to_owned(), Digest::of_bytes(canonical_json(&self.command).as_bytes()));
        Ok(digests)
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let params = context.output_dir.join("params.json");
        write_atomic(&params, |out| out.write_all(canonical_json(&self.params).as_bytes()))?;
        // A name of its own: a program that outlived an earlier run of ours does not know it.
        let output = context.output_dir.join(format!("output-{}", std::process::id()));
        fs::create_dir(&output).map_err(refused(&output, "make the folder"))?;
        self.call(context, &params, &output)?;
        self.check(&context.maker_dir(self.entry.reads), &output)
            .map_err(|source| ProgramError::Output { program: self.command.to_string(), source })?;
        Ok(self.take(context, &output)?)
    }
}
