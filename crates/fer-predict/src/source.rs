use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use fer_artifact::{Digest, Header, Model, describe, describe_bytes, read, read_bytes};

use crate::{BUILT_IN, Error, built_in};

/// Where a model is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// In this crate, by one of the names in [`BUILT_IN`]; any other is of no model.
    BuiltIn(&'static str),
    /// In this file, as train leaves it or `fer export-model` writes it.
    File(PathBuf),
}

impl ModelSource {
    /// The model that is meant where none is named: the first of [`BUILT_IN`].
    pub const DEFAULT: Self = Self::BuiltIn(BUILT_IN[0]);

    /// What lies at a path; where nothing does, the model that is built in under that name.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] where there is neither.
    pub fn of(path: &Path) -> Result<Self, Error> {
        let is_there = !path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound);
        let named = || BUILT_IN.iter().find(|name| path.as_os_str() == **name);
        match (is_there, named()) {
            (true, _) => Ok(Self::File(path.to_owned())),
            (false, Some(name)) => Ok(Self::BuiltIn(name)),
            (false, None) => Err(Error::UnknownModel { given: path.to_owned() }),
        }
    }

    /// The model.
    ///
    /// # Errors
    /// [`Error::Artifact`] for a file that is no model, [`Error::UnknownModel`] for a name that is of none.
    pub fn read(&self) -> Result<Model, Error> {
        Ok(match self {
            Self::BuiltIn(name) => read_bytes(name.as_ref(), bytes_of(name)?)?,
            Self::File(path) => read(path)?,
        })
    }

    /// What the header of its file says.
    ///
    /// # Errors
    /// [`Error::Artifact`] for a file that is none of `fer`'s, [`Error::UnknownModel`] for a name that is of no model.
    pub fn header(&self) -> Result<Header, Error> {
        let header = match self {
            Self::BuiltIn(name) => describe_bytes(name.as_ref(), bytes_of(name)?)?.0,
            Self::File(path) => describe(path)?.0,
        };
        header.ok_or_else(|| fer_artifact::Error::NoHeader { path: self.name().to_owned() }.into())
    }

    /// The digest of its file.
    ///
    /// # Errors
    /// [`Error::Artifact`] for a file that cannot be read, [`Error::UnknownModel`] for a name that is of no model.
    pub fn digest(&self) -> Result<Digest, Error> {
        Ok(match self {
            Self::BuiltIn(name) => Digest::of_bytes(bytes_of(name)?),
            Self::File(path) => Digest::of_file(path)?,
        })
    }

    /// What stands for it in messages: its name or its path.
    pub fn name(&self) -> &Path {
        match self {
            Self::BuiltIn(name) => name.as_ref(),
            Self::File(path) => path,
        }
    }
}

impl fmt::Display for ModelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().display().fmt(f)
    }
}

fn bytes_of(name: &str) -> Result<&'static [u8], Error> {
    built_in(name).ok_or_else(|| Error::UnknownModel { given: name.into() })
}
