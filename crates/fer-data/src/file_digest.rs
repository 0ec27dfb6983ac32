use std::path::Path;

use fer_artifact::Digest;

use crate::Error;

/// Gives the digest of a file's contents.
pub type FileDigest<'a> = dyn Fn(&Path) -> Result<Digest, fer_artifact::Error> + Sync + 'a;

/// Digest of a line for each file, in their order: so that of several errors the first is told, whatever the threads.
pub(crate) fn digest_of_lines(lines: Vec<Result<String, Error>>) -> Result<Digest, Error> {
    Ok(Digest::of_bytes(lines.into_iter().collect::<Result<String, Error>>()?.as_bytes()))
}
