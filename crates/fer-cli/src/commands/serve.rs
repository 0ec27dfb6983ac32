//! `fer serve`: pictures in, faces out, over HTTP.

use std::io::{Write, stdout};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use fer_artifact::visible;
use fer_pipeline::progress::Clock;
use fer_predict::{Ensemble, Look, ModelSource, Recognizer};
use fer_serve::{Limits, Models, Runs, Server, Settings, Trust};

use crate::clock::SystemClock;
use crate::commands::arguments::{ThreadArgs, model_source};
use crate::exit_status::ExitStatus;
use crate::interrupt::Interrupt;
use crate::terminal::to_stderr;

/// Most connections, requests and cameras at once.
const MOST: u32 = 1_000_000;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer serve
  fer serve --listen 127.0.0.1:0 --model runs/mine --model other=other.safetensors
  fer serve --listen 0.0.0.0:8080 --token-file token
  fer serve --runs runs    # and open /runs in a browser
  curl --data-binary @holiday.jpg http://127.0.0.1:8080/v1/faces
  curl -F a=@a.jpg -F b=@b.jpg 'http://127.0.0.1:8080/v1/faces?model=other'
Prints its address on standard output and answers until Ctrl-C or SIGTERM, which lets requests in flight finish; a second
one ends it at once. The address is also a page for a browser, with pictures or the camera. /openapi.json describes the
answers, /metrics counts them. No picture is stored or logged.")]
pub(super) struct ServeArgs {
    /// Listen at this address; port 0 takes one that is free.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Answer by this model: a file, a run folder for its last training, or the name of a built-in network, `fer48` (default) or `ferplus48`. Repeat it to offer several: a request chooses by `?model=NAME`, and the first one is the default.
    #[arg(long = "model", value_name = "[NAME=]MODEL|RUN")]
    models: Vec<String>,
    /// Show the runs and sweeps below this folder, as they go, on the page /runs.
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
    /// Answer only requests with the bearer token in this file.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Answer pages of this origin too, such as `https://faces.example`; may be repeated.
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Refuse requests with more MiB than this.
    #[arg(long, value_name = "MIB", default_value = "32", value_parser = clap::value_parser!(u32).range(1..=512))]
    max_body: u32,
    /// Drop a client that takes longer than this for the head of a request, or then for its body, or sends nothing.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=3600))]
    timeout: u32,
    /// Keep at most N connections open; further ones wait.
    #[arg(long, value_name = "N", default_value = "512", value_parser = count)]
    connections: NonZeroU32,
    /// Work on at most N requests with pictures at once; refuse further ones with status 503.
    #[arg(long, value_name = "N", default_value = "128", value_parser = count)]
    queue: NonZeroU32,
    /// Follow at most N cameras at once (`/v1/live`); refuse further ones with status 503.
    #[arg(long, value_name = "N", default_value = "8", value_parser = count)]
    live: NonZeroU32,
    #[command(flatten)]
    threads: ThreadArgs,
}

impl ServeArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let (interrupt, clock) = (Interrupt::watch_without_checkpoint()?, SystemClock::start());
        let settings = Settings {
            models: self.models()?,
            limits: self.limits(),
            trust: self.trust()?,
            runs: self.runs.as_deref().map(Runs::open).transpose()?,
            clock: Arc::new(move || clock.elapsed()),
        };
        let server = Server::listen(&self.listen)?;
        let address = server.address();
        if !address.ip().is_loopback() && self.token_file.is_none() {
            to_stderr("warning: whoever reaches this address is answered; --token-file asks for a token");
        }
        writeln!(stdout(), "http://{address}")?;
        stdout().flush()?;
        server.run(settings, || interrupt.is_asked());
        Ok(ExitStatus::Success)
    }

    fn models(&self) -> Result<Models> {
        let models = match self.models.as_slice() {
            [] => vec![named(ModelSource::DEFAULT.to_string(), ModelSource::DEFAULT)?],
            given => given.iter().map(|model| recognizer(model)).collect::<Result<_>>()?,
        };
        Models::new(models).context("--model (NAME=MODEL gives a model a name)")
    }

    fn limits(&self) -> Limits {
        Limits {
            body: (self.max_body as usize) << 20,
            patience: Duration::from_secs(self.timeout.into()),
            connections: self.connections,
            queue: self.queue,
            live: self.live,
            threads: NonZeroUsize::new(rayon::current_num_threads()).unwrap_or(NonZeroUsize::MIN),
        }
    }

    fn trust(&self) -> Result<Trust> {
        let read = |path: &PathBuf| {
            let path = path.display();
            std::fs::read_to_string(path.to_string()).with_context(|| format!("{path}: cannot read the token"))
        };
        let token = self.token_file.as_ref().map(read).transpose()?;
        Ok(Trust::new(token.as_deref(), &self.origins)?)
    }
}

/// How many there may be at once.
fn count(given: &str) -> Result<NonZeroU32, String> {
    let count = given.parse().ok().filter(|count: &NonZeroU32| count.get() <= MOST);
    count.ok_or_else(|| format!("expected a whole number from 1 to {MOST}, found `{given}`"))
}

/// A model with the name that requests call it by: the one given, that of the built-in network, or that of its file or
/// folder.
fn recognizer(given: &str) -> Result<(String, Recognizer)> {
    let (name, path) = match given.split_once('=') {
        Some((name, path)) if !Path::new(given).exists() => (Some(name), path),
        _ => (None, given),
    };
    named(name.map_or_else(|| own_name(path.as_ref()), str::to_owned), model_source(path.as_ref())?)
}

fn named(name: String, source: ModelSource) -> Result<(String, Recognizer)> {
    Ok((name, Recognizer::new(Ensemble::read(&[source])?, LOOK)?))
}

fn own_name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = if whole.is_dir() { whole.file_name() } else { whole.file_stem() };
    name.map_or_else(|| "model".to_owned(), |name| visible(&name.to_string_lossy()).into_owned())
}

#[cfg(feature = "faces")]
const LOOK: Look = Look::Faces(fer_predict::Search {
    smallest: None,
    roll: fer_predict::Roll::TakenOut,
    way_up: fer_predict::WayUp::Upright,
});
#[cfg(not(feature = "faces"))]
const LOOK: Look = Look::Whole;
