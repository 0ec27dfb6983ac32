use std::path::PathBuf;

/// Why a video cannot be watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program that reads and writes videos is not installed.
    #[error(
        "cannot find the program `{program}`, which reads and writes videos; install it: `apt install ffmpeg` (Debian, \
         Ubuntu), `dnf install ffmpeg` (Fedora), `brew install ffmpeg` (macOS), `winget install ffmpeg` (Windows)"
    )]
    NoProgram {
        /// `ffmpeg` or `ffprobe`.
        program: &'static str,
    },
    /// The program could not be started, or not be talked to.
    #[error("cannot run `{program}`")]
    Program {
        /// `ffmpeg` or `ffprobe`.
        program: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Something that is no video.
    #[error("{input}: {reason}")]
    Input {
        /// As it was given.
        input: String,
        /// What was expected and found.
        reason: String,
    },
    /// No answer from a stream or a camera.
    #[error("{input}: no answer within {seconds} s")]
    Stalled {
        /// As it was given.
        input: String,
        /// How long it was waited for.
        seconds: f64,
    },
    /// The user asked to stop before the first frame.
    #[error("{input}: interrupted before the first frame")]
    Interrupted {
        /// As it was given.
        input: String,
    },
    /// An annotated video that cannot be written.
    #[error("{}: {reason}", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// What was expected and found, or what the program says.
        reason: String,
    },
    /// A face that cannot be judged.
    #[error(transparent)]
    Face(Box<fer_predict::Error>),
    /// A report whose template fails.
    #[error("cannot make the report")]
    Template(#[from] minijinja::Error),
}

impl From<fer_predict::Error> for Error {
    fn from(error: fer_predict::Error) -> Self {
        Self::Face(Box::new(error))
    }
}
