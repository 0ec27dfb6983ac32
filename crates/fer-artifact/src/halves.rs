//! Weights of 16 bits on disk.

use std::path::Path;

use half::f16;

use crate::file::{header, write_parts};
use crate::{Array, Digest, Error, Model, Provenance, Tensor};

/// Writes a model as [`crate::write()`] does, with its matrices and kernels in F16, rounded to nearest even: half the
/// bytes. Tensors of one dimension (biases, norms, running statistics) are few, some of them too small for 16 bits,
/// and stay F32. [`crate::read()`] widens what it finds to F32.
///
/// # Errors
/// [`Error::Io`], or [`Error::Value`] for a weight beyond ±65504, which F16 cannot hold.
pub fn write_half(path: &Path, model: &Model, provenance: &Provenance) -> Result<Digest, Error> {
    let halves = model.tensors.iter().map(|(name, array)| Ok((name, array, half(path, name, array)?)));
    let halves = halves.collect::<Result<Vec<_>, Error>>()?;
    let tensors = halves.iter().map(|(name, array, half)| {
        let values = half.as_deref().map_or(Tensor::F32(&array.data), Tensor::F16);
        (name.to_string(), array.shape.clone(), values)
    });
    write_parts(path, &header(model, provenance), tensors.collect())
}

/// The tensor `name` in F16, rounded to nearest even, as IEEE 754's bits; none for one of a single dimension, which
/// stays F32 in a file of 16 bits. `path` is the file to come, for the message.
///
/// # Errors
/// [`Error::Value`] for a weight beyond ±65504, which F16 cannot hold.
pub fn half(path: &Path, name: &str, array: &Array) -> Result<Option<Vec<u16>>, Error> {
    (array.shape.len() > 1).then(|| narrowed(path, name, &array.data)).transpose()
}

fn narrowed(path: &Path, name: &str, values: &[f32]) -> Result<Vec<u16>, Error> {
    let narrow = |(index, &value): (usize, &f32)| {
        let half = f16::from_f32(value);
        half.is_finite().then(|| half.to_bits()).ok_or_else(|| Error::Value {
            path: path.to_owned(),
            what: format!("{name}[{index}]"),
            expected: "a number that 16 bits can hold, up to 65504".to_owned(),
            found: value.to_string(),
        })
    };
    values.iter().enumerate().map(narrow).collect()
}
