use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fer_artifact::{
    Artifact, Digest, Header, Kind, Provenance, Seed, TABLE, describe, describe_known, has_file, open, open_known,
    read, read_known, read_regular_text, write, write_atomic,
};
use serde_json::Value;

use crate::company::Company;
use crate::last_part::last_part;
use crate::progress::{Clock, Event, Reporter};
use crate::run_folder::checkpoints::CHECKPOINTS;
use crate::run_folder::folder::{CONFIG_FILE, Writer};
use crate::slot::{Input, Resolved};
use crate::yaml::document::from_yaml;
use crate::{RunOptions, StageName};

/// What a running stage sees of the world.
pub(crate) struct Context<'a> {
    pub(crate) name: StageName,
    pub(crate) input_dir: &'a Path,
    /// Its inputs, with their paths in the run folder.
    pub(crate) inputs: Vec<Resolved>,
    /// The chain with every parameter, in a run of one.
    pub(crate) chain: Option<&'a str>,
    pub(crate) output_dir: &'a Path,
    /// Where the outputs go in the end.
    pub(crate) target: &'a Path,
    /// What holds the run folder, where there is one.
    pub(crate) writer: Option<&'a Writer>,
    /// The processes that work together.
    pub(crate) company: &'a Company,
    /// Key of all that the outputs depend on.
    pub(crate) origin: String,
    pub(crate) checkpoint_key: Option<String>,
    pub(crate) options: &'a RunOptions,
    pub(crate) provenance: Provenance,
    pub(crate) pipeline_seed: Seed,
    pub(crate) written: BTreeMap<String, Digest>,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) reporter: &'a mut dyn Reporter,
}

