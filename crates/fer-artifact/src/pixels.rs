//! The pixels of a set, read by the batch wherever they lie.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytemuck::Pod;
use safetensors::Dtype;

use crate::Error;

/// Bytes that are read or made at a time where all pixels have their turn.
const BATCH: usize = 8 << 20;

/// Values of pixels, image after image: in memory, in a file, or made of other pixels whenever they are asked for. A
/// reader asks for a batch and need not know which.
///
/// ```
/// use fer_artifact::Pixels;
/// let pixels = Pixels::from(vec![1, 2, 3, 4, 5, 6]);
/// assert_eq!(pixels.gather(2, &[2, 0])?, [5, 6, 1, 2]);
/// let halves = pixels.map(2, 1, |images: &[u8]| images.iter().step_by(2).map(|&level| f32::from(level) / 2.0).collect());
/// assert_eq!(halves, [0.5, 1.5, 2.5]);
/// # Ok::<(), fer_artifact::Error>(())
/// ```
#[derive(Clone)]
pub struct Pixels<T>(Place<T>);

/// A value of a pixel: a level (`u8`) or a number (`f32`).
pub trait PixelValue: private::Value {}
impl PixelValue for u8 {}
impl PixelValue for f32 {}

pub(crate) mod private {
    use super::{Dtype, Pod};

    pub trait Value: Pod + PartialEq + std::fmt::Debug + Send + Sync {
        const DTYPE: Dtype;
        /// Place of the first value that no file may hold.
        fn first_bad(values: &[Self]) -> Option<usize>;
    }

    impl Value for u8 {
        const DTYPE: Dtype = Dtype::U8;

        fn first_bad(_: &[Self]) -> Option<usize> {
            None
        }
    }

    impl Value for f32 {
        const DTYPE: Dtype = Dtype::F32;

        fn first_bad(values: &[Self]) -> Option<usize> {
            values.iter().position(|value| !value.is_finite())
        }
    }
}

#[derive(Clone)]
enum Place<T> {
    Memory(Arc<Vec<T>>),
    Elsewhere {
        /// Number of values.
        len: usize,
        /// Values that are read or made together.
        unit: usize,
        give: Arc<dyn Give<T>>,
    },
}

/// What gives pixels that are not in memory.
pub(crate) trait Give<T>: Send + Sync {
    /// Fills `out` with the values from place `start` on.
    fn give(&self, start: usize, out: &mut [T]) -> Result<(), Error>;
}

impl<T: PixelValue> Pixels<T> {
    pub(crate) fn elsewhere(len: usize, unit: usize, give: impl Give<T> + 'static) -> Self {
        Self(Place::Elsewhere { len, unit: unit.max(1), give: Arc::new(give) })
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        match &self.0 {
            Place::Memory(values) => values.len(),
            Place::Elsewhere { len, .. } => *len,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn unit(&self) -> usize {
        match &self.0 {
            Place::Memory(_) => 1,
            Place::Elsewhere { unit, .. } => *unit,
        }
    }

    /// These values: borrowed where they are in memory.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Format`] for a file that cannot be read any more, [`Error::Value`] for a number in it that
    /// is not finite.
    ///
    /// # Panics
    /// If there are no such values, or if the range cuts an image of pixels that are made of others.
    pub fn read(&self, range: Range<usize>) -> Result<Cow<'_, [T]>, Error> {
        match &self.0 {
            Place::Memory(values) => Ok(Cow::Borrowed(&values[range])),
            Place::Elsewhere { .. } => {
                let mut values = vec![T::zeroed(); range.len()];
                self.fill(range.start, &mut values)?;
                Ok(Cow::Owned(values))
            }
        }
    }

    /// All values, in memory at once.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn all(&self) -> Result<Cow<'_, [T]>, Error> {
        self.read(0..self.len())
    }

    /// The values of these images of `area` pixels each, in this order; one may stand there more than once.
    ///
    /// # Errors
    /// As [`Self::read`].
    ///
    /// # Panics
    /// If there is no such image.
    pub fn gather(&self, area: usize, images: &[usize]) -> Result<Vec<T>, Error> {
        let mut values = vec![T::zeroed(); images.len() * area];
        self.gather_into(area, images, &mut values)?;
        Ok(values)
    }

    /// Images that lie side by side are read at once.
    fn gather_into(&self, area: usize, images: &[usize], out: &mut [T]) -> Result<(), Error> {
        let mut out = out;
        for run in images.chunk_by(|a, b| a + 1 == *b) {
            let (now, later) = out.split_at_mut(run.len() * area);
            self.fill(run[0] * area, now)?;
            out = later;
        }
        Ok(())
    }

    fn fill(&self, start: usize, out: &mut [T]) -> Result<(), Error> {
        assert!(start + out.len() <= self.len(), "{} values from {start} of {}", out.len(), self.len());
        match &self.0 {
            Place::Memory(values) => out.copy_from_slice(&values[start..start + out.len()]),
            Place::Elsewhere { .. } if out.is_empty() => {}
            Place::Elsewhere { unit, give, .. } => {
                assert!(start.is_multiple_of(*unit) && out.len().is_multiple_of(*unit), "whole images");
                give.give(start, out)?;
            }
        }
        Ok(())
    }

