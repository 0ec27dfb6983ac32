use std::fmt;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::{Error, open_regular};

/// A BLAKE3 digest, 32 bytes; written as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digest of a byte string.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Digest of a file's contents, read in pieces.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read.
    pub fn of_file(path: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), action: "read the file", source };
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(open_regular(path).map_err(io)?).map_err(io)?;
        Ok(Self(*hasher.finalize().as_bytes()))
    }
}

impl From<blake3::Hash> for Digest {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        blake3::Hash::from_hex(text)
            .map(Self::from)
            .map_err(|_| format!("expected a digest of 64 hexadecimal digits, found {text:?}"))
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Hashes what is read through it. Its clones know the same bytes, so that one can be asked while another is being read.
///
/// ```
/// use std::io::Read;
/// let hashed = fer_artifact::Hashed::new(&b"faces"[..]);
/// let mut bytes = vec![];
/// hashed.clone().read_to_end(&mut bytes)?;
/// assert_eq!(hashed.digest(), Some(fer_artifact::Digest::of_bytes(b"faces")));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Hashed<R>(Arc<Mutex<Passing<R>>>);

#[derive(Debug)]
struct Passing<R> {
    inner: R,
    hasher: blake3::Hasher,
    is_at_end: bool,
}

impl<R> Hashed<R> {
    /// Of a reader at the beginning of what it reads.
    pub fn new(inner: R) -> Self {
        Self(Arc::new(Mutex::new(Passing { inner, hasher: blake3::Hasher::new(), is_at_end: false })))
    }

    /// The digest of all bytes; none as long as the end was not seen.
    pub fn digest(&self) -> Option<Digest> {
        let passing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        passing.is_at_end.then(|| passing.hasher.finalize().into())
    }
}

impl<R> Clone for Hashed<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut passing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = passing.inner.read(out)?;
        passing.hasher.update(&out[..count]);
        passing.is_at_end |= count == 0 && !out.is_empty();
        Ok(count)
    }
}
