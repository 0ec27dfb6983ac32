use half::f16;
use safetensors::Dtype;

use crate::pixels::PixelValue;
use crate::{Error, Pixels};

/// Numbers of type f32 with a shape, row-major: how weights travel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Array {
    /// Size of each dimension; empty for a scalar.
    pub shape: Vec<usize>,
    /// The elements, as many as the product of `shape`.
    pub data: Vec<f32>,
}

impl Array {
    /// An array of this shape.
    ///
    /// # Panics
    /// If `data` has not as many elements as the shape says.
    pub fn new(shape: impl Into<Vec<usize>>, data: Vec<f32>) -> Self {
        let shape = shape.into();
        assert_eq!(shape.iter().product::<usize>(), data.len(), "array of shape {shape:?}");
        Self { shape, data }
    }
}

/// A borrowed tensor on its way into a file: one of the dtypes that artifacts use. Levels and features are read or made
/// while they are written, so that memory stays bounded.
#[derive(Debug, Clone, Copy)]
pub enum Tensor<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 16-bit floats (IEEE 754), as their bits; only models that are handed on hold them, see [`crate::write_half`].
    F16(&'a [u16]),
    /// Bytes.
    U8(&'a [u8]),
    /// 32-bit unsigned integers.
    U32(&'a [u32]),
    /// Bytes that are pixels.
    Levels(&'a Pixels<u8>),
    /// 32-bit floats that are pixels.
    Features(&'a Pixels<f32>),
}

impl Tensor<'_> {
    pub(crate) fn dtype(&self) -> Dtype {
        match self {
            Tensor::F32(_) | Tensor::Features(_) => Dtype::F32,
            Tensor::F16(_) => Dtype::F16,
            Tensor::U8(_) | Tensor::Levels(_) => Dtype::U8,
            Tensor::U32(_) => Dtype::U32,
        }
    }

    /// Number of bytes in the file.
    pub(crate) fn size(&self) -> usize {
        match self {
            Tensor::F32(values) => size_of_val(*values),
            Tensor::F16(values) => size_of_val(*values),
            Tensor::U8(values) => values.len(),
            Tensor::U32(values) => size_of_val(*values),
            Tensor::Levels(pixels) => pixels.len(),
            Tensor::Features(pixels) => pixels.len() * size_of::<f32>(),
        }
    }

    /// Hands on the bytes as the file holds them (little-endian; checked at compile time in `file.rs`).
    pub(crate) fn write_to(&self, mut write: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        match self {
            Tensor::F32(values) => write(bytemuck::cast_slice(values)),
            Tensor::F16(values) => write(bytemuck::cast_slice(values)),
            Tensor::U8(values) => write(values),
            Tensor::U32(values) => write(bytemuck::cast_slice(values)),
            Tensor::Levels(pixels) => write_pixels(pixels, write),
            Tensor::Features(pixels) => write_pixels(pixels, write),
        }
    }
}

fn write_pixels<T: PixelValue>(
    pixels: &Pixels<T>,
    mut write: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    pixels.pieces().try_for_each(|piece| write(bytemuck::cast_slice(&piece?)))
}

/// Numbers of 16 bits, as their bits, in 32.
pub(crate) fn widened(bits: Vec<u16>) -> Vec<f32> {
    bits.into_iter().map(|bits| f16::from_bits(bits).to_f32()).collect()
}
