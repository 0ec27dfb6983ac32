use serde_json::{Map, Value};

use crate::file::{Artifact, Contents, check_finite, check_labels, check_sides};
use crate::{Error, Header, Kind, OutOfRange, Size, Split, Tensor};

/// Network inputs of one split, as preprocess leaves them.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureSet {
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Part of the data that this is.
    pub split: Split,
    /// Rows of pixels in an image.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// `[N, 1, height, width]`, row-major (NCHW), finite.
    pub images: Vec<f32>,
    /// `[N]`, each an index into `classes`.
    pub labels: Vec<u8>,
    /// `[N]`, each image's row in the source, counted from 0.
    pub rows: Vec<u32>,
    /// What was done to the pixels, in the words of the stage that did it; with it, a reader of the model can do the
    /// same to a new picture. `null` if the stage did not say.
    pub preprocessing: Value,
}

impl FeatureSet {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Height and width of the images.
    ///
    /// # Errors
    /// [`OutOfRange`] for a set without rows or without columns, which no file holds.
    pub const fn size(&self) -> Result<Size, OutOfRange> {
        Size::new(self.height, self.width)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Values of image `index`, row-major.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> &[f32] {
        let size = self.height * self.width;
        &self.images[index * size..(index + 1) * size]
    }

    /// These images alone, in this order; one may stand there more than once.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            images: indices.iter().flat_map(|&index| self.image(index)).copied().collect(),
            labels: indices.iter().map(|&index| self.labels[index]).collect(),
            rows: indices.iter().map(|&index| self.rows[index]).collect(),
            classes: self.classes.clone(),
            preprocessing: self.preprocessing.clone(),
            ..*self
        }
    }
}

impl Artifact for FeatureSet {
    const KIND: Kind = Kind::Features;

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn split(&self) -> Option<Split> {
        Some(self.split)
    }

    fn details(&self) -> Map<String, Value> {
        Map::from_iter([("preprocessing".to_owned(), self.preprocessing.clone())])
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>, Tensor<'_>)> {
        let n = self.len();
        vec![
            ("images".into(), vec![n, 1, self.height, self.width], Tensor::F32(&self.images)),
            ("labels".into(), vec![n], Tensor::U8(&self.labels)),
            ("rows".into(), vec![n], Tensor::U32(&self.rows)),
        ]
    }

    fn from_contents(mut header: Header, contents: &mut Contents<'_>) -> Result<Self, Error> {
        let (shape, images) = contents.take_f32("images", &[None, Some(1), None, None])?;
        let (n, height, width) = (Some(shape[0]), shape[2], shape[3]);
        check_sides(contents.path(), height, width)?;
        let (_, labels) = contents.take_u8("labels", &[n])?;
        let (_, rows) = contents.take_u32("rows", &[n])?;
        check_labels(contents.path(), &labels, &header.classes)?;
        check_finite(contents.path(), "images", &images)?;
        let split = contents.split(&header)?;
        let preprocessing = header.details.remove("preprocessing").unwrap_or(Value::Null);
        Ok(Self { classes: header.classes, split, height, width, images, labels, rows, preprocessing })
    }
}
