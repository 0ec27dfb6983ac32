use fer_artifact::{Model, Size, shown};
use fer_imgproc::Preprocessing;
use fer_model::NetworkConfig;
use serde::Deserialize;

use crate::Error;

/// A model whose header is read: the network is known, and the tensors are its own.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) model: &'a Model,
    pub(crate) network: NetworkConfig,
    pub(crate) preprocessing: Preprocessing,
    pub(crate) temperature: f64,
}

impl<'a> Ready<'a> {
    pub(crate) fn new(model: &'a Model) -> Result<Self, Error> {
        let reason = |error: serde_json::Error| shown(&error.to_string());
        let network =
            NetworkConfig::deserialize(&model.network).map_err(|error| Error::Network { reason: reason(error) })?;
        let (expected, found) = (model.classes.len(), network.classes);
        if expected != found {
            return Err(Error::Classes { expected, found });
        }
        network.check(&model.tensors.iter().map(|(name, array)| (name.clone(), array.shape.clone())).collect())?;
        let preprocessing = Preprocessing::deserialize(&model.preprocessing)
            .map_err(|error| Error::Preprocessing { reason: reason(error) })?;
        let size = Size::new(network.height, network.width).expect("a network's layers bound its images");
        if size != preprocessing.size() {
            return Err(Error::ImageSize { network: size, preprocessed: preprocessing.size() });
        }
        let temperature = model.temperature().map_err(|found| Error::Temperature { found: found.clone() })?;
        Ok(Self { model, network, preprocessing, temperature })
    }
}
