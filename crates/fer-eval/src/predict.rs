//! The only file that knows tensors.

use candle_core::{Device, Tensor};
use fer_artifact::{FeatureSet, Model, Predictions};
use fer_model::{Mode, Network, NetworkConfig};

use crate::Error;

/// What the model says of every image, `batch_size` (at least 1) at a time, in evaluation mode.
///
/// The network comes from the model's header. An image's logits do not depend on the images beside it; on the batch
/// size they depend at most in the last bits, since matrix products of other sizes may sum in another order.
///
/// # Errors
/// A header without a network, tensors that do not fit it, other classes or another image size than the model's, or a
/// split without images.
pub fn predict(model: &Model, features: &FeatureSet, batch_size: usize) -> Result<Predictions, Error> {
    let config: NetworkConfig = serde_json::from_value(model.network.clone())
        .map_err(|error| Error::NoNetwork { reason: error.to_string() })?;
    check(model, &config, features)?;
    let network = Network::load(&config, tensors(model)?)?;
    let size = features.height * features.width;
    let mut logits = Vec::with_capacity(features.len() * config.classes);
    for images in features.images.chunks(batch_size.max(1) * size) {
        let shape = (images.len() / size, 1, features.height, features.width);
        let batch = Tensor::from_slice(images, shape, &Device::Cpu)?;
        logits.extend(network.forward(&batch, Mode::Evaluate)?.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(Predictions {
        classes: model.classes.clone(),
        split: features.split,
        logits,
        labels: features.labels.clone(),
        rows: features.rows.clone(),
    })
}

fn check(model: &Model, config: &NetworkConfig, features: &FeatureSet) -> Result<(), Error> {
    let split = features.split;
    if features.classes != model.classes {
        return Err(Error::Classes { split, expected: model.classes.clone(), found: features.classes.clone() });
    }
    let (expected, found) = ((config.height, config.width), (features.height, features.width));
    if expected != found {
        return Err(Error::Size { split, expected, found });
    }
    if features.is_empty() { Err(Error::Empty { split }) } else { Ok(()) }
}

fn tensors(model: &Model) -> Result<std::collections::BTreeMap<String, Tensor>, Error> {
    let tensor = |(name, array): (&String, &fer_artifact::Array)| {
        Ok((name.clone(), Tensor::from_slice(&array.data, array.shape.as_slice(), &Device::Cpu)?))
    };
    model.tensors.iter().map(tensor).collect()
}
