use serde_json::{Map, Value};

use crate::file::Artifact;
use crate::open_file::{Contents, check_labels};
use crate::pixels::check_values;
use crate::{Error, Header, Kind, Origins, Split, Targets, Tensor, first_largest};

/// What a network says of every image of a split.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Class names in the order of the logits.
    pub classes: Vec<String>,
    /// Part of the data that this is.
    pub split: Split,
    /// `[N, K]`, row-major, before softmax; K is the number of classes.
    pub logits: Vec<f32>,
    /// `[N]`, the true classes, each an index into `classes`.
    pub labels: Vec<u8>,
    /// `[N]`, each image's row in the source, counted from 0.
    pub rows: Vec<u32>,
    /// Where each image comes from, where the features say so.
    pub origins: Option<Origins>,
    /// How much of each image belongs to each class, where the features say so.
    pub targets: Option<Targets>,
}

impl Predictions {
    /// Logits of image `index`, one a class.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn logits_of(&self, index: usize) -> &[f32] {
        let k = self.classes.len();
        &self.logits[index * k..(index + 1) * k]
    }

    /// The class that image `index` is taken for: the one with the largest logit, the first of equal ones.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn predicted(&self, index: usize) -> usize {
        first_largest(self.logits_of(index))
    }
}

impl Artifact for Predictions {
    const KIND: Kind = Kind::Predictions;

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn split(&self) -> Option<Split> {
        Some(self.split)
    }

    fn details(&self) -> Map<String, Value> {
        Map::new()
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>, Tensor<'_>)> {
        let n = self.labels.len();
        let mut tensors = vec![
            ("logits".into(), vec![n, self.classes.len()], Tensor::F32(&self.logits)),
            ("labels".into(), vec![n], Tensor::U8(&self.labels)),
            ("rows".into(), vec![n], Tensor::U32(&self.rows)),
        ];
        Origins::add_tensors(self.origins.as_ref(), &mut tensors);
        Targets::add_tensor(self.targets.as_ref(), &mut tensors);
        tensors
    }

    fn from_contents(header: Header, contents: &mut Contents<'_>) -> Result<Self, Error> {
        let (shape, logits) = contents.take_f32("logits", &[None, Some(header.classes.len())])?;
        let n = Some(shape[0]);
        let (_, labels) = contents.take_u8("labels", &[n])?;
        let (_, rows) = contents.take_u32("rows", &[n])?;
        check_labels(contents.path(), &labels, &header.classes)?;
        check_values(contents.path(), "logits", &logits, 0)?;
        let split = contents.split(&header)?;
        let origins = Origins::take(contents, labels.len())?;
        let targets = Targets::take(contents, &labels, header.classes.len())?;
        Ok(Self { classes: header.classes, split, logits, labels, rows, origins, targets })
    }
}
