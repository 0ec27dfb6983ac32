//! An open safetensors file: what its header says, and tensors that are taken out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::Pod;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo as RawInfo};

use crate::array::widened;
use crate::content::{FIRST, identify};
use crate::in_file::{Bytes, InFile};
use crate::pixels::{PixelValue, check_values};
use crate::sums::{Reader, Summed};
use crate::{Array, Digest, Error, Header, Pixels, SCHEMA, Split, no_class_name, open_regular, shown};

pub(crate) const KEY: &str = "fer";
/// Longest header that is read. Ours have some kilobytes; a parsed header takes some ten times its bytes in memory, and
/// this is what bounds it.
pub(crate) const MAX_HEADER: u64 = 16 << 20;
/// Most values in a header. Each takes some 100 to 200 bytes of memory.
pub(crate) const MAX_VALUES: usize = 1 << 19;
/// Longest side of an image. A file without images may claim any size for them; products of sides must not overflow.
pub(crate) const MAX_SIDE: usize = 1 << 14;
/// Most classes: a label is a byte.
pub(crate) const MAX_CLASSES: usize = 256;
/// What PyTorch's batch norm saves beside its statistics (I64, scalar); nothing here needs it.
const BATCH_COUNTER: &str = ".num_batches_tracked";

/// What is wrong with a file whose first bytes are no length of a header.
fn no_header(first: &[u8], head: Option<u64>, length: u64) -> String {
    match (identify(first), head) {
        (Some(what), _) => format!("found {what}"),
        (None, Some(head)) => format!("its header claims {head} bytes, the file has {length}"),
        (None, None) => format!("expected at least 8 bytes, found {length}"),
    }
}

/// An open file: its tensor table checked against its length, and the tensors not yet taken.
#[derive(Debug)]
pub struct Contents<'a> {
    pub(crate) path: &'a Path,
    file: Box<dyn Source + 'a>,
    /// The file, where pixels are to stay in it.
    pixels: Option<Summed>,
    data_start: u64,
    header: Option<String>,
    pub(crate) left: BTreeMap<String, RawInfo>,
}

/// A file on the disk or in memory.
trait Source: Read + Seek + std::fmt::Debug {}
impl<T: Read + Seek + std::fmt::Debug> Source for T {}

