use std::path::Path;

use serde_json::{Map, json};

use crate::file::{Artifact, Contents, check_labels, check_sides};
use crate::{Error, Groups, Header, Kind, OutOfRange, Size, Split, Tensor};

/// Gray images of one split, as ingest leaves them.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageSet {
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Part of the data that this is.
    pub split: Split,
    /// Rows of pixels in an image.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// `[N, height, width]`, row-major; 0 is black and 255 is white.
    pub images: Vec<u8>,
    /// `[N]`, each an index into `classes`.
    pub labels: Vec<u8>,
    /// `[N]`, each image's row in the source, counted from 0.
    pub rows: Vec<u32>,
    /// Rows of the source that were left out because they were bad; the same list in every split of a source.
    pub skipped_rows: Vec<u32>,
    /// The group of each image, where the source has groups.
    pub groups: Option<Groups>,
}

impl ImageSet {
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

    /// Pixels of image `index`, row-major.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> &[u8] {
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
            skipped_rows: self.skipped_rows.clone(),
            groups: self.groups.as_ref().map(|groups| groups.select(indices)),
            ..*self
        }
    }
}

impl Artifact for ImageSet {
    const KIND: Kind = Kind::Images;

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn split(&self) -> Option<Split> {
        Some(self.split)
    }

    fn details(&self) -> Map<String, serde_json::Value> {
        let mut details = Map::from_iter([("skipped_rows".to_owned(), json!(self.skipped_rows))]);
        if let Some(groups) = &self.groups {
            groups.add_details(&mut details);
        }
        details
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>, Tensor<'_>)> {
        let n = self.len();
        let mut tensors = vec![
            ("images".into(), vec![n, self.height, self.width], Tensor::U8(&self.images)),
            ("labels".into(), vec![n], Tensor::U8(&self.labels)),
            ("rows".into(), vec![n], Tensor::U32(&self.rows)),
        ];
        if let Some(groups) = &self.groups {
            tensors.push((Groups::TENSOR.into(), vec![n], Tensor::U32(&groups.ids)));
        }
        tensors
    }

    fn from_contents(header: Header, contents: &mut Contents<'_>) -> Result<Self, Error> {
        let (shape, images) = contents.take_u8("images", &[None, None, None])?;
        let (n, height, width) = (Some(shape[0]), shape[1], shape[2]);
        check_sides(contents.path(), height, width)?;
        let (_, labels) = contents.take_u8("labels", &[n])?;
        let (_, rows) = contents.take_u32("rows", &[n])?;
        check_labels(contents.path(), &labels, &header.classes)?;
        let skipped_rows = skipped_rows(&header, contents.path())?;
        let split = contents.split(&header)?;
        let groups = Groups::take(&header, contents, labels.len())?;
        Ok(Self { classes: header.classes, split, height, width, images, labels, rows, skipped_rows, groups })
    }
}

fn skipped_rows(header: &Header, path: &Path) -> Result<Vec<u32>, Error> {
    let Some(value) = header.details.get("skipped_rows") else { return Ok(vec![]) };
    serde_json::from_value(value.clone())
        .map_err(|error| Error::Header { path: path.to_owned(), reason: format!("skipped_rows: {error}") })
}
