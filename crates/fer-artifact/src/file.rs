//! The file format: artifacts are written, read and described. With `open_file.rs`, the only place that knows safetensors.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::SafeTensorError;
use safetensors::tensor::{Metadata, TensorInfo as RawInfo};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::atomic::{fault, write_made};
use crate::open_file::{Contents, KEY};
use crate::{Array, Digest, Error, Header, Kind, Provenance, SCHEMA, Split, Tensor, canonical_json, shown};

#[cfg(target_endian = "big")]
compile_error!("safetensors files are little-endian, and so must be the machine");

/// A type that travels between stages in a file of its own kind.
pub trait Artifact: Sized {
    /// The kind in the header.
    const KIND: Kind;
    /// Class names.
    fn classes(&self) -> &[String];
    /// Part of the data, for the kinds that hold one.
    fn split(&self) -> Option<Split>;
    /// The header's entries beyond the common ones.
    fn details(&self) -> Map<String, Value>;
    /// Name, shape and elements of every tensor.
    fn tensors(&self) -> Vec<(String, Vec<usize>, Tensor<'_>)>;
    /// The value that a file holds, checked.
    ///
    /// # Errors
    /// Whatever of the contents the kind does not allow.
    fn from_contents(header: Header, contents: &mut Contents<'_>) -> Result<Self, Error>;
}

/// Writes an artifact beside its place, syncs it and renames it; returns the file's digest. Pixels that are not in memory
/// are read, or made, while they are written.
///
/// # Errors
/// [`Error::Io`], and what [`crate::Pixels::read`] returns; the former file, if any, is then untouched.
pub fn write<A: Artifact>(path: &Path, artifact: &A, provenance: &Provenance) -> Result<Digest, Error> {
    write_parts(path, &header(artifact, provenance), artifact.tensors())
}

pub(crate) fn header<A: Artifact>(artifact: &A, provenance: &Provenance) -> Header {
    Header {
        kind: A::KIND,
        schema: SCHEMA,
        producer: provenance.producer.clone(),
        classes: artifact.classes().to_vec(),
        split: artifact.split(),
        seed: provenance.seed,
        parents: provenance.parents.clone(),
        params: provenance.params.clone(),
        details: artifact.details(),
    }
}

pub(crate) fn write_parts(
    path: &Path,
    header: &Header,
    mut tensors: Vec<(String, Vec<usize>, Tensor<'_>)>,
) -> Result<Digest, Error> {
    // Widest first keeps every tensor aligned; then by name, so that the order is fixed.
    tensors.sort_by(|(a, _, x), (b, _, y)| y.dtype().cmp(&x.dtype()).then(a.cmp(b)));
    let head = header_bytes(header, &tensors).map_err(|error| format_error(path, &error))?;
    write_made(path, |out| {
        let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(|source| fault(path, source));
        write(&(head.len() as u64).to_le_bytes())?;
        write(&head)?;
        tensors.iter().try_for_each(|(_, _, tensor)| tensor.write_to(&mut write))
    })
}

fn header_bytes(header: &Header, tensors: &[(String, Vec<usize>, Tensor<'_>)]) -> Result<Vec<u8>, SafeTensorError> {
    let mut start = 0;
    let infos = tensors.iter().map(|(name, shape, tensor)| {
        let end = start + tensor.size();
        let info = RawInfo { dtype: tensor.dtype(), shape: shape.clone(), data_offsets: (start, end) };
        start = end;
        (name.clone(), info)
    });
    let infos = infos.collect();
    let metadata = Metadata::new(Some(HashMap::from([(KEY.to_owned(), canonical_json(header))])), infos)?;
    let mut bytes = serde_json::to_vec(&metadata)?;
    bytes.resize(bytes.len().next_multiple_of(8), b' ');
    Ok(bytes)
}

/// Reads an artifact and checks it: kind, schema, names, dtypes, shapes, labels, finite numbers.
///
/// # Errors
/// Any variant of [`Error`]; memory stays bounded by the file's length.
pub fn read<A: Artifact>(path: &Path) -> Result<A, Error> {
    whole(Contents::open(path)?)
}

/// The same of a file whose digest is known: any other contents are refused.
///
/// # Errors
/// As [`read`], and [`Error::Changed`].
pub fn read_known<A: Artifact>(path: &Path, digest: &Digest) -> Result<A, Error> {
    whole(Contents::summed(path, Some(digest))?.0)
}

/// Opens an artifact and checks it as [`read`] does, but leaves its pixels in the file, from which each batch is read when
/// it is asked for. Their numbers are checked as they are read, and that they are those which the file was opened with.
///
/// # Errors
/// As [`read`].
pub fn open<A: Artifact>(path: &Path) -> Result<A, Error> {
    let (contents, file) = Contents::summed(path, None)?;
    whole(contents.with_pixels_in(file))
}

/// The same of a file whose digest is known: any other contents are refused.
///
/// # Errors
/// As [`read`], and [`Error::Changed`].
pub fn open_known<A: Artifact>(path: &Path, digest: &Digest) -> Result<A, Error> {
    let (contents, file) = Contents::summed(path, Some(digest))?;
    whole(contents.with_pixels_in(file))
}

/// The same for a file that lies in memory, as one that is built into a program; `name` stands in messages.
///
/// ```
/// let nothing = fer_artifact::read_bytes::<fer_artifact::Model>("model.safetensors".as_ref(), &[]);
/// assert!(nothing.unwrap_err().to_string().starts_with("model.safetensors: "));
/// ```
///
/// # Errors
/// As [`read`].
pub fn read_bytes<A: Artifact>(name: &Path, bytes: &[u8]) -> Result<A, Error> {
    whole(Contents::of_bytes(name, bytes)?)
}

fn whole<A: Artifact>(mut contents: Contents<'_>) -> Result<A, Error> {
    let path = contents.path;
    let header = contents.header()?;
    if header.kind != A::KIND {
        return Err(Error::Kind { path: path.to_owned(), expected: A::KIND, found: header.kind });
    }
    let kind = header.kind;
    let artifact = A::from_contents(header, &mut contents)?;
    match contents.left.into_keys().next() {
        Some(name) => Err(Error::UnexpectedTensor { path: path.to_owned(), kind, name }),
        None => Ok(artifact),
    }
}

/// All F32 and F16 tensors of a safetensors file from anywhere, by name. PyTorch's `*.num_batches_tracked` are left out.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`], or [`Error::Tensor`] for a tensor of another dtype.
pub fn read_tensors(path: &Path) -> Result<BTreeMap<String, Array>, Error> {
    Contents::open(path)?.take_arrays()
}

/// The same for a file that lies in memory, as one that is built into a program; `name` stands in messages.
///
/// # Errors
/// As [`read_tensors`].
pub fn read_tensors_bytes(name: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Array>, Error> {
    Contents::of_bytes(name, bytes)?.take_arrays()
}

/// A tensor in a file, without its elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TensorInfo {
    /// The tensor's name.
    pub name: String,
    /// The dtype's name in safetensors (`F32`, `U8`, …).
    pub dtype: String,
    /// Size of each dimension.
    pub shape: Vec<usize>,
}

/// The header, if there is one, and the tensor table of a safetensors file, without reading the tensors. The table is
/// sorted by name.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`] or [`Error::Header`].
pub fn describe(path: &Path) -> Result<(Option<Header>, Vec<TensorInfo>), Error> {
    description(&Contents::open(path)?)
}

/// The same of a file whose digest is known, which is read to its end.
///
/// # Errors
/// As [`describe`], and [`Error::Changed`].
pub fn describe_known(path: &Path, digest: &Digest) -> Result<(Option<Header>, Vec<TensorInfo>), Error> {
    description(&Contents::summed(path, Some(digest))?.0)
}

/// The same for a file that lies in memory, as one that is built into a program; `name` stands in messages.
///
/// # Errors
/// As [`describe`].
pub fn describe_bytes(name: &Path, bytes: &[u8]) -> Result<(Option<Header>, Vec<TensorInfo>), Error> {
    description(&Contents::of_bytes(name, bytes)?)
}

fn description(contents: &Contents<'_>) -> Result<(Option<Header>, Vec<TensorInfo>), Error> {
    let header = match contents.header() {
        Ok(header) => Some(header),
        Err(Error::NoHeader { .. }) => None,
        Err(error) => return Err(error),
    };
    let table = contents.left.iter().map(|(name, info)| TensorInfo {
        name: name.clone(),
        dtype: format!("{:?}", info.dtype),
        shape: info.shape.clone(),
    });
    Ok((header, table.collect()))
}

fn format_error(path: &Path, error: &SafeTensorError) -> Error {
    Error::Format { path: path.to_owned(), reason: shown(&error.to_string()) }
}
