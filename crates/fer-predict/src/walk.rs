use std::path::{Path, PathBuf};

/// What lies at a path or below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Something that may be a picture.
    File(PathBuf),
    /// Nothing that could be, and why.
    Nothing(PathBuf, String),
}

impl Found {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Nothing(path, _) => path,
        }
    }
}

/// Goes through paths as they were given, and through folders by name and at any depth; one folder's names are in memory
/// at a time, and those of the folders that it is in. What is hidden in a folder is left out.
#[derive(Debug)]
pub struct Walk {
    /// What is still to come, the next one last.
    left: Vec<PathBuf>,
    /// Paths of [`Self::left`] that the user has given: links to folders are followed there and nowhere else, so that
    /// no circle is walked.
    given: usize,
    /// A folder that is not entered, being our own output.
    except: Option<PathBuf>,
}

impl Walk {
    /// Goes through these files and folders; a folder `except`, such as that of our own output, is passed over.
    pub fn new<P: AsRef<Path>>(paths: &[P], except: Option<&Path>) -> Self {
        let except = except.and_then(|path| path.canonicalize().ok());
        let left = paths.iter().rev().map(|path| path.as_ref().to_owned()).collect();
        Self { left, given: paths.len(), except }
    }

    /// Puts the contents of a folder next; says what else there is to say.
    fn enter(&mut self, folder: &Path) -> Result<(), String> {
        let entries = std::fs::read_dir(folder).map_err(|error| format!("cannot be read: {error}"))?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let names: Result<Vec<_>, _> = names.collect();
        let mut names = names.map_err(|error| format!("cannot be read: {error}"))?;
        names.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
        if names.is_empty() {
            return Err("an empty folder".to_owned());
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        self.left.extend(names.iter().map(|name| folder.join(name)));
        Ok(())
    }

    fn is_left_out(&self, folder: &Path) -> bool {
        self.except.is_some() && self.except == folder.canonicalize().ok()
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let path = self.left.pop()?;
            let is_given = self.left.len() < self.given;
            if is_given {
                self.given = self.left.len();
            }
            if !path.is_dir() {
                return Some(Found::File(path));
            }
            if !is_given && path.is_symlink() {
                return Some(Found::Nothing(path, "a link to a folder, which is not followed".to_owned()));
            }
            if self.is_left_out(&path) {
                continue;
            }
            if let Err(problem) = self.enter(&path) {
                return Some(Found::Nothing(path, problem));
            }
        }
    }
}
