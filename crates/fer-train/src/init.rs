//! Weights to start from: one network's, or the mean of several.

use std::collections::BTreeMap;
use std::fmt;

use fer_artifact::Array;
use schemars::json_schema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::file_of::PathOrStage;
use crate::{Error, FileOf};

/// Whose weights a training starts from: one model's, or the mean of several (Wortsman et al., *Model soups*, 2022), which
/// must be of one shape.
///
/// ```
/// use fer_train::{FileOf, Init};
/// let one: Init = serde_json::from_str(r#"{"from": "teacher"}"#)?;
/// assert_eq!(one.files(), [FileOf::Stage("teacher".into())]);
/// assert_eq!(serde_json::to_string(&one)?, r#"{"from":"teacher"}"#);
/// let mean: Init = serde_json::from_str(r#"["a.safetensors", {"from": "teacher"}]"#)?;
/// assert_eq!(mean.to_string(), "a.safetensors, stage `teacher`");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init(Vec<FileOf>);

impl Init {
    /// The models, of which there is at least one.
    pub fn files(&self) -> &[FileOf] {
        &self.0
    }
}

impl From<FileOf> for Init {
    fn from(file: FileOf) -> Self {
        Self(vec![file])
    }
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<String> = self.0.iter().map(FileOf::to_string).collect();
        f.write_str(&files.join(", "))
    }
}

impl Serialize for Init {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [file] => file.serialize(serializer),
            files => files.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Init {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Init;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, `{from: STAGE}`, or a list of at least one of them")
    }

    fn visit_str<E: de::Error>(self, path: &str) -> Result<Init, E> {
        PathOrStage.visit_str(path).map(Init::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Init, A::Error> {
        PathOrStage.visit_map(entries).map(Init::from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, files: A) -> Result<Init, A::Error> {
        let files = Vec::deserialize(SeqAccessDeserializer::new(files))?;
        if files.is_empty() { Err(de::Error::invalid_length(0, &self)) } else { Ok(Init(files)) }
    }
}

fer_artifact::inline_schema!(Init, |generator| {
    let file = FileOf::json_schema(generator);
    json_schema!({"anyOf": [file, {"type": "array", "items": file, "minItems": 1}]})
});

/// The mean of networks' weights and running statistics, name by name: sums in f64, in the order given.
///
/// # Errors
/// There are none, or they are not of one shape.
pub fn mean_weights(networks: &[BTreeMap<String, Array>]) -> Result<BTreeMap<String, Array>, Error> {
    let [first, others @ ..] = networks else {
        return Err(Error::UnlikeInits("expected a model, found none".to_owned()));
    };
    let shapes = |network: &BTreeMap<String, Array>| -> Vec<(String, Vec<usize>)> {
        network.iter().map(|(name, array)| (name.clone(), array.shape.clone())).collect()
    };
    let expected = shapes(first);
    for (place, other) in others.iter().enumerate() {
        let found = shapes(other);
        if let Some((name, shape)) = expected.iter().find(|tensor| !found.contains(tensor)) {
            return Err(Error::UnlikeInits(format!(
                "expected `{name}` {shape:?} in model {}, as in the first, found {}",
                place + 2,
                other.get(name).map_or("none".to_owned(), |array| format!("{:?}", array.shape)),
            )));
        }
        if let Some((name, _)) = found.iter().find(|tensor| !expected.contains(tensor)) {
            return Err(Error::UnlikeInits(format!("model {} has `{name}`, the first has not", place + 2)));
        }
    }
    let mean = |name: &String, array: &Array| {
        let at = |index: usize| networks.iter().map(|network| f64::from(network[name].data[index])).sum::<f64>();
        let data = (0..array.data.len()).map(|index| (at(index) / networks.len() as f64) as f32).collect();
        (name.clone(), Array { shape: array.shape.clone(), data })
    };
    Ok(first.iter().map(|(name, array)| mean(name, array)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(name: &str, values: &[f32]) -> BTreeMap<String, Array> {
        [(name.to_owned(), Array::new([values.len()], values.to_vec()))].into()
    }

    #[test]
    fn a_mean_is_taken_number_by_number() {
        let [a, b, c] = [[1.0, 2.0], [2.0, 4.0], [6.0, -3.0]].map(|values| network("w", &values));
        assert_eq!(mean_weights(&[a.clone(), b, c]).unwrap()["w"].data, [3.0, 1.0]);
        assert_eq!(mean_weights(std::slice::from_ref(&a)).unwrap(), a);
    }

    #[test]
    fn networks_of_other_shapes_have_no_mean() {
        let a = network("w", &[1.0, 2.0]);
        let of = |other| mean_weights(&[a.clone(), a.clone(), other]).unwrap_err().to_string();
        assert_eq!(of(network("w", &[1.0])), "init: expected `w` [2] in model 3, as in the first, found [1]");
        assert_eq!(of(network("v", &[1.0, 2.0])), "init: expected `w` [2] in model 3, as in the first, found none");
        let more = a.clone().into_iter().chain(network("v", &[1.0])).collect();
        assert_eq!(of(more), "init: model 3 has `v`, the first has not");
        assert!(mean_weights(&[]).is_err());
    }
}
