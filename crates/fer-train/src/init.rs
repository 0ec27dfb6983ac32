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

    /// The mean of the models' weights and running statistics, which are given in the order of [`Self::files`]: name by name,
    /// sums in f64.
    ///
    /// # Errors
    /// [`Error::UnlikeInits`]: they are not of one shape, or not as many as the files.
    pub fn mean(&self, models: &[BTreeMap<String, Array>]) -> Result<BTreeMap<String, Array>, Error> {
        let (Some(first), true) = (models.first(), models.len() == self.0.len()) else {
            let (expected, found) = (self.0.len(), models.len());
            return Err(Error::UnlikeInits(format!("expected {expected} models, found {found}")));
        };
        let shape = |model: &BTreeMap<String, Array>, name: &String| {
            model.get(name).map_or("none".to_owned(), |array| format!("{:?}", array.shape))
        };
        for (model, file) in models.iter().zip(&self.0) {
            let mut names = first.keys().chain(model.keys());
            if let Some(name) = names.find(|name| shape(first, name) != shape(model, name)) {
                let (expected, found) = (shape(first, name), shape(model, name));
                let message = format!("{file}: `{name}`: expected {expected}, as in {}, found {found}", self.0[0]);
                return Err(Error::UnlikeInits(message));
            }
        }
        let mean = |(name, array): (&String, &Array)| {
            let at = |index: usize| models.iter().map(|model| f64::from(model[name].data[index])).sum::<f64>();
            let data = (0..array.data.len()).map(|index| (at(index) / models.len() as f64) as f32).collect();
            (name.clone(), Array { shape: array.shape.clone(), data })
        };
        Ok(first.iter().map(mean).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, values: &[f32]) -> BTreeMap<String, Array> {
        [(name.to_owned(), Array::new([values.len()], values.to_vec()))].into()
    }

    fn init(files: &str) -> Init {
        Init(files.split_whitespace().map(|file| FileOf::Path(file.into())).collect())
    }

    #[test]
    fn a_mean_is_taken_number_by_number() {
        let [a, b, c] = [[1.0, 2.0], [2.0, 4.0], [6.0, -3.0]].map(|values| model("w", &values));
        assert_eq!(init("a b c").mean(&[a.clone(), b, c]).unwrap()["w"].data, [3.0, 1.0]);
        assert_eq!(init("a").mean(std::slice::from_ref(&a)).unwrap(), a);
    }

    #[test]
    fn models_of_other_shapes_have_no_mean() {
        let a = model("w", &[1.0, 2.0]);
        let of = |other| init("a b c").mean(&[a.clone(), a.clone(), other]).unwrap_err().to_string();
        assert_eq!(of(model("w", &[1.0])), "init: c: `w`: expected [2], as in a, found [1]");
        assert_eq!(of(model("v", &[1.0, 2.0])), "init: c: `w`: expected [2], as in a, found none");
        let more = a.clone().into_iter().chain(model("v", &[1.0])).collect();
        assert_eq!(of(more), "init: c: `v`: expected none, as in a, found [1]");
        assert_eq!(init("a b").mean(&[a]).unwrap_err().to_string(), "init: expected 2 models, found 1");
    }
}
