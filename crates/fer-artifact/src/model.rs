use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::file::Artifact;
use crate::open_file::Contents;
use crate::pixels::check_values;
use crate::{Array, Error, Header, Kind, Split, Tensor};

/// A trained network: one file that is enough to predict.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Class names in the order of the logits.
    pub classes: Vec<String>,
    /// Configuration of the network, enough to build it anew.
    pub network: Value,
    /// The preprocessing that it was trained with, from [`crate::FeatureSet::preprocessing`].
    pub preprocessing: Value,
    /// How the training went: epochs, the epoch that the weights are from, history. Holds no time.
    pub training: Value,
    /// What its evaluation found: scores, temperature, digests of the data; null until `fer export-model` writes it.
    pub evaluation: Value,
    /// Weights and running statistics by PyTorch's `state_dict` names, all finite.
    pub tensors: BTreeMap<String, Array>,
}

impl Model {
    /// What logits are divided by, so that their probabilities are calibrated: `evaluation.temperature`, or 1 where none
    /// stands.
    ///
    /// # Errors
    /// What stands there if it is no number above 0, or one that F32, in which logits are divided, rounds to 0 or to infinity.
    pub fn temperature(&self) -> Result<f64, &Value> {
        match &self.evaluation["temperature"] {
            Value::Null => Ok(1.0),
            value => value.as_f64().filter(|&temperature| is_divisor(temperature as f32)).ok_or(value),
        }
    }
}

fn is_divisor(temperature: f32) -> bool {
    temperature > 0.0 && temperature.is_finite()
}

impl Artifact for Model {
    const KIND: Kind = Kind::Model;

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn split(&self) -> Option<Split> {
        None
    }

    fn details(&self) -> Map<String, Value> {
        let mut details = Map::from_iter([
            ("network".to_owned(), self.network.clone()),
            ("preprocessing".to_owned(), self.preprocessing.clone()),
            ("training".to_owned(), self.training.clone()),
        ]);
        if !self.evaluation.is_null() {
            details.insert("evaluation".to_owned(), self.evaluation.clone());
        }
        details
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>, Tensor<'_>)> {
        borrowed(&self.tensors)
    }

    fn from_contents(mut header: Header, contents: &mut Contents<'_>) -> Result<Self, Error> {
        let tensors = finite(contents)?;
        let mut detail = |key: &str| header.details.remove(key).unwrap_or(Value::Null);
        let (network, preprocessing, training) = (detail("network"), detail("preprocessing"), detail("training"));
        let evaluation = detail("evaluation");
        Ok(Self { classes: header.classes, network, preprocessing, training, evaluation, tensors })
    }
}

/// The state of a training between two epochs, enough to go on as if it had never stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Class names in the order of the logits.
    pub classes: Vec<String>,
    /// Whatever is no tensor: epoch, history, early stopping. In the words of the train stage.
    pub state: Value,
    /// Weights, optimiser buffers, and the best weights so far, by prefixed names; all finite.
    pub tensors: BTreeMap<String, Array>,
}

impl Artifact for Checkpoint {
    const KIND: Kind = Kind::Checkpoint;

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn split(&self) -> Option<Split> {
        None
    }

    fn details(&self) -> Map<String, Value> {
        Map::from_iter([("state".to_owned(), self.state.clone())])
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>, Tensor<'_>)> {
        borrowed(&self.tensors)
    }

    fn from_contents(mut header: Header, contents: &mut Contents<'_>) -> Result<Self, Error> {
        let tensors = finite(contents)?;
        let state = header.details.remove("state").unwrap_or(Value::Null);
        Ok(Self { classes: header.classes, state, tensors })
    }
}

fn borrowed(tensors: &BTreeMap<String, Array>) -> Vec<(String, Vec<usize>, Tensor<'_>)> {
    tensors.iter().map(|(name, array)| (name.clone(), array.shape.clone(), Tensor::F32(&array.data))).collect()
}

fn finite(contents: &mut Contents<'_>) -> Result<BTreeMap<String, Array>, Error> {
    let tensors = contents.take_arrays()?;
    for (name, array) in &tensors {
        check_values(contents.path(), name, &array.data, 0)?;
    }
    Ok(tensors)
}