    /// All values in order, whole images of `area` pixels at a time; memory stays bounded.
    pub fn batches(&self, area: usize) -> impl Iterator<Item = Result<Cow<'_, [T]>, Error>> {
        let images = (BATCH / size_of::<T>() / area.max(1)).max(1);
        let step = images * area.max(1);
        (0..self.len()).step_by(step).map(move |start| self.read(start..self.len().min(start + step)))
    }

    /// The same in the units in which they can be read.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Result<Cow<'_, [T]>, Error>> {
        self.batches(self.unit())
    }

    /// Reads all values once, to know that each can be read and is allowed.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn check(&self) -> Result<(), Error> {
        self.pieces().try_for_each(|piece| piece.map(drop))
    }

    /// All values as a vector, which is first read into memory where it is not there.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn in_memory(&mut self) -> Result<&mut Vec<T>, Error> {
        if let Place::Elsewhere { .. } = self.0 {
            *self = self.all()?.into_owned().into();
        }
        match &mut self.0 {
            Place::Memory(values) => Ok(Arc::make_mut(values)),
            Place::Elsewhere { .. } => unreachable!("just read into memory"),
        }
    }

    /// These images of `area` pixels alone, in this order. Nothing is read before it is asked for.
    ///
    /// # Panics
    /// Where one is asked for that is not there.
    #[must_use]
    pub fn select(&self, area: usize, images: Vec<usize>) -> Self {
        let len = images.len() * area;
        Self::elsewhere(len, area, Selected { area, images, of: self.clone() })
    }

    /// Pixels made of these: `make` turns any number of images of `area` pixels into as many images of `made` values each.
    /// Nothing is made before it is asked for, and what is asked for again is made again.
    ///
    /// # Panics
    /// Where `make` returns another number of values.
    #[must_use]
    pub fn map<U: PixelValue>(
        &self,
        area: usize,
        made: usize,
        make: impl Fn(&[T]) -> Vec<U> + Send + Sync + 'static,
    ) -> Pixels<U> {
        let len = self.len() / area.max(1) * made;
        Pixels::elsewhere(len, made, Made { area, made, make, of: self.clone() })
    }
}

struct Selected<T> {
    area: usize,
    images: Vec<usize>,
    of: Pixels<T>,
}

impl<T: PixelValue> Give<T> for Selected<T> {
    fn give(&self, start: usize, out: &mut [T]) -> Result<(), Error> {
        let images = &self.images[start / self.area..][..out.len() / self.area];
        self.of.gather_into(self.area, images, out)
    }
}

struct Made<T, F> {
    area: usize,
    made: usize,
    make: F,
    of: Pixels<T>,
}

impl<T: PixelValue, U: PixelValue, F: Fn(&[T]) -> Vec<U> + Send + Sync> Give<U> for Made<T, F> {
    fn give(&self, start: usize, out: &mut [U]) -> Result<(), Error> {
        let (first, count) = (start / self.made, out.len() / self.made);
        let images = self.of.read(first * self.area..(first + count) * self.area)?;
        out.copy_from_slice(&(self.make)(&images));
        Ok(())
    }
}

impl<T: PixelValue> From<Vec<T>> for Pixels<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Place::Memory(Arc::new(values)))
    }
}

impl<T: PixelValue> FromIterator<T> for Pixels<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Vec::from_iter(values).into()
    }
}

impl<T: PixelValue> Default for Pixels<T> {
    fn default() -> Self {
        vec![].into()
    }
}

/// Whether they hold the same values, wherever those lie. What cannot be read is equal to nothing.
impl<T: PixelValue> PartialEq for Pixels<T> {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.unit(), other.unit());
        let unit = if a.is_multiple_of(b) { a } else { a * b };
        let equal = |(a, b): (Result<Cow<'_, [T]>, Error>, _)| matches!((a, b), (Ok(a), Ok(b)) if a == b);
        self.len() == other.len() && self.batches(unit).zip(other.batches(unit)).all(equal)
    }
}

impl<T: PixelValue> PartialEq<Vec<T>> for Pixels<T> {
    fn eq(&self, other: &Vec<T>) -> bool {
        self.all().is_ok_and(|values| *values == **other)
    }
}

impl<T: PixelValue, const N: usize> PartialEq<[T; N]> for Pixels<T> {
    fn eq(&self, other: &[T; N]) -> bool {
        self.all().is_ok_and(|values| *values == *other)
    }
}

impl<T: PixelValue> fmt::Debug for Pixels<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Memory(values) => values.fmt(f),
            Place::Elsewhere { len, .. } => write!(f, "{len} values"),
        }
    }
}

/// Refuses numbers that are not finite; `first` is the place of the first value in its tensor.
pub(crate) fn check_values<T: PixelValue>(path: &Path, name: &str, values: &[T], first: usize) -> Result<(), Error> {
    match T::first_bad(values) {
        None => Ok(()),
        Some(index) => Err(Error::Value {
            path: path.to_owned(),
            what: format!("{name}[{}]", first + index),
            expected: "a finite number".to_owned(),
            found: format!("{:?}", values[index]),
        }),
    }
}
