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
    let mut halves = vec![];
    for (name, array) in model.tensors.iter().filter(|(_, array)| is_halved(array)) {
        halves.push((name.clone(), array.shape.clone(), narrowed(path, name, &array.data)?));
    }
    let kept = model.tensors.iter().filter(|(_, array)| !is_halved(array));
    let kept = kept.map(|(name, array)| (name.clone(), array.shape.clone(), Tensor::F32(&array.data)));
    let halves = halves.iter().map(|(name, shape, bits)| (name.clone(), shape.clone(), Tensor::F16(bits)));
    write_parts(path, &header(model, provenance), kept.chain(halves).collect())
}

fn is_halved(array: &Array) -> bool {
    array.shape.len() > 1
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
