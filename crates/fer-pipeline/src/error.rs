//! What can go wrong with a run, and with a pipeline file.

use std::fmt;
use std::path::PathBuf;

use fer_artifact::shown;

use crate::StageName;
use crate::yaml::phrase::suggestion;

/// Whatever stopped a stage: its crate's own error.
pub type StageError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong with a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The pipeline or parameter file cannot be read.
    #[error("{}: cannot read the file", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The pipeline or parameter file, or an override, is not valid.
    #[error("{}", lines(problems))]
    Invalid {
        /// All that was found, at least one.
        problems: Vec<Problem>,
    },
    /// A stage was asked for that the chain does not have.
    #[error("the chain has no stage `{stage}`; {}", nearest(stage, chain))]
    NotInChain {
        /// The stage asked for.
        stage: StageName,
        /// The stages of the chain.
        chain: Vec<StageName>,
    },
    /// A cell was asked for that the sweep does not have.
    #[error("the sweep has no cell {index}; it has {cells}, counted from 0")]
    NoCell {
        /// The cell asked for.
        index: usize,
        /// How many there are.
        cells: usize,
    },
    /// A stage needs a file that is not there and that no stage before it will make.
    #[error("{stage}: input {} is missing; run `{maker}` first or put the file there", path.display())]
    MissingInput {
        /// The stage that needs it.
        stage: StageName,
        /// The file.
        path: PathBuf,
        /// The stage that makes it.
        maker: StageName,
    },
    /// A stage needs a file that is not there, and the chain has no stage that makes it.
    #[error(
        "{stage}: input {} is missing, and the chain has no stage `{maker}`, which makes it: write `- stage: {maker}` before \
         `{stage}`, or put the file there", path.display()
    )]
    NoMaker {
        /// The stage that needs it.
        stage: StageName,
        /// The file.
        path: PathBuf,
        /// The stage that would make it.
        maker: StageName,
    },
    /// A stage ended without writing what its kind must write.
    #[error("{stage}: ended without writing {output}")]
    MissingOutput {
        /// The stage.
        stage: StageName,
        /// The output, relative to the run folder.
        output: String,
    },
    /// The lock file does not hold a lock.
    #[error("{}: {reason}; remove the file to run every stage anew", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder holds no run.
    #[error("{}: not a run folder: expected run.lock.json or config.resolved.yaml in it, found neither", path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A run's scores cannot be understood.
    #[error("{}: not the scores of a run", path.display())]
    Metrics {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A training says nothing of validation, by which a search chooses.
    #[error("{stage}: expected validation accuracies in {}, found none; a search needs a `split` of ingest with validation", path.display())]
    NoValidationScore {
        /// The training.
        stage: StageName,
        /// Its history.
        path: PathBuf,
    },
    /// A training's history cannot be understood.
    #[error("{}:{line}: expected an epoch of a training's history", path.display())]
    History {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The report of a search cannot be made.
    #[error("{}: cannot make the report", path.display())]
    Report {
        /// The page.
        path: PathBuf,
        /// Why.
        source: Box<fer_eval::Error>,
    },
    /// Another process runs in the same run folder.
    #[error("{}: in use by {holder}; wait for it or choose another `--run-dir`", path.display())]
    Held {
        /// The run folder.
        path: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// Several machines would write in a folder whose locks hold on one of them.
    #[error(
        "{}: {reason}: a lock in this folder holds on one machine alone, so jobs on two would write in one run folder; \
         mount it with locks for all machines, or keep all jobs on one: give `--one-machine` to `fer sweep run`, or submit with \
         `--engine local`", path.display()
    )]
    OneMachine {
        /// The folder.
        path: PathBuf,
        /// Kind and option of its file system.
        reason: String,
    },
    /// The run folder is not this run's any more.
    #[error("{}: {what} while this run was at work in it; nothing more was written there", path.display())]
    Lost {
        /// The run folder.
        path: PathBuf,
        /// What happened to it.
        what: &'static str,
    },
    /// The operating system refused.
    #[error("{}: cannot {action}", path.display())]
    Io {
        /// File or folder concerned.
        path: PathBuf,
        /// What was tried, as a verb with its object.
        action: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of the run folder cannot be read or written.
    #[error(transparent)]
    Artifact(#[from] fer_artifact::Error),
    /// What a stage read was changed meanwhile.
    #[error("{stage}: input `{input}` was changed while the stage was reading it; the outputs were left as they were")]
    InputChanged {
        /// The stage.
        stage: StageName,
        /// The input, by its path in the run folder or its name.
        input: String,
    },
    /// A training has fewer parts than there are processes to compute them.
    #[error(
        "{stage}: {processes} processes need `shards` of at least {processes}, found {shards}: set `shards`, which changes numbers, or \
         start fewer processes, which changes none"
    )]
    Shards {
        /// The training.
        stage: StageName,
        /// Its parts.
        shards: usize,
        /// The processes that were started.
        processes: usize,
    },
    /// A process that does not lead sees another training than process 0.
    #[error(
        "{stage}: process {rank} sees other parameters or other inputs than process 0; all processes need the same pipeline file and \
         options, and a run folder that all of them see"
    )]
    Estranged {
        /// The training.
        stage: StageName,
        /// The process that says so.
        rank: usize,
    },
    /// The processes of a run cannot reach each other.
    #[error("the processes of the run cannot reach each other")]
    Company(#[source] fer_train::Error),
    /// A stage failed.
    #[error("{stage}")]
    Stage {
        /// The stage.
        stage: StageName,
        /// Its error.
        source: StageError,
    },
    /// The run was asked to stop, and did.
    #[error("{stage}: interrupted")]
    Interrupted {
        /// The stage that was running.
        stage: StageName,
    },
}

impl Error {
    pub(crate) fn invalid(place: Place, message: impl Into<String>) -> Self {
        Error::Invalid { problems: vec![Problem { place, message: message.into() }] }
    }

    /// Fails if there are any problems, and tells each once: what is wrong with a file may be wrong with many of its cells.
    pub(crate) fn of_problems(problems: Vec<Problem>) -> Result<(), Self> {
        let mut distinct: Vec<Problem> = vec![];
        for problem in problems {
            if !distinct.contains(&problem) {
                distinct.push(problem);
            }
        }
        if distinct.is_empty() { Ok(()) } else { Err(Error::Invalid { problems: distinct }) }
    }

    /// Whether the command or the file was at fault, and nothing has run.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Error::Read { .. }
                | Error::Invalid { .. }
                | Error::NotInChain { .. }
                | Error::NoCell { .. }
                | Error::OneMachine { .. }
                | Error::Shards { .. }
        )
    }
}

/// Something wrong in a pipeline file, a parameter file or an override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What was found, what was expected, and the nearest valid key where that helps.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// The place of a [`Problem`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File(PathBuf),
    /// A place in it; line and column are counted from 1, in characters.
    Position {
        /// The file.
        path: PathBuf,
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// An override, as it was written.
    Override(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Position { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Place::Override(text) => write!(f, "--set {}", shown(text)),
        }
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn nearest(stage: &StageName, chain: &[StageName]) -> String {
    suggestion(stage.as_str(), &chain.iter().map(StageName::as_str).collect::<Vec<_>>())
}
