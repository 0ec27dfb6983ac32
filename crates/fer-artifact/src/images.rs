use std::borrow::Cow;
use std::ops::Range;

use serde_json::Map;

use crate::file::Artifact;
use crate::open_file::{Contents, check_labels, check_sides};
use crate::{Error, Groups, Header, Kind, Origins, OutOfRange, Pixels, Size, Split, Targets, Tensor};

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
    pub images: Pixels<u8>,
    /// `[N]`, each an index into `classes`.
    pub labels: Vec<u8>,
    /// `[N]`, each image's row in the source, counted from 0.
    pub rows: Vec<u32>,
    /// The group of each image, where the source has groups.
    pub groups: Option<Groups>,
    /// Where each image comes from, where the source is of pictures.
    pub origins: Option<Origins>,
    /// How much of each image belongs to each class, where more is known of it than its label.
    pub targets: Option<Targets>,
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
    /// # Errors
    /// As [`Pixels::read`].
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> Result<Cow<'_, [u8]>, Error> {
        self.images_of(index..index + 1)
    }

    /// Pixels of these images, one behind the other.
    ///
    /// # Errors
    /// As [`Pixels::read`].
    ///
    /// # Panics
    /// If there are no such images.
    pub fn images_of(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, Error> {
        let area = self.height * self.width;
        self.images.read(range.start * area..range.end * area)
    }

    /// These images alone, in this order; one may stand there more than once. Their pixels are not read yet.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            images: self.images.select(self.height * self.width, indices.to_vec()),
            labels: indices.iter().map(|&index| self.labels[index]).collect(),
            rows: indices.iter().map(|&index| self.rows[index]).collect(),
            classes: self.classes.clone(),
            groups: self.groups.as_ref().map(|groups| groups.select(indices)),
            origins: self.origins.as_ref().map(|origins| origins.select(indices)),
            targets: self.targets.as_ref().map(|targets| targets.select(indices)),
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
        let mut details = Map::new();
        if let Some(groups) = &self.groups {
            groups.add_details(&mut details);
        }
        details
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>, Tensor<'_>)> {
        let n = self.len();
        let mut tensors = vec![
            ("images".into(), vec![n, self.height, self.width], Tensor::Levels(&self.images)),
            ("labels".into(), vec![n], Tensor::U8(&self.labels)),
            ("rows".into(), vec![n], Tensor::U32(&self.rows)),
        ];
        if let Some(groups) = &self.groups {
            tensors.push((Groups::TENSOR.into(), vec![n], Tensor::U32(&groups.ids)));
        }
        Origins::add_tensors(self.origins.as_ref(), &mut tensors);
        Targets::add_tensor(self.targets.as_ref(), &mut tensors);
        tensors
    }

    fn from_contents(header: Header, contents: &mut Contents<'_>) -> Result<Self, Error> {
        let (shape, images) = contents.take_pixels("images", &[None, None, None])?;
        let (n, height, width) = (Some(shape[0]), shape[1], shape[2]);
        check_sides(contents.path(), height, width)?;
        let (_, labels) = contents.take_u8("labels", &[n])?;
        let (_, rows) = contents.take_u32("rows", &[n])?;
        check_labels(contents.path(), &labels, &header.classes)?;
        let split = contents.split(&header)?;
        let groups = Groups::take(&header, contents, labels.len())?;
        let origins = Origins::take(contents, labels.len())?;
        let targets = Targets::take(contents, &labels, header.classes.len())?;
        Ok(Self { classes: header.classes, split, height, width, images, labels, rows, groups, origins, targets })
    }
}
