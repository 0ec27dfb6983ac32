use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use crate::Parameter;
use crate::parameter::Arrival;
use crate::product::{Destination, Matrix, MatrixMut, Workers, matmul};
use crate::results::results;
use crate::scratch::Scratch;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::{floats, slice};

/// `x · weightᵀ + bias`: x `[N, I]`, weight `[O, I]`, bias `[O]`, result `[N, O]`, all f32; PyTorch's `Linear`.
///
/// # Errors
/// candle's, also on shapes that do not fit.
pub fn linear(x: &Tensor, weight: &Parameter, bias: &Parameter) -> Result<Tensor> {
    let op = Linear { weight: weight.clone(), bias: bias.clone() };
    tape::apply3(&x.contiguous()?, weight.value(), bias.value(), op)
}

struct Linear {
    weight: Parameter,
    bias: Parameter,
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, inputs) = x_layout.shape().dims2()?;
        let (outputs, weight_inputs) = weight_layout.shape().dims2()?;
        if weight_inputs != inputs || bias_layout.shape().dims1()? != outputs {
            candle_core::bail!(
                "linear: x [{n}, {inputs}] does not fit weight {:?} and bias {:?}",
                weight_layout.dims(),
                bias_layout.dims()
            )
        }
        let bias = slice(bias, bias_layout)?;
        let x = Matrix::new(slice(x, x_layout)?, n, inputs);
        let weight = Matrix::new(slice(weight, weight_layout)?, outputs, inputs);
        // The product is taken the other way round, W·xᵀ: the weight is much the larger matrix, and is read as it lies.
        let mut turned = Scratch::new(outputs * n);
        matmul(MatrixMut::new(&mut turned, n), weight, x.transposed(), Destination::Overwrite, Workers::All);
        let mut y = results(n * outputs);
        y.par_chunks_mut(outputs.max(1)).enumerate().for_each(|(row, y)| {
            for (column, (y, bias)) in y.iter_mut().zip(bias).enumerate() {
                *y = turned[column * n + row] + bias;
            }
        });
        Ok((CpuStorage::F32(y), Shape::from((n, outputs))))
    }
}

impl Backward for Linear {
    fn backward(&self, x: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        let (n, inputs) = x.dims2()?;
        let outputs = self.weight.value().dim(0)?;
        let (x_values, weight_values) = (floats(x)?, floats(self.weight.value())?);
        let dy_matrix = Matrix::new(dy, n, outputs);
        self.weight.accumulate(|gradient, arrival| {
            let to = Destination::from(arrival);
            let gradient = MatrixMut::new(gradient, inputs);
            matmul(gradient, dy_matrix.transposed(), Matrix::new(&x_values, n, inputs), to, Workers::All);
        });
        self.bias.accumulate(|gradient, arrival| {
            if arrival == Arrival::First {
                gradient.fill(0.0);
            }
            for row in dy.chunks(outputs) {
                gradient.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
        });
        if !wanted.x {
            return Ok(Handed::default());
        }
        let mut dx = Scratch::new(n * inputs);
        let weight = Matrix::new(&weight_values, outputs, inputs);
        matmul(MatrixMut::new(&mut dx, inputs), dy_matrix, weight, Destination::Overwrite, Workers::All);
        Ok(Handed::x(Some(dx)))
    }
}

impl From<Arrival> for Destination {
    fn from(arrival: Arrival) -> Self {
        match arrival {
            Arrival::First => Destination::Overwrite,
            Arrival::Further => Destination::Add,
        }
    }
}
