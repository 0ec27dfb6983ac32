//! Weights between the tensors of a network and the arrays of an artifact.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor};
use fer_artifact::Array;

pub(crate) type Arrays = BTreeMap<String, Array>;

/// Copies of the tensors.
pub(crate) fn to_arrays(tensors: &BTreeMap<String, Tensor>) -> Result<Arrays> {
    let array = |(name, tensor): (&String, &Tensor)| {
        Ok((name.clone(), Array::new(tensor.dims(), tensor.flatten_all()?.to_vec1()?)))
    };
    tensors.iter().map(array).collect()
}

/// The arrays as tensors.
pub(crate) fn to_tensors(arrays: Arrays) -> Result<BTreeMap<String, Tensor>> {
    let tensor = |(name, array): (String, Array)| Ok((name, Tensor::from_vec(array.data, array.shape, &Device::Cpu)?));
    arrays.into_iter().map(tensor).collect()
}

/// Puts the arrays into `all` under `<prefix>.<name>`.
pub(crate) fn insert(all: &mut Arrays, prefix: &str, arrays: Arrays) {
    all.extend(arrays.into_iter().map(|(name, array)| (format!("{prefix}.{name}"), array)));
}

/// Takes the arrays called `<prefix>.<name>` out of `all`.
pub(crate) fn take(all: &mut Arrays, prefix: &str) -> Arrays {
    let full = format!("{prefix}.");
    let taken = all.extract_if(.., |name, _| name.starts_with(&full));
    taken.map(|(name, array)| (name[full.len()..].to_owned(), array)).collect()
}
