use std::io;
use std::path::PathBuf;

/// Why there is no service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened at.
    #[error("{listen}: cannot listen there")]
    Listen {
        /// The address, as it was given.
        listen: String,
        /// The system's reason.
        source: io::Error,
    },
    /// What was given is no address.
    #[error("expected an address such as 127.0.0.1:8080, found `{found}`")]
    Address {
        /// What was given.
        found: String,
    },
    /// The folder of runs cannot be read.
    #[error("{}: expected a folder of runs", path.display())]
    Runs {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The threads cannot be started.
    #[error("cannot start the service's threads")]
    Threads {
        /// The system's reason.
        source: io::Error,
    },
    /// No model, or two of one name.
    #[error("expected one or more models with names of their own, found {found}")]
    Models {
        /// What was found.
        found: String,
    },
    /// No origin of pages.
    #[error("expected an origin such as https://faces.example, found `{found}`")]
    Origin {
        /// What was given.
        found: String,
    },
    /// A token that cannot stand in a header.
    #[error("expected a token of visible letters without spaces, {found}")]
    Token {
        /// What is wrong with it; never the token.
        found: &'static str,
    },
}