impl Context<'_> {
    /// The stage's own stream of randomness.
    pub(crate) fn seed(&self) -> Seed {
        self.provenance.seed
    }

    /// An input that is an artifact.
    ///
    /// # Errors
    /// As [`fer_artifact::read`].
    pub(crate) fn read<A: Artifact>(&self, file: &'static str) -> Result<A, fer_artifact::Error> {
        self.read_at(&self.path(A::KIND, file))
    }

    /// An artifact at this path, which is an input if it lies among them.
    ///
    /// # Errors
    /// As [`fer_artifact::read_known`].
    pub(crate) fn read_at<A: Artifact>(&self, path: &Path) -> Result<A, fer_artifact::Error> {
        self.digest(path).map_or_else(|| read(path), |digest| read_known(path, digest))
    }

    /// What the plan saw at this path: that, and nothing else, is read.
    fn digest(&self, path: &Path) -> Option<&Digest> {
        self.provenance.parents.get(path.strip_prefix(self.input_dir).ok()?.to_str()?)
    }

    /// An input that is a set of images, which are read by the batch.
    ///
    /// # Errors
    /// As [`fer_artifact::open`].
    pub(crate) fn open<A: Artifact>(&self, file: &'static str) -> Result<A, fer_artifact::Error> {
        let path = self.path(A::KIND, file);
        self.digest(&path).map_or_else(|| open(&path), |digest| open_known(&path, digest))
    }

    /// The same, if it is there.
    ///
    /// # Errors
    /// As [`fer_artifact::open`].
    pub(crate) fn open_optional<A: Artifact>(&self, file: &'static str) -> Result<Option<A>, fer_artifact::Error> {
        if self.has(A::KIND, file) { self.open(file).map(Some) } else { Ok(None) }
    }

    /// Whether an input was there when the plan was made.
    pub(crate) fn has(&self, of: Kind, file: &'static str) -> bool {
        self.digest(&self.path(of, file)).is_some()
    }

    /// The header of an artifact among the inputs.
    ///
    /// # Errors
    /// As [`fer_artifact::describe_known`].
    pub(crate) fn header(&self, input: &Input) -> Result<Option<Header>, fer_artifact::Error> {
        let path = self.path_of(input);
        Ok(self.digest(&path).map_or_else(|| describe(&path), |digest| describe_known(&path, digest))?.0)
    }

    /// Fails if what was read from outside of the run folder is not what the plan saw under this name.
    ///
    /// # Errors
    /// [`fer_artifact::Error::Changed`].
    pub(crate) fn check_foreign(
        &self,
        name: &str,
        found: Option<Digest>,
        path: &Path,
    ) -> Result<(), fer_artifact::Error> {
        match (self.provenance.parents.get(name), found) {
            (Some(known), Some(found)) if *known != found => {
                Err(fer_artifact::Error::Changed { path: path.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// The text of an input that is no artifact.
    ///
    /// # Errors
    /// [`fer_artifact::Error::Io`].
    pub(crate) fn read_text(&self, of: Kind, file: &'static str) -> Result<String, fer_artifact::Error> {
        let path = self.path(of, file);
        let text = text(&path)?;
        match self.digest(&path) {
            Some(digest) if *digest != Digest::of_bytes(text.as_bytes()) => Err(fer_artifact::Error::Changed { path }),
            _ => Ok(text),
        }
    }

    fn path(&self, of: Kind, file: &'static str) -> PathBuf {
        let is_asked = |known: &&Resolved| (known.input.of, known.input.file, known.input.from) == (of, file, None);
        let known = self.inputs.iter().find(is_asked).expect("a stage reads what it says that it reads");
        self.input_dir.join(&known.path)
    }

    /// Where an input lies.
    pub(crate) fn path_of(&self, input: &Input) -> PathBuf {
        let known = self.inputs.iter().find(|known| known.input == *input);
        self.input_dir.join(&known.expect("a stage reads what it says that it reads").path)
    }

    /// The folder of the stage that makes the first of its inputs; the run folder for a stage that reads none.
    pub(crate) fn maker_dir(&self, reads: &[Input]) -> PathBuf {
        let first = reads.first().map(|input| self.path(input.of, input.file));
        first.and_then(|path| Some(path.parent()?.to_owned())).unwrap_or_else(|| self.input_dir.to_owned())
    }

    /// The chain's resolved configuration, if there is one or the run folder has it.
    ///
    /// # Errors
    /// [`fer_artifact::Error::Io`].
    pub(crate) fn configuration(&self) -> Result<String, fer_artifact::Error> {
        if let Some(chain) = self.chain {
            return Ok(chain.to_owned());
        }
        let path = self.input_dir.join(CONFIG_FILE);
        let is_there = has_file(&path).map_err(|source| fault(&path, source))?;
        if is_there { text(&path) } else { Ok(String::new()) }
    }

    /// The names of the chain's run and of its source, the last parts of their paths in the configuration; none where they are not told.
    ///
    /// # Errors
    /// [`fer_artifact::Error::Io`].
    pub(crate) fn names(&self) -> Result<[Option<String>; 2], fer_artifact::Error> {
        let configuration = from_yaml(&self.configuration()?);
        let stages = configuration["stages"].as_array().into_iter().flatten();
        let source = stages.map(|stage| &stage["params"]["source"]["path"]).find(|path| path.is_string());
        let last = |path: &Value| last_part(Path::new(path.as_str()?));
        Ok([&configuration["run_dir"], source.unwrap_or(&Value::Null)].map(last))
    }

    /// Fails if the run folder is not held any more.
    ///
    /// # Errors
    /// [`crate::Error::Lost`].
    pub(crate) fn check_held(&self) -> Result<(), crate::Error> {
        self.writer.map_or(Ok(()), Writer::check)
    }

    /// Where the stage keeps checkpoints.
    pub(crate) fn checkpoint_dir(&self) -> PathBuf {
        self.target.join(CHECKPOINTS)
    }

    /// Writes an output.
    ///
    /// # Errors
    /// As [`fer_artifact::write()`].
    pub(crate) fn write<A: Artifact>(&mut self, name: &str, artifact: &A) -> Result<(), fer_artifact::Error> {
        let digest = write(&self.output_dir.join(name), artifact, &self.provenance)?;
        self.written.insert(name.to_owned(), digest);
        Ok(())
    }

    /// Writes an output that is no artifact.
    ///
    /// # Errors
    /// As [`fer_artifact::write_atomic`].
    pub(crate) fn write_text(&mut self, name: &str, text: &str) -> Result<(), fer_artifact::Error> {
        self.write_bytes(name, text.as_bytes())
    }

    /// Writes an output that is neither artifact nor text.
    ///
    /// # Errors
    /// As [`fer_artifact::write_atomic`].
    pub(crate) fn write_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), fer_artifact::Error> {
        let digest = write_atomic(&self.output_dir.join(name), |out: &mut dyn Write| out.write_all(bytes))?;
        self.written.insert(name.to_owned(), digest);
        Ok(())
    }

    /// Lines for the user to read.
    pub(crate) fn note(&mut self, text: &str) {
        self.reporter.event(&Event::Note { stage: self.name, text });
    }

    /// A line for those who want to know more.
    pub(crate) fn detail(&mut self, text: &str) {
        self.reporter.event(&Event::Detail { stage: self.name, text });
    }

    /// Time since some fixed moment.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

fn text(path: &Path) -> Result<String, fer_artifact::Error> {
    read_regular_text(path, TABLE).map_err(|source| fault(path, source))
}

fn fault(path: &Path, source: std::io::Error) -> fer_artifact::Error {
    fer_artifact::Error::Io { path: path.to_owned(), action: "read the file", source }
}