impl<'a> Contents<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), action: "read the file", source };
        Self::of_file(path, open_regular(path).map_err(io)?)
    }

    /// The same; what is taken out of it is what it was opened with. With a digest, it must be the file that has it.
    pub(crate) fn summed(path: &'a Path, digest: Option<&Digest>) -> Result<(Self, Summed), Error> {
        let io = |source| Error::Io { path: path.to_owned(), action: "read the file", source };
        let file = open_regular(path).map_err(io)?;
        if digest.is_none() {
            // What is no such file, however long, is refused by its first bytes.
            Self::of_file(path, file.try_clone().map_err(io)?)?;
        }
        let file = Arc::new(file);
        let is_known = |found: &Digest| digest.is_none_or(|digest| digest == found);
        let (mut summed, mut found) = Summed::of(Arc::clone(&file)).map_err(io)?;
        if !is_known(&found) {
            // It may have been read wrongly, once.
            (summed, found) = Summed::of(file).map_err(io)?;
        }
        match is_known(&found) {
            true => Ok((Self::of(path, Box::new(Reader { file: summed.clone(), at: 0 }), summed.length())?, summed)),
            false => Err(Error::Changed { path: path.to_owned() }),
        }
    }

    /// The same; pixels are to stay in the file, from where they are read.
    pub(crate) fn with_pixels_in(self, file: Summed) -> Self {
        Self { pixels: Some(file), ..self }
    }

    pub(crate) fn of_file(path: &'a Path, file: File) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), action: "read the file", source };
        let length = file.metadata().map_err(io)?.len();
        Self::of(path, Box::new(file), length)
    }

    /// The same for a file that lies in memory.
    pub(crate) fn of_bytes(name: &'a Path, bytes: &'a [u8]) -> Result<Self, Error> {
        Self::of(name, Box::new(Cursor::new(bytes)), bytes.len() as u64)
    }

    fn of(path: &'a Path, mut file: Box<dyn Source + 'a>, length: u64) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), action: "read the file", source };
        let format = |reason: String| Error::Format { path: path.to_owned(), reason };
        let mut first = vec![];
        file.by_ref().take(FIRST).read_to_end(&mut first).map_err(io)?;
        let head = first.first_chunk().map(|head| u64::from_le_bytes(*head));
        let head = match head.filter(|&head| head <= length - 8) {
            Some(head) => head,
            None => return Err(format(no_header(&first, head, length))),
        };
        file.seek(SeekFrom::Start(8)).map_err(io)?;
        if head > MAX_HEADER {
            return Err(format(format!("its header has {head} bytes, expected at most {MAX_HEADER}")));
        }
        let mut bytes = vec![0; head as usize];
        file.read_exact(&mut bytes).map_err(io)?;
        check_values_of(&bytes).map_err(&format)?;
        let metadata: Metadata = serde_json::from_slice(&bytes)
            .map_err(|error| format(format!("its header: {}", shown(&error.to_string()))))?;
        let expected = (8 + head).saturating_add(metadata.data_len() as u64);
        if expected != length {
            return Err(format(format!("its header describes {expected} bytes, the file has {length}")));
        }
        let header = metadata.metadata().as_ref().and_then(|map| map.get(KEY)).cloned();
        let left = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        Ok(Self { path, file, pixels: None, data_start: 8 + head, header, left })
    }

    /// The file's path, for messages.
    pub fn path(&self) -> &Path {
        self.path
    }

    /// The header's split.
    ///
    /// # Errors
    /// [`Error::Header`] if it has none.
    pub fn split(&self, header: &Header) -> Result<Split, Error> {
        header.split.ok_or_else(|| self.header_error("missing field `split`"))
    }

    fn header_error(&self, reason: impl ToString) -> Error {
        Error::Header { path: self.path.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn header(&self) -> Result<Header, Error> {
        let text = self.header.as_deref().ok_or_else(|| Error::NoHeader { path: self.path.to_owned() })?;
        check_values_of(text.as_bytes()).map_err(|reason| self.header_error(reason))?;
        let header: Header =
            serde_json::from_str(text).map_err(|error| self.header_error(shown(&error.to_string())))?;
        if header.schema != SCHEMA {
            let (kind, found) = (header.kind, header.schema);
            return Err(Error::Schema { path: self.path.to_owned(), kind, expected: SCHEMA, found });
        }
        if header.classes.is_empty() || header.classes.len() > MAX_CLASSES {
            return Err(
                self.header_error(format!("expected 1 to {MAX_CLASSES} classes, found {}", header.classes.len()))
            );
        }
        let mut seen = BTreeSet::new();
        if let Some(reason) = header.classes.iter().find_map(|class| no_class_name(class)) {
            return Err(self.header_error(reason));
        }
        match header.classes.iter().find(|&class| !seen.insert(class)) {
            None => Ok(header),
            Some(class) => Err(self.header_error(format!("class `{}` stands twice", shown(class)))),
        }
    }

    /// Whether the file has a tensor of this name that is not taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// Takes a U8 tensor; `None` in `shape` lets a dimension have any size.
    ///
    /// # Errors
    /// [`Error::MissingTensor`], [`Error::Tensor`] or [`Error::Io`].
    pub fn take_u8(&mut self, name: &str, shape: &[Option<usize>]) -> Result<(Vec<usize>, Vec<u8>), Error> {
        self.take(name, Dtype::U8, Some(shape))
    }

    /// Takes a U32 tensor, as [`Self::take_u8`] does.
    ///
    /// # Errors
    /// As [`Self::take_u8`].
    pub fn take_u32(&mut self, name: &str, shape: &[Option<usize>]) -> Result<(Vec<usize>, Vec<u32>), Error> {
        self.take(name, Dtype::U32, Some(shape))
    }

    /// Takes an F32 tensor, as [`Self::take_u8`] does.
    ///
    /// # Errors
    /// As [`Self::take_u8`].
    pub fn take_f32(&mut self, name: &str, shape: &[Option<usize>]) -> Result<(Vec<usize>, Vec<f32>), Error> {
        self.take(name, Dtype::F32, Some(shape))
    }

    /// Takes a tensor of pixels, as [`Self::take_u8`] does; [`crate::open`] leaves them in the file. Numbers that are not finite
    /// are refused as they are read.
    ///
    /// # Errors
    /// As [`Self::take_u8`], and [`Error::Value`].
    pub fn take_pixels<T: PixelValue>(
        &mut self,
        name: &'static str,
        shape: &[Option<usize>],
    ) -> Result<(Vec<usize>, Pixels<T>), Error> {
        let info = self.take_info(name, T::DTYPE, Some(shape))?;
        let (path, start) = (self.path.to_owned(), self.data_start + info.data_offsets.0 as u64);
        let pixels = match &self.pixels {
            Some(file) => {
                let (len, bytes) = (info.shape.iter().product(), Bytes::Summed(file.clone()));
                Pixels::elsewhere(len, 1, InFile { bytes, path, name, start })
            }
            None => {
                let values: Vec<T> = self.values(&info)?;
                check_values(self.path, name, &values, 0)?;
                values.into()
            }
        };
        Ok((info.shape, pixels))
    }

    /// Takes all tensors that are left, each F32, or F16 and then widened.
    ///
    /// # Errors
    /// As [`Self::take_u8`].
    pub fn take_arrays(&mut self) -> Result<BTreeMap<String, Array>, Error> {
        self.left.retain(|name, info| !(name.ends_with(BATCH_COUNTER) && info.dtype == Dtype::I64));
        let names: Vec<String> = self.left.keys().cloned().collect();
        let mut arrays = BTreeMap::new();
        for name in names {
            let (shape, data) = match self.left[&name].dtype {
                Dtype::F16 => {
                    let (shape, bits) = self.take(&name, Dtype::F16, None)?;
                    (shape, widened(bits))
                }
                _ => self.take(&name, Dtype::F32, None)?,
            };
            arrays.insert(name, Array { shape, data });
        }
        Ok(arrays)
    }

    fn take<T: Pod>(
        &mut self,
        name: &str,
        dtype: Dtype,
        shape: Option<&[Option<usize>]>,
    ) -> Result<(Vec<usize>, Vec<T>), Error> {
        let info = self.take_info(name, dtype, shape)?;
        let values = self.values(&info)?;
        Ok((info.shape, values))
    }

    /// Takes a tensor's line in the table, and leaves its elements where they are.
    fn take_info(&mut self, name: &str, dtype: Dtype, shape: Option<&[Option<usize>]>) -> Result<RawInfo, Error> {
        let path = || PathBuf::from(self.path);
        let Some(info) = self.left.remove(name) else {
            return Err(Error::MissingTensor { path: path(), name: name.to_owned() });
        };
        let fits = |shape: &[Option<usize>]| {
            shape.len() == info.shape.len()
                && shape.iter().zip(&info.shape).all(|(want, &is)| want.is_none_or(|w| w == is))
        };
        if info.dtype == dtype && shape.is_none_or(fits) {
            return Ok(info);
        }
        let expected = match shape {
            Some(shape) => format!("{dtype:?} {}", pattern(shape)),
            None => format!("{dtype:?}"),
        };
        let found = format!("{:?} {:?}", info.dtype, info.shape);
        Err(Error::Tensor { path: path(), name: name.to_owned(), expected, found })
    }

    fn values<T: Pod>(&mut self, info: &RawInfo) -> Result<Vec<T>, Error> {
        let io = |source| Error::Io { path: self.path.to_owned(), action: "read the file", source };
        let (start, end) = info.data_offsets;
        let mut data = vec![T::zeroed(); (end - start) / size_of::<T>()];
        self.file.seek(SeekFrom::Start(self.data_start + start as u64)).map_err(io)?;
        self.file.read_exact(bytemuck::cast_slice_mut(&mut data)).map_err(io)?;
        Ok(data)
    }
}

/// Fails for JSON of more values than a header may have, before any of them is made.
fn check_values_of(json: &[u8]) -> Result<(), String> {
    let (mut values, mut in_text, mut is_escaped) = (1_usize, false, false);
    for &byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    match values <= MAX_VALUES {
        true => Ok(()),
        false => Err(format!("expected a header of at most {MAX_VALUES} values, found {values}")),
    }
}

fn pattern(shape: &[Option<usize>]) -> String {
    let sizes: Vec<String> = shape.iter().map(|size| size.map_or("*".to_owned(), |n| n.to_string())).collect();
    format!("[{}]", sizes.join(", "))
}

pub(crate) fn check_sides(path: &Path, height: usize, width: usize) -> Result<(), Error> {
    match [height, width].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
        true => Ok(()),
        false => Err(Error::Value {
            path: path.to_owned(),
            what: "images".to_owned(),
            expected: format!("a height and a width from 1 to {MAX_SIDE}"),
            found: format!("{height} and {width}"),
        }),
    }
}

pub(crate) fn check_labels(path: &Path, labels: &[u8], classes: &[String]) -> Result<(), Error> {
    match labels.iter().position(|&label| usize::from(label) >= classes.len()) {
        None => Ok(()),
        Some(index) => Err(Error::Value {
            path: path.to_owned(),
            what: format!("labels[{index}]"),
            expected: format!("a label below {}, the number of classes", classes.len()),
            found: labels[index].to_string(),
        }),
    }
}
