//! What is known of the classes of images beyond their labels.

use std::path::Path;

use crate::open_file::Contents;
use crate::{Error, Tensor};

/// Name of the tensor.
const TARGETS: &str = "targets";
/// How far the numbers of an image may be from 1 together.
const ROUNDING: f32 = 1e-3;

/// How much of each image belongs to each class, such as the shares of the votes that people gave: a row an image, no number
/// below 0, 1 together. The image's label is the class with the largest number, or one of them.
///
/// ```
/// use fer_artifact::Targets;
/// let targets = Targets::new(2, vec![0.75, 0.25, 0.5, 0.5]);
/// assert_eq!(targets.row(0), [0.75, 0.25]);
/// assert_eq!(targets.select(&[1]).values(), [0.5, 0.5]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    classes: usize,
    values: Vec<f32>,
}

impl Targets {
    /// These numbers, `[N, classes]`, row-major.
    ///
    /// # Panics
    /// If they are no whole rows.
    pub fn new(classes: usize, values: Vec<f32>) -> Self {
        assert!(classes > 0 && values.len().is_multiple_of(classes), "{} targets of {classes} classes", values.len());
        Self { classes, values }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.values.len() / self.classes
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All of them, `[N, K]`, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Those of this image, one a class.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.classes..(index + 1) * self.classes]
    }

    /// Those of all images, in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.classes)
    }

    /// The targets of these images alone.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let values = indices.iter().flat_map(|&index| self.row(index)).copied().collect();
        Self { classes: self.classes, values }
    }

    /// These and then those of other images, of as many classes.
    ///
    /// # Panics
    /// If there is another number of classes.
    pub fn extend(&mut self, others: Self) {
        assert_eq!(self.classes, others.classes, "targets of one set of classes");
        self.values.extend(others.values);
    }

    /// Adds the tensor to those of a set.
    pub(crate) fn add_tensor<'a>(of: Option<&'a Self>, tensors: &mut Vec<(String, Vec<usize>, Tensor<'a>)>) {
        if let Some(targets) = of {
            tensors.push((TARGETS.into(), vec![targets.len(), targets.classes], Tensor::F32(&targets.values)));
        }
    }

    /// Takes the targets of the images with these labels, if the file has any.
    pub(crate) fn take(contents: &mut Contents<'_>, labels: &[u8], classes: usize) -> Result<Option<Self>, Error> {
        if !contents.has(TARGETS) {
            return Ok(None);
        }
        let (_, values) = contents.take_f32(TARGETS, &[Some(labels.len()), Some(classes)])?;
        let targets = Self { classes, values };
        check(contents.path(), &targets, labels)?;
        Ok(Some(targets))
    }
}

fn check(path: &Path, targets: &Targets, labels: &[u8]) -> Result<(), Error> {
    for (index, (row, &label)) in targets.rows().zip(labels).enumerate() {
        let largest = row.iter().copied().fold(0.0, f32::max);
        let sum: f32 = row.iter().sum();
        let expected = if row.iter().any(|share| !share.is_finite() || *share < 0.0) {
            "numbers from 0".to_owned()
        } else if (sum - 1.0).abs() > ROUNDING {
            "numbers that make 1 together".to_owned()
        } else if row[usize::from(label)] < largest {
            format!("the largest number for the label, {label}")
        } else {
            continue;
        };
        let (path, what, found) = (path.to_owned(), format!("{TARGETS}[{index}]"), format!("{row:?}"));
        return Err(Error::Value { path, what, expected, found });
    }
    Ok(())
}
