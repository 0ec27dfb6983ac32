//! `command` and `timeout_seconds` of a pipeline file: which program stands in for a stage, and for how long.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use fer_artifact::{Digest, Violation};
use fer_data::FileDigest;
use schemars::JsonSchema;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

/// A program and its arguments, as no shell has seen them; at least the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct CommandLine(#[schemars(length(min = 1))] Vec<String>);

impl<'de> Deserialize<'de> for CommandLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        match words.first().is_some_and(|program| !program.is_empty()) {
            true => Ok(Self(words)),
            false => Err(D::Error::custom("expected a program and its arguments, found none")),
        }
    }
}

impl CommandLine {
    fn program(&self) -> &str {
        &self.0[0]
    }

    /// Runs the program in the folder `base`. A name with a slash is a path from there; any other is looked up on the
    /// PATH.
    pub(crate) fn command(&self, base: &Path) -> io::Result<Command> {
        let program = match self.program().contains('/') {
            true => std::path::absolute(base.join(self.program()))?,
            false => PathBuf::from(self.program()),
        };
        let mut command = Command::new(program);
        command.args(&self.0[1..]).current_dir(base);
        Ok(command)
    }

    /// Why the program could not be started, with what may have been meant.
    pub(crate) fn start_error(&self, base: &Path, reason: io::Error) -> ProgramError {
        let program = self.program().to_owned();
        let beside = !program.contains('/') && base.join(&program).is_file();
        let advice =
            if beside { format!("; a file beside the pipeline file is written `./{program}`") } else { String::new() };
        ProgramError::Start { program, reason, advice }
    }

    /// Digests of the files that the words name, alone or after `=`, from the folder `base`.
    pub(crate) fn files(
        &self,
        base: &Path,
        of_file: &FileDigest<'_>,
    ) -> Result<BTreeMap<String, Digest>, fer_artifact::Error> {
        let mut digests = BTreeMap::new();
        for (index, word) in self.0.iter().enumerate() {
            if index == 0 && !word.contains('/') {
                continue;
            }
            let after = word.split_once('=').map(|(_, after)| after);
            for name in [Some(word.as_str()), after].into_iter().flatten().filter(|name| !name.is_empty()) {
                let path = base.join(name);
                if path.is_file() {
                    digests.insert(key(name), of_file(&path)?);
                }
            }
        }
        Ok(digests)
    }
}

/// Never the name of a file in the run folder, which begins with a stage's.
fn key(name: &str) -> String {
    if name.starts_with(['.', '/']) { name.to_owned() } else { format!("./{name}") }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// A time limit: above 0, finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Seconds(#[schemars(extend("exclusiveMinimum" = 0))] f64);

impl Seconds {
    /// Longer than any clock lasts, if need be.
    pub(crate) fn duration(self) -> Duration {
        Duration::try_from_secs_f64(self.0).unwrap_or(Duration::MAX)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        match seconds > 0.0 && seconds.is_finite() {
            true => Ok(Self(seconds)),
            false => Err(D::Error::invalid_value(Unexpected::Float(seconds), &"a number of seconds above 0")),
        }
    }
}

/// Why a program that stands in for a stage came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    /// It could not be started.
    #[error("cannot start `{program}`: {reason}{advice}")]
    Start {
        /// The program, without its arguments.
        program: String,
        /// The system's reason.
        reason: io::Error,
        /// What may help; empty if nothing is known.
        advice: String,
    },
    /// It ended by itself, but not with exit code 0.
    #[error("`{program}` ended with {}; what it says stands above", end_of(status))]
    Failed {
        /// The command line.
        program: String,
        /// Its exit code, or the signal that ended it.
        status: ExitStatus,
    },
    /// It ended well, but what it left is not what a stage of the kind leaves.
    #[error("what `{program}` left cannot be taken")]
    Output {
        /// The command line.
        program: String,
        /// What is wrong with it.
        source: Violation,
    },
    /// It took too long and was ended.
    #[error("`{program}` was ended at its time limit: `timeout_seconds` is {seconds}")]
    TimedOut {
        /// The command line.
        program: String,
        /// The time limit.
        seconds: f64,
    },
}

/// `exit code 3`, or `signal: 9 (SIGKILL)`, as the system words it.
fn end_of(status: &ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_that_a_command_names_are_found_from_the_pipeline_files_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.py", "b.toml", "python3"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let words = ["python3", "a.py", "--config=b.toml", "./a.py", "gone.py", "", "3"];
        let line = CommandLine(words.map(str::to_owned).to_vec());
        let files = line.files(folder.path(), &Digest::of_file).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["./a.py", "./b.toml"]);
        assert_eq!(files["./b.toml"], Digest::of_bytes(b"b.toml"));
        let line = CommandLine(vec!["./python3".to_owned()]);
        assert_eq!(
            line.files(folder.path(), &Digest::of_file).unwrap().len(),
            1,
            "a program that is a path counts too"
        );
    }
}
